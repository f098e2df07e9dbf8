package model

import (
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// The manager's steps, in the order of controllers/record: look (observe, refresh, decide), persist
// the intent, act, conclude (what came of it, decide again), publish. A crash, or anything else, can
// come between any two of them.

func (m *machine) person(w *world, i int) person { return m.people.of(w.people[i]) }

// change has something happen to a person.
func (m *machine) change(w *world, i int, what func(p *person)) {
	p := m.person(w, i)
	what(&p)
	w.people[i] = m.people.id(p)
}

// look reads and decides. Where nothing is to be done by what the table tells, nothing is read; and
// where the row cannot be read, nothing is done.
func (m *machine) look(w *world, i int, o outcome) {
	listed, fresh := m.observe(w, i)
	m.change(w, i, func(p *person) {
		p.past.met = p.profile
		p.past.basis = contributed(m.records.of(p.record))
	})
	m.forgive(w, i, m.united(m.person(w, i).past.basis, i))
	if on := m.decide(w, i, listed); m.decision(on).Step == plan.Rest {
		m.conclude(w, i, on)
		return
	}
	if o == refused {
		fresh = m.enter(plan.Failed(m.inputs.of(listed), failures[unanswered]))
	}
	m.goOn(w, i, fresh)
}

// decide asks the gate, and sees what follows.
func (m *machine) decide(w *world, i int, in id) (on id) {
	on = m.grounds.id(grounds{in, m.ask(w, in)})
	m.judgeDecision(w, i, m.decision(on))
	return on
}

// goOn decides on what is known now: the next step, or the end.
func (m *machine) goOn(w *world, i int, in id) {
	on := m.decide(w, i, in)
	switch m.decision(on).Step {
	case plan.Write, plan.Ask, plan.Mail:
		m.change(w, i, func(p *person) { p.at, p.in, p.on = deciding, in, on })
	default:
		m.conclude(w, i, on)
	}
}

// conclude ends a reconcile: with nothing to publish it ends at once.
func (m *machine) conclude(w *world, i int, on id) {
	m.change(w, i, func(p *person) {
		if m.published(on) == p.record && !p.stale {
			p.rest()
			p.kept = 0
			m.tell(p)
			return
		}
		p.at, p.in, p.on = concluding, 0, on
	})
}

// tell notes what the record, as it was just written, tells of.
func (m *machine) tell(p *person) {
	p.past.saw = p.past.basis
	for g, named := range namedBy(m.records.of(p.record)) {
		p.past.dropped[g] = p.past.dropped[g] && named
	}
}

func (p *person) rest() { p.at, p.in, p.on, p.stale = idle, 0, 0, false }

// persist writes the intent down, unless the record changed since it was read.
func (m *machine) persist(w *world, i int) {
	m.change(w, i, func(p *person) {
		if p.stale {
			p.rest()
			return
		}
		after := m.persisting.get(persisting{p.record, p.in, p.on}, func() intended { return m.intend(p) })
		p.record, p.in, p.kept, p.at = after.record, after.in, 0, acting
		m.tell(p)
	})
}

// persisting is what becomes of an intent that is persisted: a record, and inputs.
type (
	persisting struct{ record, in, on id }
	intended   struct{ record, in id }
)

func (m *machine) intend(p *person) intended {
	in, d := m.inputs.of(p.in), m.decision(p.on)
	record := m.withStatus(m.records.of(p.record), d.IntentStatus(in))
	believed := d.Decision
	if m.is(remembersLate) || m.is(sendsFirst) {
		believed = d.sound
	}
	return intended{record, m.enter(plan.Persisted(in, believed, m.records.of(record)))}
}

// outcome of a step.
type outcome int

const (
	succeeds       outcome = iota
	isLost                 // done, and nobody knows
	refused                // not done, and never will be
	refusedForGood         // and asking again is of no use
	givenUp                // a write that may still be done
	deferred               // a mail
	unsent                 // a mail of which nobody knows, and which did not leave
)

// failure of a call.
type failure byte

const (
	none failure = iota
	unanswered
	isRefused
	conflicts
)

var failures = map[failure]error{
	unanswered: &hosting.Error{Class: hosting.ClassUnavailable},
	isRefused:  &hosting.Error{Class: hosting.ClassInvalid},
	conflicts:  &hosting.Error{Class: hosting.ClassConflict},
}

// write does the one write of a change. Where its answer came, the row is read back next.
func (m *machine) write(w *world, i int, o outcome) {
	p := m.person(w, i)
	d := m.decision(p.on)
	switch {
	case o == refused:
		m.wrote(w, i, isRefused)
		return
	case o != givenUp && !p.row.takes(m.lateOf(&p, d)):
		m.wrote(w, i, conflicts)
		return
	}
	m.change(w, i, func(p *person) { p.past.send(setOf(d.Change.Add)) })
	switch o {
	case givenUp:
		m.change(w, i, func(p *person) { p.late = m.lateOf(p, d) })
		m.wrote(w, i, unanswered)
	case isLost:
		m.commit(w, i, d)
		m.wrote(w, i, unanswered)
	default:
		m.commit(w, i, d)
		m.change(w, i, func(p *person) { p.at = done })
	}
}

// ended is how a write did, and what is known and kept then.
type (
	ended struct {
		in, on, kept id
		row          view
		how          failure
	}
	after struct{ in, kept id }
)

// wrote takes over how a write ended, which is kept until it is written down, and decides again.
func (m *machine) wrote(w *world, i int, how failure) {
	p := m.person(w, i)
	v := view{who: int8(i), row: p.row, profile: p.profile, ended: p.row.ended(w.now), now: w.now}
	next := m.concluding.get(ended{p.in, p.on, p.kept, v, how}, func() after { return m.afterWrite(p, v, how) })
	m.change(w, i, func(p *person) { p.past.met, p.kept = p.profile, next.kept })
	m.goOn(w, i, next.in)
}

func (m *machine) afterWrite(p person, v view, how failure) after {
	in, d, now := m.inputs.of(p.in), m.decision(p.on), moment(int(v.now))
	undone := how == isRefused || how == conflicts
	switch {
	case how == none:
		in = plan.Wrote(in, d.Decision, m.rowOf(v), now)
	case undone && m.is(believesLost):
		in = plan.Wrote(in, d.Decision, m.wished(in, d), now)
	default:
		in = plan.WriteFailed(in, d.Decision, failures[how], undone, now)
	}
	in = m.misconcluded(in, d, how)
	k := m.kept.of(p.kept)
	k.intended, k.memory = d.Intent.Memory.Intended, in.Memory
	return after{m.enter(in), m.keep(k)}
}
