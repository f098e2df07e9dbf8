// Package status decides, once for all kinds, which conditions follow from what happened. It is pure;
// internal/apply writes them.
package status

import (
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
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

// OnItsWay says whether the outcome tells no more than that, in the place of conditions that do not say Ready=True of
// this generation.
func (o Outcome) OnItsWay(before []metav1.Condition, generation int64) bool {
	ready := meta.FindStatusCondition(before, v1alpha1.ConditionReady)
	stands := ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == generation
	return o.Reconciling && o.Reason == v1alpha1.ReasonProgressing && !stands
}

// Within is the outcome with a look after that time at the latest; 0 changes nothing.
func (o Outcome) Within(after time.Duration) Outcome {
	if after > 0 && (o.After == 0 || after < o.After) {
		o.After, o.Spread = after, false
	}
	return o
}

// rule is one line of the failure table: what happened, and what to do where somebody has to act.
// The field and the words of the provider come between.
type rule struct {
	reason     string
	what, next string
	terminal   bool
}

// failures is the one table from classes of failure to conditions (docs/runbook.md).
// What is not terminal is tried again with back-off.
var failures = map[hosting.Class]rule{
	hosting.ClassUnavailable:     {reason: v1alpha1.ReasonProviderUnavailable, what: "the provider does not answer, or its answer cannot be used; Hostgrant tries again"},
	hosting.ClassImplausible:     {reason: v1alpha1.ReasonTableImplausible, what: "so many people are missing from the provider's table that it looks wrong; Hostgrant writes nothing, and reads the table again"},
	hosting.ClassUnconfirmed:     {reason: v1alpha1.ReasonTableUnconfirmed, what: "so many people are missing from the provider's table that it looks wrong, three times in a row; Hostgrant writes nothing", terminal: true},
	hosting.ClassIdentityChanged: {reason: v1alpha1.ReasonIdentityChanged, what: "the identity at the provider has changed, and Hostgrant writes nothing", terminal: true},
	hosting.ClassOwned:           {reason: v1alpha1.ReasonOwnedElsewhere, what: "another installation of Hostgrant manages this table, and this one writes nothing", terminal: true},
	hosting.ClassUnopened:        {reason: v1alpha1.ReasonBackendNotReady, what: "the HostingBackend has no key or endpoint that Hostgrant can use, so it reads and writes nothing; removals that are due wait", next: "see the conditions of the HostingBackend", terminal: true},
	hosting.ClassConflict:        {reason: v1alpha1.ReasonConflict, what: "the provider's table, or the key to it, changed meanwhile; Hostgrant reads the table again"},
	hosting.ClassNotFound:        {reason: v1alpha1.ReasonConflict, what: "the row was removed at the provider meanwhile; Hostgrant reads the table again"},
	hosting.ClassRateLimited:     {reason: v1alpha1.ReasonRateLimited, what: "the provider asks Hostgrant to wait; Hostgrant does, and goes on more slowly"},
	hosting.ClassUnauthorized:    {reason: v1alpha1.ReasonCredentialsRejected, what: "the provider refuses the key", next: "put a valid token into the Secret that spec.endpoint.credentialsSecretRef of the HostingBackend names", terminal: true},
	hosting.ClassForbidden:       {reason: v1alpha1.ReasonForbidden, what: "the provider forbids this to the key", next: "use a key of the owner, or allow the manager's address at the provider", terminal: true},
	hosting.ClassInvalid:         {reason: v1alpha1.ReasonRefusedByProvider, what: "the provider refuses the change", next: "correct that in the grant, or at the provider", terminal: true},
	hosting.ClassUnsupported:     {reason: v1alpha1.ReasonPermissionAPIUnavailable, what: "the provider has no permission resource at this endpoint", next: "check spec.endpoint.url of the HostingBackend", terminal: true},
}

// settings says which setting is behind a failure. What is told is the same at each try.
var settings = map[hosting.Cause]string{
	hosting.CausePrivateAddress:   "the host in spec.endpoint.url of the HostingBackend has no public address, and the manager connects to no other; correct the URL, or start the manager with --allow-private-endpoints",
	hosting.CauseNoSuchHost:       "the host in spec.endpoint.url of the HostingBackend has no address; correct the URL",
	hosting.CauseUnknownAuthority: "the manager does not trust the authority that signed the provider's certificate; put the certificate of that authority into spec.endpoint.caBundle of the HostingBackend",
	hosting.CauseOtherHost:        "the provider's certificate is for another host than the one in spec.endpoint.url of the HostingBackend; correct the URL",
	hosting.CauseExpired:          "the provider's certificate has expired, or does not hold yet; tell the provider, or correct the clock of the manager's node",
	hosting.CauseNoTLS:            "the host in spec.endpoint.url of the HostingBackend does not speak https at this port; correct the URL",
	hosting.CauseRedirect:         "the provider redirects, which Hostgrant does not follow; put the URL that it leads to into spec.endpoint.url of the HostingBackend",
	hosting.CauseNoAPI:            "the provider answers with a web page; put the URL of its API into spec.endpoint.url of the HostingBackend",
	hosting.CauseTooLarge: fmt.Sprintf("the provider's answer is larger than Hostgrant reads (%d MiB, %d rows, %d permissions in a row, %d in all), so Hostgrant does not use it and writes nothing; "+
		"correct spec.endpoint.url of the HostingBackend if that is not the provider's API, else remove rows at the provider that nobody needs",
		hosting.MaxListBytes>>20, hosting.MaxRows, hosting.MaxRowPermissions, hosting.MaxPermissions),
}

// ReasonOf is the condition reason of a failure.
func ReasonOf(err error) string { return failures[hosting.ClassOf(err)].reason }

// Terminal says whether a failure needs somebody to act.
func Terminal(err error) bool { return failures[hosting.ClassOf(err)].terminal }

// MessageOf tells a failure to a person, the same for the same failure.
func MessageOf(err error) string {
	line := failures[hosting.ClassOf(err)]
	var failure *hosting.Error
	known := errors.As(err, &failure)
	switch {
	case known && settings[failure.Cause] != "" && !line.terminal:
		return settings[failure.Cause]
	case !known || !line.terminal:
		return line.what
	}
	message := line.what
	if failure.Field != "" {
		message += " (field " + failure.Field + ")"
	}
	if failure.Detail != "" {
		message += ": " + failure.Detail
	}
	if line.next != "" {
		message += "; " + line.next
	}
	return message
}

// StandsFor is how long what was read still counts as verified: two intervals from the end of the reading, for one that
// takes longer than these would never count; 0 once they are over, and where nothing was read (the zero time). The time of
// day counts too, for it goes on while the machine sleeps.
func StandsFor(read time.Time, interval time.Duration, now time.Time) time.Duration {
	if read.IsZero() {
		return 0
	}
	passed := max(now.Sub(read), now.Round(0).Sub(read.Round(0)))
	return max(0, 2*interval-passed)
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
