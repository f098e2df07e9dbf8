package record

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/status"
)

// weighing is what the removal gate says of a person (I5).
type weighing struct {
	// worst of all verdicts.
	worst gate.Verdict
	// counted and suspended are the namespaces on whose account something goes now: against the
	// limit, or as one of the few suspensions of an hour.
	counted, suspended map[string]bool
	// skewed: nothing goes, for it is not known what time it is.
	skewed bool
}

// weigh asks the backend's guard about the person and takes out of the plan what may not go
// now. Batches are remembered with the debts.
func (p *pass) weigh() {
	p.weighed = weighing{counted: map[string]bool{}, suspended: map[string]bool{}}
	if p.ahead != 0 {
		p.enter(p.plan.Remove)
		p.holdForTheClock()
		return
	}
	person, debts := p.person(p.plan.Remove)
	held := hosting.Rights{}
	for i, verdict := range p.session.Guard().Evaluate(p.record.Name, person, rules(p.backend), p.now.Time) {
		p.weighed.note(debts[i], verdict)
		if verdict.Answer < gate.Defer {
			continue
		}
		for _, right := range debts[i].Rights {
			held.Add(right)
			p.memory = p.memory.InBatch(right, verdict.Batch)
		}
		if verdict.Answer == gate.Hold {
			p.memory = p.heldAs(debts[i])
		}
	}
	p.plan = p.plan.Hold(held)
}

// attributed is the memory with what Profiles that suspend the person make of its debts, as
// long as they do.
func (p *pass) attributed() access.Memory {
	return p.memory.Because(v1alpha1.CauseSuspended, p.suspends)
}

// losing is what is still due to go, and may once the gate lets it: all of it, where the row
// is not known.
func (p *pass) losing() hosting.Rights {
	losing := hosting.Rights{}
	for right := range p.memory.Owed {
		if (!p.known || p.live().Has(right)) && !p.protected() {
			losing.Add(right)
		}
	}
	return losing
}

// enter tells the guard what the person is about to lose, also while nothing may be written: what
// gathers meanwhile is judged as a whole once it may.
func (p *pass) enter(losing hosting.Rights) {
	person, _ := p.person(losing)
	p.session.Guard().Update(p.record.Name, person)
}

// person is what the gate has to know of the person; the debts are in the order of the losses.
func (p *pass) person(losing hosting.Rights) (gate.Person, []access.DebtGroup) {
	person := gate.Person{Sources: map[string]gate.Source{}}
	for _, s := range p.sources() {
		person.Sources[s.Namespace] = gate.Source{Since: s.Since.Time, Present: s.Until == nil, Removed: moment(s.Removed), Suspended: moment(s.Suspended)}
	}
	debts := p.attributed().Debts(losing)
	for i, d := range debts {
		if len(d.Namespaces) == 0 {
			d.Namespaces = []string{p.record.Namespace} // nothing passes for want of somebody to ask
			debts[i] = d
		}
		loss := gate.Loss{Namespaces: d.Namespaces, Cause: causeOf(d.Cause), Since: d.Since.Time, Batch: d.Batch, Along: p.along(d)}
		for _, right := range d.Rights {
			loss.Rights = append(loss.Rights, fmt.Sprint(right.Scope, " ", right.ID, " ", right.Name))
		}
		person.Losses = append(person.Losses, loss)
	}
	return person, debts
}

func (w *weighing) note(debt access.DebtGroup, verdict gate.Verdict) {
	if verdict.Answer > w.worst.Answer || verdict.Until.After(w.worst.Until) {
		w.worst = verdict
	}
	if verdict.Answer >= gate.Defer {
		return
	}
	for _, namespace := range debt.Namespaces {
		w.counted[namespace] = w.counted[namespace] || verdict.Answer == gate.AllowCounted
		w.suspended[namespace] = w.suspended[namespace] || verdict.Suspension
	}
}

func causeOf(cause v1alpha1.OwedCause) gate.Cause {
	switch cause {
	case v1alpha1.CauseExpired, v1alpha1.CauseReviewMissed, v1alpha1.CausePersonExpired:
		return gate.Deliberate
	case v1alpha1.CauseSuspended:
		return gate.Suspension
	}
	return gate.Change
}

func rules(backend *v1alpha1.HostingBackend) gate.Rules {
	if backend == nil {
		return gate.Rules{}
	}
	limit := backend.Spec.RemovalLimit
	r := gate.Rules{Limit: access.LimitOf(limit)}
	if limit.Settle != nil {
		r.Settle = limit.Settle.Duration
	}
	return r
}

func moment(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}

// sources are the namespaces that name the person, or did within a day, as of now. Those
// that come back within a day have never been away.
func (p *pass) sources() []v1alpha1.SourceNamespace {
	present := map[string]bool{}
	for _, c := range p.record.Spec.Contributions {
		present[c.Grant.Namespace] = true
	}
	if p.authoritative() && (p.row != nil || !p.known) {
		present[p.record.Namespace] = true // it answers for everybody in the table
	}
	var list []v1alpha1.SourceNamespace
	for _, s := range p.record.Status.Sources {
		s = p.source(s, present[s.Namespace])
		delete(present, s.Namespace)
		if s.Until == nil || p.lately(s.Until) || p.lately(s.Removed) || p.ahead != 0 {
			list = append(list, s)
		}
	}
	for namespace := range present {
		list = append(list, p.source(v1alpha1.SourceNamespace{Namespace: namespace, Since: p.now}, true))
	}
	list = append(list, p.blamed(list)...)
	slices.SortFunc(list, func(a, b v1alpha1.SourceNamespace) int { return strings.Compare(a.Namespace, b.Namespace) })
	return list[:min(maxSources, len(list))]
}

// source is what is to be remembered of a namespace that was known before.
func (p *pass) source(s v1alpha1.SourceNamespace, present bool) v1alpha1.SourceNamespace {
	switch {
	case present:
		s.Until = nil
	case s.Until == nil:
		s.Until = &p.now
	}
	s.Since, s.Until, s.Removed, s.Suspended = *p.past(&s.Since), p.past(s.Until), p.past(s.Removed), p.past(s.Suspended)
	if p.acting && p.weighed.counted[s.Namespace] {
		s.Removed = &p.now
	}
	if p.acting && p.weighed.suspended[s.Namespace] {
		s.Suspended = &p.now
	}
	return s
}

// past is a time as it was remembered, but never one to come: a clock that ran ahead would
// otherwise be remembered for as long as it did.
func (p *pass) past(at *metav1.Time) *metav1.Time {
	if at != nil && p.now.Before(at) {
		return &p.now
	}
	return at
}

// maxSources is how many namespaces a record remembers; the CRD bounds it.
const maxSources = 256

// lately says whether something happened within a day.
func (p *pass) lately(at *metav1.Time) bool {
	return at != nil && p.now.Sub(at.Time) < gate.Day
}

// gather makes the ledger complete where somebody is to lose something and not everybody was
// looked at since the start.
func (r *Reconciler) gather(ctx context.Context, p *pass) error {
	guard := p.session.Guard()
	if p.backend == nil || !p.known || guard.Complete() || len(p.memory.Owed) == 0 {
		return nil
	}
	records := &v1alpha1.AccessRecordList{}
	err := r.List(ctx, records, client.InNamespace(p.record.Namespace), client.MatchingFields{index.RecordBackend: p.backend.Name}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return fmt.Errorf("list AccessRecords: %w", err)
	}
	guard.MarkComplete(contribute.Names(records.Items))
	if guard.Complete() {
		p.think()
	}
	return nil
}

// heldBack is the outcome where nothing is left to do but what must not be done now.
func (p *pass) heldBack() status.Outcome {
	if len(p.plan.Later) > 0 && len(p.plan.Held) == 0 {
		return p.waitsOutDrift()
	}
	if p.weighed.skewed {
		return status.NeedsAction(v1alpha1.ReasonClockSkewed, p.skewMessage())
	}
	switch p.weighed.worst.Answer {
	case gate.Defer:
		return status.Waiting(v1alpha1.ReasonRemovalSettling, fmt.Sprintf("due to go: %s; removals are gathered for a moment and judged together", permissions(p.plan.Held)))
	case gate.Hold:
		return status.NeedsAction(v1alpha1.ReasonRemovalLimit, p.limitMessage())
	}
	if !p.protected() {
		return status.NeedsAction(v1alpha1.ReasonForeignPermissions, "requireTwoFactor: this person also holds permissions that other namespaces or people gave; a rule of the HostingBackend with adopt has to allow locking those as well; what is to be used with a second factor only is not given before")
	}
	return status.NeedsAction(v1alpha1.ReasonProtected, protectedMessage)
}

// nextVerdict is how long until what waits to be judged is; 0 where nothing does.
func (p *pass) nextVerdict() time.Duration {
	if p.weighed.worst.Answer != gate.Defer {
		return 0
	}
	return max(time.Second, p.weighed.worst.Until.Sub(p.now.Time))
}

const protectedMessage = "this person is the owner, holds the key, or is one of spec.protectedEmails of the HostingBackend: nothing is taken away from them, nor locked behind a second factor; do it at the provider if it is meant"

func (p *pass) limitMessage() string {
	return fmt.Sprintf("due to go: %s, with those of so many other people that it looks like a mistake: nothing of it is taken away; declare them again, or annotate the HostingBackend with %s=%s",
		permissions(p.plan.Held), v1alpha1.AnnotationReleaseRemovals, p.weighed.worst.Batch)
}

// heldFact tells what is held back; there is none where nothing is, or only for a moment.
func (p *pass) heldFact() []metav1.Condition {
	if !p.known || len(p.plan.Held) == 0 || p.weighed.worst.Answer == gate.Defer {
		return nil
	}
	reason, message := v1alpha1.ReasonProtected, protectedMessage
	switch {
	case p.weighed.skewed:
		reason, message = v1alpha1.ReasonClockSkewed, p.skewMessage()
	case p.weighed.worst.Answer == gate.Hold:
		reason, message = v1alpha1.ReasonRemovalLimit, p.limitMessage()
	}
	return []metav1.Condition{status.Fact(v1alpha1.ConditionRemovalHeld, true, reason, message)}
}
