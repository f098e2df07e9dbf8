// Package mailsink is an SMTP server that delivers nothing and keeps what it is given. Tests
// send to it, and the sandbox shows what it received. It is no mail server for production.
package mailsink

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"k8s.io/utils/clock"
)

// Bounds of a sink.
const (
	// MaxMessageBytes is the largest mail taken; a larger one is answered 552.
	MaxMessageBytes = 1 << 20
	// DefaultMaxMails is how many mails are kept unless Options say otherwise; the next is
	// answered 452.
	DefaultMaxMails = 10000
	// idle is how long a silent connection stays open.
	idle = time.Minute
)

// Options of a sink.
type Options struct {
	// Listen is the address to listen on; empty means a free port of 127.0.0.1.
	Listen string
	// TLS offers STARTTLS, or TLS from the first byte with Implicit. CABundle is empty then:
	// whoever made the certificate knows its authority.
	TLS *tls.Config
	// SelfSigned makes a certificate for localhost, 127.0.0.1, ::1 and the address listened
	// on, and a CABundle to trust it by. Not together with TLS.
	SelfSigned bool
	// Implicit speaks TLS from the first byte; needs TLS or SelfSigned.
	Implicit bool
	// Username and Password make a log-in (PLAIN or LOGIN, under TLS only) a condition for
	// mail.
	Username, Password string
	// SMTPUTF8 offers the extension of that name.
	SMTPUTF8 bool
	// Dir keeps each mail as a file NNNNNN.eml, readable by the owner only; empty keeps none.
	Dir string
	// MaxMails kept; 0 means DefaultMaxMails.
	MaxMails int
	// Clock stamps mails; nil means the real clock.
	Clock clock.PassiveClock
}

// Stages of a transaction, as a Reject hook sees them.
const (
	StageMail = "MAIL"
	StageRcpt = "RCPT"
	// StageData is after the content, where the server decides whether to take it.
	StageData = "DATA"
)

// ErrCut, returned by a Reject hook, closes the connection without an answer.
var ErrCut = errors.New("connection cut")

// Reply is an error that answers with a code, for Reject hooks.
func Reply(code int, text string) error { return &smtp.SMTPError{Code: code, Message: text} }

// Sink is a running server. It is safe for concurrent use.
type Sink struct {
	opts     Options
	server   *smtp.Server
	listener net.Listener
	addr     net.Addr
	ca       []byte
	served   chan struct{}

	mu     sync.Mutex
	mails  []Mail
	filed  int
	reject func(stage, from, to string) error
	cut    bool
	closed bool
}

// Start listens and serves until Close.
func Start(opts Options) (*Sink, error) {
	if err := opts.complete(); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", opts.Listen)
	if err != nil {
		return nil, fmt.Errorf("mailsink: %w", err)
	}
	s := &Sink{opts: opts, listener: listener, addr: listener.Addr(), served: make(chan struct{})}
	if opts.SelfSigned {
		s.opts.TLS, s.ca, err = SelfSigned(opts.Clock.Now(), s.Host())
		if err != nil {
			_ = listener.Close()
			return nil, err
		}
	}
	s.serve(listener)
	return s, nil
}

// complete fills in defaults and refuses what cannot work.
func (opts *Options) complete() error {
	if opts.Listen == "" {
		opts.Listen = "127.0.0.1:0"
	}
	if opts.MaxMails == 0 {
		opts.MaxMails = DefaultMaxMails
	}
	if opts.Clock == nil {
		opts.Clock = clock.RealClock{}
	}
	switch {
	case opts.TLS != nil && opts.SelfSigned:
		return errors.New("mailsink: TLS and SelfSigned exclude each other")
	case opts.Implicit && opts.TLS == nil && !opts.SelfSigned:
		return errors.New("mailsink: Implicit needs TLS or SelfSigned")
	}
	if opts.Dir == "" {
		return nil
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return fmt.Errorf("mailsink: %w", err)
	}
	return nil
}

func (s *Sink) serve(listener net.Listener) {
	s.server = smtp.NewServer(smtp.BackendFunc(s.newSession))
	s.server.Domain = "mailsink"
	s.server.MaxMessageBytes = MaxMessageBytes
	s.server.MaxRecipients = 10
	s.server.ReadTimeout, s.server.WriteTimeout = idle, idle
	s.server.EnableSMTPUTF8 = s.opts.SMTPUTF8
	s.server.TLSConfig = s.opts.TLS
	// Clients that hang up are what this server is for; its log would name addresses.
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	if s.opts.Implicit {
		listener = tls.NewListener(listener, s.opts.TLS)
	}
	go func() {
		defer close(s.served)
		_ = s.server.Serve(listener)
	}()
}

// Addr is the address listened on, host:port.
func (s *Sink) Addr() string { return s.addr.String() }

// Host of Addr.
func (s *Sink) Host() string {
	host, _, _ := net.SplitHostPort(s.Addr())
	return host
}

// Port of Addr.
func (s *Sink) Port() int32 {
	tcp, ok := s.addr.(*net.TCPAddr)
	if !ok {
		return 0
	}
	return int32(tcp.Port) //nolint:gosec // a port has 16 bits
}

// CABundle is the authority of a SelfSigned certificate, as PEM.
func (s *Sink) CABundle() []byte { return s.ca }

// Mails received so far, oldest first.
func (s *Sink) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Reject has every MAIL, RCPT and DATA judged by the hook; nil accepts all. An error made by
// Reply answers with its code, ErrCut closes the connection, any other answers 554. The
// hook is called from the server's goroutines.
func (s *Sink) Reject(hook func(stage, from, to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reject = hook
}

// RefuseRecipients has every recipient answered with a code, for instance 450; 0 accepts
// again.
func (s *Sink) RefuseRecipients(code int) {
	if code == 0 {
		s.Reject(nil)
		return
	}
	s.Reject(func(stage, _, _ string) error {
		if stage != StageRcpt {
			return nil
		}
		return Reply(code, "refused by the test")
	})
}

// CutAfterData has mails kept and the connection then closed without an answer: the client
// cannot know what became of its mail.
func (s *Sink) CutAfterData(cut bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = cut
}

// Reset forgets all mails, and what Reject and CutAfterData set. Files stay.
func (s *Sink) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails, s.reject, s.cut = nil, nil, false
}

// Close ends the server and its connections. Mails stay readable. Closing twice is no error.
func (s *Sink) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	err := s.server.Close()
	// The server knows its listener only once Serve runs.
	if closeErr := s.listener.Close(); closeErr != nil && !errors.Is(closeErr, net.ErrClosed) {
		err = errors.Join(err, closeErr)
	}
	<-s.served
	return err
}

// judge asks the hook.
func (s *Sink) judge(stage, from, to string) error {
	s.mu.Lock()
	hook := s.reject
	s.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(stage, from, to)
}

// keep stores a mail and says whether its answer is to be lost.
func (s *Sink) keep(m Mail) (cut bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mails) >= s.opts.MaxMails {
		return false, Reply(452, "the sink is full")
	}
	if s.opts.Dir != "" {
		name := filepath.Join(s.opts.Dir, fmt.Sprintf("%06d.eml", s.filed+1))
		if err := os.WriteFile(name, m.Raw, 0o600); err != nil {
			return false, Reply(451, "the mail could not be written")
		}
		s.filed++
	}
	s.mails = append(s.mails, m)
	return s.cut, nil
}
