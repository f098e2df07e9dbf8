package plan

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/status"
)

// outcome decides what the record's conditions say, and when to look again.
func (d Decision) outcome(in Inputs, backoff time.Duration) status.Outcome {
	failure := in.Done.failure()
	switch {
	case in.Backend == nil:
		return status.Waiting(v1alpha1.ReasonBackendNotFound, "spec.backendRef: the HostingBackend does not exist any more; Hostgrant changes nothing at the provider")
	case in.Backend.Spec.Suspend:
		return status.NeedsAction(v1alpha1.ReasonSuspended, "the HostingBackend is suspended (spec.suspend); Hostgrant reads and changes nothing")
	case failure != nil:
		if status.Terminal(failure) {
			backoff = in.Backend.Spec.Interval.Duration
		}
		return status.Failed(failure, d.standing(in), backoff)
	case in.Provider.Err != nil:
		return status.Failed(in.Provider.Err, d.standing(in), 0).In(in.untilStale()) // then it does not stand any more
	case !in.Provider.Known:
		return status.Waiting(v1alpha1.ReasonBackendNotReady, "Hostgrant has not read the provider's table yet; if this lasts, see the conditions of the HostingBackend")
	case in.Provider.Ambiguous:
		return status.NeedsAction(v1alpha1.ReasonConflict, "the provider's table has several rows for this address; remove all but one at the provider")
	}
	o := d.compared(in)
	if backoff > 0 {
		o.After, o.Spread = backoff, true
	}
	return o
}

// compared is the outcome where the row is known and the provider answers.
func (d Decision) compared(in Inputs) status.Outcome {
	add := d.Desired.Want.Rights.Minus(in.live())
	switch {
	case d.holds(in):
		return d.held(in)
	case in.Backend.Spec.Mode != v1alpha1.ModeEnforce:
		return status.NeedsAction(v1alpha1.ReasonObserveOnly, in.ofRecord().differs(add, d.Memory.Due(in.live()))+"; "+observedMessage+", so nothing is changed")
	case d.Stuck:
		return status.NeedsAction(v1alpha1.ReasonNotConverging, fmt.Sprintf("the same change was written %d times, and the row read back still %s (named in status.pending of the AccessRecord); Hostgrant tries again when the grants, the key or the row change. Try the change in the provider's administration", MaxAttempts, d.shortOf(in)))
	case d.waitsToCreate(in):
		return status.Waiting(v1alpha1.ReasonMailQueued, queuedMessage(*in.MailWait))
	case d.given(in) && d.Memory.Owed.Len() == d.Plan.Held.Len():
		return d.heldBack(in)
	case d.untilLate(in) > 0 && d.satisfied(in):
		return status.Waiting(v1alpha1.ReasonWriteUnanswered, "the row is as it should be, but the provider did not answer a write and may still carry it out; Hostgrant reads the row once more, five minutes after that write")
	}
	return d.onItsWay(in)
}

// onItsWay is the outcome where something is left to do that may be done.
func (d Decision) onItsWay(in Inputs) status.Outcome {
	if in.Done.Written && !in.Done.Effective {
		return status.Waiting(v1alpha1.ReasonNotTakenEffect, "the change was written, but the row read back "+d.shortOf(in)+" (named in status.pending of the AccessRecord); Hostgrant tries again")
	}
	o := status.Waiting(v1alpha1.ReasonProgressing, d.toDo(in)).In(wakeTimeout)
	if in.Done.Written {
		return o.In(time.Second) // it has become due meanwhile
	}
	return o
}

// leftToDo is what a row lacks, and what it has too much and may go.
func (d Decision) leftToDo(in Inputs) (missing, excess hosting.Rights) {
	return d.Desired.Want.Rights.Minus(in.live()), d.Memory.Due(in.live()).Minus(d.Plan.Held)
}

// shortOf says how a row differs from what is wanted, after "the row".
func (d Decision) shortOf(in Inputs) string {
	missing, excess := d.leftToDo(in)
	var parts []string
	if !missing.Empty() {
		parts = append(parts, "lacks "+permissions(missing))
	}
	if !excess.Empty() || len(parts) == 0 {
		parts = append(parts, "has "+permissions(excess)+" too many")
	}
	return strings.Join(parts, " and ")
}

// toDo says what a row waits for. What it does not show any more has to be read once more.
func (d Decision) toDo(in Inputs) string {
	missing, excess := d.leftToDo(in)
	var parts []string
	if !missing.Empty() {
		parts = append(parts, permissions(missing)+" to add")
	}
	if !excess.Empty() {
		parts = append(parts, permissions(excess)+" to take away")
	}
	return cmp.Or(strings.Join(parts, " and "), "the row has to be read once more") + "; waiting for a turn at the provider"
}

// given says whether the row has all that may be given now.
func (d Decision) given(in Inputs) bool {
	return in.Provider.Known && in.live().Contains(d.Desired.Want.Rights.Minus(d.Plan.Refused).Minus(d.Plan.Later))
}

// satisfied says whether the row has all that may be given now, and shows nothing that may go.
func (d Decision) satisfied(in Inputs) bool {
	return d.given(in) && d.Plan.Held.Contains(d.Memory.Due(in.live()))
}

// holds says whether the row has all that is wanted and nothing that is owed.
func (d Decision) holds(in Inputs) bool {
	return in.Provider.Known && in.live().Contains(d.Desired.Want.Rights) && len(d.Memory.Owed) == 0
}

// held is the outcome where the row holds all that is wanted.
func (d Decision) held(in Inputs) status.Outcome {
	problems := d.problems(in)
	switch {
	case d.Desired.relinquished() > 0:
		return status.NeedsAction(v1alpha1.ReasonRelinquished, relinquishedMessage)
	case len(in.Orphans.Lost) > 0:
		return status.NeedsAction(v1alpha1.ReasonGrantLost, lostMessage(in.Orphans.Lost))
	case len(problems) > 0:
		return status.NeedsAction(string(problems[0].Kind), problemMessage(problems))
	case !in.trusted():
		return status.Waiting(v1alpha1.ReasonBackendNotReady, staleMessage)
	}
	return d.settled(in)
}

// settled is the outcome where the row holds all that is wanted, and nothing is wrong.
func (d Decision) settled(in Inputs) status.Outcome {
	full := len(d.Desired.Full)
	switch {
	case !in.declared() && in.listed():
		return status.Succeeded(v1alpha1.ReasonUndeclared, "no grant names this person; Hostgrant leaves them alone")
	case !in.declared():
		return status.Succeeded(v1alpha1.ReasonUndeclared, "no grant names this person any more; the record is kept for a day after the last change").In(max(wakeTimeout, d.remembered(in)))
	}
	message := status.Count(len(in.Record.Spec.Contributions)-full, "grant names", "grants name") + " this person, and the provider has what is declared"
	if full > 0 {
		message += "; the record has no room for " + status.Count(full, "more grant", "more grants") + " (see status.contributions)"
	}
	return status.Succeeded(v1alpha1.ReasonAsDeclared, message)
}

// listed says whether the person has a record for being in the table alone.
func (in Inputs) listed() bool {
	return in.Row != nil && access.ListsEverybody(in.Backend)
}

// remembered is how long a record without a purpose is still kept, for its history and for the
// removal limit; 0 where there is nothing to remember.
func (d Decision) remembered(in Inputs) time.Duration {
	var latest metav1.Time
	if history := d.history(in); len(history) > 0 {
		latest = history[0].At
	}
	for _, s := range d.Sources {
		if s.Removed != nil && latest.Before(s.Removed) {
			latest = *s.Removed
		}
	}
	return max(0, gate.Day-in.Now.Sub(latest.Time))
}

// standing is what was verified last, while that is recent enough to stand.
func (d Decision) standing(in Inputs) *status.Outcome {
	if !d.holds(in) || len(d.problems(in))+d.Desired.relinquished()+len(in.Orphans.Lost) > 0 || !in.trusted() {
		return nil
	}
	o := d.settled(in)
	return &o
}

// problems lists the names that cannot be followed, in a fixed order.
func (d Decision) problems(in Inputs) (problems []access.Problem) {
	for _, c := range in.Record.Spec.Contributions {
		problems = append(problems, d.Desired.Want.By[c.UID].Problems...)
	}
	return problems
}

// heldBack is the outcome where nothing is left to do but what must not be done now.
func (d Decision) heldBack(in Inputs) status.Outcome {
	if !d.Plan.Later.Empty() && d.Plan.Held.Empty() {
		return status.Waiting(v1alpha1.ReasonDrifted, fmt.Sprintf("somebody took away %s at the provider; Hostgrant gives that again %s after it noticed (spec.driftGrace of the HostingBackend). If it was right, take it out of the grant",
			permissions(d.Plan.Later), in.Backend.Spec.DriftGrace.Duration))
	}
	if d.Gate.Skewed {
		return status.NeedsAction(v1alpha1.ReasonClockSkewed, d.skewMessage(in))
	}
	switch d.Gate.Worst.Answer {
	case gate.Defer:
		return status.Waiting(v1alpha1.ReasonRemovalSettling, fmt.Sprintf("due to be taken away: %s; Hostgrant waits for a moment, so that removals that come together are judged together (spec.removalLimit.settle of the HostingBackend)", permissions(d.Plan.Held)))
	case gate.Hold:
		return status.NeedsAction(v1alpha1.ReasonRemovalLimit, d.limitMessage())
	}
	if !in.protected() {
		return status.NeedsAction(v1alpha1.ReasonForeignPermissions, foreignMessage)
	}
	return status.NeedsAction(v1alpha1.ReasonProtected, protectedMessage)
}

// graceLeft is how long what drifted still stays away.
func (d Desired) graceLeft(in Inputs) time.Duration {
	if d.Drifted.Empty() || in.Backend == nil || in.Backend.Spec.DriftGrace == nil {
		return 0
	}
	return max(0, in.Backend.Spec.DriftGrace.Duration-in.Now.Sub(d.DriftSince.Time))
}

// untilGraceEnds is how long until what drifted is given again; 0 where nothing waits for that.
func (d Decision) untilGraceEnds(in Inputs) time.Duration {
	if d.Plan.Later.Empty() {
		return 0
	}
	return max(time.Second, d.Desired.graceLeft(in))
}

// untilVerdict is how long until what waits to be judged is; 0 where nothing does.
func (d Decision) untilVerdict(in Inputs) time.Duration {
	if d.Gate.Worst.Answer != gate.Defer {
		return 0
	}
	return max(time.Second, d.Gate.Worst.Until.Sub(in.Now.Time))
}

// untilRoom is when to look again for room for contributions that are refused; 0 where none was made.
func (d Decision) untilRoom(in Inputs) time.Duration {
	made := in.Fresh || d.Memory.Named().Len() < access.MemoryOf(in.Record.Status).Named().Len()
	if len(d.Desired.Full) == 0 || !made {
		return 0
	}
	return wakeTimeout
}

// untilLate is how long until the row is looked at again for what a write that was given up may have
// brought; 0 where nothing waits for that.
func (d Decision) untilLate(in Inputs) time.Duration {
	left := d.Memory.Late(in.Now)
	if left == 0 || in.live().Contains(d.Memory.Owed.Rights()) {
		return 0
	}
	return left + time.Second // now is cut to the second
}
