package invite

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/mailsink"
)

func TestOutcomes(t *testing.T) {
	s := sink(t, mailsink.Options{})
	out := sender(t, to(s))
	for _, stage := range []string{mailsink.StageMail, mailsink.StageRcpt, mailsink.StageData} {
		said := stage
		if stage == mailsink.StageData {
			said = "end of DATA"
		}
		cut := Deferred
		if stage == mailsink.StageData {
			cut = Unknown
		}
		for _, tt := range []struct {
			answer error
			want   Verdict
			detail string
		}{
			{mailsink.Reply(450, "later, <person@example.org>"), Deferred, said + ": 450 4.0.0 later, [address]"},
			{mailsink.Reply(550, "person@example.org is unknown"), Refused, said + ": 550 5.0.0 [address] is unknown"},
			{mailsink.ErrCut, cut, said + ": "},
		} {
			s.Reject(func(at, _, _ string) error {
				if at == stage {
					return tt.answer
				}
				return nil
			})
			expect(t, out, valid(), tt.want, tt.detail)
		}
	}
	if n := len(s.Mails()); n != 0 {
		t.Errorf("%d mails were kept", n)
	}
	s.Reset()
	s.CutAfterData(true)
	expect(t, out, valid(), Unknown, "end of DATA: ")
	if n := len(s.Mails()); n != 1 {
		t.Errorf("%d mails, want the one whose answer was lost", n)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	expect(t, out, valid(), Deferred, "connect: ")
}

// script serves one connection: it says the first answer, then one more for each line read.
// After DATA it reads up to the dot. An empty answer closes the connection.
func script(t *testing.T, answers ...string) Config {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		lines := bufio.NewScanner(conn)
		for i, answer := range answers {
			if i > 0 && !lines.Scan() {
				return
			}
			for i > 0 && strings.HasPrefix(answers[i-1], "354") && lines.Text() != "." {
				if !lines.Scan() {
					return
				}
			}
			if answer == "" {
				return
			}
			if _, err := fmt.Fprint(conn, answer+"\r\n"); err != nil {
				return
			}
		}
		for lines.Scan() {
			if lines.Text() == "QUIT" {
				_, _ = fmt.Fprint(conn, "221 bye\r\n")
				return
			}
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-done })
	addr := listener.Addr().(*net.TCPAddr)
	return Config{Host: "127.0.0.1", Port: int32(addr.Port), TLS: v1alpha1.SMTPNoTLS, From: "hostgrant@example.org", AllowPrivate: true, Timeout: 20 * time.Second}
}

func TestOddServers(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []string
		want    Verdict
		detail  string
	}{
		"refuses at once":         {[]string{"554 go away"}, Deferred, "connect: 554"},
		"busy":                    {[]string{"421 busy"}, Deferred, "connect: 421"},
		"speaks another protocol": {[]string{"HTTP/1.1 400 Bad Request"}, Deferred, "connect: "},
		"hangs up at once":        {[]string{""}, Deferred, "connect: "},
		"never ends its greeting": {[]string{strings.Repeat("220-hello\r\n", maxRead/8)}, Deferred, "more than a mail needs"},
		"one endless line":        {[]string{strings.Repeat("2", 2*maxRead)}, Deferred, "more than a mail needs"},
		"puts DATA off":           {[]string{"220 x", "250 x", "250 x", "250 x", "452 full"}, Deferred, "DATA: 452"},
		"refuses DATA":            {[]string{"220 x", "250 x", "250 x", "250 x", "554 no"}, Refused, "DATA: 554"},
		"hangs up at DATA":        {[]string{"220 x", "250 x", "250 x", "250 x", ""}, Deferred, "DATA: "},
		"takes it":                {[]string{"220 x", "250 x", "250 x", "250 x", "354 go", "250 ok"}, Accepted, ""},
		"takes it oddly":          {[]string{"220 x", "250 x", "250 x", "250 x", "354 go", "251 ok"}, Accepted, ""},
		"hangs up after the dot":  {[]string{"220 x", "250 x", "250 x", "250 x", "354 go", ""}, Unknown, "end of DATA: "},
		"babbles after the dot":   {[]string{"220 x", "250 x", "250 x", "250 x", "354 go", "hello"}, Unknown, "end of DATA: "},
		"asks after the dot":      {[]string{"220 x", "250 x", "250 x", "250 x", "354 go", "354 more"}, Unknown, "end of DATA: 354"},
		"closes after the dot":    {[]string{"220 x", "250 x", "250 x", "250 x", "354 go", "421 bye"}, Deferred, "end of DATA: 421"},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, sender(t, script(t, tt.answers...)), valid(), tt.want, tt.detail)
		})
	}
}

// Whoever is stopped in the middle still hears how it ended.
func TestCancelledMeanwhile(t *testing.T) {
	for name, tt := range map[string]struct {
		answer error
		want   Verdict
	}{"put off": {mailsink.Reply(450, "later"), Deferred}, "refused": {mailsink.Reply(550, "no"), Refused}, "taken": {nil, Accepted}} {
		t.Run(name, func(t *testing.T) {
			s := sink(t, mailsink.Options{})
			ctx, cancel := context.WithCancel(t.Context())
			s.Reject(func(at, _, _ string) error {
				if at == mailsink.StageRcpt {
					cancel()
					return tt.answer
				}
				return nil
			})
			if got, err := sender(t, to(s)).Send(ctx, valid()); err != nil || got.Verdict != tt.want {
				t.Errorf("got %+v %v, want %s", got, err, tt.want)
			}
		})
	}
}

func TestSilenceEnds(t *testing.T) {
	cfg := script(t, "220 x", "250 x", "250 x", "250 x", "354 go")
	cfg.Timeout = 300 * time.Millisecond
	expect(t, sender(t, cfg), valid(), Unknown, "end of DATA: ")

	cfg = script(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := sender(t, cfg).Send(ctx, valid()); err != nil || got.Verdict != Deferred {
		t.Errorf("cancelled before: %+v %v", got, err)
	}
}
