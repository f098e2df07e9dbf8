package model

import (
	"time"

	"github.com/hostgrant/hostgrant/internal/gate"
)

// What the model asks of the removal gate is all in this file.

// newGate is what the gate knows when the manager starts.
func newGate(began time.Time) *gate.Ledger { return gate.NewLedger(began) }

// cloneGate is a gate that goes on by itself.
func cloneGate(g *gate.Ledger) *gate.Ledger { return g.Clone() }

// question is what is asked about one person.
type question struct {
	name   string
	person gate.Person
	// everybody who is to be known before anything is judged; nil where nothing is owed.
	everybody []string
	// released is the batch that somebody named; empty for none.
	released string
	rules    gate.Rules
}

// ask tells the gate what a person is about to lose, and asks whether that may go.
func ask(g *gate.Ledger, q question, now time.Time) []gate.Verdict {
	g.Update(q.name, q.person)
	if q.released != "" {
		g.Approve(map[string]string{q.released: "ann"})
	}
	if q.everybody != nil && !g.Complete() {
		g.MarkComplete(q.everybody)
	}
	verdicts, effects := g.Evaluate(q.name, q.person, q.rules, now)
	g.Apply(effects)
	return verdicts
}

// leaveGate tells the gate that a record is gone.
func leaveGate(g *gate.Ledger, name string) { g.Remove(name) }
