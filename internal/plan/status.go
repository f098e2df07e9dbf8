package plan

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/status"
)

// wakeTimeout is when to look again for what may wake nobody.
const wakeTimeout = time.Minute

// Report is what is published of a decision.
type Report struct {
	Status  v1alpha1.AccessRecordStatus
	Outcome status.Outcome
	// Remove: the record has nothing to say any more, and is deleted instead.
	Remove bool
	// RetryAfter is how long what failed is not tried again.
	RetryAfter time.Duration
	// Transitions are events of what changed with this status.
	Transitions []Event
	// Passing: the status only tells that something is on its way, and may be put off.
	Passing bool
}

// Status computes what is published; backoff is the wait where the reconcile failed.
func Status(in Inputs, d Decision, backoff time.Duration) Report {
	o := d.outcome(in, backoff)
	retryAfter := o.After
	for _, at := range []time.Duration{d.Desired.untilEnd(in.Now), d.untilInvitation(in), d.untilVerdict(in), d.untilRoom(in), d.untilLate(in), d.untilGraceEnds(in)} {
		o = o.Within(at)
	}
	if in.Orphans.Replaced || in.unread() || d.adopts(in) && in.Done.failure() == nil {
		o = o.Within(wakeTimeout) // what is waited for may wake nobody
	}
	want := d.status(in, o)
	events := d.transitions(in, want)
	return Report{
		Status: want, Outcome: o, Remove: d.finished(in), RetryAfter: retryAfter, Transitions: events, Passing: len(events) == 0 && in.passing(want, o),
	}
}

// finished says whether nobody names the person, nothing is owed, nothing of the last day is to be
// remembered, and the table either has no row for them or the inventory does not list undeclared
// people.
func (d Decision) finished(in Inputs) bool {
	if in.declared() || len(d.Memory.Owed) > 0 || !in.Provider.Known || in.Provider.Err != nil || in.Backend == nil || in.Backend.Spec.Suspend {
		return false
	}
	return d.remembered(in) == 0 && in.Provider.Ahead == 0 && !in.listed()
}

// handoverTime is how long a record may lack the contribution that it was created for: a grant creates it first, and
// contributes then.
const handoverTime = 5 * time.Second

// untilHandedOver is how long a record that was just created is not deleted yet for lack of a contribution; 0 for any other.
func (in Inputs) untilHandedOver() time.Duration {
	if in.Record.Generation > 1 {
		return 0
	}
	return min(handoverTime, max(0, handoverTime-in.Now.Sub(in.Record.CreationTimestamp.Time)))
}

// status computes the whole status. Memory that was not moved on is carried.
func (d Decision) status(in Inputs, o status.Outcome) v1alpha1.AccessRecordStatus {
	have := in.Record.Status
	want := v1alpha1.AccessRecordStatus{
		ObservedGeneration: in.Record.Generation, Invitation: d.Invitation.Memory,
		TwoFactor: have.TwoFactor, Person: have.Person, RowID: have.RowID, Permissions: have.Permissions, Live: have.Live, LiveDigest: have.LiveDigest,
		Grants: grantNames(in.Record), Sources: d.Sources, History: d.history(in), Drift: have.Drift,
	}
	d.Desired.Want.Pins.StorePins(&want)
	if in.Provider.Known {
		want.Drift = d.driftStatus(in)
		if !in.unproven() {
			d.storeRow(in, &want)
		}
	}
	for _, term := range d.Desired.Terms {
		want.Contributions = append(want.Contributions, d.echo(in, term, o))
	}
	d.Memory.Store(&want)
	want.Pending = d.pending(in, o)
	facts := append(d.rareFacts(in, want), d.active(in, want), declaredFact(in))
	want.Conditions = status.Conditions(have.Conditions, in.Record.Generation, in.Now, o, facts...)
	return want
}

// rowStatus is what a status tells of a row besides its rights.
type rowStatus struct {
	id        int64
	person    v1alpha1.PersonState
	twoFactor v1alpha1.TwoFactorState
}

func rowOf(in Inputs) rowStatus {
	row := rowStatus{person: v1alpha1.PersonAbsent, twoFactor: access.TwoFactorOf(in.Row)}
	if in.Row != nil {
		row.id, row.person = in.Row.ID, v1alpha1.PersonInvited
		if in.Row.Active() {
			row.person = v1alpha1.PersonActive
		}
	}
	return row
}

func (d Decision) storeRow(in Inputs, want *v1alpha1.AccessRecordStatus) {
	access.StoreLive(want, in.live(), in.Provider.Names)
	row, count := rowOf(in), in.live().Len()
	if in.live().Has(hosting.TwoFactorRight) {
		count--
	}
	want.Permissions = int32(count) //nolint:gosec // a row holds far fewer
	want.Person, want.TwoFactor = row.person, row.twoFactor
	if row.id != 0 || in.Fresh || len(d.Memory.Owed) == 0 {
		want.RowID = row.id // else a debt is still looked for where the row was
	}
}

// driftStatus is what is to be remembered of what somebody took away.
func (d Decision) driftStatus(in Inputs) *v1alpha1.Drift {
	missing := d.Desired.Drifted.Minus(in.live())
	if missing.Empty() {
		return nil
	}
	return &v1alpha1.Drift{Since: d.Desired.DriftSince, Rights: access.Bundle(missing)}
}

// grantNames lists who gives, for people to read.
func grantNames(record *v1alpha1.AccessRecord) string {
	var names []string
	for _, c := range record.Spec.Contributions {
		names = append(names, string(c.Grant.Name))
	}
	return listed(names)
}

// echo tells a grant how its own contribution fares, whatever others do.
func (d Decision) echo(in Inputs, term Term, o status.Outcome) v1alpha1.ContributionStatus {
	c := term.Contribution
	echo := v1alpha1.ContributionStatus{UID: c.UID, Grant: &c.Grant, Digest: c.Digest, Resend: d.resent(in, *c), End: term.End}
	if term.End != nil && (in.Provider.Ahead == 0 || !term.Since.Equal(&in.Now)) {
		echo.EndSince = &term.Since // by a clock that is wrong it is not known since when
	}
	var message string
	if echo.State, echo.Reason, message = d.overState(term); echo.State == "" {
		echo.State, echo.Reason, message = d.untilRead(in, term)
	}
	if echo.State == "" {
		echo.State, echo.Reason, message = d.activeState(in, term, o)
	}
	echo.Message = status.Clip(message)
	return echo
}

// overState is the state of a contribution that the person gave up, that does not count and of which
// nothing is owed any more, or that there is no room for; empty for others.
func (d Decision) overState(term Term) (v1alpha1.ContributionState, string, string) {
	switch {
	case d.Desired.Full[term.Contribution.UID]:
		return v1alpha1.ContributionFailed, v1alpha1.ReasonRecordFull, fullMessage
	case term.Cause != "" && term.reason() == v1alpha1.ReasonRelinquished:
		// Also while it is owed, for a write may still bring it back: it is told in no other place.
		return v1alpha1.ContributionRelinquished, v1alpha1.ReasonRelinquished, relinquishedMessage
	case term.Cause == "" || d.owedBy(term):
		return "", "", ""
	}
	return v1alpha1.ContributionWithheld, term.reason(), ""
}

// activeState is the state of a contribution that counts, or of which something is still owed.
func (d Decision) activeState(in Inputs, term Term, o status.Outcome) (v1alpha1.ContributionState, string, string) {
	want := d.Desired.Want.By[term.Contribution.UID]
	verified := d.givenBy(in, term) && in.trusted()
	switch owed := d.owedTo(in, term); {
	case o.Reason == v1alpha1.ReasonObserveOnly && (!verified || !owed.Empty()):
		// What other grants give is none of this one's business.
		return v1alpha1.ContributionFailed, o.Reason, in.ofGrant(term.Contribution).differs(want.Rights.Minus(in.live()), owed)
	case verified && len(want.Problems) > 0:
		return v1alpha1.ContributionFailed, string(want.Problems[0].Kind), problemMessage(want.Problems)
	case verified:
		return v1alpha1.ContributionLive, "", ""
	case o.Stalled:
		return v1alpha1.ContributionFailed, o.Reason, o.Message
	}
	return v1alpha1.ContributionPending, o.Reason, o.Message
}

// givenBy says whether the row has what a contribution gives.
func (d Decision) givenBy(in Inputs, term Term) bool {
	return term.Cause == "" && in.Provider.Known && in.live().Contains(d.Desired.Want.By[term.Contribution.UID].Rights)
}

// untilRead is the state of a contribution until the next reading, where nothing was read since the start, or for too
// long: what was reported before stands if what is known does not say otherwise. Empty where something was read.
func (d Decision) untilRead(in Inputs, term Term) (v1alpha1.ContributionState, string, string) {
	if in.Fresh || !in.unread() || in.Provider.Ambiguous || term.Cause != "" {
		return "", "", ""
	}
	echo, _ := in.echoed(*term.Contribution)
	same, given := echo.Digest == term.Contribution.Digest, d.givenBy(in, term)
	switch {
	case same && echo.State == v1alpha1.ContributionFailed, same && echo.State == v1alpha1.ContributionLive && (given || !in.Provider.Known):
		return echo.State, echo.Reason, echo.Message
	case given:
		return v1alpha1.ContributionPending, v1alpha1.ReasonBackendNotReady, staleMessage // whatever others do
	}
	return "", "", ""
}

// owedBy says whether something is owed by a contribution's doing: only then it is over.
func (d Decision) owedBy(term Term) bool {
	for _, debt := range d.Memory.Owed {
		if slices.Contains(debt.Value.By, term.Contribution.UID) {
			return true
		}
	}
	return false
}

// transitions tells once what became of a person and of their invitation.
func (d Decision) transitions(in Inputs, want v1alpha1.AccessRecordStatus) (events []Event) {
	add := func(kind, reason, action, message string) {
		events = append(events, Event{Type: kind, Reason: reason, Action: action, Message: message})
	}
	if in.Done.Relinquished || in.gaveAllUp(d.Desired) {
		add(corev1.EventTypeWarning, v1alpha1.EventRelinquished, "Respect", relinquishedMessage)
	}
	for _, part := range d.proven(in) {
		change := d.revokedBefore(in, part)
		add(corev1.EventTypeNormal, v1alpha1.EventRevoked, "Revoke", in.removedMessage(part.rights, change.Causes, change.Grants)+". The provider's answer was lost")
	}
	before, state := stateOf(in.Record.Status.Invitation), stateOf(want.Invitation)
	switch {
	case state == before:
	case state == v1alpha1.InvitationSent && before == v1alpha1.InvitationIntended:
		add(corev1.EventTypeNormal, v1alpha1.EventInvited, "Invite", "an invitation was sent")
	case state == v1alpha1.InvitationExpired && want.Invitation.Ordinal > 0:
		add(corev1.EventTypeWarning, v1alpha1.EventInvitationExpired, "Invite", "the link in the invitation has expired, and the person has no profile")
	case state == v1alpha1.InvitationUnanswered:
		add(corev1.EventTypeWarning, v1alpha1.EventInvitationUnanswered, "Invite", unansweredMessage)
	}
	if d.Invitation.Dismissed != "" {
		add(corev1.EventTypeWarning, v1alpha1.EventResendIgnored, "Invite", "somebody asked for another invitation, and Hostgrant sends none: "+d.Invitation.Dismissed)
	}
	return events
}

func declaredFact(in Inputs) metav1.Condition {
	if in.declared() {
		return status.Fact(v1alpha1.ConditionDeclared, true, v1alpha1.ReasonDeclared, "a grant names the person")
	}
	return status.Fact(v1alpha1.ConditionDeclared, false, v1alpha1.ReasonUndeclared, "no grant names the person")
}
