package model

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// Everything here is a pure function of values that have numbers, so that each is asked once
// whatever the number of worlds.

type (
	verdicts = []gate.Verdict
	guard    = *gate.Ledger
	inputs   = plan.Inputs
)

// kept is what the process holds of how a step ended, until that is written down.
type kept struct {
	// memory after the write that was intended at a time; nil for none.
	intended   *metav1.Time
	memory     access.Memory
	invitation *v1alpha1.InvitationStatus
}

func (m *machine) keep(k kept) id { return m.kept.id(keyOf(k), k) }

func (m *machine) gateOf(g guard) id { return m.gates.id(keyOf(g), g) }

// view is what inputs depend on.
type view struct {
	who               int8
	record, kept      id
	row               row
	profile, ended    bool
	now               int8
	observed, started bool
}

// observe is what the manager knows when it looks at a person: first by the table, and then with
// record and row read by themselves.
func (m *machine) observe(w *world, i int) (listed, fresh id) {
	p := m.person(w, i)
	v := view{who: int8(i), record: p.record, kept: p.kept, row: p.row, profile: p.profile, ended: p.row.ended(w.now), now: w.now, observed: w.observed, started: w.started > 0}
	both := m.observing.get(v, func() [2]id {
		in := plan.Inputs{
			Record: m.records.of(p.record), Backend: m.backendOf(v.observed), Now: moment(int(v.now)), Row: m.rowOf(v),
			Provider: plan.Provider{Known: true, Identity: hosting.Identity{Email: owner}, Verified: moment(int(v.now)).Time, Read: moment(int(v.now)).Time, Configuration: "c", CanWrite: !v.observed},
		}
		in = recall(in, m.kept.of(v.kept))
		return [2]id{
			m.enter(m.misread(in, v)),
			m.enter(m.misread(plan.Refreshed(in, in.Row), v)),
		}
	})
	return both[0], both[1]
}

func (m *machine) backendOf(observed bool) *v1alpha1.HostingBackend {
	if observed {
		return m.backends[1]
	}
	return m.backends[0]
}

// recall gives inputs what is remembered: what the status tells, or how the intent in it ended.
func recall(in plan.Inputs, k kept) plan.Inputs {
	have := in.Record.Status
	in.Memory, in.Invitation = access.MemoryOf(have), have.Invitation
	if k.intended != nil && k.intended.Equal(have.WriteIntendedAt) {
		in.Memory = k.memory
	}
	result := k.invitation
	if result != nil && have.Invitation != nil && have.Invitation.State == v1alpha1.InvitationIntended && have.Invitation.MessageID == result.MessageID {
		in.Invitation = result
	}
	return in
}

// enter numbers inputs. What is only told, and does not decide, is left out.
func (m *machine) enter(in plan.Inputs) id {
	in.Done.Events = nil
	if len(in.Done.Changes) > 0 {
		in.Done.Changes = []v1alpha1.Change{{At: moment(0)}}
	}
	record, known := m.numbers[in.Record]
	if !known {
		record = m.recordOf(in.Record)
		in.Record = m.records.of(record)
	}
	rest := in
	rest.Record, rest.Backend = nil, nil
	return m.inputs.id(keyOf(rest, record, in.Backend == m.backends[1]), in)
}

// asking is what an answer of the gate depends on.
type asking struct {
	gate, in, released id
	there              [crowd]bool
}

// answer is the gate after it was asked, and what it said.
type answer struct{ gate, said id }

// ask has the gate know what a person is about to lose, and judge it.
func (m *machine) ask(w *world, in id) (said id) {
	key := asking{gate: w.gate, in: in, released: w.released}
	for i := range key.there {
		key.there[i] = m.person(w, i).record != 0
	}
	got := m.asking.get(key, func() answer {
		inputs := m.inputs.of(in)
		desired := m.desired.get(in, func() plan.Desired { return plan.Compute(inputs) })
		q := question{name: inputs.Record.Name, person: m.misjudged(inputs, desired.Person), rules: plan.RulesOf(inputs.Backend)}
		if len(desired.Memory.Owed) > 0 {
			q.everybody = []string{}
			for i, there := range key.there {
				if there {
					q.everybody = append(q.everybody, name(i))
				}
			}
		}
		if !m.is(neverReleases) {
			q.released = m.digests.of(key.released)
		}
		g := cloneGate(m.gates.of(key.gate))
		list := m.misheard(ask(g, q, inputs.Now.Time), key.released)
		return answer{m.gateOf(g), m.verdicts.id(keyOf(list), list)}
	})
	w.gate = got.gate
	return got.said
}

// decided is a decision, and what it would be in a machine without flaws.
type decided struct {
	plan.Decision
	sound plan.Decision
}

// grounds are what a decision follows from: inputs, and what the gate said.
type grounds struct{ in, said id }

func (m *machine) decision(on id) *decided {
	return m.decisions.get(on, func() *decided {
		of := m.grounds.of(on)
		inputs, desired := m.inputs.of(of.in), m.desired[of.in]
		d := plan.Decide(inputs, desired, m.verdicts.of(of.said))
		return &decided{m.misdecided(inputs, d), d}
	})
}

// published is the record once a decision is; 0 where it is removed.
func (m *machine) published(on id) id {
	return m.publishing.get(on, func() id {
		inputs, d := m.inputs.of(m.grounds.of(on).in), m.decision(on)
		report := plan.Status(inputs, d.Decision, 0)
		if report.Remove {
			return 0
		}
		next := m.withStatus(inputs.Record, report.Status)
		m.compare(inputs, report.Status, m.records.of(next).Status)
		return next
	})
}

// compare sees that what is left out of a status decides nothing.
func (m *machine) compare(in plan.Inputs, whole, told v1alpha1.AccessRecordStatus) {
	if m.flaw != sound {
		return
	}
	decide := func(status v1alpha1.AccessRecordStatus) string {
		next := in
		next.Record, next.Done, next.Fresh = in.Record.DeepCopy(), plan.Result{}, false
		next.Record.Status = status
		next = recall(next, kept{})
		desired := plan.Compute(next)
		d := plan.Decide(next, desired, nil)
		return keyOf(desired.Plan, desired.Memory, desired.Person, d.Step, d.Plan, d.Memory, d.Sources, d.Invitation.Step.Act, d.Invitation.Notify, d.Intent.Memory, d.Intent.Sources)
	}
	if decide(whole) != decide(told) {
		m.breaks("what is left out of a status decides")
	}
}

func (m *machine) withStatus(record *v1alpha1.AccessRecord, status v1alpha1.AccessRecordStatus) id {
	next := *record
	next.Status = status
	return m.recordOf(&next)
}
