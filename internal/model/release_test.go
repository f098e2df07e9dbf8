package model

import (
	"slices"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// batch is what somebody sees in one that is held.
type batch struct {
	digest id
	held   [crowd]set
}

// batches are few, in the order of their digests; what is empty is left out, and stands at the end.
type batches [8]batch

func (b batches) has(digest id) bool { return b.find(digest) >= 0 }

func (b batches) find(digest id) int {
	return slices.IndexFunc(b[:], func(one batch) bool { return digest != 0 && one.digest == digest })
}

func (m *machine) frozen(w *world) batches { return m.batches.of(w.frozen) }

// freezes makes these the batches that are held.
func (m *machine) freezes(w *world, b batches) {
	list := slices.DeleteFunc(slices.Clone(b[:]), func(one batch) bool { return one.digest == 0 || one.held == [crowd]set{} })
	slices.SortFunc(list, func(x, y batch) int { return int(x.digest) - int(y.digest) })
	w.frozen = 0
	if len(list) > 0 {
		w.frozen = m.batches.id(batches(append(list, make([]batch, len(b)-len(list))...)))
	}
}

// held are batches that somebody sees in the status of records, and may release.
func (m *machine) held(w *world) map[string]bool {
	held := map[string]bool{}
	for i := range w.people {
		p := m.person(w, i)
		for _, r := range p.row.rights.each() {
			if digest := m.inBatch(&p)[r]; digest != 0 && digest != w.released {
				held[m.digests.of(digest)] = true
			}
		}
	}
	return held
}

// inBatch tells in which batch a record says that something is.
func (m *machine) inBatch(p *person) map[set]id {
	record := m.records.of(p.record)
	if record == nil || len(record.Status.Owed) == 0 {
		return nil
	}
	in := map[set]id{}
	for _, part := range access.MemoryOf(record.Status).Owed {
		for right := range part.Rights.All() {
			if part.Value.Batch != "" {
				in[setOf(hosting.NewRights(right))] = m.digests.id(part.Value.Batch)
			}
		}
	}
	return in
}

// release names a batch: what is in it now may go.
func (m *machine) release(w *world, digest string) {
	w.released = m.digests.id(digest)
	frozen := m.frozen(w)
	n := frozen.find(w.released)
	if n < 0 {
		return
	}
	for i := range w.people {
		m.change(w, i, func(p *person) { p.past.approved |= frozen[n].held[i] })
	}
}

// freeze notes what a batch holds: all that people were about to lose, and that is in no other.
func (m *machine) freeze(w *world, digest id) {
	frozen := m.frozen(w)
	one := batch{digest: digest}
	for i := range w.people {
		p := m.person(w, i)
		one.held[i] = p.row.rights & m.united([2]bool{true, true}, i) &^ m.united(p.past.basis, i) &^ p.past.approved
		for _, other := range frozen {
			one.held[i] &^= other.held[i]
		}
	}
	free := slices.Index(frozen[:], batch{})
	frozen[free] = one
	m.freezes(w, frozen)
}

// forgetUnwritten leaves in batches, and approved, what records say is in a batch: somebody
// who was not looked at since it was made is judged anew, and seen in another one.
func (m *machine) forgetUnwritten(w *world) {
	frozen := m.frozen(w)
	for i := range w.people {
		p := m.person(w, i)
		written := map[id]set{}
		for right, digest := range m.inBatch(&p) {
			written[digest] |= right
		}
		for n := range frozen {
			frozen[n].held[i] &= written[frozen[n].digest]
		}
		m.change(w, i, func(p *person) { p.past.approved &= written[w.released] })
	}
	m.freezes(w, frozen)
}

// forgive takes what is given again out of everything that was held or approved.
func (m *machine) forgive(w *world, i int, given set) {
	m.change(w, i, func(p *person) { p.past.approved &^= given })
	if w.frozen == 0 {
		return
	}
	frozen := m.frozen(w)
	for n := range frozen {
		frozen[n].held[i] &^= given
	}
	m.freezes(w, frozen)
}
