package plan

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// MaxSources is how many namespaces a record remembers; the CRD bounds it.
const MaxSources = 256

// sourcesOf are the namespaces that name the person, or did within a day, as of now. Those that come
// back within a day have never been away.
func sourcesOf(in Inputs) []v1alpha1.SourceNamespace {
	present := map[string]bool{}
	for _, c := range in.Record.Spec.Contributions {
		present[c.Grant.Namespace] = true
	}
	if in.authoritative() && (in.Row != nil || !in.Provider.Known) {
		present[in.Record.Namespace] = true // it answers for everybody in the table
	}
	var list []v1alpha1.SourceNamespace
	for _, s := range in.Record.Status.Sources {
		s = in.source(s, present[s.Namespace])
		delete(present, s.Namespace)
		if s.Until == nil || in.lately(s.Until) || in.lately(s.Removed) || in.Provider.Ahead != 0 {
			list = append(list, s)
		}
	}
	for namespace := range present {
		list = append(list, v1alpha1.SourceNamespace{Namespace: namespace, Since: in.Now})
	}
	return inOrder(list)
}

func inOrder(list []v1alpha1.SourceNamespace) []v1alpha1.SourceNamespace {
	slices.SortFunc(list, func(a, b v1alpha1.SourceNamespace) int { return strings.Compare(a.Namespace, b.Namespace) })
	return list[:min(MaxSources, len(list))]
}

// source is what is to be remembered of a namespace that was known before.
func (in Inputs) source(s v1alpha1.SourceNamespace, present bool) v1alpha1.SourceNamespace {
	switch {
	case present:
		s.Until = nil
	case s.Until == nil:
		s.Until = &in.Now
	}
	s.Since, s.Until, s.Removed, s.Suspended = *access.Past(&s.Since, in.Now), access.Past(s.Until, in.Now), access.Past(s.Removed, in.Now), access.Past(s.Suspended, in.Now)
	return s
}

// lately says whether something happened within a day.
func (in Inputs) lately(at *metav1.Time) bool { return at != nil && in.Now.Sub(at.Time) < gate.Day }

// charged are the sources once what the gate lets go now was taken away: counted against their
// limit, or as one of the few suspensions of an hour. Who is not among them any more named the
// person more than a day ago, and is charged all the same.
func (g GateResult) charged(list []v1alpha1.SourceNamespace, now metav1.Time) []v1alpha1.SourceNamespace {
	list = slices.Clone(list)
	goes := maps.Clone(g.Counted)
	maps.Copy(goes, g.Suspended)
	for namespace := range goes {
		if !g.Counted[namespace] && !g.Suspended[namespace] {
			continue
		}
		i := slices.IndexFunc(list, func(s v1alpha1.SourceNamespace) bool { return s.Namespace == namespace })
		if i < 0 {
			i = len(list)
			list = append(list, v1alpha1.SourceNamespace{Namespace: namespace, Since: now, Until: &now})
		}
		if g.Counted[namespace] {
			list[i].Removed = &now
		}
		if g.Suspended[namespace] {
			list[i].Suspended = &now
		}
	}
	return inOrder(list)
}

// attributed is a memory with what Profiles that suspend the person make of its debts, as long as
// they do.
func attributed(in Inputs, memory access.Memory) access.Memory {
	return memory.Because(v1alpha1.CauseSuspended, func(debt access.Debt) bool { return suspends(in, debt) })
}

// lossesOf is what the person is about to lose, all that is owed where the row is not known, and
// what the gate is to know of it, in one order. It is told also while nothing may be written:
// what gathers meanwhile is judged as a whole once it may be.
func lossesOf(in Inputs, d Desired) ([]access.RightPart[access.Debt], gate.Person) {
	losing := d.Plan.Remove
	if !in.Provider.Known {
		losing = hosting.Rights{}
		if !in.protected() {
			losing = d.Memory.Owed.Rights()
		}
	}
	var person gate.Person
	for _, s := range sourcesOf(in) {
		person.Sources = append(person.Sources, gate.Source{
			Namespace: s.Namespace, Since: s.Since.Time, Present: s.Until == nil, Removed: moment(s.Removed), Suspended: moment(s.Suspended),
		})
	}
	var groups []access.RightPart[access.Debt]
	if !losing.Empty() {
		groups = attributed(in, d.Memory).Debts(losing)
	}
	for i, g := range groups {
		if len(g.Value.Namespaces) == 0 {
			// Debts without a namespace are charged to the record's own, so the gate always judges them.
			g.Value.Namespaces = []string{in.Record.Namespace}
			groups[i] = g
		}
		debt := g.Value
		loss := gate.Loss{Namespaces: debt.Namespaces, Cause: causeOf(debt.Cause), Since: debt.Since.Time, Batch: debt.Batch, Along: along(d.Memory, g)}
		loss.Rights = make([]string, 0, g.Rights.Len())
		for right := range g.Rights.All() {
			loss.Rights = append(loss.Rights, formOf(right))
		}
		person.Losses = append(person.Losses, loss)
	}
	return groups, person
}

// formOf is the form that a right has in the gate. It never changes: digests are made of it.
func formOf(right hosting.Right) string {
	return string(right.Scope) + " " + strconv.FormatInt(right.ID, 10) + " " + right.Name
}

// RightsOf are the rights that the gate knows in this form.
func RightsOf(forms []string) hosting.Rights {
	var rights []hosting.Right
	for _, form := range forms {
		scope, rest, _ := strings.Cut(form, " ")
		id, name, _ := strings.Cut(rest, " ")
		if number, err := strconv.ParseInt(id, 10, 64); err == nil {
			rights = append(rights, hosting.Right{Scope: hosting.Scope(scope), ID: number, Name: name})
		}
	}
	return hosting.NewRights(rights...)
}

// along says whether nothing of a debt arose because the person was suspended: then it goes with
// what did.
func along(memory access.Memory, debt access.RightPart[access.Debt]) bool {
	suspended := memory.Owed.Where(func(d access.Debt) bool { return d.Cause == v1alpha1.CauseSuspended })
	return debt.Value.Cause == v1alpha1.CauseSuspended && debt.Rights.Intersect(suspended).Empty()
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

func moment(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}

// RulesOf the removal gate of a backend.
func RulesOf(backend *v1alpha1.HostingBackend) gate.Rules {
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
