package model

import (
	"strconv"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// step is something that can happen, and what it leads to.
type step struct {
	what
	next world
}

// steps lists all that can happen in a world, up to the first step that breaks a promise. Whether
// the manager is at rest is told too: then nothing of what it does changes anything.
func (m *machine) steps(w world) (all []step, rest bool) {
	all = m.all[:0]
	add := func(what what, change func(*world)) bool {
		if m.broken != "" {
			return true
		}
		next := w
		change(&next)
		if m.broken == "" && next == w {
			return false
		}
		all = append(all, step{what, next})
		return true
	}
	rest = w.up
	if w.up {
		for i := range w.people {
			for g := range w.exists {
				rest = !add(what{handsOver[g], i + 1}, func(w *world) { m.handOver(w, g, i) }) && rest
			}
			rest = !m.manager(w, i, add) && rest
		}
	}
	m.outside(w, rest, add)
	m.all = all
	return all, rest
}

var (
	handsOver = [2]string{"grant 0 hands over to", "grant 1 hands over to"}
	number    = [2]string{"0", "1"}
)

// manager lists what can become of what the manager does next about a person.
func (m *machine) manager(w world, i int, add func(what, func(*world)) bool) bool {
	p := m.person(&w, i)
	one := func(verb string, do func(*world)) bool { return add(what{verb, i + 1}, do) }
	fault := func(verb string, o outcome, do func(*world, int, outcome)) {
		if w.left.faults > 0 {
			one(verb, func(w *world) { w.left.faults--; do(w, i, o) })
		}
	}
	switch p.at {
	case idle:
		if p.record == 0 {
			return false
		}
		fault("look, the row not read, at", refused, m.look)
		return one("look at", func(w *world) { m.look(w, i, succeeds) })
	case deciding:
		one("persist what is to be done about", func(w *world) { m.persist(w, i) })
	case done:
		one("read back about", func(w *world) { m.readBack(w, i) })
	case concluding:
		one("publish about", func(w *world) { m.publish(w, i) })
	case acting:
		switch m.decision(p.on).Step {
		case plan.Write:
			one("write", func(w *world) { m.write(w, i, succeeds) })
			fault("write, answer lost,", isLost, m.write)
			fault("write, refused,", refused, m.write)
			if w.left.lates > 0 {
				one("write, given up,", func(w *world) { w.left.lates--; m.write(w, i, givenUp) })
			}
		case plan.Ask:
			one("ask the provider about", func(w *world) { m.askProvider(w, i, succeeds) })
			fault("ask the provider, answer lost, about", isLost, m.askProvider)
			fault("ask the provider, refused, about", refused, m.askProvider)
			fault("ask the provider, refused for good, about", refusedForGood, m.askProvider)
		case plan.Mail:
			one("mail", func(w *world) { m.mail(w, i, succeeds) })
			fault("mail, answer lost,", isLost, m.mail)
			fault("mail, connection lost,", unsent, m.mail)
			fault("mail, deferred,", deferred, m.mail)
			fault("mail, refused,", refused, m.mail)
		}
	}
	return true
}

// outside lists what the manager does not do.
func (m *machine) outside(w world, rest bool, add func(what, func(*world)) bool) {
	for g := range w.exists {
		if w.exists[g] && w.left.deletes > 0 {
			add(what{verb: "grant " + number[g] + " is deleted"}, func(w *world) { w.exists[g], w.deleted[g] = false, w.now; w.left.deletes-- })
		}
		if !w.exists[g] && w.left.applies > 0 {
			add(what{verb: "grant " + number[g] + " is applied"}, func(w *world) { w.exists[g] = true; w.left.applies-- })
		}
	}
	if w.left.ticks > 0 && (rest || !w.up) {
		add(what{verb: "time passes"}, m.tick)
	}
	switch {
	case !w.up:
		add(what{verb: "start"}, m.start)
	case w.left.crashes > 0:
		add(what{verb: "crash"}, m.crash)
	}
	m.others(w, add)
	m.console(w, add)
	if w.left.releases > 0 {
		for digest := range m.held(&w) {
			add(what{verb: "release " + digest}, func(w *world) { m.release(w, digest); w.left.releases-- })
		}
	}
}

// tick ends the time in which a write may still be done.
func (m *machine) tick(w *world) {
	w.now++
	w.left.ticks--
	for i := range w.people {
		m.change(w, i, func(p *person) { p.late = late{} })
	}
}

func (m *machine) start(w *world) {
	w.up, w.started = true, w.now
	began := int(w.now)
	if m.is(resumesAtOnce) {
		began = 0
	}
	w.gate = m.gateOf(newGate(moment(began).Time))
}

// crash ends the process: what it did not write down is gone.
func (m *machine) crash(w *world) {
	w.left.crashes--
	w.up, w.gate = false, 0
	m.forgetUnwritten(w)
	for i := range w.people {
		m.change(w, i, func(p *person) {
			p.past.send(m.doubtful(p)) // nobody knows whether it was
			p.rest()
			p.kept = 0
		})
	}
}

// doubtful is what was sent or not, and nobody is left who knows: what is to be done next, and what
// was refused while the record tells only of the intent.
func (m *machine) doubtful(p *person) (rights set) {
	if p.at == acting {
		rights = setOf(m.decision(p.on).Change.Add)
	}
	if k := m.kept.of(p.kept); k.intended != nil && p.record != 0 {
		intended := access.MemoryOf(m.records.of(p.record).Status).Applied.Rights()
		rights |= setOf(intended.Minus(k.memory.Applied.Rights()))
	}
	return rights
}

// others lists what people do: ask for a mail, follow a link.
func (m *machine) others(w world, add func(what, func(*world)) bool) {
	for g := range w.exists {
		if w.exists[g] && w.left.asks > 0 {
			add(what{verb: "somebody asks for another mail by grant " + strconv.Itoa(g)}, func(w *world) {
				w.asks[g]++
				w.left.asks--
				if p := m.person(w, 0); contributed(m.records.of(p.record))[g] {
					w.heeded++ // it did not come with the grant
				}
			})
		}
	}
	for i := range w.people {
		p := m.person(&w, i)
		if p.row.there && p.told() && !p.profile && !p.row.ended(w.now) && w.left.accepts > 0 {
			add(what{"the link is followed by", i + 1}, func(w *world) {
				m.change(w, i, func(p *person) { p.profile = true })
				w.left.accepts--
			})
		}
	}
}
