package mta_test

import (
	"bytes"
	"encoding/base64"
	"net"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/mailsink"
)

func TestLoggedInUnderTLS(t *testing.T) {
	for name, tt := range map[string]struct {
		door door
		mode v1alpha1.SMTPTLSMode
		how  string
	}{
		"STARTTLS":                    {submission, v1alpha1.SMTPStartTLS, "SCRAM-SHA-256"},
		"STARTTLS by default":         {submission, "", "SCRAM-SHA-256"},
		"STARTTLS, a server with one": {old, v1alpha1.SMTPStartTLS, "LOGIN"},
		"implicit TLS":                {implicit, v1alpha1.SMTPImplicitTLS, "PLAIN"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			c, m := loggingIn(through(server.doors[tt.door], tt.mode)), invitation(newcomer())
			expect(t, c, m, invite.Accepted, "")
			mails := server.withID(g, m.MessageID)
			g.Expect(mails).To(HaveLen(1))
			g.Expect(mails[0].received()).To(MatchRegexp(`using TLSv1\.[23] .* with ESMTPSA id`))
			g.Eventually(server.log, waiting, polling).Should(ContainSubstring("sasl_method=" + tt.how + ", sasl_username=" + username + "@" + myHost))

			wrong := c
			wrong.Password = "guess-work"
			refused := invitation(newcomer())
			expect(t, wrong, refused, invite.Deferred, "connect: 535")
			nobody := c
			nobody.Username, nobody.Password = "", ""
			expect(t, nobody, refused, invite.Refused, "RCPT: 554")
			g.Expect(count(t, server, refused)).To(BeZero())
		})
	}
}

// Whoever is not who the certificate authority says they are gets neither mail nor password.
func TestStrangersAreTrustedWithNothing(t *testing.T) {
	_, otherCA, err := mailsink.SelfSigned(time.Now())
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	wrongCA := func(c *invite.Config) { c.CABundle = otherCA }
	unchanged := func(*invite.Config) {}
	for name, tt := range map[string]struct {
		door   door
		mode   v1alpha1.SMTPTLSMode
		host   string // the wire's; the certificate is for 127.0.0.1 only
		change func(*invite.Config)
		tamper func([]byte) []byte
		detail string
	}{
		"wrong authority, STARTTLS": {submission, v1alpha1.SMTPStartTLS, "127.0.0.1", wrongCA, nil, "certificate signed by unknown authority"},
		"wrong authority, implicit": {implicit, v1alpha1.SMTPImplicitTLS, "127.0.0.1", wrongCA, nil, "certificate signed by unknown authority"},
		"wrong name, STARTTLS":      {submission, v1alpha1.SMTPStartTLS, "127.0.0.2", unchanged, nil, "certificate is valid for"},
		"wrong name, implicit":      {implicit, v1alpha1.SMTPImplicitTLS, "127.0.0.2", unchanged, nil, "certificate is valid for"},
		"no TLS, a log-in offered":  {careless, v1alpha1.SMTPStartTLS, "127.0.0.1", unchanged, nil, "does not support STARTTLS"},
		"STARTTLS taken out":        {submission, v1alpha1.SMTPStartTLS, "127.0.0.1", unchanged, without("STARTTLS"), "does not support STARTTLS"},
		"no TLS where it is due":    {careless, v1alpha1.SMTPImplicitTLS, "127.0.0.1", unchanged, nil, "TLS handshake"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			w := tap(t, tt.host, server.doors[tt.door], nil)
			w.tamperWith(tt.tamper)
			c, m := loggingIn(through(w.address(), tt.mode)), invitation(newcomer())
			tt.change(&c)
			expect(t, c, m, invite.Deferred, tt.detail)
			heard, told := w.listened(g)
			g.Expect(told).NotTo(BeEmpty())
			for _, secret := range []string{"AUTH", "MAIL FROM", username, password, base64.StdEncoding.EncodeToString([]byte(password)), "newcomer"} {
				g.Expect(string(heard)).NotTo(ContainSubstring(secret))
			}
			g.Expect(count(t, server, m)).To(BeZero())
		})
	}
}

// without has the server not offer an extension.
func without(extension string) func([]byte) []byte {
	return func(said []byte) []byte {
		return bytes.ReplaceAll(said, []byte(extension), bytes.Repeat([]byte("X"), len(extension)))
	}
}

// What is said before TLS begins is not believed once it has.
func TestAnswersBeforeTLSAreForgotten(t *testing.T) {
	g, w := NewWithT(t), tap(t, "127.0.0.1", server.doors[submission], nil)
	w.tamperWith(func(said []byte) []byte {
		if !bytes.HasPrefix(said, []byte("220 2.0.0 Ready to start TLS")) {
			return said
		}
		return append(bytes.Clone(said), "250-evil.example\r\n250 AUTH PLAIN\r\n"...)
	})
	m := invitation(newcomer())
	expect(t, loggingIn(through(w.address(), v1alpha1.SMTPStartTLS)), m, invite.Accepted, "")
	_, told := w.listened(g)
	g.Expect(string(told)).To(ContainSubstring("250 AUTH PLAIN\r\n"))
	g.Expect(server.withID(g, m.MessageID)).To(HaveLen(1))
}

func TestCredentialsNeedTLS(t *testing.T) {
	_, err := invite.NewSMTP(loggingIn(through(server.doors[careless], v1alpha1.SMTPNoTLS)))
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("credentials are never sent in the clear")))
}

// Without a bundle, what this machine trusts is trusted.
func TestTheMachinesAuthorities(t *testing.T) {
	c, m := loggingIn(through(server.doors[submission], v1alpha1.SMTPStartTLS)), invitation(newcomer())
	c.CABundle = nil
	expect(t, c, m, invite.Accepted, "")
	NewWithT(t).Expect(count(t, server, m)).To(Equal(1))
}

// The reference backend speaks plainly on this machine only, to which it counts the names
// localhost and the loopback addresses. In capitals the name is any other host's.
func TestReferenceBackendTakesTLSWhereOffered(t *testing.T) {
	for name, tt := range map[string]struct {
		tamper func([]byte) []byte
		want   invite.Verdict
		how    string
	}{
		"offered":     {nil, invite.Accepted, `using TLSv1\.[23] .* with ESMTPS id`},
		"not offered": {without("STARTTLS"), invite.Accepted, `with ESMTP id`},
		"broken":      {breakHandshake, invite.Deferred, ""},
	} {
		t.Run(name, func(t *testing.T) {
			g, to, w := NewWithT(t), newcomer(), tap(t, "127.0.0.1", server.doors[open], nil)
			w.tamperWith(tt.tamper)
			_, port, err := net.SplitHostPort(w.address())
			g.Expect(err).NotTo(HaveOccurred())
			intents["reference backend"](to).ends(t, "LOCALHOST:"+port, tt.want)
			mails := server.sentTo(g, to)
			if tt.want != invite.Accepted {
				g.Expect(mails).To(BeEmpty())
				return
			}
			g.Expect(mails).To(HaveLen(1))
			g.Expect(mails[0].received()).To(MatchRegexp(tt.how))
		})
	}
}

// breakHandshake has TLS begin with something else.
func breakHandshake(said []byte) []byte {
	if bytes.HasPrefix(said, []byte{0x16, 0x03}) {
		return []byte("this is no TLS\r\n")
	}
	return said
}
