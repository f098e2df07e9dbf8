package gate

import (
	"sync"
	"time"
)

// Guard is the ledger of one backend, for concurrent use.
type Guard struct {
	mu     sync.Mutex
	ledger *Ledger
}

// NewGuard has an empty ledger; see NewLedger.
func NewGuard(began time.Time) *Guard { return &Guard{ledger: NewLedger(began)} }

func (g *Guard) lock() func() { g.mu.Lock(); return g.mu.Unlock }

// Evaluate updates a person and answers for each of their losses whether it may happen now. It is one
// step: nobody else's loss is judged in between.
func (g *Guard) Evaluate(name string, p Person, rules Rules, now time.Time) []Verdict {
	defer g.lock()()
	verdicts, effects := g.ledger.Evaluate(name, p, rules, now)
	g.ledger.Apply(effects)
	return verdicts
}

// Update is Ledger.Update.
func (g *Guard) Update(name string, p Person) { defer g.lock()(); g.ledger.Update(name, p) }

// Remove is Ledger.Remove.
func (g *Guard) Remove(name string) { defer g.lock()(); g.ledger.Remove(name) }

// MarkComplete is Ledger.MarkComplete.
func (g *Guard) MarkComplete(names []string) { defer g.lock()(); g.ledger.MarkComplete(names) }

// Complete is Ledger.Complete.
func (g *Guard) Complete() bool { defer g.lock()(); return g.ledger.Complete() }

// Approve is Ledger.Approve.
func (g *Guard) Approve(approved map[string]string) []string {
	defer g.lock()()
	return g.ledger.Approve(approved)
}

// Members is Ledger.Members.
func (g *Guard) Members(digest string, limit int) []Member {
	defer g.lock()()
	return g.ledger.Members(digest, limit)
}

// Batches is Ledger.Batches.
func (g *Guard) Batches() []Batch { defer g.lock()(); return g.ledger.Batches() }
