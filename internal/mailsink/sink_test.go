package mailsink

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const sample = "From: a@example.org\r\nTo: b@example.org\r\nMessage-ID: <1@example.org>\r\n" +
	"Subject: =?utf-8?q?Acc=C3=A8s?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n" +
	"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nh=C3=A9berg=\r\nement\r\n" +
	"--x\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+aMOpPC9wPg==\r\n--x--\r\n"

func start(t *testing.T, opts Options) *Sink {
	t.Helper()
	s, err := Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func send(t *testing.T, s *Sink, body string) error {
	t.Helper()
	c, err := smtp.Dial(s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	return c.SendMail("a@example.org", []string{"b@example.org"}, strings.NewReader(body))
}

func code(err error) int {
	var reply *smtp.SMTPError
	if errors.As(err, &reply) {
		return reply.Code
	}
	return 0
}

func TestKeepsAndParses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mails")
	s := start(t, Options{Dir: dir})
	if err := send(t, s, sample); err != nil {
		t.Fatal(err)
	}
	mails := s.Mails()
	if len(mails) != 1 {
		t.Fatalf("%d mails, want 1", len(mails))
	}
	m := mails[0]
	if m.Err != nil || m.Subject != "Accès" || m.MessageID != "<1@example.org>" || m.Text != "hébergement" || m.HTML != "<p>hé</p>" {
		t.Errorf("parsed %+v", m)
	}
	if m.From != "a@example.org" || fmt.Sprint(m.To) != "[b@example.org]" || m.Received.IsZero() {
		t.Errorf("envelope %q %q %v", m.From, m.To, m.Received)
	}
	file := filepath.Join(dir, "000001.eml")
	raw, err := os.ReadFile(file)
	if err != nil || string(raw) != string(m.Raw) {
		t.Errorf("file holds %q (%v), want the mail", raw, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file mode %v (%v), want 0600", info.Mode(), err)
	}
	s.Reset()
	if len(s.Mails()) != 0 {
		t.Error("mails are left after Reset")
	}
}

func TestUnreadableMailIsKept(t *testing.T) {
	s := start(t, Options{})
	if err := send(t, s, "Content-Transfer-Encoding: base64\r\n\r\n!?\r\n"); err != nil {
		t.Fatal(err)
	}
	if mails := s.Mails(); len(mails) != 1 || mails[0].Err == nil {
		t.Errorf("got %+v, want one mail with an error", mails)
	}
}

func TestRejectsAtEachStage(t *testing.T) {
	s := start(t, Options{})
	for _, stage := range []string{StageMail, StageRcpt, StageData} {
		for _, answer := range []int{450, 550} {
			s.Reject(func(at, from, _ string) error {
				if at == stage && from == "a@example.org" {
					return Reply(answer, "no")
				}
				return nil
			})
			if err := send(t, s, sample); code(err) != answer {
				t.Errorf("%s: got %v, want %d", stage, err, answer)
			}
		}
		s.Reject(func(at, _, _ string) error {
			if at == stage {
				return ErrCut
			}
			return nil
		})
		if err := send(t, s, sample); err == nil || code(err) != 0 {
			t.Errorf("%s: got %v, want a lost connection", stage, err)
		}
	}
	if n := len(s.Mails()); n != 0 {
		t.Errorf("%d rejected mails were kept", n)
	}
}

func TestCutAfterDataKeepsTheMail(t *testing.T) {
	s := start(t, Options{})
	s.CutAfterData(true)
	if err := send(t, s, sample); err == nil || code(err) != 0 {
		t.Errorf("got %v, want a lost connection", err)
	}
	if n := len(s.Mails()); n != 1 {
		t.Errorf("%d mails kept, want 1", n)
	}
}

func TestBounds(t *testing.T) {
	s := start(t, Options{MaxMails: 1})
	if err := send(t, s, "Subject: big\r\n\r\n"+strings.Repeat("0123456789\r\n", MaxMessageBytes/10)); code(err) != 552 {
		t.Errorf("too large a mail: %v, want 552", err)
	}
	if err := send(t, s, sample); err != nil {
		t.Error(err)
	}
	if err := send(t, s, sample); code(err) != 452 {
		t.Errorf("one mail too many: %v, want 452", err)
	}
}

func TestTLSAndLogIn(t *testing.T) {
	for _, implicit := range []bool{false, true} {
		s := start(t, Options{SelfSigned: true, Implicit: implicit, Username: "user", Password: "pass"})
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(s.CABundle()) {
			t.Fatal("no CA bundle")
		}
		dial := smtp.DialStartTLS
		if implicit {
			dial = smtp.DialTLS
		}
		for _, try := range []struct {
			auth sasl.Client
			want int
		}{
			{nil, 530},
			{sasl.NewPlainClient("", "user", "wrong"), 535},
			{sasl.NewPlainClient("", "user", "pass"), 0},
			{sasl.NewLoginClient("user", "wrong"), 535},
			{sasl.NewLoginClient("user", "pass"), 0},
		} {
			c, err := dial(s.Addr(), &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"})
			if err != nil {
				t.Fatal(err)
			}
			if try.auth != nil {
				err = c.Auth(try.auth)
			}
			if err == nil {
				err = c.SendMail("a@example.org", []string{"b@example.org"}, strings.NewReader(sample))
			}
			if code(err) != try.want || (try.want == 0) != (err == nil) {
				t.Errorf("implicit=%v %#v: %v, want %d", implicit, try.auth, err, try.want)
			}
			_ = c.Close()
		}
		if n := len(s.Mails()); n != 2 {
			t.Errorf("%d mails, want 2", n)
		}
	}
}

func TestNoLogInWithoutTLS(t *testing.T) {
	s := start(t, Options{SelfSigned: true, Username: "user", Password: "pass"})
	c, err := textproto.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for _, line := range []struct {
		say  string
		want int
	}{{"", 220}, {"EHLO x", 250}, {"AUTH PLAIN AHVzZXIAcGFzcw==", 523}} {
		if line.say != "" {
			if err := c.PrintfLine("%s", line.say); err != nil {
				t.Fatal(err)
			}
		}
		if _, msg, err := c.ReadResponse(line.want); err != nil {
			t.Errorf("%q: %q %v", line.say, msg, err)
		}
	}
}

func TestStartRefuses(t *testing.T) {
	for _, opts := range []Options{{TLS: &tls.Config{}, SelfSigned: true}, {Implicit: true}, {Listen: "nowhere"}} {
		if s, err := Start(opts); err == nil {
			_ = s.Close()
			t.Errorf("%+v: no error", opts)
		}
	}
	if err := start(t, Options{}).Close(); err != nil {
		t.Error(err)
	}
}
