package provider

import (
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// Person is what a decision about one person depends on of the provider, and the person's row; nil
// for none.
func (v View) Person(address string) (plan.Provider, *hosting.Row) {
	p := plan.Provider{Verified: v.Health.Verified, Read: v.Health.Read, Err: v.Health.Err, Configuration: string(v.Health.Configuration), CanWrite: v.CanWrite, Ahead: v.Ahead}
	if v.Snapshot == nil {
		return p, nil
	}
	p.Known, p.Places, p.Names = true, v.Snapshot.Places, v.Snapshot.Names
	p.Identity, p.Ambiguous = v.Snapshot.Identity, v.Snapshot.Ambiguous(address)
	if row, ok := v.Snapshot.Row(address); ok {
		return p, &row
	}
	return p, nil
}
