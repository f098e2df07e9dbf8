package mailer

import (
	"errors"
	"io"
	"net"
	"net/textproto"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/mailsink"
)

var invited = Mail{
	To: "new@example.org", Owner: "owner@example.org", Link: "https://hosting.example/initialise/TOKEN",
	Expires: time.Date(2031, 5, 8, 9, 10, 0, 0, time.UTC),
}

func newSMTP(t *testing.T, addr string) *SMTP {
	t.Helper()
	m, err := NewSMTP(addr, "no-reply@hosting.example", clocktesting.NewFakePassiveClock(time.Date(2031, 5, 1, 9, 10, 0, 0, time.UTC)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func startSink(t *testing.T) *mailsink.Sink {
	t.Helper()
	sink, err := mailsink.Start(mailsink.Options{SMTPUTF8: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sink.Close(); err != nil {
			t.Error(err)
		}
	})
	return sink
}

func TestInviteIsDelivered(t *testing.T) {
	g := NewWithT(t)
	server := startSink(t)
	g.Expect(newSMTP(t, server.Addr()).Invite(t.Context(), invited)).To(Succeed())
	g.Expect(server.Mails()).To(HaveLen(1))
	got := server.Mails()[0]
	g.Expect(got.From).To(Equal("no-reply@hosting.example"))
	g.Expect(got.To).To(ConsistOf(invited.To))
	g.Expect(got.Subject).
		To(Equal("Your access to a hosting / Votre accès à un hébergement"))
	g.Expect(got.Header.Date()).To(BeTemporally("==", time.Date(2031, 5, 1, 9, 10, 0, 0, time.UTC)))
	g.Expect(got.Header.Get("Content-Type")).To(HavePrefix("text/plain"))
	g.Expect(got.Text).To(And(
		ContainSubstring("owner@example.org has given you permissions"),
		ContainSubstring("owner@example.org vous a donné des permissions"),
		ContainSubstring("2031-05-08 09:10 UTC"), ContainSubstring("08/05/2031 09:10 UTC")))
	g.Expect(strings.Count(got.Text, invited.Link)).To(Equal(2), "the link, once in each language")
}

// A mail tried again is the same mail to the mailbox it reaches, maybe for the second time.
func TestMessageIDIsTheMails(t *testing.T) {
	g := NewWithT(t)
	server := startSink(t)
	other := invited
	other.Link += "2"
	for _, m := range []Mail{invited, invited, other} {
		g.Expect(newSMTP(t, server.Addr()).Invite(t.Context(), m)).To(Succeed())
	}
	mails := server.Mails()
	g.Expect(mails[0].MessageID).To(MatchRegexp(`^<[0-9a-f]{32}@hosting\.example>$`))
	g.Expect(mails[1].MessageID).To(Equal(mails[0].MessageID))
	g.Expect(mails[2].MessageID).NotTo(Equal(mails[0].MessageID))
	g.Expect(mails[0].Header.Get("Auto-Submitted")).To(Equal("auto-generated"))
}

func TestUnusualAddresses(t *testing.T) {
	g := NewWithT(t)
	server := startSink(t)
	ascii, err := mailsink.Start(mailsink.Options{})
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { g.Expect(ascii.Close()).To(Succeed()) }()
	to := func(address string) Mail { m := invited; m.To = address; return m }

	g.Expect(newSMTP(t, server.Addr()).Invite(t.Context(), to("zoé@hébergé.example"))).To(Succeed())
	g.Expect(newSMTP(t, server.Addr()).Invite(t.Context(), to("zoe@hébergé.example"))).To(Succeed())
	mails := server.Mails()
	g.Expect(mails[0].To).To(ConsistOf("zoé@xn--hberg-bsae.example"))
	g.Expect([]bool{mails[0].UTF8, mails[1].UTF8}).To(Equal([]bool{true, false}), "asked for only where it is needed")

	err = newSMTP(t, ascii.Addr()).Invite(t.Context(), to("zoé@hosting.example"))
	g.Expect(err).To(And(MatchError(ErrRefused), MatchError(ContainSubstring("SMTPUTF8"))))
	g.Expect(ascii.Mails()).To(BeEmpty())
}

func TestInviteSaysWhatHappened(t *testing.T) {
	server := startSink(t)
	m := newSMTP(t, server.Addr())
	server.RefuseRecipients(450)
	err := m.Invite(t.Context(), invited)
	if err == nil || errors.Is(err, ErrRefused) || errors.Is(err, ErrUnknown) {
		t.Errorf("greylisted: %v, want an error that may be tried again", err)
	}
	notTold(t, err)
	server.RefuseRecipients(550)
	if err = m.Invite(t.Context(), invited); !errors.Is(err, ErrRefused) {
		t.Errorf("refused: %v", err)
	}
	notTold(t, err)
	server.RefuseRecipients(0)
	if err := m.Invite(t.Context(), invited); err != nil {
		t.Errorf("accepting again: %v", err)
	}
	if n := len(server.Mails()); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

func TestInviteNoServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	err = newSMTP(t, addr).Invite(t.Context(), invited)
	if err == nil || errors.Is(err, ErrRefused) || errors.Is(err, ErrUnknown) {
		t.Errorf("%v, want an error that may be tried again", err)
	}
}

// A connection that breaks after the mail was handed over leaves its fate unknown.
func TestInviteCutAfterData(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- serveOneCut(listener) }()
	if err := newSMTP(t, listener.Addr().String()).Invite(t.Context(), invited); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v, want ErrUnknown", err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// serveOneCut speaks SMTP to one client and hangs up instead of answering the mail's end.
func serveOneCut(listener net.Listener) error {
	conn, err := listener.Accept()
	if err != nil {
		return err
	}
	text := textproto.NewConn(conn)
	defer func() { _ = errors.Join(text.Close(), listener.Close()) }()
	if err := text.PrintfLine("220 ready"); err != nil {
		return err
	}
	for {
		line, err := text.ReadLine()
		if err != nil {
			return err
		}
		if strings.HasPrefix(line, "DATA") {
			if err := text.PrintfLine("354 go on"); err != nil {
				return err
			}
			_, err := io.Copy(io.Discard, text.DotReader())
			return err
		}
		if err := text.PrintfLine("250 fine"); err != nil {
			return err
		}
	}
}

func TestBadAddresses(t *testing.T) {
	server := startSink(t)
	for field, change := range map[string]func(*Mail){
		"recipient": func(m *Mail) { m.To = "new@example.org\r\nBcc: other@example.org" },
		"owner":     func(m *Mail) { m.Owner = "owner@example.org\n\nPay here: http://example.net" },
		"link":      func(m *Mail) { m.Link += "\r\n" },
	} {
		bad := invited
		change(&bad)
		err := newSMTP(t, server.Addr()).Invite(t.Context(), bad)
		if !errors.Is(err, ErrRefused) || !strings.HasPrefix(err.Error(), field) {
			t.Errorf("injection into the %s: %v", field, err)
		}
		notTold(t, err)
	}
	if len(server.Mails()) != 0 {
		t.Error("a mail left")
	}
	for _, addr := range []string{"", "localhost", "localhost:0", "localhost:smtp"} {
		if _, err := NewSMTP(addr, "", nil); err == nil {
			t.Errorf("mail server %q is taken", addr)
		}
	}
}

func TestConfirm(t *testing.T) {
	g := NewWithT(t)
	server := startSink(t)
	c := Confirmation{To: invited.To, Link: invited.Link, Ordinal: 1, Expires: invited.Expires}
	g.Expect(newSMTP(t, server.Addr()).Confirm(t.Context(), c)).To(Succeed())
	got := server.Mails()[0]
	g.Expect(got.To).To(ConsistOf(invited.To))
	g.Expect(got.Text).To(And(ContainSubstring("2031-05-08 09:10 UTC"), ContainSubstring("08/05/2031 09:10 UTC")))
	g.Expect(strings.Count(got.Text, invited.Link)).To(Equal(2), "the link, once in each language")
	c.Link += "\r\n"
	g.Expect(newSMTP(t, server.Addr()).Confirm(t.Context(), c)).To(MatchError(ErrRefused))
}

func notTold(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.Contains(err.Error(), "@") {
		t.Errorf("the error holds an address: %v", err)
	}
}
