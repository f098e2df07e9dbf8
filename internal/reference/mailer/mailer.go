// Package mailer writes and sends the mails of the reference backend, in its own words.
package mailer

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"strconv"
	"text/template"
	"time"

	"github.com/wneessen/go-mail"
	"k8s.io/utils/clock"
)

// sendTimeout bounds one delivery, from connecting to the answer to the mail's end.
const sendTimeout = 30 * time.Second

// subject in both languages: the provider does not know which one a stranger reads.
const subject = "Your access to a hosting / Votre accès à un hébergement"

//go:embed invitation.txt
var invitationText string

var invitation = template.Must(template.New("invitation").Parse(invitationText))

// ErrRefused says that the mail server will never take this mail.
var ErrRefused = errors.New("the mail was refused")

// ErrUnknown says that the connection ended after the mail was handed over; it may have arrived.
var ErrUnknown = errors.New("the mail may or may not have been delivered")

// Mail asks a person without a profile to initialise one. To, Owner and Link are personal
// or secret: they go into the mail and nowhere else.
type Mail struct {
	// To is the address invited.
	To string
	// Owner is the address of the profile that gave access.
	Owner string
	// Link where the profile is initialised.
	Link string
	// Expires is when the link ends.
	Expires time.Time
}

// Mailer delivers mails. ErrRefused and ErrUnknown must not be tried again; after any other
// error the mail was not taken and may be. Errors hold no address.
type Mailer interface {
	// Invite sends one invitation.
	Invite(ctx context.Context, m Mail) error
	// Alert tells one person of something that concerns them.
	Alert(ctx context.Context, a Alert) error
}

// SMTP is a Mailer that hands mails to a mail server. Build it with NewSMTP.
type SMTP struct {
	host  string
	port  int
	from  string
	clock clock.PassiveClock
}

// NewSMTP makes a Mailer for the mail server at addr ("host:port"), sending as from. To a
// server on this machine it speaks plainly; any other one gets TLS where it offers it.
func NewSMTP(addr, from string, clk clock.PassiveClock) (*SMTP, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("mail server %q: give it as host:port: %w", addr, err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil || port < 1 || port > 65535 {
		return nil, fmt.Errorf("mail server %q: the port is a number from 1 to 65535", addr)
	}
	return &SMTP{host: host, port: port, from: from, clock: clk}, nil
}

// Invite implements Mailer.
func (s *SMTP) Invite(ctx context.Context, m Mail) error {
	return s.deliver(ctx, m.To, subject, invitation, m)
}

// deliver sends what a template makes of a mail's data.
func (s *SMTP) deliver(ctx context.Context, to, subject string, text *template.Template, data any) error {
	msg, err := s.compose(to, subject, text, data)
	if err != nil {
		return err
	}
	client, err := mail.NewClient(s.host, mail.WithPort(s.port), mail.WithTimeout(sendTimeout), s.tls())
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	err = classify(client.Send(msg))
	// The mail's fate is decided by now; how the connection ends says nothing of it.
	_ = client.Close()
	return err
}

func (s *SMTP) tls() mail.Option {
	if ip := net.ParseIP(s.host); s.host == "localhost" || ip != nil && ip.IsLoopback() {
		return mail.WithTLSPolicy(mail.NoTLS)
	}
	return mail.WithTLSPolicy(mail.TLSOpportunistic)
}

func (s *SMTP) compose(to, subject string, text *template.Template, data any) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	if msg.From(s.from) != nil {
		return nil, fmt.Errorf("sender: %w: not an address", ErrRefused)
	}
	if msg.To(to) != nil {
		return nil, fmt.Errorf("recipient: %w: not an address", ErrRefused)
	}
	var body bytes.Buffer
	if err := text.Execute(&body, data); err != nil {
		return nil, fmt.Errorf("write the mail: %w", err)
	}
	msg.Subject(subject)
	msg.SetDateWithValue(s.clock.Now())
	msg.SetMessageID()
	msg.SetBodyString(mail.TypeTextPlain, body.String())
	return msg, nil
}

// classify keeps what happened and drops what was said: answers of mail servers and the
// library's errors repeat addresses.
func classify(err error) error {
	var failure *mail.SendError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &failure):
		return ErrUnknown
	case failure.Reason == mail.ErrSMTPReset:
		return nil
	case failure.IsTemp():
		return fmt.Errorf("the mail server answered %d, for now", failure.ErrorCode())
	case failure.ErrorCode() >= 500:
		return fmt.Errorf("%w (answer %d)", ErrRefused, failure.ErrorCode())
	case failure.Reason == mail.ErrSMTPDataClose || failure.Reason == mail.ErrWriteContent:
		return ErrUnknown
	}
	return errors.New("the connection to the mail server broke before the mail was handed over")
}
