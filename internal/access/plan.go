package access

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Entry is what is remembered of a right that grants name.
type Entry struct {
	// Adopted: the person had it before any grant named it.
	Adopted bool
	// Retain: every grant that named it last says so.
	Retain bool
}

// Debt is what is remembered of a right that is due to go.
type Debt struct {
	Cause v1alpha1.OwedCause
	By    []types.UID
	Since metav1.Time
}

// Memory is what a record knows of its own doing. It is entered before the provider is
// written to and dropped only after a read-back: whatever was ever given stays in one of
// the two maps until it is seen to be gone, or is retained.
type Memory struct {
	Applied map[hosting.Right]Entry
	Owed    map[hosting.Right]Debt
}

// Named lists the rights that are the record's: applied or owed.
func (m Memory) Named() hosting.Rights {
	named := make(hosting.Rights, len(m.Applied)+len(m.Owed))
	for r := range m.Applied {
		named.Add(r)
	}
	for r := range m.Owed {
		named.Add(r)
	}
	return named
}

// Leavers are the grants whose contribution left or changed since the last pass; debts
// that arise now are on their account.
type Leavers struct {
	Removed, Changed []types.UID
}

func (l Leavers) debt(now metav1.Time) Debt {
	if len(l.Removed) > 0 {
		return Debt{Cause: v1alpha1.CauseRemoved, By: append(append([]types.UID{}, l.Removed...), l.Changed...), Since: now}
	}
	return Debt{Cause: v1alpha1.CauseChanged, By: l.Changed, Since: now}
}

// Plan is what has to change at the provider, and what must be remembered first.
type Plan struct {
	// Add and Remove, against the row that was read.
	Add, Remove hosting.Rights
	// Target is the row as it should be: what it holds, plus Add, minus Remove.
	Target hosting.Rights
	// Memory to be persisted before the write.
	Memory Memory
}

// Pending says whether the provider has to be written to.
func (p Plan) Pending() bool { return len(p.Add)+len(p.Remove) > 0 }

// Remember moves memory on without knowing the provider's row: what no contribution names
// any more becomes owed, or is let go where it is retained; what is named again is no
// longer owed. Nothing is forgotten that might still have to be taken away.
func Remember(want Want, memory Memory, leavers Leavers, now metav1.Time) Memory {
	next := Memory{Applied: make(map[hosting.Right]Entry, len(memory.Applied)), Owed: maps.Clone(memory.Owed)}
	if next.Owed == nil {
		next.Owed = map[hosting.Right]Debt{}
	}
	for right, entry := range memory.Applied {
		switch {
		case want.Rights.Has(right) || want.Kept.Has(right):
			entry.Retain = want.Retain.Has(right)
			next.Applied[right] = entry
		case !entry.Retain:
			next.Owed[right] = leavers.debt(now)
		}
	}
	for right := range memory.Owed {
		if want.Rights.Has(right) || want.Kept.Has(right) {
			delete(next.Owed, right)
			next.Applied[right] = Entry{Retain: want.Retain.Has(right)}
		}
	}
	return next
}

// Decide plans one person's change against a row. It is additive: a right leaves only if it
// is owed, and it is owed only if a grant named it. A debt that the row does not show stays
// in memory: the row may be older than a write whose answer was lost. Settle drops it.
func Decide(want Want, live hosting.Rights, memory Memory, leavers Leavers, now metav1.Time) Plan {
	next := Remember(want, memory, leavers, now)
	for right := range want.Rights {
		if _, known := next.Applied[right]; !known {
			next.Applied[right] = Entry{Adopted: live.Has(right), Retain: want.Retain.Has(right)}
		}
	}
	remove := hosting.Rights{}
	for right := range next.Owed {
		if live.Has(right) {
			remove.Add(right)
		}
	}
	add := want.Rights.Minus(live)
	return Plan{Add: add, Remove: remove, Target: live.Union(add).Minus(remove), Memory: next}
}

// Settle is the memory once the row was read by itself, after everything that was written
// to it: debts that are seen to be paid are dropped. A list is no such proof.
func Settle(memory Memory, live hosting.Rights) Memory {
	next := Memory{Applied: memory.Applied, Owed: map[hosting.Right]Debt{}}
	for right, debt := range memory.Owed {
		if live.Has(right) {
			next.Owed[right] = debt
		}
	}
	return next
}
