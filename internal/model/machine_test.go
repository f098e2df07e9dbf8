package model

import (
	"maps"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
)

// flaw is a way in which a machine is broken on purpose.
type flaw string

// The flaws. Each breaks one rule that some line of the real parts or of the shell keeps.
const (
	sound              flaw = ""
	neverSettles       flaw = "removes at once, without gathering what comes together"
	resumesAtOnce      flaw = "judges after a start what settled before, without gathering anew"
	ignoresTheGate     flaw = "does what is held"
	forgetsRemovals    flaw = "does not count what it removed a moment ago"
	countsAfterwards   flaw = "counts a removal when it is done, not before"
	remembersLate      flaw = "writes first and remembers after"
	paysTooEarly       flaw = "takes a debt for paid that it is about to pay"
	believesLost       flaw = "takes a write for done whose answer was lost"
	forgetsOnApply     flaw = "counts nothing of whom was named again"
	takesEverything    flaw = "takes what no grant names, whoever gave it"
	lastGrantOnly      flaw = "sees one grant of several"
	ignoresApply       flaw = "pays debts for what is declared again"
	approvesEverything flaw = "releases all that is ever held once one batch was named"
	neverReleases      flaw = "does not read what was released"
	holdsOthers        flaw = "judges all namespaces together"
	keepsEverything    flaw = "never takes anything"
	sendsFirst         flaw = "mails before the intent is remembered"
	mailsAgain         flaw = "takes a lost answer to a mail for none"
	mailsStrangers     flaw = "mails about rows that were there before"
	mailsNobody        flaw = "has its memory after the row, and mails nobody"
	remembersPlans     flaw = "remembers what it only plans"
	remembersRefusals  flaw = "remembers what the provider refused"
	adoptsWhatItSees   flaw = "takes what it finds for its own"
	forgetsLate        flaw = "takes a debt for paid that the row does not show, although a write may come"
	forgetsEarlier     flaw = "forgets a write that may come when another was answered"
)

// machine is the shell around the deciding parts, in one world.
type machine struct {
	config
	flaw flaw
}

func (m machine) is(f flaw) bool { return m.flaw == f }

func (m machine) rules() gate.Rules {
	r := gate.Rules{Limit: access.Limit{Percent: 25, Minimum: 10}, Settle: settle}
	if m.is(neverSettles) || m.hasty {
		r.Settle = 0
	}
	return r
}

// thought is what one look at a person comes to.
type thought struct {
	want    access.Want
	plan    access.Plan
	memory  access.Memory
	sources [2]source
	counted [2]bool
	step    invite.Step
	// held are the namespaces on whose account something is newly held, in a batch.
	held  []string
	batch string
}

// think decides with the real parts, in the order of the record's controller.
func (m machine) think(s *state, i int) thought {
	p := &s.people[i]
	var contributions []v1alpha1.Contribution
	var left access.Leavers
	for g := range p.contributed {
		if p.contributed[g] {
			contributions = append(contributions, m.contribution(g, i))
		} else if p.echoed[g] {
			left.Removed = append(left.Removed, access.Leaver{UID: uid(g), Namespace: m.namespaces[g]})
		}
	}
	if m.is(lastGrantOnly) && len(contributions) > 1 {
		contributions = contributions[:1]
	}
	live := p.row.Union(nil)
	want := access.Unite(contributions, nil, nil, p.memory.Named())
	t := thought{want: want, plan: access.Decide(want, live, p.memory, left, moment(s.now))}
	m.breakPlan(&t.plan, p, want, live)
	t.memory = m.settled(t.plan.Memory, live, s.now)
	t.sources = m.sources(s, p)
	m.weigh(s, i, &t)
	if p.row == nil && len(p.memory.Applied) == 0 && len(p.memory.Owed) > 0 {
		p.invitation = nil // it went with the row
	}
	remembered := p.invitation
	if m.is(mailsStrangers) && remembered == nil && p.row != nil {
		remembered = &v1alpha1.InvitationStatus{State: v1alpha1.InvitationPrepared, Sender: v1alpha1.SenderSMTP}
	}
	t.step = m.read(s, p, remembered)
	return t
}

func messageID(int32) string { return "<1@acme.example>" }

// breakPlan is what flawed machines do to a plan.
func (m machine) breakPlan(plan *access.Plan, p *person, want access.Want, live hosting.Rights) {
	switch {
	case m.is(takesEverything):
		plan.Remove = live.Minus(want.Rights)
		plan.Memory.Owed = maps.Clone(plan.Memory.Owed)
		for right := range plan.Remove {
			if _, owed := plan.Memory.Owed[right]; !owed {
				plan.Memory.Owed[right] = access.Debt{Cause: v1alpha1.CauseRemoved, Namespaces: m.namespaces[:1], Since: moment(0)}
			}
		}
	case m.is(ignoresApply):
		for right, debt := range p.memory.Owed {
			if live.Has(right) {
				plan.Remove.Add(right)
				plan.Memory.Owed[right] = debt
			}
		}
	default:
		return
	}
	plan.Target = live.Union(plan.Add).Minus(plan.Remove)
}

// sources is who names a person now.
func (m machine) sources(s *state, p *person) [2]source {
	next := p.sources
	for n := range next {
		next[n].present = false
		if m.is(forgetsRemovals) {
			next[n].removed = 0
		}
	}
	for g, namespace := range m.namespaces {
		if !p.contributed[g] {
			continue
		}
		known := &next[m.number(namespace)]
		if !known.known {
			*known = source{known: true, since: s.now}
		}
		if m.is(forgetsOnApply) && !p.sources[m.number(namespace)].present {
			known.removed = 0
		}
		known.present = true
	}
	return next
}

// weigh enters a person into the ledger, asks it, and takes out of the plan what may not go.
func (m machine) weigh(s *state, i int, t *thought) {
	person, debts := m.told(t)
	s.ledger.Update(name(i), person)
	if s.released != "" && !m.is(neverReleases) {
		s.ledger.Approve(s.released)
	}
	if len(t.memory.Owed) > 0 {
		s.ledger.MarkComplete([]string{name(0), name(1)})
	}
	held := hosting.Rights{}
	verdicts, effects := s.ledger.Evaluate(name(i), person, m.rules(), moment(s.now).Time)
	s.ledger.Apply(effects)
	for n, verdict := range verdicts {
		if m.is(ignoresTheGate) && verdict.Answer == gate.Hold || m.is(approvesEverything) && s.released != "" {
			verdict.Answer = gate.AllowCounted
		}
		if m.is(keepsEverything) {
			verdict.Answer = gate.Defer
		}
		if verdict.Answer == gate.Hold && debts[n].Batch == "" {
			t.held, t.batch = append(t.held, debts[n].Namespaces...), verdict.Batch
		}
		for _, right := range debts[n].Rights {
			if verdict.Answer >= gate.Defer {
				held.Add(right)
				t.memory = t.memory.InBatch(right, verdict.Batch)
			}
		}
		for _, namespace := range debts[n].Namespaces {
			t.counted[m.number(namespace)] = t.counted[m.number(namespace)] || verdict.Answer == gate.AllowCounted
		}
	}
	t.plan = t.plan.Hold(held)
}

// told is what the ledger has to know of the person.
func (m machine) told(t *thought) (gate.Person, []access.DebtGroup) {
	told := gate.Person{Sources: map[string]gate.Source{}}
	for n, known := range t.sources {
		if !known.known {
			continue
		}
		one := gate.Source{Since: moment(known.since - 10_000).Time, Present: known.present}
		if known.since > 0 {
			one.Since = moment(known.since).Time
		}
		if known.removed > 0 {
			one.Removed = moment(known.removed).Time
		}
		told.Sources[m.judgedAs(m.namespaces[n])] = one
	}
	debts := t.memory.Debts(t.plan.Remove)
	for _, debt := range debts {
		namespaces := make([]string, len(debt.Namespaces))
		for n, namespace := range debt.Namespaces {
			namespaces[n] = m.judgedAs(namespace)
		}
		loss := gate.Loss{Namespaces: namespaces, Since: debt.Since.Time, Batch: debt.Batch}
		for _, right := range debt.Rights {
			loss.Rights = append(loss.Rights, string(right.Scope)+right.Name)
		}
		told.Losses = append(told.Losses, loss)
	}
	return told, debts
}

func (m machine) judgedAs(namespace string) string {
	if m.is(holdsOthers) {
		return "all"
	}
	return namespace
}

func name(i int) string { return string(rune('p')) + string(rune('0'+i)) }

// newLedger is what the gate knows when the manager starts.
func (m machine) newLedger(now int) *gate.Ledger {
	if m.is(resumesAtOnce) {
		now = 0
	}
	return gate.NewLedger(moment(now).Time)
}
