package record

import (
	"context"
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
)

// Whoever waits comes again and again for the same, on the same account: that the record tells
// meanwhile what its grants wait for is no reason to go to the end of another namespace's line.
func TestWhoWaitsComesForTheSame(t *testing.T) {
	server := hosting.Right{Scope: hosting.ScopeOverall, Name: "ServerTechnical"}
	row := func(rights ...hosting.Right) *hosting.Row {
		return &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(rights...)}
	}
	for what, c := range map[string]struct {
		still  []v1alpha1.OverallPermission // of the grant of the backend's own namespace
		tenant []v1alpha1.OverallPermission // of another's
		row    *hosting.Row
		change func(*pass)
		want   session.Errand
	}{
		"a grant of a tenant adds": {
			still: []v1alpha1.OverallPermission{"Billing", "AccountManagement"}, tenant: []v1alpha1.OverallPermission{"ServerTechnical"},
			row: row(billing, management), want: session.Errand{Class: session.ClassAdd, Namespace: "tenant"},
		},
		"what a tenant gives drifted": {
			still: []v1alpha1.OverallPermission{"Billing", "AccountManagement"}, tenant: []v1alpha1.OverallPermission{"ServerTechnical"},
			row: row(billing, management), want: session.Errand{Class: session.ClassDrift, Namespace: "tenant"},
			change: func(p *pass) { p.record.Status.Live = access.Bundle(hosting.NewRights(billing, management, server)) },
		},
		"what a tenant gave goes": {
			still: []v1alpha1.OverallPermission{"Billing", "AccountManagement"}, row: row(billing, management, server),
			want: session.Errand{Class: session.ClassRemoval, Namespace: "tenant"},
			change: func(p *pass) {
				memory := access.MemoryOf(p.record.Status)
				memory.Owed[server] = access.Debt{Cause: v1alpha1.CauseRemoved, Namespaces: []string{"tenant"}, Since: p.now}
				memory.Store(&p.record.Status)
			},
		},
		"what a tenant gave looks gone": {
			still: []v1alpha1.OverallPermission{"Billing", "AccountManagement"}, row: row(billing, management),
			want: session.Errand{Class: session.ClassProof, Namespace: "tenant"},
			change: func(p *pass) {
				memory := access.MemoryOf(p.record.Status)
				memory.Owed[server] = access.Debt{Cause: v1alpha1.CauseRemoved, Namespaces: []string{"tenant"}, Since: p.now}
				memory.Store(&p.record.Status)
			},
		},
	} {
		p := look(c.still, c.row)
		if c.tenant != nil {
			p.record.Spec.Contributions = append(p.record.Spec.Contributions, v1alpha1.Contribution{
				UID: "t", Digest: "t", Grant: v1alpha1.GrantReference{Namespace: "tenant", Name: "g"}, Overall: c.tenant,
			})
		}
		if c.change != nil {
			c.change(p)
		}
		for _, again := range []string{"first", "again", "and again"} {
			p.think()
			if got := p.errand(); got != c.want {
				t.Errorf("%s, %s: comes for %+v, want %+v", what, again, got, c.want)
			}
			p.record.Status = p.status(p.outcome(0))
		}
	}
}

// provider is one whose table is empty.
type provider struct{ hosting.Writer }

func (provider) Identity(context.Context) (hosting.Identity, error) { return hosting.Identity{}, nil }
func (provider) Accounts(context.Context) ([]hosting.Place, error)  { return nil, nil }
func (provider) Servers(context.Context) ([]hosting.Place, error)   { return nil, nil }
func (provider) Table(context.Context) ([]hosting.Row, error)       { return nil, nil }

// Who waits to be mailed on one account, and is then named by another's grants alone, waits on that.
func TestTheAccountOfAMailIsThatOfNow(t *testing.T) {
	p := look([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, nil)
	p.record.Status = v1alpha1.AccessRecordStatus{}
	p.session.Configure("owner", "digest", "", provider{}, provider{})
	if _, err := p.session.Refresh(t.Context(), func(_, _ *session.Snapshot) error { return nil }); err != nil {
		t.Fatal(err)
	}
	p.think()
	outbox := p.session.Outbox()
	outbox.Take("mailed", "x", 1)
	outbox.Take(p.record.Name, "ns", 1)
	outbox.Take("behind", "tenant", 1)
	if p.queue(); p.queued == nil || p.queued.Among != 1 {
		t.Fatalf("is not the next to be mailed: %+v", p.queued)
	}
	p.record.Spec.Contributions[0].Grant.Namespace = "tenant"
	p.queued = nil
	if p.queue(); p.queued == nil || p.queued.Among != 2 {
		t.Errorf("goes ahead of those of the other account: %+v", p.queued)
	}
}
