package access

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// LateAtMost is how long after it was given up a write may still be done by the provider: until
// then nothing is dropped from memory (I13).
const LateAtMost = 5 * time.Minute

// Intend is the memory to be persisted right before a plan is carried out: what the plan adds is
// the record's own from here on, and the time tells whoever finds it without a result that the
// write may still be done. A row that goes whole brings nothing back, however late that is.
func (m Memory) Intend(want Want, plan Plan, now metav1.Time) Memory {
	m.Applied = m.Applied.With(want.entries(plan.Add, Entry{})...)
	return m.intended(plan.Remove, true).GivenUp(plan, now)
}

// intended is the memory in which it is known, or not, what came of a write that was to take rights away.
func (m Memory) intended(rights hosting.Rights, unknown bool) Memory {
	m.Owed = m.Owed.ChangedAt(rights, func(d Debt) Debt { d.Intended = unknown; return d })
	return m
}

// Unanswered lists the debts of which it is not known whether a write of ours took them away.
func (m Memory) Unanswered() hosting.Rights {
	return m.Owed.Where(func(d Debt) bool { return d.Intended })
}

// Refused is the memory after a write that the provider certainly did not do, and will not; before is as
// it was before the intent.
func (m Memory) Refused(before Memory) Memory {
	m.Applied, m.Owed, m.Intended, m.Removal = before.Applied, before.Owed, before.Intended, before.Removal
	return m
}

// GivenUp is the memory after a write of which nothing says whether it was done.
func (m Memory) GivenUp(plan Plan, now metav1.Time) Memory {
	if !plan.Target.Empty() {
		m.Intended = &now
	} else {
		m.Removal = &now
	}
	return m
}

// ReadBack is the memory after a write whose plan the row shows, or not: a provider that says it was
// done and shows something else may still be about to do it.
func (m Memory) ReadBack(before Memory, plan Plan, live hosting.Rights, now metav1.Time) Memory {
	m = m.intended(plan.Remove.Minus(live), false)
	if live.Contains(plan.Add) && live.Intersect(plan.Remove).Empty() {
		m.Intended, m.Removal = before.Intended, before.Removal
		return m
	}
	return m.GivenUp(plan, now)
}

// Late is how long a write may still be done that was given up, or whose result nobody lived to
// write down; 0 for none.
func (m Memory) Late(now metav1.Time) time.Duration {
	if m.Intended == nil {
		return 0
	}
	return max(0, LateAtMost-now.Sub(m.Intended.Time))
}

// Shown is the memory once a reading that began at a time showed a row that a removal of ours would have
// taken away: LateAtMost after that was intended it is not done any more.
func (m Memory) Shown(began metav1.Time) Memory {
	if m.Removal != nil && began.Sub(m.Removal.Time) >= LateAtMost {
		m.Removal = nil
	}
	return m
}

// Past is a time as it was remembered, but never one to come: a clock that ran ahead would otherwise be
// remembered for as long as it did.
func Past(at *metav1.Time, now metav1.Time) *metav1.Time {
	if at != nil && now.Before(at) {
		return &now
	}
	return at
}

// Adoptable are rights that a row holds, that a grant names which may make them its own, and that
// are not the record's yet.
func (m Memory) Adoptable(want Want, live hosting.Rights) hosting.Rights {
	return want.Adopt.Intersect(live).Minus(m.Applied.Rights()).Minus(m.Owed.Rights().Minus(m.undeclared()))
}

// Adopt is the memory where what is adoptable is the record's own. The row has to have been read by
// itself, just now, and the backend to be enforced: what is only seen stays whose it is (I4).
func (m Memory) Adopt(want Want, live hosting.Rights) Memory {
	m.Applied = m.Applied.With(want.entries(m.Adoptable(want, live), Entry{Adopted: true})...)
	return m
}

// Settle is the memory once the row was read by itself, after everything that was written to it:
// debts that are seen to be paid are dropped, and so is what somebody took away that was ours,
// for whoever gives it next is whose it is. What is ours on a place that is not listed now is kept, and
// everything while a write may still be done. A list is no such proof.
func Settle(memory Memory, live hosting.Rights, places Places, now metav1.Time) Memory {
	if memory.Late(now) > 0 {
		return memory
	}
	gone := memory.Applied.Rights().Minus(live)
	if !gone.Empty() {
		gone = gone.Where(places.listed())
	}
	next := Memory{Applied: memory.Applied.Without(gone), Owed: memory.Owed.Only(live), Removal: memory.Shown(now).Removal}
	if next.Removal == nil {
		next = next.intended(live, false) // it was not taken away, and will not be
	}
	return next
}
