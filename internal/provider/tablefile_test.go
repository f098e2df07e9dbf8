package provider

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	tablefile "github.com/hostgrant/hostgrant/internal/hosting/table"
)

// A table keeps what it tells on its way to a snapshot and back, and its ids stay the same when others come.
func TestATableBecomesASnapshotAndBack(t *testing.T) {
	taken := time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	told := tablefile.Table{
		Owner: "owner@acme.example", TakenAt: taken, Source: "by hand", Accounts: []string{"shop", "blog"}, Servers: []string{"web1"},
		Rows: []tablefile.Row{
			{Email: "bob@acme.example", RequireTwoFactor: true, Accounts: []tablefile.Held{{Name: "shop", Permissions: []string{"wire:newer", "Sites"}}}},
			{Email: "Ann@acme.example", Overall: []string{"Billing"}, Servers: []tablefile.Held{{Name: "web1", Permissions: []string{"SSHUsers"}}}},
			{Email: "cyd@acme.example"},
		},
	}.Canonical()
	snapshot := SnapshotOfTable(told)
	again, err := snapshot.Table("by hand")
	if err != nil || cmp.Diff(told, again) != "" {
		t.Fatal(err, cmp.Diff(told, again))
	}
	if !snapshot.ProfilesUnknown || snapshot.Invited() != 0 || snapshot.WithoutTwoFactor() != 0 || snapshot.TellsInvitation || snapshot.TellsTwoFactor || !snapshot.Began.Equal(taken) {
		t.Errorf("%+v", snapshot)
	}
	told.Accounts = append(told.Accounts, "another")
	for place, id := range snapshot.Places {
		if later := SnapshotOfTable(told).Places[place]; later != id || id <= 0 {
			t.Errorf("%v: id %d, then %d", place, id, later)
		}
	}
	shop := snapshot.Places[access.PlaceKey{Scope: hosting.ScopeAccount, Name: "shop"}]
	if row, _ := snapshot.Row("BOB@acme.example"); !row.Rights.Equal(hosting.NewRights(hosting.TwoFactorRight, hosting.Right{Scope: hosting.ScopeAccount, ID: shop, Name: "Sites"}, hosting.Right{Scope: hosting.ScopeAccount, ID: shop, Name: "wire:newer"})) {
		t.Errorf("%+v", row)
	}
}

func TestATableCannotTellTwoRowsOfOnePerson(t *testing.T) {
	twice := SnapshotOf(hosting.Identity{Email: "owner@acme.example"}, access.Places{}, []hosting.Row{{ID: 1, Email: "ann@acme.example"}, {ID: 2, Email: "ANN@acme.example"}}, time.Time{})
	if _, err := twice.Table(""); err == nil {
		t.Error("is told")
	}
	unlisted := SnapshotOf(hosting.Identity{Email: "owner@acme.example"}, access.Places{}, []hosting.Row{{ID: 1, Email: "ann@acme.example", Rights: hosting.NewRights(hosting.Right{Scope: hosting.ScopeAccount, ID: 5, Name: "Sites"})}}, time.Time{})
	if _, err := unlisted.Table(""); err == nil {
		t.Error("is told")
	}
}
