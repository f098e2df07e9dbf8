package reference

import (
	"log/slog"
	"net/http"
	"time"

	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/reference/mailer"
)

// Bounds and times of the reference backend.
const (
	// InvitationLife is how long the link of an invitation works. The vendor's is unknown.
	InvitationLife = 7 * 24 * time.Hour
	// AsyncDelay is when a write takes effect that did not ask for
	// "alwaysdata-synchronous". The vendor's is unknown.
	AsyncDelay = 200 * time.Millisecond

	maxBody       = 1 << 20
	maxAnnotation = 10_000
	maxEmail      = 254
)

// Limits are calls per minute over a sliding window. 0 means none are allowed: take
// VendorLimits, or leave Options.Limits nil for no limits.
type Limits struct {
	// Unauthenticated calls, and calls with a wrong key, per client address.
	Unauthenticated int
	// Writes and Reads per key.
	Writes, Reads int
	// TellRetryAfter adds Retry-After to 429. The vendor documents neither.
	TellRetryAfter bool
}

// VendorLimits are those the vendor documents.
func VendorLimits() *Limits { return &Limits{Unauthenticated: 10, Writes: 50, Reads: 250} }

// Options of a Server. Only Dir has to be given.
type Options struct {
	// Dir holds the database and the certificate authority. It is made if it is missing.
	Dir string
	// Listen is the address to serve HTTPS on; default "127.0.0.1:0", a free port.
	Listen string
	// Clock decides expiry, limits and delays; default the real one.
	Clock clock.Clock
	// Date is the time that answers tell, in the header of that name; default Clock's.
	Date clock.PassiveClock
	// Limits per minute; nil for none.
	Limits *Limits
	// Mailer sends the invitations; default SMTP to SMTPAddr.
	Mailer mailer.Mailer
	// SMTPAddr is the mail server's "host:port". Without it and Mailer nothing is mailed.
	SMTPAddr string
	// MailFrom is the provider's own address; default "no-reply@hosting.example".
	MailFrom string
	// BaseURL begins the links in mails, without a slash at its end; default the server's
	// own origin.
	BaseURL string
	// OperatorToken opens the operator API under /reference/; without it there is none.
	OperatorToken string
	// Pages makes the web pages, served beside the API (web.Pages); default none.
	Pages func(*Server, *slog.Logger) http.Handler
	// Log takes events without addresses, tokens or links; default none.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Date == nil {
		o.Date = o.Clock
	}
	if o.MailFrom == "" {
		o.MailFrom = "no-reply@hosting.example"
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
