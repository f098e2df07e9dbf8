package gate

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// Ledger knows everybody on one backend. It is not safe for concurrent use.
type Ledger struct {
	began time.Time
	// people are replaced, never changed.
	people map[string]Person
	// batches by digest.
	batches map[string]batch
	// approved digests, and by whom.
	approved map[string]string
	// places among the suspensions of an hour that were given here: by namespace and name, when last.
	places map[string]map[string]time.Time
	// complete: everybody was entered since the start.
	complete bool
	// accounts by namespace count the people, as these change.
	accounts map[string]*account
}

// NewLedger is empty: nothing is judged until it is complete, nor before the settling time
// since it began.
func NewLedger(began time.Time) *Ledger {
	return &Ledger{
		began: began, people: map[string]Person{}, batches: map[string]batch{}, approved: map[string]string{},
		places: map[string]map[string]time.Time{}, accounts: map[string]*account{},
	}
}

// Clone is a ledger that goes on by itself from here.
func (l *Ledger) Clone() *Ledger {
	clone := NewLedger(l.began)
	clone.complete, clone.approved, clone.places = l.complete, maps.Clone(l.approved), maps.Clone(l.places)
	for digest, held := range l.batches {
		held.members = maps.Clone(held.members)
		clone.batches[digest] = held
	}
	for name, p := range l.people {
		clone.people[name] = p
		clone.count(name, Person{}, p)
	}
	return clone
}

// String is the same for ledgers that know the same.
func (l *Ledger) String() string {
	told := *l
	told.accounts = nil
	return fmt.Sprint(told)
}

// Update says what is known of a person now. It costs what the person has to do with.
func (l *Ledger) Update(name string, p Person) {
	before, p := l.people[name], l.resolve(name, p)
	for _, loss := range p.Losses {
		if loss.Batch != "" {
			l.remember(name, loss)
		}
	}
	l.people[name] = p
	l.count(name, before, p)
	l.leave(name, before, p)
}

// resolve is the person with the batches that hold their losses: those that the record remembers,
// and those that held them before the record could remember it.
func (l *Ledger) resolve(name string, p Person) Person {
	p.Sources, p.Losses = slices.Clone(p.Sources), slices.Clone(p.Losses)
	for i, loss := range p.Losses {
		held := func(known Loss) bool { return l.batches[known.Batch].holds(name, loss) }
		if n := slices.IndexFunc(l.people[name].Losses, held); n >= 0 && loss.Batch == "" {
			p.Losses[i].Batch = l.people[name].Losses[n].Batch
		}
	}
	return p
}

// Remove drops a person whose record is gone.
func (l *Ledger) Remove(name string) {
	l.Update(name, Person{})
	delete(l.people, name)
}

// Complete says whether everybody was entered since the start.
func (l *Ledger) Complete() bool { return l.complete }

// MarkComplete says who there is: once all of them were entered, the ledger is complete and stays
// so.
func (l *Ledger) MarkComplete(names []string) {
	missing := func(name string) bool { _, entered := l.people[name]; return !entered }
	l.complete = l.complete || !slices.ContainsFunc(names, missing)
}
