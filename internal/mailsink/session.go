package mailsink

import (
	"crypto/subtle"
	"errors"
	"io"
	"net"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// session is one client's connection.
type session struct {
	sink *Sink
	line net.Conn
	// known: logged in, or no log-in is needed.
	known bool
	from  string
	to    []string
	utf8  bool
}

func (s *Sink) newSession(c *smtp.Conn) (smtp.Session, error) {
	return &session{sink: s, line: c.Conn(), known: s.opts.Username == ""}, nil
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if s.sink.opts.Username == "" {
		return nil
	}
	return []string{sasl.Plain, sasl.Login}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	switch {
	case s.sink.opts.Username == "":
		return nil, smtp.ErrAuthUnsupported
	case mechanism == sasl.Plain:
		return sasl.NewPlainServer(func(_, username, password string) error {
			return s.logIn(username, password)
		}), nil
	case mechanism == sasl.Login:
		return &loginServer{check: s.logIn}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

func (s *session) logIn(username, password string) error {
	opts := s.sink.opts
	if subtle.ConstantTimeCompare([]byte(username), []byte(opts.Username))&
		subtle.ConstantTimeCompare([]byte(password), []byte(opts.Password)) != 1 {
		return smtp.ErrAuthFailed
	}
	s.known = true
	return nil
}

// Mail implements smtp.Session.
func (s *session) Mail(from string, options *smtp.MailOptions) error {
	if !s.known {
		return Reply(530, "log in first")
	}
	s.from, s.to, s.utf8 = from, nil, options != nil && options.UTF8
	return s.judge(StageMail, "")
}

// Rcpt implements smtp.Session.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.judge(StageRcpt, to); err != nil {
		return err
	}
	s.to = append(s.to, to)
	return nil
}

// Data implements smtp.Session.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	to := ""
	if len(s.to) > 0 {
		to = s.to[0]
	}
	if err := s.judge(StageData, to); err != nil {
		return err
	}
	m := parse(s.from, s.to, raw, s.sink.opts.Clock.Now())
	m.UTF8 = s.utf8
	cut, err := s.sink.keep(m)
	if cut {
		_ = s.line.Close()
	}
	return err
}

// judge asks the sink's hook, and cuts the connection if it says so.
func (s *session) judge(stage, to string) error {
	err := s.sink.judge(stage, s.from, to)
	if errors.Is(err, ErrCut) {
		_ = s.line.Close()
	}
	return err
}

// Reset implements smtp.Session.
func (s *session) Reset() { s.from, s.to, s.utf8 = "", nil, false }

// Logout implements smtp.Session.
func (s *session) Logout() error { return nil }

// loginServer is the server's side of the LOGIN mechanism, which the library no longer has.
type loginServer struct {
	check    func(username, password string) error
	step     int
	username string
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch {
	case l.step == 1 && response == nil:
		return []byte("Username:"), false, nil
	case l.step == 1:
		l.step = 2
		l.username = string(response)
		return []byte("Password:"), false, nil
	case l.step == 2:
		l.username = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.username, string(response))
}
