package access

import (
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Entry is what is remembered of a right that is the record's own: it was sent to the provider, or
// adopted.
type Entry struct {
	// Adopted: the person had it before, and a grant that names it may take it away.
	Adopted bool
	// Retain: every grant that named it last says so.
	Retain bool
	// Namespaces of the grants that named it last, in order: a loss is on their account alone.
	Namespaces []string
}

// Debt is what is remembered of a right that is due to go.
type Debt struct {
	Cause v1alpha1.OwedCause
	By    []types.UID
	// Namespaces of the grants that caused it, in order.
	Namespaces []string
	Since      metav1.Time
	// Batch in which it is held; empty for none. ApprovedBy names who approved it.
	Batch, ApprovedBy string
	// Intended: a write was to take it away, and what came of that was not read back.
	Intended bool
}

// key is the same for entries that tell the same.
func (e Entry) key() string { return fmt.Sprint(e) }

// key is the same for debts that tell the same; a status tells times in seconds.
func (d Debt) key() string {
	return fmt.Sprint(d.Since.Unix(), d.Cause, d.By, d.Namespaces, d.Batch, d.ApprovedBy, d.Intended)
}

// Memory is what a record knows of its own doing. It is entered right before the provider is
// written to and dropped only after a read-back: whatever was ever given stays in one of
// the two maps until it is seen to be gone, or is retained. What is only planned, or was seen, is
// in neither.
type Memory struct {
	Applied RightMap[Entry]
	Owed    RightMap[Debt]
	// Intended is when something was last written whose effect was not read back, Removal when a whole
	// row was last removed so; nil for never.
	Intended, Removal *metav1.Time
}

// Named lists the rights that are the record's: applied or owed.
func (m Memory) Named() hosting.Rights {
	return m.Applied.Rights().Union(m.Owed.Rights())
}

// Due lists the debts that a row shows.
func (m Memory) Due(live hosting.Rights) hosting.Rights {
	return m.Owed.Rights().Intersect(live)
}

// InBatch is the memory with debts in a batch, and who approved that; where nobody did just now, who did before.
func (m Memory) InBatch(rights hosting.Rights, batch, approvedBy string) Memory {
	m.Owed = m.Owed.ChangedAt(rights, func(d Debt) Debt {
		if approvedBy != "" || batch != d.Batch {
			d.ApprovedBy = approvedBy
		}
		d.Batch = batch
		return d
	})
	return m
}

// Until is the memory without debts and writes from a time to come: a clock that ran ahead then
// must not have them wait until then.
func (m Memory) Until(now metav1.Time) Memory {
	m.Owed = m.Owed.Changed(func(d Debt) Debt { d.Since = *Past(&d.Since, now); return d })
	m.Intended, m.Removal = Past(m.Intended, now), Past(m.Removal, now)
	return m
}

// Because is the memory with another cause of those debts for which it holds.
func (m Memory) Because(cause v1alpha1.OwedCause, holds func(Debt) bool) Memory {
	m.Owed = m.Owed.Changed(func(d Debt) Debt {
		if holds(d) {
			d.Cause = cause
		}
		return d
	})
	return m
}

// Departures are the grants whose contribution left or changed since the last reconcile; debts
// that arise now are on their account.
type Departures struct {
	Removed, Changed []Departure
	// Ended are contributions that are there and do not count.
	Ended []Ended
}

// Departure is a grant whose contribution left or changed.
type Departure struct {
	UID       types.UID
	Namespace string
}

// Ended is a contribution that does not count any more, or not now.
type Ended struct {
	UID       types.UID
	Namespace string
	Cause     v1alpha1.OwedCause
	// Rights it would give.
	Rights hosting.Rights
}

// of is those who may have given a right: the grants of the namespaces that named it last, as
// far as these are known.
func (l Departures) of(right hosting.Right, named []string) Departures {
	others := func(namespace string) bool { return len(named) > 0 && !slices.Contains(named, namespace) }
	other := func(one Departure) bool { return others(one.Namespace) }
	return Departures{
		Removed: slices.DeleteFunc(slices.Clone(l.Removed), other),
		Changed: slices.DeleteFunc(slices.Clone(l.Changed), other),
		Ended:   slices.DeleteFunc(slices.Clone(l.Ended), func(e Ended) bool { return others(e.Namespace) || !e.Rights.Has(right) }),
	}
}

// debts of rights that nothing gives any more, of all of which entry was remembered. What is retained is none: that is
// for whoever deletes a grant, and not for what ends.
func (l Departures) debts(rights hosting.Rights, entry Entry, now metav1.Time) (debts []RightPart[Debt]) {
	var ends []hosting.Rights
	for _, e := range l.Ended {
		ends = append(ends, e.Rights)
	}
	for _, part := range rights.Parts(ends...) {
		left := l.of(part.First(), entry.Namespaces)
		if !entry.Retain || len(left.Ended) > 0 {
			debts = append(debts, RightPart[Debt]{part, left.debt(entry.Namespaces, now)})
		}
	}
	return debts
}

// debt of a right that nothing gives any more; l are those who may have given it, named the
// namespaces that did. Where a grant left or changed, that may be what did it: only where
// none did, an end is the cause.
func (l Departures) debt(named []string, now metav1.Time) Debt {
	debt := Debt{Cause: v1alpha1.CauseChanged, Namespaces: slices.Clone(named), Since: now}
	for _, one := range slices.Concat(l.Removed, l.Changed) {
		debt.By, debt.Namespaces = append(debt.By, one.UID), append(debt.Namespaces, one.Namespace)
	}
	if len(l.Removed) > 0 {
		debt.Cause = v1alpha1.CauseRemoved
	}
	for i, e := range l.Ended {
		changed := e.Cause == v1alpha1.CauseChanged || e.Cause == v1alpha1.CauseEndedAtOnce
		if len(l.Removed)+len(l.Changed) == 0 && (i == 0 || changed) {
			debt.Cause = e.Cause
		}
		debt.By, debt.Namespaces = append(debt.By, e.UID), append(debt.Namespaces, e.Namespace)
	}
	slices.Sort(debt.Namespaces)
	debt.Namespaces = slices.Compact(debt.Namespaces)
	return debt
}

// Plan is what has to change at the provider, and what must be remembered first.
type Plan struct {
	// Add and Remove, against the row that was read.
	Add, Remove hosting.Rights
	// Held is due to go and must not go now; Refused is wanted and must not be added.
	Held, Refused hosting.Rights
	// Later is to be added, and not yet.
	Later hosting.Rights
	// Target is the row as it should be: what it holds, plus Add, minus Remove.
	Target hosting.Rights
	// Memory as it is without the write; Intend tells what is to be persisted before it.
	Memory Memory
}

// Pending says whether the provider has to be written to.
func (p Plan) Pending() bool { return !p.Add.Empty() || !p.Remove.Empty() }

// Remember moves memory on without knowing the provider's row: what no contribution names
// any more becomes owed, or is let go where it is retained; what is named again is no
// longer owed. Nothing is forgotten that might still have to be taken away.
func Remember(want Want, memory Memory, departures Departures, now metav1.Time) Memory {
	declared := want.Rights.Union(want.Kept)
	var applied, again []RightPart[Entry]
	var owed []RightPart[Debt]
	for _, part := range memory.Applied {
		applied = append(applied, want.entries(part.Rights.Intersect(declared), part.Value)...)
		owed = append(owed, departures.debts(part.Rights.Minus(declared), part.Value, now)...)
	}
	for _, part := range memory.Owed.Only(declared) {
		if part.Value.Cause == v1alpha1.CauseUndeclared {
			continue // nobody's doing here: whoever names it now finds it, and may or may not adopt it
		}
		again = append(again, want.entries(part.Rights, Entry{Namespaces: part.Value.Namespaces})...)
	}
	return Memory{ // who inherited may owe what another record gave
		Applied: rightMap(applied).With(again...), Owed: memory.Owed.Without(declared).With(owed...), Intended: memory.Intended, Removal: memory.Removal,
	}
}

// Decide plans one person's change against a row. It is additive: a right leaves only if it
// is owed, and it is owed only if a grant named it, and it was sent or adopted. A debt that the
// row does not show stays in memory: the row may be older than a write whose answer was lost.
// Settle drops it.
func Decide(want Want, live hosting.Rights, memory Memory, departures Departures, now metav1.Time) Plan {
	next := Remember(want, memory, departures, now)
	add, remove := want.Rights.Minus(live), next.Due(live)
	return Plan{Add: add, Remove: remove, Target: live.Union(add).Minus(remove), Memory: next}
}
