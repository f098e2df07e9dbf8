package model

import (
	"fmt"
	"maps"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/invite"
)

// step is something that can happen, and what it leads to.
type step struct {
	name, key string
	next      state
}

// outcomes of a write or a mail.
const (
	done = iota
	lost // done, and nobody knows
	failed
	deferred // a mail only
)

// steps lists all that can happen in a world. Whether the manager is at rest is returned
// too: then nothing of what it does changes anything.
func (m machine) steps(s state, here string) (all []step, rest bool) {
	add := func(name string, change func(*state)) bool {
		next := s.clone()
		change(&next)
		key := next.key()
		if next.flaw == "" && key == here {
			return false
		}
		all = append(all, step{name, key, next})
		return true
	}
	rest = s.up
	if s.up {
		for i := range s.people {
			for g := range s.exists {
				rest = !add(fmt.Sprint("grant ", g, " hands over to person ", i), func(s *state) { m.handOver(s, g, i) }) && rest
			}
			rest = !m.pass(s, i, add) && rest
		}
	}
	m.outside(s, rest, add)
	return all, rest
}

// outside lists what the manager does not do.
func (m machine) outside(s state, rest bool, add func(string, func(*state)) bool) {
	for g := range s.exists {
		if s.exists[g] && s.left.deletes > 0 {
			add(fmt.Sprint("grant ", g, " is deleted"), func(s *state) { s.exists[g] = false; s.deleted[g] = s.now; s.left.deletes-- })
		}
		if !s.exists[g] && s.left.applies > 0 {
			add(fmt.Sprint("grant ", g, " is applied"), func(s *state) { s.exists[g] = true; s.left.applies-- })
		}
	}
	if s.left.ticks > 0 && (rest || !s.up) {
		add("time passes", func(s *state) { s.now++; s.left.ticks--; s.tooLate() })
	}
	switch {
	case !s.up:
		add("start", func(s *state) { s.up, s.started = true, s.now; s.ledger = m.newLedger(s.now) })
	case s.left.crashes > 0:
		add("crash", func(s *state) { s.crash(); s.left.crashes-- })
	}
	m.others(s, add)
	m.hands(s, add)
	if s.left.releases > 0 {
		for digest := range s.batches() {
			add("release "+digest, func(s *state) { s.release(digest); s.left.releases-- })
		}
	}
}

// handOver makes one contribution of a grant what the grant says.
func (m machine) handOver(s *state, g, i int) {
	p := &s.people[i]
	gives := s.exists[g] && m.gives[g][i] != nil
	if p.saw[g] && !gives {
		p.withdrawn[g] = s.now
	}
	p.contributed[g], p.saw[g] = gives, p.saw[g] && gives
	p.link.resend[g] = s.asks[g]
	if !gives {
		p.link.resend[g] = 0
	}
}

// pass lists what the pass about a person can do next.
func (m machine) pass(s state, i int, add func(string, func(*state)) bool) bool {
	who := fmt.Sprint(" person ", i)
	faults := s.left.faults > 0
	switch s.people[i].at {
	case idle:
		return add("look at"+who, func(s *state) { m.look(s, i) })
	case writing:
		add("write"+who, func(s *state) { m.write(s, i, done) })
		if faults {
			add("write, answer lost"+who, func(s *state) { s.left.faults--; m.write(s, i, lost) })
			add("write, refused"+who, func(s *state) { s.left.faults--; m.write(s, i, failed) })
		}
		if s.left.lates > 0 {
			add("write, given up"+who, func(s *state) { s.left.lates--; m.giveUp(s, i) })
		}
	case wrote:
		add("conclude"+who, func(s *state) { m.conclude(s, i) })
	case sending:
		add("mail"+who, func(s *state) { m.send(s, i, done) })
		if faults {
			for n, outcome := range []string{lost: "answer lost", failed: "connection lost", deferred: "deferred"} {
				if outcome != "" {
					add("mail, "+outcome+who, func(s *state) { s.left.faults--; m.send(s, i, n) })
				}
			}
		}
	case asking:
		add("ask the provider about"+who, func(s *state) { m.ask(s, i, done) })
		if faults {
			add("ask the provider, answer lost, about"+who, func(s *state) { s.left.faults--; m.ask(s, i, lost) })
			add("ask the provider, refused, about"+who, func(s *state) { s.left.faults--; m.ask(s, i, failed) })
		}
	case asked:
		add("read back about"+who, func(s *state) { m.readBack(s, i) })
	case sent:
		add("enter what came of the mail"+who, func(s *state) { m.enterResult(s, i) })
	}
	return true
}

// look reads, thinks, and remembers what is to be done; or concludes, where nothing is.
func (m machine) look(s *state, i int) {
	t := m.think(s, i)
	p := &s.people[i]
	p.basis, p.saw = p.contributed, p.contributed
	s.forgive(i, m.united(p.contributed, i))
	m.judgeDecision(s, i, t)
	before := p.memory
	p.plan, p.counted, p.deleted = t.plan, t.counted, false
	p.memory, p.sources = t.memory, t.sources
	switch {
	case s.observed:
		m.breakObservation(p, t)
		p.echo(false)
	case t.plan.Pending():
		p.at, p.notify, p.intended = writing, false, p.invitation
		p.before, p.memory = t.memory, t.memory.Intend(t.want, t.plan, moment(s.now))
		if p.row == nil && len(t.plan.Add) > 0 {
			p.intended, p.notify = invite.BeforeCreate(p.invitation, m.sender, moment(s.now))
			if p.intended != p.invitation && p.intended.State != v1alpha1.InvitationUnknown {
				p.hear()
			}
		}
		p.invitation = p.intended
		if !m.is(countsAfterwards) {
			p.count(s.now)
		}
		m.breakMemory(p, before)
	case t.step.Act != invite.Nothing:
		m.intend(p, t.step)
	default:
		p.settleDown(t.step)
	}
}

// breakMemory is what flawed machines remember before they write.
func (m machine) breakMemory(p *person, before access.Memory) {
	switch {
	case m.is(remembersLate):
		p.unremembered, p.memory = p.memory, before
	case m.is(mailsNobody):
		p.invitation = nil
	case m.is(paysTooEarly):
		p.memory.Owed = maps.Clone(p.memory.Owed)
		for right := range p.plan.Remove {
			delete(p.memory.Owed, right)
		}
		p.echoed = p.contributed
	}
}

// count enters that something is taken away that counts.
func (p *person) count(now int) {
	for n := range p.counted {
		if p.counted[n] && p.sources[n].known {
			p.sources[n].removed = now
		}
	}
}

// write makes the row the target.
func (m machine) write(s *state, i, outcome int) {
	p := &s.people[i]
	p.at = idle
	if outcome == failed && !m.is(believesLost) && !m.is(remembersRefusals) {
		p.memory = p.memory.Refused(p.before)
	}
	if outcome != failed {
		m.judgeWrite(s, i)
		p.send()
		if p.row == nil {
			p.mails, p.foreign, p.post = 0, false, post{}
			p.link.ends, p.link.mails = m.endOf(s.now), 0
			if p.notify && !p.profile {
				p.link.mails = 1
				p.mailed(s, p.intended)
			}
		}
		p.row = p.plan.Target
		if len(p.row) == 0 {
			p.row, p.deleted, p.mails = nil, true, 0
		}
	}
	if outcome == done || outcome == failed && m.is(believesLost) {
		p.at = wrote
	} else {
		p.before = access.Memory{}
	}
}

// conclude writes down what was read back, unless the record changed meanwhile.
func (m machine) conclude(s *state, i int) {
	p := &s.people[i]
	before := p.before
	p.at, p.before = idle, access.Memory{}
	if m.is(remembersLate) {
		p.memory, p.unremembered = p.unremembered, access.Memory{}
	}
	if p.basis != p.contributed {
		return
	}
	row := p.row
	if m.is(believesLost) {
		row = p.plan.Target
	}
	if m.is(forgetsEarlier) {
		before.Intended = nil
	}
	p.memory = m.settled(p.memory.ReadBack(before, p.plan, row, moment(s.now)), row, s.now)
	invitation := p.invitation
	if p.deleted {
		invitation = nil
	}
	step := m.read(s, p, invitation)
	p.count(s.now)
	if step.Act != invite.Nothing {
		m.intend(p, step)
		return
	}
	p.settleDown(step)
}

var verdicts = map[int]invite.Verdict{done: invite.Accepted, lost: invite.Unknown, failed: invite.Unknown, deferred: invite.Deferred}

func (m machine) send(s *state, i, outcome int) {
	p := &s.people[i]
	p.at, p.outcome = sent, byte(outcome)
	if outcome == done || outcome == lost {
		p.mailed(s, p.step.Intent)
	}
	m.judgeMails(s, i)
}

func (m machine) enterResult(s *state, i int) {
	p := &s.people[i]
	verdict := verdicts[int(p.outcome)]
	if m.is(mailsAgain) && verdict == invite.Unknown {
		verdict = invite.Deferred
	}
	p.at, p.outcome = idle, 0
	p.invitation = invite.Result(p.step.Intent, invite.Outcome{Verdict: verdict}, moment(s.now))
	if m.is(answersLate) && p.step.Answered {
		p.hear()
	}
	p.step = invite.Step{}
}

// crash ends the process: what it did not write down is gone.
func (s *state) crash() {
	s.up, s.ledger = false, nil
	s.forgetUnwritten()
	for i := range s.people {
		p := &s.people[i]
		if p.at == writing {
			p.send() // nobody knows whether it was
		}
		p.at, p.plan, p.counted, p.notify, p.deleted, p.outcome = idle, access.Plan{}, [2]bool{}, false, false, 0
		p.basis, p.intended, p.unremembered, p.before, p.step = [2]bool{}, nil, access.Memory{}, access.Memory{}, invite.Step{}
	}
}
