package invite

import (
	"crypto/tls"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	testingclock "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/mailsink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var sendTime = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

func sink(t *testing.T, opts mailsink.Options) *mailsink.Sink {
	t.Helper()
	s, err := mailsink.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// to is the configuration for a sink, in the clear where it has no certificate of its own.
func to(s *mailsink.Sink) Config {
	cfg := Config{
		Host: s.Host(), Port: s.Port(), From: "hostgrant@example.org", CABundle: s.CABundle(),
		AllowPrivate: true, Timeout: 20 * time.Second, Clock: testingclock.NewFakePassiveClock(sendTime),
	}
	if s.CABundle() == nil {
		cfg.TLS = v1alpha1.SMTPNoTLS
	}
	return cfg
}

func sender(t *testing.T, cfg Config) *SMTP {
	t.Helper()
	s, err := NewSMTP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func expect(t *testing.T, s *SMTP, m Message, want Verdict, detail string) {
	t.Helper()
	got, err := s.Send(t.Context(), m)
	if err != nil || got.Verdict != want || !strings.Contains(got.Detail, detail) {
		t.Errorf("got %+v (%v), want %s with %q", got, err, want, detail)
	}
}

func TestTLSModesAndLogIn(t *testing.T) {
	for _, mode := range []v1alpha1.SMTPTLSMode{v1alpha1.SMTPStartTLS, v1alpha1.SMTPImplicitTLS} {
		t.Run(string(mode), func(t *testing.T) {
			s := sink(t, mailsink.Options{SelfSigned: true, Implicit: mode == v1alpha1.SMTPImplicitTLS, Username: "user", Password: "pa:ss wörd"})
			cfg := to(s)
			cfg.TLS, cfg.Username, cfg.Password = mode, "user", "pa:ss wörd"
			expect(t, sender(t, cfg), valid(), Accepted, "")

			wrong := cfg
			wrong.Password = "guess-work"
			expect(t, sender(t, wrong), valid(), Deferred, "connect: 535")
			nobody := cfg
			nobody.Username, nobody.Password = "", ""
			expect(t, sender(t, nobody), valid(), Deferred, "MAIL: 530")
			stranger := cfg
			stranger.CABundle = nil
			expect(t, sender(t, stranger), valid(), Deferred, "certificate")
			if n := len(s.Mails()); n != 1 {
				t.Errorf("%d mails, want 1", n)
			}
		})
	}
	plain := sink(t, mailsink.Options{})
	expect(t, sender(t, to(plain)), valid(), Accepted, "")
	downgraded := to(plain)
	downgraded.TLS = v1alpha1.SMTPStartTLS
	expect(t, sender(t, downgraded), valid(), Deferred, "STARTTLS")
	if n := len(plain.Mails()); n != 1 {
		t.Errorf("%d mails, want 1: none may leave without TLS where it is asked for", n)
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	config, bundle, err := mailsink.SelfSigned(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	s := sink(t, mailsink.Options{TLS: config, Implicit: true})
	cfg := to(s)
	cfg.TLS, cfg.CABundle = v1alpha1.SMTPImplicitTLS, bundle
	expect(t, sender(t, cfg), valid(), Deferred, "protocol version")
}

func TestBodies(t *testing.T) {
	s := sink(t, mailsink.Options{})
	out := sender(t, to(s))
	english, french, quiet := valid(), valid(), valid()
	english.DisplayName, english.Expires = "<b>x</b>", sendTime.Add(24*time.Hour)
	french.Language, french.Ends = "fr", sendTime
	french.Rights = french.Rights.With(hosting.TwoFactorRight)
	quiet.DisplayName, quiet.Language, quiet.Rights = "", "", hosting.Rights{}
	for _, m := range []Message{english, french, quiet, french} {
		expect(t, out, m, Accepted, "")
	}
	mails := s.Mails()
	for i, want := range []struct{ subject, text, html, language string }{
		{"Invitation: access to a hosting", "Hello <b>x</b>,\n\nowner@example.org gives you access to their hosting:\n\n  - account shop: SSL certificates\n\nYou have no profile", "<p>Hello &lt;b&gt;x&lt;/b&gt;,</p>", "en"},
		{"Invitation : accès à un hébergement", "Bonjour Zoé,\n\nowner@example.org vous donne accès à son hébergement :\n\n  - compte shop : Certificats SSL\n\nVous devez vous connecter avec deux facteurs pour l'utiliser.\n\nL'accès prend fin le 04/05/2026 03:02 UTC.\n\nVous n'y", "<p>Bonjour Zoé,</p>", "fr"},
		{"Invitation: access to a hosting", "Hello,\n\nowner@example.org gives you access to their hosting.\n\nYou have no profile", "<p>Hello,</p>", "en"},
	} {
		m := mails[i]
		if m.Err != nil || m.Subject != want.subject || !strings.Contains(m.Text, want.text) || !strings.Contains(m.HTML, want.html) {
			t.Errorf("mail %d: %v %q\n%s\n%s", i, m.Err, m.Subject, m.Text, m.HTML)
		}
		if !strings.Contains(m.Text, "\n"+english.Link+"\n") || !strings.Contains(m.HTML, `<a href="https://hosting.example/profile/?token=s3cr3t-token&amp;x=1">`) {
			t.Errorf("mail %d lost its link:\n%s\n%s", i, m.Text, m.HTML)
		}
		for name, value := range map[string]string{
			"Auto-Submitted": "auto-generated", "Message-Id": english.MessageID, "Content-Language": want.language,
			"Date": "Mon, 04 May 2026 03:02:01 +0000", "To": "<person@example.org>", "From": "<hostgrant@example.org>",
		} {
			if got := m.Header[name]; len(got) != 1 || got[0] != value {
				t.Errorf("mail %d: %s is %q, want %q", i, name, got, value)
			}
		}
		if m.Header.Get("X-Mailer") != "" || m.Header.Get("User-Agent") != "" || strings.Contains(m.HTML, "<b>x") {
			t.Errorf("mail %d says too much:\n%s", i, m.Raw)
		}
	}
	if !strings.Contains(mails[0].Text, "\nThe link works until 5 May 2026, 03:02 UTC.\n") || strings.Contains(mails[1].Text, "valable") {
		t.Errorf("the end of the link:\n%s\n%s", mails[0].Text, mails[1].Text)
	}
	for i, refusal := range []string{"Permissions > My Permissions", "Permissions > Mes permissions"} {
		if !strings.Contains(mails[i].Text, refusal) || !strings.Contains(mails[i].HTML, strings.ReplaceAll(refusal, ">", "&gt;")) {
			t.Errorf("mail %d does not say how to refuse:\n%s", i, mails[i].Text)
		}
	}
	if string(mails[1].Raw) != string(mails[3].Raw) {
		t.Error("the same message sent again is another one")
	}
}

func TestALongListIsCounted(t *testing.T) {
	s := sink(t, mailsink.Options{})
	m := valid()
	for id := range int64(30) {
		m.Rights = m.Rights.With(hosting.Right{Scope: hosting.ScopeAccount, ID: id, Name: "Sites"})
		m.Places[Place{hosting.ScopeAccount, id}] = strings.Repeat("n", 100+int(id)) + "\r\nBcc: x@example.org"
	}
	expect(t, sender(t, to(s)), m, Accepted, "")
	text := s.Mails()[0].Text
	if strings.Count(text, "\n  - ") != 21 || !strings.Contains(text, "  - and 10 more\n") || strings.Contains(text, strings.Repeat("n", 64)) || len(s.Mails()[0].To) != 1 {
		t.Errorf("got\n%s", text)
	}
}

func TestInjectionReachesNoServer(t *testing.T) {
	s := sink(t, mailsink.Options{})
	m := valid()
	if err := sender(t, to(s)).Check(m); err != nil {
		t.Error(err)
	}
	m.To = "a@example.org>\r\nRCPT TO:<b@example.org"
	got, err := sender(t, to(s)).Send(t.Context(), m)
	if sender(t, to(s)).Check(m) == nil {
		t.Error("Check lets it pass")
	}
	var field *FieldError
	if !errors.As(err, &field) || field.Field != "to" || got.Verdict != Refused || len(s.Mails()) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestUnusualAddresses(t *testing.T) {
	utf8 := sink(t, mailsink.Options{SMTPUTF8: true})
	ascii := sink(t, mailsink.Options{})
	for address, want := range map[string]string{
		"a+b@example.org": "a+b@example.org", "o'neil@example.org": "o'neil@example.org",
		`"a..b"@example.org`: "a..b@example.org", "zoe@hébergé.fr": "zoe@xn--hberg-bsae.fr",
	} {
		m := valid()
		m.To = address
		ascii.Reset()
		expect(t, sender(t, to(ascii)), m, Accepted, "")
		if mails := ascii.Mails(); len(mails) != 1 || len(mails[0].To) != 1 || (mails[0].To[0] != want && mails[0].To[0] != address) {
			t.Errorf("%s: went to %q", address, mails[0].To)
		}
	}
	m := valid()
	m.To = "zoé@example.org"
	expect(t, sender(t, to(utf8)), m, Accepted, "")
	if mails := utf8.Mails(); len(mails) != 1 || !mails[0].UTF8 || mails[0].To[0] != m.To || mails[0].Header.Get("To") != "<zoé@example.org>" {
		t.Errorf("got %+v", mails)
	}
	expect(t, sender(t, to(utf8)), valid(), Accepted, "")
	if mails := utf8.Mails(); len(mails) != 2 || mails[1].UTF8 {
		t.Error("a plain address asks for SMTPUTF8, which a relay further on may lack")
	}
	ascii.Reset()
	expect(t, sender(t, to(ascii)), m, Refused, "SMTPUTF8")
	if len(ascii.Mails()) != 0 {
		t.Error("sent to a server that cannot take it")
	}
}

func TestPrivateAddressesNeedTheFlag(t *testing.T) {
	s := sink(t, mailsink.Options{})
	for _, host := range []string{"127.0.0.1", "localhost"} {
		cfg := to(s)
		cfg.Host, cfg.AllowPrivate = host, false
		expect(t, sender(t, cfg), valid(), Deferred, "not public")
	}
	if len(s.Mails()) != 0 {
		t.Error("a mail reached a private address")
	}
	for text, want := range map[string]bool{
		"8.8.8.8": true, "2a00:b6e0::1": true, "127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "224.0.0.1": false, "255.255.255.255": false,
		"::1": false, "::": false, "fe80::1": false, "fd00::1": false, "ff02::1": false, "::ffff:127.0.0.1": false,
		"::ffff:8.8.8.8": true, "::ffff:100.64.0.1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "fe80::1%eth0": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("public(%s) = %v", text, got)
		}
	}
}

func TestNewSMTPNamesTheField(t *testing.T) {
	base := Config{Host: "mail.example.org", Port: 587, From: "Hostgrant@Example.org"}
	s := sender(t, base)
	if s.FromDomain() != "example.org" || s.cfg.Timeout != DefaultTimeout || s.cfg.TLS != v1alpha1.SMTPStartTLS || s.cfg.LocalName != "example.org" {
		t.Errorf("defaults: %+v", s.cfg)
	}
	for want, change := range map[string]func(*Config){
		"smtp.host":                 func(c *Config) { c.Host = "" },
		"smtp.host \"a b\"":         func(c *Config) { c.Host = "a b" },
		"smtp.host \"unix:///s\"":   func(c *Config) { c.Host = "unix:///s" },
		"smtp.port 0":               func(c *Config) { c.Port = 0 },
		"smtp.tls":                  func(c *Config) { c.TLS = "Perhaps" },
		"smtp.timeout":              func(c *Config) { c.Timeout = -1 },
		"smtp.from":                 func(c *Config) { c.From = "nobody" },
		"smtp.from: needs":          func(c *Config) { c.From = "é@example.org" },
		"smtp.caBundle":             func(c *Config) { c.CABundle = []byte("none") },
		"smtp.credentialsSecretRef": func(c *Config) { c.Password = "hunter2" },
		"smtp.tls None":             func(c *Config) { c.TLS, c.Username, c.Password = v1alpha1.SMTPNoTLS, "u", "hunter2" },
		"smtp.localName":            func(c *Config) { c.LocalName = "x\r\nMAIL" },
	} {
		cfg := base
		change(&cfg)
		if _, err := NewSMTP(cfg); err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
