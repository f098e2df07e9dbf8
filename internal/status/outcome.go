// Package status decides, once for all kinds, which conditions follow from what happened. It is pure;
// internal/apply writes them.
package status

import (
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Outcome is how a reconcile ended: what the conditions say and when to look again.
type Outcome struct {
	// Ready, with its reason and message. Messages hold no times and no counters that move
	// by themselves, so that an unchanged world writes nothing.
	Ready           metav1.ConditionStatus
	Reason, Message string
	// Reconciling: on its way by itself. Stalled: somebody has to act. Never both.
	Reconciling, Stalled bool
	// After is when to look again; 0 where a watch wakes us. Spread: up to a tenth later, so that
	// many waits do not end together.
	After  time.Duration
	Spread bool
}

// Succeeded is the outcome of a reconcile that found or made everything as declared.
func Succeeded(reason, message string) Outcome {
	return Outcome{Ready: metav1.ConditionTrue, Reason: reason, Message: message}
}

// Waiting is the outcome of a reconcile that goes on by itself.
func Waiting(reason, message string) Outcome {
	return Outcome{Ready: metav1.ConditionFalse, Reason: reason, Message: message, Reconciling: true}
}

// NeedsAction is the outcome of a reconcile that cannot go on before somebody acts.
func NeedsAction(reason, message string) Outcome {
	return Outcome{Ready: metav1.ConditionFalse, Reason: reason, Message: message, Stalled: true}
}

// In says when to look again.
func (o Outcome) In(after time.Duration) Outcome {
	o.After, o.Spread = after, false
	return o
}

// Within is the outcome with a look after that time at the latest; 0 changes nothing.
func (o Outcome) Within(after time.Duration) Outcome {
	if after > 0 && (o.After == 0 || after < o.After) {
		o.After, o.Spread = after, false
	}
	return o
}

// rule is one line of the failure table.
type rule struct {
	reason   string
	advice   string
	terminal bool
}

// failures is the one table from classes of failure to conditions (docs/runbook.md).
// What is not terminal is tried again with back-off.
var failures = map[hosting.Class]rule{
	hosting.ClassUnavailable:     {reason: v1alpha1.ReasonProviderUnavailable, advice: "the provider cannot be reached or answers nonsense; retrying"},
	hosting.ClassImplausible:     {reason: v1alpha1.ReasonTableImplausible, advice: "the provider's table lacks more people than can have gone by themselves; nothing is written, and it is read again"},
	hosting.ClassUnconfirmed:     {reason: v1alpha1.ReasonTableUnconfirmed, advice: "the provider's table lacks more people than can have gone by themselves, and does so again and again; nothing is written", terminal: true},
	hosting.ClassIdentityChanged: {reason: v1alpha1.ReasonIdentityChanged, advice: "the identity at the provider is another one than before; nothing is written", terminal: true},
	hosting.ClassOwned:           {reason: v1alpha1.ReasonOwnedElsewhere, advice: "another installation manages this table; nothing is written", terminal: true},
	hosting.ClassUnopened:        {reason: v1alpha1.ReasonBackendNotReady, advice: "the provider cannot be asked: the HostingBackend has no key or endpoint that may be used; its own conditions say why. Nothing is written, and what is owed stays owed", terminal: true},
	hosting.ClassConflict:        {reason: v1alpha1.ReasonConflict, advice: "the provider's table, or the key to it, changed meanwhile; reading it again"},
	hosting.ClassNotFound:        {reason: v1alpha1.ReasonConflict, advice: "the provider's row went away meanwhile; reading the table again"},
	hosting.ClassRateLimited:     {reason: v1alpha1.ReasonRateLimited, advice: "the provider asks to wait; going on more slowly"},
	hosting.ClassUnauthorized:    {reason: v1alpha1.ReasonCredentialsRejected, advice: "the provider refuses the key; put a valid one into the Secret", terminal: true},
	hosting.ClassForbidden:       {reason: v1alpha1.ReasonForbidden, advice: "the provider forbids this to the key; use a key of the owner, or allow this manager's address", terminal: true},
	hosting.ClassInvalid:         {reason: v1alpha1.ReasonRefusedByProvider, advice: "the provider refuses the change", terminal: true},
	hosting.ClassUnsupported:     {reason: v1alpha1.ReasonPermissionAPIUnavailable, advice: "the provider has no permission resource at this endpoint", terminal: true},
}

// ReasonOf is the condition reason of a failure.
func ReasonOf(err error) string { return failures[hosting.ClassOf(err)].reason }

// Terminal says whether a failure needs somebody to act.
func Terminal(err error) bool { return failures[hosting.ClassOf(err)].terminal }

// MessageOf tells a failure to a person, the same for the same failure.
func MessageOf(err error) string {
	line := failures[hosting.ClassOf(err)]
	var failure *hosting.Error
	if !errors.As(err, &failure) || !line.terminal {
		return line.advice
	}
	message := line.advice
	if failure.Field != "" {
		message += " (field " + failure.Field + ")"
	}
	if failure.Detail != "" {
		message += ": " + failure.Detail
	}
	return message
}

// Failed is the outcome of a failure; after is the back-off. standing is what was last
// verified, if that was within two intervals, else nil: a passing failure then changes
// nothing but when to look again, for a Ready object must not flap at every hiccup.
func Failed(err error, standing *Outcome, after time.Duration) Outcome {
	o := Outcome{Ready: metav1.ConditionUnknown, Reason: ReasonOf(err), Message: MessageOf(err), Reconciling: true}
	var failure *hosting.Error
	switch {
	case Terminal(err):
		o = NeedsAction(ReasonOf(err), MessageOf(err))
	case errors.As(err, &failure) && failure.RetryAfter > 0:
		after = failure.RetryAfter
		fallthrough
	default:
		if standing != nil {
			o = *standing
		}
	}
	o.After, o.Spread = after, true
	return o
}
