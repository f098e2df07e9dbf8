package rest

import (
	"crypto/x509"
	"net/url"
	"strings"
	"time"
	"unicode"

	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// DefaultTimeout of one call, from sending it to the last byte of its answer.
const DefaultTimeout = 30 * time.Second

// defaultUserAgent names the client to the provider where Options name none.
const defaultUserAgent = "hostgrant"

// Options of a client.
type Options struct {
	// URL of the API, for instance https://api.alwaysdata.com/v1. https only; without
	// user, query and fragment.
	URL string
	// Customer is the address of the owner to act for; empty: the one the token is of.
	// Sent as the provider documents it: "TOKEN customer=ADDRESS" as user name.
	Customer string
	// Token of the API. It is sent in the Authorization header and nowhere else, and is
	// taken out of every error.
	Token string
	// CABundle, PEM, takes the place of the system's roots; empty: the system's.
	CABundle []byte
	// AllowPrivate lets the provider's name lead to loopback, private and link-local
	// addresses.
	AllowPrivate bool
	// Budget shared by all clients with this key (see Budgets); nil: one of its own with
	// the documented limits.
	Budget *Budget
	// Timeout of one call; 0: DefaultTimeout. It is also the longest that a call waits for
	// its turn in the budget, before the Timeout of the call itself begins.
	Timeout time.Duration
	// UserAgent of the requests.
	UserAgent string
	// SameAddress says whether two mail addresses are one person's; nil: equal but for
	// letter case.
	SameAddress func(a, b string) bool
	// Clock for Retry-After dates and measured times; nil: the real one.
	Clock clock.Clock
	// MayWrite is asked right before a write is sent, after the wait for its turn, whether
	// this process may still do what takes so long at most; an error says why not, and
	// nothing is sent. nil: it always may.
	MayWrite func(call time.Duration) error
	// Heard is told what time the provider says it is, by each answer that went well and tells.
	// nil: nobody is told.
	Heard func(date time.Time)
	// Observe is told of every call: what it was, whether it was a write, its class
	// (empty where it went well), and how long it took without waiting for its turn. It
	// must not block. nil: nobody is told.
	Observe func(op string, write bool, class hosting.Class, took time.Duration)
}

// settings are Options checked and completed.
type settings struct {
	Options
	base  *url.URL
	roots *x509.CertPool
}

func (o Options) check() (settings, error) {
	s := settings{Options: o}
	var err error
	if s.base, err = checkURL(o.URL); err != nil {
		return s, err
	}
	if o.Token == "" || strings.ContainsFunc(o.Token, notInUserName) {
		return s, refuse("token", "the token is empty or holds a space, a colon or a control character; check that it was stored without a line end")
	}
	if strings.ContainsFunc(o.Customer, notInUserName) {
		return s, refuse("customer", "the owner's address holds a space, a colon or a control character")
	}
	if len(o.CABundle) > 0 {
		s.roots = x509.NewCertPool()
		if !s.roots.AppendCertsFromPEM(o.CABundle) {
			return s, refuse("caBundle", "there is no PEM certificate in it")
		}
	}
	s.complete()
	return s, nil
}

func (s *settings) complete() {
	if s.Clock == nil {
		s.Clock = clock.RealClock{}
	}
	if s.Budget == nil {
		s.Budget = NewBudget(DefaultReadsPerMinute, DefaultWritesPerMinute, s.Clock)
	}
	if s.Timeout <= 0 {
		s.Timeout = DefaultTimeout
	}
	if s.UserAgent == "" {
		s.UserAgent = defaultUserAgent
	}
	if s.SameAddress == nil {
		s.SameAddress = strings.EqualFold
	}
	if s.MayWrite == nil {
		s.MayWrite = func(time.Duration) error { return nil }
	}
	if s.Heard == nil {
		s.Heard = func(time.Time) {}
	}
	if s.Observe == nil {
		s.Observe = func(string, bool, hosting.Class, time.Duration) {}
	}
}

// userName of HTTP Basic. A colon would end it, a space would begin another scope: both
// are refused beforehand.
func (s *settings) userName() string {
	if s.Customer == "" {
		return s.Token
	}
	return s.Token + " customer=" + s.Customer
}

func notInUserName(r rune) bool {
	return r == ':' || unicode.IsSpace(r) || unicode.IsControl(r)
}

// checkURL never repeats the value: somebody may have put a password into it.
func checkURL(text string) (*url.URL, error) {
	base, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, refuse("url", "it is no URL")
	case base.Scheme != "https" || base.Hostname() == "":
		return nil, refuse("url", "it has to begin with https:// and name a host")
	case base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, refuse("url", "leave out user, query and fragment; the token comes from a Secret")
	}
	base.Path = strings.TrimRight(base.Path, "/")
	base.RawPath = ""
	return base, nil
}

func refuse(field, why string) error {
	return &hosting.Error{Class: hosting.ClassInvalid, Op: "configure client", Field: field, Detail: why}
}
