package model

import (
	"fmt"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// breaks notes the first promise that a step broke.
func (m *machine) breaks(format string, args ...any) {
	if m.broken == "" {
		m.broken = fmt.Sprintf(format, args...)
	}
}

func (m *machine) united(grants [2]bool, i int) (all set) {
	for g, there := range grants {
		if there {
			all |= m.gives[g][i]
		}
	}
	return all
}

// judgeDecision sees what a decision is about to take away, or holds.
func (m *machine) judgeDecision(w *world, i int, d *decided) {
	p := m.person(w, i)
	if d.Step == plan.Write {
		for _, right := range setOf(d.Plan.Remove).each() {
			switch {
			case m.given.has(right) && i == 0, p.past.hand.has(right):
				m.breaks("additive (I4): person %d is to lose %v, which the owner gave", i, right)
			case m.united(m.respected(contributed(m.records.of(p.record)), &p), i).has(right) && !p.stale:
				m.breaks("I3: person %d is to lose %v, which a grant gives", i, right)
			case !p.past.approved.has(right):
				m.judgeLoss(w, i, right)
			}
		}
	}
	m.judgeHold(w, i, d)
}

// judgeHold sees who is newly held.
func (m *machine) judgeHold(w *world, i int, d *decided) {
	var namespaces []string
	var batch string
	for n, verdict := range d.Verdicts {
		if loss := d.Desired.Losses[n]; verdict.Answer == gate.Hold && loss.Value.Batch == "" {
			namespaces, batch = append(namespaces, loss.Value.Namespaces...), verdict.Batch
		}
	}
	if batch == "" || m.frozen(w).has(m.digests.id(batch)) {
		return
	}
	m.freeze(w, m.digests.id(batch))
	for _, namespace := range namespaces {
		if m.losers(w, namespace, false) < 2 {
			m.breaks("I5: person %d is held although %s is the only one to lose anything by %s", i, name(i), namespace)
		}
	}
}

// judgeLoss sees a removal that nobody approved.
func (m *machine) judgeLoss(w *world, i int, right set) {
	for g, namespace := range m.namespaces {
		if !m.gives[g][i].has(right) {
			continue
		}
		m.change(w, i, func(p *person) { p.past.tried[m.number(namespace)] = true })
		if m.person(w, i).past.withdrawn[g] >= w.now && !m.hasty {
			m.breaks("I5: person %d is to lose %v in the moment in which it was first seen", i, right)
		}
		if m.managed(namespace) > 1 && m.losers(w, namespace, true) > 1 {
			m.breaks("I5: person %d is to lose %v, and with that everybody lost or loses something by %s", i, right, namespace)
		}
	}
}

// managed counts the people whom grants of a namespace name.
func (m *machine) managed(namespace string) int {
	count := 0
	for i := range crowd {
		for g := range m.namespaces {
			if m.namespaces[g] == namespace && m.gives[g][i] != 0 {
				count++
				break
			}
		}
	}
	return count
}

// losers counts the people who lost something by a namespace that nobody approved, or are to
// lose it: what they still have and no grant gives any more. Overdue leaves out what was
// deleted in this very moment, for nobody can know of it yet; else what was seen counts, and
// what was tried.
func (m *machine) losers(w *world, namespace string, overdue bool) int {
	count := 0
	for i := range w.people {
		p := m.person(w, i)
		gives := p.past.basis
		if overdue {
			for g := range gives {
				gives[g] = w.exists[g] || w.deleted[g] >= w.now
			}
		}
		n := m.number(namespace)
		loses := p.past.lost[n] || !overdue && p.past.tried[n]
		for g := range m.namespaces {
			due := p.row.rights & m.gives[g][i] &^ m.united(gives, i) &^ p.past.approved
			loses = loses || m.namespaces[g] == namespace && due != 0
		}
		if loses {
			count++
		}
	}
	return count
}

// judgeWrite sees the row change.
func (m *machine) judgeWrite(w *world, i int, target, removed set) {
	m.change(w, i, func(p *person) {
		gone := p.row.rights & removed
		if target == 0 {
			gone = p.row.rights
		}
		for _, right := range (gone &^ p.past.approved).each() {
			for g, namespace := range m.namespaces {
				if m.gives[g][i].has(right) && m.managed(namespace) > 1 {
					p.past.lost[m.number(namespace)] = true
				}
			}
		}
		if kept := m.united(m.respected(p.past.basis, p), i) & gone; kept != 0 {
			m.breaks("I3: person %d loses %v in between", i, kept)
		}
	})
}

// judgeGift sees what is given.
func (m *machine) judgeGift(w *world, i int, add set) {
	p := m.person(w, i)
	others := p.past.basis
	for g, gone := range p.past.gaveUp {
		others[g] = others[g] && !gone
	}
	if again := add &^ m.united(others, i); again != 0 && p.past.basis != others {
		m.breaks("I11: person %d is given %v, which they gave up", i, again)
	}
}

// judgeRest sees the world when nothing is left to do at this moment.
func (m *machine) judgeRest(w *world) {
	if w.observed {
		return
	}
	for i := range w.people {
		p := m.person(w, i)
		record := m.records.of(p.record)
		want := m.united(w.exists, i)
		if missing := m.united(m.respected(w.exists, &p), i) &^ p.row.rights; missing != 0 {
			m.breaks("I8: at rest person %d lacks %v", i, missing)
		}
		surplus := p.row.rights &^ want &^ p.past.hand
		if i == 0 {
			surplus &^= m.given
		}
		var memory access.Memory
		if record != nil {
			memory = access.MemoryOf(record.Status)
		}
		for _, right := range surplus.each() {
			m.judgeSurplus(w, i, &p, right, memory)
		}
		for right := range memory.Owed.Rights().Minus(p.row.rights.rights()).All() {
			if memory.Late(moment(int(w.now))) == 0 {
				m.breaks("I13: at rest person %d owes %s, which is gone", i, right.Name)
			}
		}
		m.judgeInvitation(w, i, &p, record)
		m.judgeLife(w, i, &p, record)
	}
}

// respected are those of some grants that give a person what they did not give up. Who gave up something that the
// record did not tell of may be given it again, or not.
func (m *machine) respected(grants [2]bool, p *person) [2]bool {
	for g, gone := range p.past.gaveUp {
		grants[g] = grants[g] && !gone
	}
	for _, echo := range echoes(m.records.of(p.record)) {
		if g := grantOf(echo.UID); echo.State == v1alpha1.ContributionRelinquished && p.past.dropped[g] {
			grants[g] = false
		}
	}
	return grants
}

func echoes(record *v1alpha1.AccessRecord) []v1alpha1.ContributionStatus {
	if record == nil {
		return nil
	}
	return record.Status.Contributions
}

// judgeSurplus sees something at rest that no grant gives.
func (m *machine) judgeSurplus(w *world, i int, p *person, right set, memory access.Memory) {
	debt, owed := memory.Owed.Of(every[right])
	switch {
	case !owed:
		m.breaks("I13: at rest person %d has %v, and nobody remembers to take it", i, right)
	case int(w.now) <= max(int(w.started), periods(debt.Since)): // has not settled
	case p.past.approved.has(right):
		m.breaks("I5: at rest person %d has %v, whose removal was released", i, right)
	case debt.Batch == "":
		m.breaks("I5: at rest person %d has %v, whose removal has settled and is not held", i, right)
	}
}
