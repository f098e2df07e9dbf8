package invite

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// DefaultTimeout bounds one Send, from the look-up of the host to the server's last answer.
const DefaultTimeout = 30 * time.Second

// Config of an SMTP sender.
type Config struct {
	// Host name or address of the mail server.
	Host string
	// Port of the mail server, 1 to 65535.
	Port int32
	// TLS mode; empty means StartTLS. TLS is 1.2 or newer, and the certificate is verified.
	TLS v1alpha1.SMTPTLSMode
	// From is the sender's address.
	From string
	// Username and Password to log in with: both or neither, and never without TLS.
	Username, Password string
	// CABundle holds PEM certificates to trust instead of the system's; may be empty.
	CABundle []byte
	// Timeout of one Send; 0 means DefaultTimeout.
	Timeout time.Duration
	// AllowPrivate also permits servers at loopback, private and other addresses that are
	// not on the public Internet, and links without TLS.
	AllowPrivate bool
	// LocalName introduces us to the server; empty means the domain of From.
	LocalName string
	// Clock dates the mails; nil means the real clock.
	Clock clock.PassiveClock
}

// SMTP sends invitations through one mail server. It keeps no connection and is safe for
// concurrent use.
type SMTP struct {
	cfg  Config
	from *netmail.Address
	tls  *tls.Config
}

// NewSMTP checks a configuration. Errors name the field and never hold credentials.
func NewSMTP(cfg Config) (*SMTP, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	from, err := mailbox("from", cfg.From)
	if err != nil {
		return nil, fmt.Errorf("smtp.from: %w", err)
	}
	if !isASCII(from.Address) {
		return nil, errors.New("smtp.from: needs an address in ASCII: few servers take another as a sender")
	}
	if cfg.LocalName == "" {
		cfg.LocalName = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	}
	roots, err := trusted(cfg.CABundle)
	if err != nil {
		return nil, err
	}
	return &SMTP{cfg: cfg, from: from, tls: &tls.Config{
		ServerName: cfg.Host, RootCAs: roots, MinVersion: tls.VersionTLS12,
	}}, nil
}

// FromDomain is the domain mail is sent from, for MessageID.
func (s *SMTP) FromDomain() string {
	return s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
}

// complete fills in defaults and refuses what cannot work.
func (c *Config) complete() error {
	if c.TLS == "" {
		c.TLS = v1alpha1.SMTPStartTLS
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Clock == nil {
		c.Clock = clock.RealClock{}
	}
	if err := c.checkServer(); err != nil {
		return err
	}
	return c.checkLogin()
}

func (c *Config) checkServer() error {
	switch {
	case c.Host == "" || len(c.Host) > 253 || strings.ContainsFunc(c.Host, notHost):
		return fmt.Errorf("smtp.host %.64q: needs a host name or an address", c.Host)
	case c.Port < 1 || c.Port > 65535:
		return fmt.Errorf("smtp.port %d: needs 1 to 65535", c.Port)
	case !slices.Contains(tlsModes, c.TLS):
		return fmt.Errorf("smtp.tls %.16q: use StartTLS, Implicit or None", c.TLS)
	case c.Timeout < 0:
		return fmt.Errorf("smtp.timeout %s: needs to be positive", c.Timeout)
	case strings.ContainsFunc(c.LocalName, notHost):
		return fmt.Errorf("smtp.localName %.64q: needs a host name", c.LocalName)
	}
	return nil
}

func (c *Config) checkLogin() error {
	switch {
	case c.Username == "" && c.Password == "":
		return nil
	case c.Username == "" || c.Password == "":
		return errors.New("smtp.credentialsSecretRef: the Secret needs both username and password")
	case c.TLS == v1alpha1.SMTPNoTLS:
		return errors.New("smtp.tls None: credentials are never sent in the clear; use StartTLS or Implicit")
	}
	return nil
}

var tlsModes = []v1alpha1.SMTPTLSMode{v1alpha1.SMTPStartTLS, v1alpha1.SMTPImplicitTLS, v1alpha1.SMTPNoTLS}

// notHost: host names and addresses hold letters, digits and these.
func notHost(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune(".:-_", r)
}

// trusted is nil, the system's roots, without a bundle.
func trusted(bundle []byte) (*x509.CertPool, error) {
	if len(bundle) == 0 {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(bundle) {
		return nil, errors.New("smtp.caBundle: holds no PEM certificate")
	}
	return pool, nil
}

// mechanisms to log in with, best first. All run under TLS only.
var mechanisms = []gomail.SMTPAuthType{
	gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1PLUS,
	gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin,
}

// connect dials, encrypts and logs in. The caller ends the connection with hangUp, also
// after an error.
func (s *SMTP) connect(ctx context.Context) (client *gosmtp.Client, hangUp func(), err error) {
	var line net.Conn
	hangUp = func() {
		if line != nil {
			_ = line.Close()
		}
	}
	options := []gomail.Option{
		gomail.WithPort(int(s.cfg.Port)), gomail.WithTimeout(s.cfg.Timeout), gomail.WithHELO(s.cfg.LocalName),
		gomail.WithTLSConfig(s.tls.Clone()),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			raw, err := dial(ctx, network, address, s.cfg.AllowPrivate)
			if err != nil {
				return nil, err
			}
			line = raw
			if s.cfg.TLS == v1alpha1.SMTPImplicitTLS {
				return tls.Client(raw, s.tls.Clone()), nil
			}
			return raw, nil
		}),
	}
	switch s.cfg.TLS {
	case v1alpha1.SMTPImplicitTLS:
		options = append(options, gomail.WithSSL())
	case v1alpha1.SMTPNoTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.cfg.Username != "" {
		options = append(options, gomail.WithOpportunisticSMTPAuth(mechanisms...),
			gomail.WithUsername(s.cfg.Username), gomail.WithPassword(s.cfg.Password))
	}
	// A dialler each time: go-mail's writes to its own settings while it logs in.
	dialer, err := gomail.NewClient(s.cfg.Host, options...)
	if err != nil {
		return nil, hangUp, err
	}
	client, err = dialer.DialToSMTPClientWithContext(ctx)
	return client, hangUp, err
}
