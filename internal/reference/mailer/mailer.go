// Package mailer writes and sends the mails of the reference backend, in its own words.
package mailer

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
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
	// Ordinal of the mail among those with the same link.
	Ordinal int32
	// Expires is when the link ends.
	Expires time.Time
	// English and French lines say what was given.
	English, French []string
	// TwoFactor: it can only be used after a log-in with two factors.
	TwoFactor bool
}

// Mailer delivers mails. ErrRefused and ErrUnknown must not be tried again; after any other
// error the mail was not taken and may be. Errors hold no address.
type Mailer interface {
	// Invite sends one invitation.
	Invite(ctx context.Context, m Mail) error
	// Alert tells one person of something that concerns them.
	Alert(ctx context.Context, a Alert) error
	// Confirm has one person show that a mailbox is theirs.
	Confirm(ctx context.Context, c Confirmation) error
}

// SMTP is a Mailer that hands mails to a mail server. Build it with NewSMTP.
type SMTP struct {
	host  string
	port  int
	from  *netmail.Address
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
	sender, err := mailbox("sender", from)
	if err != nil {
		return nil, err
	}
	return &SMTP{host: host, port: port, from: sender, clock: clk}, nil
}

// Invite implements Mailer.
func (s *SMTP) Invite(ctx context.Context, m Mail) error {
	if err := checkLink(m.Link); err != nil {
		return err
	}
	return s.deliver(ctx, letter{to: m.To, owner: m.Owner, intent: fmt.Sprint(m.Link, " ", m.Ordinal), subject: subject, text: invitation, data: m})
}

func checkLink(link string) error {
	if link == "" || len(link) > maxLink || strings.ContainsFunc(link, notInLinks) {
		return fmt.Errorf("link: %w: not a URL of at most %d bytes", ErrRefused, maxLink)
	}
	return nil
}

// letter is a mail before it is written.
type letter struct {
	to, owner string
	// intent tells it from every other one to the same person: written again for a later
	// attempt, it has the same Message-ID.
	intent  string
	subject string
	text    *template.Template
	data    any
}

// deliver writes a letter and sends it.
func (s *SMTP) deliver(ctx context.Context, l letter) error {
	to, msg, err := s.compose(l)
	if err != nil {
		return err
	}
	var line net.Conn
	defer func() {
		if line != nil {
			_ = line.Close()
		}
	}()
	client, err := s.client(to, &line)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	conversation, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	if offered, _ := conversation.Extension("SMTPUTF8"); !offered && !isASCII(to.Address) {
		err = fmt.Errorf("recipient: %w: the mail server takes no addresses with characters outside ASCII (SMTPUTF8)", ErrRefused)
	} else {
		err = classify(client.SendWithSMTPClient(conversation, msg))
	}
	// Within the content nothing more may be said: it would end the mail as if it were whole.
	if !errors.Is(err, ErrUnknown) {
		_ = client.CloseWithSMTPClient(conversation)
	}
	return err
}

// client talks to the mail server over a connection that the caller closes: the library
// leaves it open where it fails half-way.
func (s *SMTP) client(to *netmail.Address, line *net.Conn) (*mail.Client, error) {
	options := []mail.Option{
		mail.WithPort(s.port), mail.WithTimeout(sendTimeout), s.tls(),
		// Servers that go by the book refuse a name without a dot, as machines have in containers.
		mail.WithHELO(s.domain()),
		mail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, address)
			*line = conn
			return conn, err
		}),
	}
	if isASCII(to.Address) {
		// Asked for where it is not needed, it keeps servers further on from taking the mail.
		options = append(options, mail.WithoutSMTPUTF8())
	}
	return mail.NewClient(s.host, options...)
}

// domain is the one mails are sent from.
func (s *SMTP) domain() string {
	return s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
}

func (s *SMTP) tls() mail.Option {
	if ip := net.ParseIP(s.host); s.host == "localhost" || ip != nil && ip.IsLoopback() {
		return mail.WithTLSPolicy(mail.NoTLS)
	}
	return mail.WithTLSPolicy(mail.TLSOpportunistic)
}

func (s *SMTP) compose(l letter) (*netmail.Address, *mail.Msg, error) {
	to, err := mailbox("recipient", l.to)
	if err != nil {
		return nil, nil, err
	}
	if _, err := mailbox("owner", l.owner); err != nil {
		return nil, nil, err
	}
	var body bytes.Buffer
	if err := l.text.Execute(&body, l.data); err != nil {
		return nil, nil, fmt.Errorf("write the mail: %w", err)
	}
	id := sha256.Sum256(fmt.Appendf(nil, "%q %q", l.to, l.intent))
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	msg.ToMailAddress(to)
	msg.Subject(l.subject)
	msg.SetDateWithValue(s.clock.Now())
	msg.SetMessageIDWithValue(hex.EncodeToString(id[:16]) + "@" + s.domain())
	// RFC 3834: no out-of-office answers, please.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(mail.TypeTextPlain, body.String())
	return to, msg, nil
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
