package model

import (
	"fmt"
	"maps"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// lateWrite is a write that was given up and that the provider may still do, until time passes: a
// settling time is much longer than that.
type lateWrite struct {
	pending, creates bool
	target           hosting.Rights
}

// settled is the memory once a row was read by itself.
func (m machine) settled(memory access.Memory, row hosting.Rights, now int) access.Memory {
	if m.is(forgetsLate) {
		memory.Intended = nil
	}
	return access.Settle(memory, row, nil, moment(now))
}

// giveUp sends a write that is not answered, and not done yet.
func (m machine) giveUp(s *state, i int) {
	p := &s.people[i]
	p.send()
	p.memory = p.memory.GivenUp(p.plan, moment(s.now))
	p.late = lateWrite{pending: true, creates: p.row == nil, target: p.plan.Target}
	p.at, p.before = idle, access.Memory{}
}

// send notes what was sent, or may have been: whoever ticks it as well ticks nothing of their own.
func (p *person) send() {
	p.sent, p.hand = p.sent.Union(p.plan.Add), p.hand.Minus(p.plan.Add)
}

// commit does what was given up: a row that is there is not made, and one that is gone not changed.
func (p *person) commit() {
	if p.late.creates == (p.row == nil) {
		p.row = p.late.target.Union(nil)
		if len(p.row) == 0 {
			p.row = nil
		}
	}
	p.late = lateWrite{}
}

// tooLate ends the time in which a write may still be done.
func (s *state) tooLate() {
	for i := range s.people {
		s.people[i].late = lateWrite{}
	}
}

// hands lists what comes late, what somebody ticks in the console, and that a backend is enforced.
func (m machine) hands(s state, add func(string, func(*state)) bool) {
	if s.observed {
		add("somebody says Enforce", func(s *state) { s.observed = false })
	}
	for i := range s.people {
		p := &s.people[i]
		if p.late.pending {
			add(fmt.Sprint("the write about person ", i, " is done late"), func(s *state) { s.people[i].commit() })
		}
		if s.left.hands == 0 {
			continue
		}
		for right := range m.united([2]bool{true, true}, i).Minus(p.row).Minus(p.sent) {
			add(fmt.Sprint("somebody ticks ", right.Name, " for person ", i), func(s *state) {
				p := &s.people[i]
				if p.row == nil {
					p.foreign = true
				}
				p.row, p.hand = p.row.Union(only(right)), p.hand.Union(only(right))
				s.left.hands--
			})
		}
	}
}

// breakObservation is what flawed machines remember of what they only see.
func (m machine) breakObservation(p *person, t thought) {
	named := hosting.Rights{}
	switch {
	case m.is(remembersPlans):
		named = t.plan.Add
	case m.is(adoptsWhatItSees):
		named = t.want.Rights.Intersect(p.row)
	}
	p.memory.Applied = maps.Clone(p.memory.Applied)
	for right := range named {
		p.memory.Applied[right] = access.Entry{}
	}
}

// The worlds of one person in which writes come late and somebody uses the console.
var (
	comesLate = config{
		name: "writes that are done late", namespaces: [2]string{"a", "b"}, gives: twoGive, known: true, hasty: true,
		budget: budget{crashes: 1, deletes: 2, applies: 2, ticks: 1, lates: 1},
	}
	byHand = config{
		name: "somebody gives by hand", namespaces: [2]string{"a", "b"}, gives: alone, known: true,
		budget: budget{crashes: 1, faults: 1, deletes: 1, applies: 2, ticks: 1, lates: 1, hands: 1},
	}
	onlyObserved = config{
		name: "a backend that is observed", namespaces: [2]string{"a", "b"}, gives: alone, known: true, observed: true,
		budget: budget{crashes: 1, deletes: 1, applies: 2, ticks: 1, hands: 1},
	}
	twoGive = [2][crowd]hosting.Rights{{only(billing), nil}, {only(customers), nil}}
)
