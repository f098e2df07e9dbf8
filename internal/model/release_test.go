package model

import (
	"maps"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// batches that are held, as somebody sees them in the status of records.
func (s *state) batches() map[string]bool {
	held := map[string]bool{}
	for i := range s.people {
		for right, debt := range s.people[i].memory.Owed {
			if debt.Batch != "" && debt.Batch != s.released && s.people[i].row.Has(right) {
				held[debt.Batch] = true
			}
		}
	}
	return held
}

// release names a batch: what is in it now may go.
func (s *state) release(digest string) {
	s.released = digest
	for i := range s.people {
		p := &s.people[i]
		p.approved = p.approved.Union(s.frozen[digest][i])
	}
}

// freeze notes what a batch holds: all that people were about to lose, and that is in no other.
func (m machine) freeze(s *state, digest string) {
	var held [crowd]hosting.Rights
	for i := range s.people {
		p := &s.people[i]
		given := m.united([2]bool{true, true}, i)
		held[i] = p.row.Intersect(given).Minus(m.united(p.basis, i)).Minus(p.approved)
		for _, other := range s.frozen {
			held[i] = held[i].Minus(other[i])
		}
	}
	frozen := map[string][crowd]hosting.Rights{digest: held}
	maps.Copy(frozen, s.frozen)
	s.frozen = frozen
}

// forgetUnwritten leaves in batches, and approved, what records say is in a batch: somebody
// who was not looked at since it was made is judged anew, and seen in another one.
func (s *state) forgetUnwritten() {
	frozen := map[string][crowd]hosting.Rights{}
	for digest, held := range s.frozen {
		for i := range held {
			held[i] = held[i].Intersect(s.people[i].inBatch(digest))
		}
		if len(held[0])+len(held[1]) > 0 {
			frozen[digest] = held
		}
	}
	s.frozen = frozen
	for i := range s.people {
		s.people[i].approved = s.people[i].approved.Intersect(s.people[i].inBatch(s.released))
	}
}

// inBatch lists what a record says is in a batch.
func (p *person) inBatch(digest string) hosting.Rights {
	in := hosting.Rights{}
	for right, debt := range p.memory.Owed {
		if debt.Batch == digest && digest != "" {
			in.Add(right)
		}
	}
	return in
}

// forgive takes what is given again out of everything that was held or approved.
func (s *state) forgive(i int, given hosting.Rights) {
	s.people[i].approved = s.people[i].approved.Minus(given)
	frozen := map[string][crowd]hosting.Rights{}
	for digest, held := range s.frozen {
		held[i] = held[i].Minus(given)
		if len(held[0])+len(held[1]) > 0 {
			frozen[digest] = held
		}
	}
	s.frozen = frozen
}
