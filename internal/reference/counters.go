package reference

import (
	"maps"
	"sync"

	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// Counters tell what was asked of the server since it was opened or ResetCounters.
type Counters struct {
	// Reads and Writes with a valid key and within its limits, whatever they answered.
	Reads  int64 `json:"reads"`
	Writes int64 `json:"writes"`
	// Operations by the contract's operationId, for instance "ListPermissions". Calls whose
	// body or parameters could not be understood count in Reads and Writes only.
	Operations map[string]int64 `json:"operations"`
	// Mails that a mail server accepted, and how many of them were Alerts.
	Mails  int64 `json:"mails"`
	Alerts int64 `json:"alerts"`
	// BadKeys are calls without a key or with a wrong one. RateLimited calls: answered 429.
	BadKeys     int64 `json:"badKeys"`
	RateLimited int64 `json:"rateLimited"`
}

type counters struct {
	mu   sync.Mutex
	seen Counters
}

func (c *counters) count(f func(*Counters)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.seen)
}

func (c *counters) operation(id string) {
	c.count(func(seen *Counters) {
		if seen.Operations == nil {
			seen.Operations = map[string]int64{}
		}
		seen.Operations[id]++
	})
}

func (c *counters) mailed(ref store.MailRef) {
	c.count(func(seen *Counters) {
		seen.Mails++
		if ref.Alert != 0 {
			seen.Alerts++
		}
	})
}

// Counters tells what was asked so far.
func (s *Server) Counters() Counters {
	s.counters.mu.Lock()
	defer s.counters.mu.Unlock()
	seen := s.counters.seen
	seen.Operations = maps.Clone(seen.Operations)
	if seen.Operations == nil {
		seen.Operations = map[string]int64{}
	}
	return seen
}

// ResetCounters starts counting anew.
func (s *Server) ResetCounters() {
	s.counters.count(func(seen *Counters) { *seen = Counters{} })
}
