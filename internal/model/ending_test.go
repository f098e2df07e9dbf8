package model

import (
	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// ask has the provider renew the link, or mail again. Where its answer came, the row is read back
// next.
func (m *machine) askProvider(w *world, i int, o outcome) {
	p := m.person(w, i)
	d, in := m.decision(p.on), m.inputs.of(p.in)
	again := d.Invitation.Step.Act == invite.Again
	same := in.Row.Invitation.Mails != nil && (*in.Row.Invitation.Mails == int32(p.row.mails) || m.is(repeatsBlindly))
	if o != refused && o != refusedForGood && p.row.is(in.Row) && !p.profile && same {
		m.change(w, i, func(p *person) { p.row.ends = m.endOf(w.now) })
		if again {
			m.change(w, i, func(p *person) { p.row.mails++ })
			m.mailed(w, i, d.Invitation.Step.Intent)
		}
	}
	if o == succeeds {
		m.change(w, i, func(p *person) { p.at = done })
		return
	}
	in = plan.Failed(in, failures[unanswered])
	if o == refusedForGood {
		in = plan.AskRefused(m.inputs.of(p.in), "")
	}
	m.goOn(w, i, m.enter(in))
}

// readBack goes on with the row as it is after it was written to, or the provider asked.
func (m *machine) readBack(w *world, i int) {
	p := m.person(w, i)
	in, d := m.inputs.of(p.in), m.decision(p.on)
	if d.Step == plan.Write {
		m.wrote(w, i, none)
		return
	}
	row := m.rowOf(view{who: int8(i), row: p.row, profile: p.profile, ended: p.row.ended(w.now)})
	m.change(w, i, func(p *person) { p.past.met = p.profile })
	m.goOn(w, i, m.enter(m.misconcluded(plan.Asked(in, d.Decision, row, moment(int(w.now))), d, none)))
}

var mailVerdicts = map[outcome]invite.Verdict{succeeds: invite.Accepted, isLost: invite.Unknown, unsent: invite.Unknown, deferred: invite.Deferred, refused: invite.Refused}

// mail sends an invitation, and takes over how that ended.
func (m *machine) mail(w *world, i int, o outcome) {
	p := m.person(w, i)
	in, d := m.inputs.of(p.in), m.decision(p.on)
	if o == succeeds || o == isLost {
		m.mailed(w, i, d.Invitation.Step.Intent)
	}
	verdict := mailVerdicts[o]
	if m.is(mailsAgain) && verdict == invite.Unknown {
		verdict = invite.Deferred
	}
	in = m.misconcluded(plan.Mailed(in, d.Decision, invite.Outcome{Verdict: verdict}, moment(int(w.now))), d, none)
	next := m.enter(in)
	m.change(w, i, func(p *person) {
		k := m.kept.of(p.kept)
		k.invitation = in.Invitation
		p.kept = m.keep(k)
	})
	m.goOn(w, i, next)
}

// publish writes down what a reconcile came to, unless the record changed meanwhile: then how acting
// ended is kept.
func (m *machine) publish(w *world, i int) {
	gone := false
	m.change(w, i, func(p *person) {
		if !p.stale {
			p.record, p.kept = m.published(p.on), 0
			m.tell(p)
			gone = p.record == 0
		}
		p.rest()
	})
	if gone {
		g := cloneGate(m.gates.of(w.gate))
		leaveGate(g, name(i))
		w.gate = m.gateOf(g)
	}
}

// handOver is one contribution that a grant hands over.
type handOver struct {
	record id
	g, i   int8
	gives  bool
	resend int8
}

// handOver makes one contribution of a grant what the grant says.
func (m *machine) handOver(w *world, g, i int) {
	p := m.person(w, i)
	gives := w.exists[g] && m.gives[g][i] != 0
	if p.record == 0 && !gives {
		return
	}
	next := m.handing.get(handOver{p.record, int8(g), int8(i), gives, w.asks[g]}, func() id {
		record := m.newRecord(i)
		if p.record != 0 {
			record = m.records.of(p.record).DeepCopy()
		}
		var list []v1alpha1.Contribution
		for of := range m.namespaces {
			for _, c := range record.Spec.Contributions {
				if grantOf(c.UID) == of && of != g {
					list = append(list, c)
				}
			}
			if of == g && gives {
				list = append(list, m.contribution(g, i, w.asks[g]))
			}
		}
		record.Spec.Contributions = list
		return m.recordOf(record)
	})
	m.change(w, i, func(p *person) {
		if p.past.saw[g] && !gives {
			p.past.withdrawn[g] = w.now
		}
		p.past.gaveUp[g] = p.past.gaveUp[g] && gives
		// What is handed over while nobody has seen yet that the row is gone may be taken for what went
		// with it.
		p.past.dropped[g] = p.past.dropped[g] || gives && p.past.dropped != [2]bool{} && !p.row.there
		p.past.saw[g] = p.past.saw[g] && gives
		p.stale = p.at != idle && (p.stale || next != p.record)
		p.record = next
	})
}
