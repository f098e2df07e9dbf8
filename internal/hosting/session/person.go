package session

import (
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// Person is what is known of the provider, and the row of one person; nil for none.
func (s *Session) Person(address string) (plan.Provider, *hosting.Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := plan.Provider{
		Verified: s.health.Verified, Err: s.health.Err, Configuration: string(s.health.Configuration),
		CanWrite: s.writer != nil && s.health.Configuration != "", Ahead: s.skew(),
	}
	if s.snapshot == nil {
		return p, nil
	}
	p.Known, p.Places, p.Identity, p.Ambiguous = true, s.snapshot.Places, s.snapshot.Identity, s.snapshot.Ambiguous(address)
	if row, ok := s.snapshot.Row(address); ok {
		return p, &row
	}
	return p, nil
}
