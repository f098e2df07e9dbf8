package provider

import (
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// Person is what is known of the provider, and the row of one person; nil for none.
func (s *Connection) Person(address string) (plan.Provider, *hosting.Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := plan.Provider{
		Verified: s.table.health.Verified, Err: s.table.health.Err, Configuration: string(s.table.health.Configuration),
		CanWrite: s.inUse.writer != nil && s.table.health.Configuration != "", Ahead: s.skew(),
	}
	if s.table.snapshot == nil {
		return p, nil
	}
	p.Known, p.Places, p.Identity, p.Ambiguous = true, s.table.snapshot.Places, s.table.snapshot.Identity, s.table.snapshot.Ambiguous(address)
	if row, ok := s.table.snapshot.Row(address); ok {
		return p, &row
	}
	return p, nil
}
