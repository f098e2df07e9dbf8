package record

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/status"
)

// outcome decides what the record's conditions say, and when to look again; backoff is the
// wait where this pass failed. It is pure.
func (p *pass) outcome(backoff time.Duration) status.Outcome {
	switch {
	case p.backend == nil:
		return status.Waiting(v1alpha1.ReasonBackendNotFound, "spec.backendRef: the HostingBackend is gone; nothing is changed at the provider")
	case p.backend.Spec.Suspend:
		return status.NeedsAction(v1alpha1.ReasonSuspended, "the HostingBackend is suspended; nothing is read or changed")
	case p.failure != nil:
		if status.Terminal(p.failure) {
			backoff = status.Jitter(p.backend.Spec.Interval.Duration)
		}
		return status.Failed(p.failure, p.standing(), backoff)
	case p.health.Err != nil:
		return status.Failed(p.health.Err, p.standing(), p.untilStale())
	case !p.known:
		return status.Waiting(v1alpha1.ReasonBackendNotReady, "the provider's table has not been read yet")
	case p.ambiguous():
		return status.NeedsAction(v1alpha1.ReasonConflict, "the provider's table has several rows for this address; remove all but one there")
	}
	o := p.compared()
	if backoff > 0 {
		o.After = backoff
	}
	return o
}

// compared is the outcome where the row is known and the provider answers.
func (p *pass) compared() status.Outcome {
	missing, excess := p.want.Rights.Minus(p.live()), p.memory.Owed
	problems := p.problems()
	switch {
	case p.holds() && p.unclaimed():
		return status.Waiting(v1alpha1.ReasonProgressing, "a part of what no grant names was taken away; more of it goes next").In(time.Second)
	case p.holds():
		return p.held(problems)
	case p.backend.Spec.Mode != v1alpha1.ModeEnforce:
		return status.NeedsAction(v1alpha1.ReasonObserveOnly, fmt.Sprintf("%s to add and %d to take away; the HostingBackend's mode is Observe", permissions(missing), len(excess)))
	case p.stuck:
		return status.NeedsAction(v1alpha1.ReasonNotConverging, fmt.Sprintf("written %d times, and the row read back still lacks %s or holds %d too many; not tried again before the grants, the key or the row change", maxTries, permissions(missing), len(excess)))
	case p.waitsToCreate():
		return status.Waiting(v1alpha1.ReasonMailQueued, queuedMessage(*p.queued))
	case p.reached():
		return p.heldBack()
	case p.late():
		return status.Waiting(v1alpha1.ReasonWriteUnanswered, "the row is as it should be, but a write that the provider did not answer may still be done: the row is read once more five minutes after it, and what is due to go is remembered until then")
	case p.written:
		return status.Waiting(v1alpha1.ReasonNotTakenEffect, fmt.Sprintf("written, but the row read back lacks %s or still holds %d too many; trying again", permissions(missing), len(excess)))
	}
	return status.Waiting(v1alpha1.ReasonProgressing, fmt.Sprintf("%s to add and %d to take away; waiting for its turn", permissions(missing), len(excess))).In(turnTimeout)
}

// permissions counts rights for people to read.
func permissions(r hosting.Rights) string { return status.Count(len(r), "permission", "permissions") }

// holds says whether the row has all that is wanted and nothing that is owed.
func (p *pass) holds() bool {
	return p.known && p.live().Contains(p.want.Rights) && len(p.memory.Owed) == 0
}

// held is the outcome where the row holds all that is wanted.
func (p *pass) held(problems []access.Problem) status.Outcome {
	switch {
	case p.relinquished() > 0:
		return status.NeedsAction(v1alpha1.ReasonRelinquished, relinquishedMessage)
	case len(p.lost) > 0:
		return status.NeedsAction(v1alpha1.ReasonGrantLost, lostMessage(p.lost))
	case len(problems) > 0:
		return status.NeedsAction(string(problems[0].Kind), problemMessage(problems))
	}
	return p.settled()
}

// reached says whether the row has all that may be given now, and nothing that may go.
func (p *pass) reached() bool {
	if !p.given() {
		return false
	}
	for right := range p.memory.Owed {
		if !p.plan.Held.Has(right) {
			return false
		}
	}
	return true
}

// settled is the outcome where the row holds all that is wanted.
func (p *pass) settled() status.Outcome {
	if !p.declared() {
		return p.undeclared()
	}
	message := "the provider has what is declared by " + status.Count(len(p.record.Spec.Contributions)-len(p.full), "grant", "grants")
	if len(p.full) > 0 {
		message += "; there is no room for " + status.Count(len(p.full), "more", "more")
	}
	return status.Succeeded(v1alpha1.ReasonAsDeclared, message)
}

// standing is what was verified last, while that is recent enough to stand.
func (p *pass) standing() *status.Outcome {
	if !p.holds() || len(p.problems())+p.relinquished()+len(p.lost) > 0 || p.untilStale() == 0 {
		return nil
	}
	o := p.settled()
	return &o
}

// untilStale is how long what was read last still counts: two intervals from then; 0 where
// it no longer does.
func (p *pass) untilStale() time.Duration {
	left := 2*p.backend.Spec.Interval.Duration - p.now.Sub(p.health.Verified)
	if p.health.Verified.IsZero() || left <= 0 {
		return 0
	}
	return left + time.Second // now is cut to the second
}

// problems lists the names that cannot be followed, in a fixed order.
func (p *pass) problems() []access.Problem {
	var problems []access.Problem
	for _, c := range p.record.Spec.Contributions {
		problems = append(problems, p.want.By[c.UID].Problems...)
	}
	return problems
}

func problemMessage(problems []access.Problem) string {
	var unknown, replaced []string
	for _, problem := range problems {
		name := strings.ToLower(string(problem.Place.Scope)) + " " + problem.Place.Name
		if problem.Kind == access.PlaceReplaced {
			replaced = append(replaced, name)
		} else {
			unknown = append(unknown, name)
		}
	}
	var parts []string
	if len(unknown) > 0 {
		parts = append(parts, "the provider has no "+listed(unknown)+"; correct the name, or leave it out")
	}
	if len(replaced) > 0 {
		parts = append(parts, listed(replaced)+" is another one at the provider than when it was first used; delete the grant and create it again if that is meant")
	}
	return strings.Join(parts, "; ")
}

// listed names up to three, each once.
func listed(names []string) string {
	slices.Sort(names)
	return status.Brief(slices.Compact(names))
}

// grants lists who gives, for people to read.
func (p *pass) grants() string {
	var names []string
	for _, c := range p.record.Spec.Contributions {
		names = append(names, string(c.Grant.Name))
	}
	return listed(names)
}

// status computes the whole status. It is pure. Memory that was not moved on is carried.
func (p *pass) status(o status.Outcome) v1alpha1.AccessRecordStatus {
	want := v1alpha1.AccessRecordStatus{ObservedGeneration: p.record.Generation, Invitation: p.invite}
	p.want.Pins.StorePins(&want)
	want.TwoFactor = p.record.Status.TwoFactor
	want.Person, want.RowID, want.Permissions = p.record.Status.Person, p.record.Status.RowID, p.record.Status.Permissions
	want.Live, want.LiveDigest = p.record.Status.Live, p.record.Status.LiveDigest
	if p.known && !p.unproven() {
		access.StoreLive(&want, p.live())
		want.Permissions = int32(countPermissions(p)) //nolint:gosec // a row holds far fewer
		want.Person, want.TwoFactor = v1alpha1.PersonAbsent, access.TwoFactorOf(p.row)
		if p.fresh || len(p.memory.Owed) == 0 {
			want.RowID = 0 // else a debt is still looked for there
		}
		if p.row != nil {
			want.RowID = p.row.ID
			want.Person = v1alpha1.PersonInvited
			if p.row.Active() {
				want.Person = v1alpha1.PersonActive
			}
		}
	}
	want.Grants, want.Contributions = p.grants(), p.echoes(o)
	want.Sources, want.History, want.Drift = p.sources(), p.history, p.record.Status.Drift
	if p.known {
		want.Drift = p.drift()
	}
	p.memory.Store(&want)
	want.Conditions = status.Conditions(p.record.Status.Conditions, p.record.Generation, p.now, o, append(p.rareFacts(want), p.active(want), p.declaredFact())...)
	return want
}

func countPermissions(p *pass) int {
	n := len(p.live())
	if p.live().Has(hosting.TwoFactorRight) {
		n--
	}
	return n
}

// echoes tells each grant how its own contribution fares, whatever others do.
func (p *pass) echoes(o status.Outcome) []v1alpha1.ContributionStatus {
	var echoes []v1alpha1.ContributionStatus
	for _, c := range p.record.Spec.Contributions {
		echoes = append(echoes, p.echo(c, o))
	}
	return echoes
}

func (p *pass) echo(c v1alpha1.Contribution, o status.Outcome) v1alpha1.ContributionStatus {
	echo := v1alpha1.ContributionStatus{UID: c.UID, Grant: &c.Grant, Digest: c.Digest, Resend: p.resent(c)}
	bound := p.boundOf(c)
	echo.End, echo.EndSince = bound.end, p.since(bound)
	fill := func(state v1alpha1.ContributionState, reason, message string) v1alpha1.ContributionStatus {
		echo.State, echo.Reason, echo.Message = state, reason, status.Clip(message)
		return echo
	}
	if p.full[c.UID] {
		return fill(v1alpha1.ContributionFailed, v1alpha1.ReasonRecordFull, fullMessage)
	}
	want := p.want.By[c.UID]
	verified := p.known && p.live().Contains(want.Rights)
	if bound.cause(p.now) != "" {
		return p.withheld(echo, bound, o)
	}
	switch {
	case verified && p.trusted() && len(want.Problems) > 0:
		return fill(v1alpha1.ContributionFailed, string(want.Problems[0].Kind), problemMessage(want.Problems))
	case verified && p.trusted():
		return fill(v1alpha1.ContributionLive, "", "")
	case o.Stalled:
		return fill(v1alpha1.ContributionFailed, o.Reason, o.Message)
	}
	return fill(v1alpha1.ContributionPending, o.Reason, o.Message)
}

// since is from when on an end is on record; nil where that is not known, by a clock that is wrong.
func (p *pass) since(b bound) *metav1.Time {
	if b.end == nil || p.ahead != 0 && b.since.Equal(&p.now) {
		return nil
	}
	return &b.since
}

// withheld is the echo of a contribution that does not count: it is over once nothing of it
// is owed.
func (p *pass) withheld(echo v1alpha1.ContributionStatus, b bound, o status.Outcome) v1alpha1.ContributionStatus {
	for _, debt := range p.memory.Owed {
		if slices.Contains(debt.By, echo.UID) {
			echo.State, echo.Reason, echo.Message = v1alpha1.ContributionPending, o.Reason, status.Clip(o.Message)
			if o.Stalled {
				echo.State = v1alpha1.ContributionFailed
			}
			return echo
		}
	}
	echo.State, echo.Reason = v1alpha1.ContributionWithheld, b.reason()
	if b.reason() == v1alpha1.ReasonRelinquished {
		echo.State, echo.Message = v1alpha1.ContributionRelinquished, relinquishedMessage
	}
	return echo
}

// trusted says whether the row as last read still counts, whatever became of a write: it
// was read within two intervals, and nothing says that it means nothing any more.
func (p *pass) trusted() bool {
	if p.backend == nil || p.backend.Spec.Suspend || p.ambiguous() || p.untilStale() == 0 {
		return false
	}
	return p.health.Err == nil || !status.Terminal(p.health.Err)
}

func (p *pass) declaredFact() metav1.Condition {
	if p.declared() {
		return status.Fact(v1alpha1.ConditionDeclared, true, v1alpha1.ReasonDeclared, "a grant names the person")
	}
	return status.Fact(v1alpha1.ConditionDeclared, false, v1alpha1.ReasonUndeclared, "no grant names the person")
}
