package mta_test

import (
	"bytes"
	"html"
	"mime"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/reference/mailer"
)

const (
	// longestLine that a server has to take, in bytes without its end (RFC 5322, 2.1.1).
	longestLine = 998
	// longestEncoded is the same for quoted-printable (RFC 2045, 6.7).
	longestEncoded = 76
)

// once are header fields that an invitation has, once each.
var once = []string{"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Auto-Submitted"}

// never are fields that a mail to one person, sent because of one act, does not have: it is
// no bulk mail, nobody else gets it, and which program wrote it is nobody's business.
var never = []string{
	"Cc", "Bcc", "Precedence", "List-Id", "List-Unsubscribe", "Reply-To", "Sender", "X-Mailer", "User-Agent",
	"Return-Receipt-To", "Disposition-Notification-To",
}

// written checks what holds for every invitation.
func (m arrived) written(g Gomega, from, to string) {
	for _, name := range once {
		g.Expect(m.header[name]).To(HaveLen(1), name)
	}
	for _, name := range never {
		g.Expect(m.header).NotTo(HaveKey(name))
	}
	for name, want := range map[string]string{"From": from, "To": to} {
		got, err := m.header.AddressList(name)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(got).To(Equal([]*mail.Address{{Address: want}}), name)
	}
	date, err := m.header.Date()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(date).To(BeTemporally("~", time.Now(), time.Minute))
	g.Expect(m.header.Get("Auto-Submitted")).To(Equal("auto-generated"))
	g.Expect(m.header.Get("Mime-Version")).To(Equal("1.0"))
	subject := m.subject(g)
	g.Expect(utf8.ValidString(subject)).To(BeTrue())
	g.Expect(subject).NotTo(Or(BeEmpty(), ContainSubstring("=?"), ContainSubstring("\n")))
	for _, line := range bytes.Split(m.own(), []byte("\n")) {
		g.Expect(len(line)).To(BeNumerically("<=", longestLine))
	}
	for _, l := range m.leaves(g) {
		g.Expect(strings.ToLower(l.charset)).To(Equal("utf-8"))
		g.Expect(l.encoding).To(Equal("quoted-printable"))
		g.Expect(utf8.ValidString(l.text)).To(BeTrue())
	}
	for _, line := range bytes.Split(m.body, []byte("\n")) {
		g.Expect(len(line)).To(BeNumerically("<=", longestEncoded), "%s", line)
		g.Expect(line).NotTo(Or(HaveSuffix(" "), HaveSuffix("\t")), "a server may cut it off, and a signature with it")
		g.Expect(line).NotTo(HavePrefix("From "), "a mailbox may quote it")
	}
}

func (m arrived) subject(g Gomega) string {
	subject, err := new(mime.WordDecoder).DecodeHeader(m.header.Get("Subject"))
	g.Expect(err).NotTo(HaveOccurred())
	return subject
}

// ascii says whether a mail passes a server without 8BITMIME and SMTPUTF8 as it is.
func (m arrived) ascii() bool {
	return !slices.ContainsFunc(m.own(), func(b byte) bool { return b >= utf8.RuneSelf || b == 0 })
}

// handedOver is the content of the one mail that went over a wire, lines ended as they were.
func (w *wire) handedOver(g Gomega) []byte {
	heard, _ := w.listened(g)
	_, content, found := bytes.Cut(heard, dataLine)
	g.Expect(found).To(BeTrue())
	content, _, found = bytes.Cut(content, finalDot)
	g.Expect(found).To(BeTrue())
	return bytes.ReplaceAll(append(content, "\r\n"...), []byte("\r\n.."), []byte("\r\n."))
}

// unchanged checks that the server changed nothing in what it took, as any change would break
// a signature, and that no line ends otherwise than with CR LF.
func unchanged(g Gomega, w *wire, m arrived) {
	content := w.handedOver(g)
	g.Expect(strings.NewReplacer("\r\n", "").Replace(string(content))).NotTo(ContainSubstring("\r"))
	g.Expect(strings.NewReplacer("\r\n", "").Replace(string(content))).NotTo(ContainSubstring("\n"))
	g.Expect(string(bytes.ReplaceAll(m.own(), []byte("\n"), []byte("\r\n")))).To(Equal(string(content)))
}

var french = regexp.MustCompile(`[àâçéèêîôù]`)

func TestManagersMail(t *testing.T) {
	subjects := map[v1alpha1.Language]string{}
	for _, language := range []v1alpha1.Language{"en", "fr"} {
		t.Run(string(language), func(t *testing.T) {
			g, w, m := NewWithT(t), tap(t, "127.0.0.1", server.doors[open], nil), invitation(newcomer())
			m.Language = language
			expect(t, through(w.address(), v1alpha1.SMTPNoTLS), m, invite.Accepted, "")
			mails := server.sentTo(g, m.To)
			g.Expect(mails).To(HaveLen(1))
			got := mails[0]
			got.written(g, "hosting@acme.example", m.To)
			unchanged(g, w, got)
			g.Expect(got.ascii()).To(BeTrue())
			g.Expect(got.header["Message-Id"]).To(Equal([]string{m.MessageID}))
			g.Expect(got.header.Get("Content-Language")).To(Equal(string(language)))
			g.Expect(got.header.Get("Return-Path")).To(Equal("<hosting@acme.example>"))

			parts := got.leaves(g)
			g.Expect(parts).To(HaveLen(2))
			g.Expect([]string{parts[0].kind, parts[1].kind}).To(Equal([]string{"text/plain", "text/html"}))
			g.Expect(parts[0].text).To(ContainSubstring("\n"+m.Link+"\n"), "on a line of its own")
			g.Expect(parts[1].text).To(ContainSubstring(`href="` + strings.ReplaceAll(m.Link, "&", "&amp;") + `"`))
			for _, part := range parts {
				g.Expect(part.text).To(ContainSubstring(m.Owner))
				g.Expect(french.MatchString(strings.ReplaceAll(html.UnescapeString(part.text), m.DisplayName, ""))).To(Equal(language == "fr"), part.text)
			}
			g.Expect(parts[0].text).To(ContainSubstring(m.DisplayName))
			subjects[language] = got.subject(g)
		})
	}
	g := NewWithT(t)
	g.Expect(subjects["fr"]).To(MatchRegexp(french.String()))
	g.Expect(subjects["en"]).NotTo(Or(BeEmpty(), MatchRegexp(french.String())))
}

func TestReferenceBackendsMail(t *testing.T) {
	g, w, to := NewWithT(t), tap(t, "127.0.0.1", server.doors[open], nil), newcomer()
	m := mailer.Mail{To: to, Owner: "owner@acme.example", Link: invitation(to).Link, Expires: time.Now().Add(time.Hour)}
	verdict, err := provider(t, w.address(), m)
	g.Expect(verdict, err).To(Equal(invite.Accepted))
	mails := server.sentTo(g, to)
	g.Expect(mails).To(HaveLen(1))
	got := mails[0]
	got.written(g, "no-reply@hosting.example", to)
	unchanged(g, w, got)
	g.Expect(got.ascii()).To(BeTrue())
	g.Expect(got.header.Get("Return-Path")).To(Equal("<no-reply@hosting.example>"))
	parts := got.leaves(g)
	g.Expect(parts).To(HaveLen(1))
	g.Expect(parts[0].kind).To(Equal("text/plain"))
	english, other, two := strings.Cut(parts[0].text, "\n--\n")
	g.Expect(two).To(BeTrue(), "both languages")
	g.Expect(french.MatchString(english)).To(BeFalse())
	g.Expect(french.MatchString(other)).To(BeTrue())
	for _, text := range []string{english, other} {
		g.Expect(text).To(MatchRegexp(`(?m)^\s*` + regexp.QuoteMeta(m.Link) + `$`))
		g.Expect(text).To(ContainSubstring(m.Owner))
	}
	g.Expect(got.subject(g)).To(MatchRegexp(french.String()))
}
