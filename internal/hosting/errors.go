package hosting

import (
	"errors"
	"fmt"
	"time"
)

// Class is what kind of failure it was; everything that follows from a failure follows
// from its class.
type Class string

// The classes.
const (
	// ClassNotFound: the row, account or server is not there.
	ClassNotFound Class = "NotFound"
	// ClassUnauthorized: the key was refused (401).
	ClassUnauthorized Class = "Unauthorized"
	// ClassForbidden: the key may not do this (403).
	ClassForbidden Class = "Forbidden"
	// ClassInvalid: the provider refuses the values (400 and other 4xx).
	ClassInvalid Class = "Invalid"
	// ClassConflict: somebody else changed it meanwhile, or the table contradicts itself.
	ClassConflict Class = "Conflict"
	// ClassRateLimited: too many calls (429).
	ClassRateLimited Class = "RateLimited"
	// ClassUnavailable: no answer, 5xx, or an answer that cannot be understood.
	ClassUnavailable Class = "Unavailable"
	// ClassUnsupported: the provider has no such resource.
	ClassUnsupported Class = "Unsupported"
	// ClassIdentityChanged: the key belongs to another owner than before, or a row carries
	// another address than before.
	ClassIdentityChanged Class = "IdentityChanged"
	// ClassImplausible: a list lacks more people than can have gone by themselves.
	ClassImplausible Class = "Implausible"
	// ClassUnconfirmed: the same implausible list came again and again.
	ClassUnconfirmed Class = "Unconfirmed"
	// ClassUnopened: there is no key, or no endpoint, to ask the provider with.
	ClassUnopened Class = "Unopened"
	// ClassOwned: the table carries the mark of another installation.
	ClassOwned Class = "Owned"
)

// Cause is a setting that is known to be behind a failure; it does not pass by itself.
type Cause string

// The causes.
const (
	// CausePrivateAddress: the host has an address that this manager may not connect to.
	CausePrivateAddress Cause = "PrivateAddress"
	// CauseNoSuchHost: the host has no address.
	CauseNoSuchHost Cause = "NoSuchHost"
	// CauseUnknownAuthority: the certificate is signed by an authority that is not trusted.
	CauseUnknownAuthority Cause = "UnknownAuthority"
	// CauseOtherHost: the certificate is another host's.
	CauseOtherHost Cause = "OtherHost"
	// CauseExpired: the certificate has expired, or does not hold yet.
	CauseExpired Cause = "Expired"
	// CauseNoTLS: the host does not speak TLS.
	CauseNoTLS Cause = "NoTLS"
	// CauseRedirect: the URL redirects to another one.
	CauseRedirect Cause = "Redirect"
	// CauseNoAPI: the URL is that of a web page.
	CauseNoAPI Cause = "NoAPI"
	// CauseTooLarge: the answer is beyond a bound of what is read (MaxRows and those beside it).
	CauseTooLarge Cause = "TooLarge"
)

// Causes lists all causes.
func Causes() []Cause {
	return []Cause{CausePrivateAddress, CauseNoSuchHost, CauseUnknownAuthority, CauseOtherHost, CauseExpired, CauseNoTLS, CauseRedirect, CauseNoAPI, CauseTooLarge}
}

// Error is a failed call to a provider.
type Error struct {
	// Class of the failure.
	Class Class
	// Op is the call, for instance "list permissions". It holds no personal data.
	Op string
	// Status is the HTTP status, 0 where there was no answer.
	Status int
	// Unsent: the provider was not asked.
	Unsent bool
	// Cause of the failure, where a setting is known to be it.
	Cause Cause
	// Field the provider complained about, if it named one.
	Field string
	// RetryAfter is how long the provider asked to wait, 0 where it did not say.
	RetryAfter time.Duration
	// Detail of the answer: at most 300 bytes, printable, without addresses.
	Detail string
	// Err is the cause, if there is one beneath.
	Err error
}

// Error describes the failure without personal data.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s", e.Op, e.Class)
	if e.Status != 0 {
		text += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Field != "" {
		text += fmt.Sprintf(", field %q", e.Field)
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ClassOf is the class of an error; ClassUnavailable where it is not an *Error, and empty
// for nil.
func ClassOf(err error) Class {
	if err == nil {
		return ""
	}
	var failure *Error
	if errors.As(err, &failure) {
		return failure.Class
	}
	return ClassUnavailable
}

// IsNotFound says whether err means that the thing asked for is not there.
func IsNotFound(err error) bool { return ClassOf(err) == ClassNotFound }
