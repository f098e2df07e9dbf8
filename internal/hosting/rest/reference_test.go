package rest_test

import (
	"context"
	"slices"
	"testing"

	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/reference"
)

const ownerAddress, newcomer = "owner@example.org", "New.Comer+x@example.org"

// against opens a reference backend with two accounts, one server and an unknown
// permission, and a client for its owner.
func against(t *testing.T, token string) hosting.Writer {
	t.Helper()
	backend, err := reference.Open(t.Context(), reference.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = backend.Close(context.WithoutCancel(t.Context())) })
	err = backend.Seed(t.Context(), reference.Seed{
		Owners: []reference.SeedOwner{{
			Email: ownerAddress, Token: "key=&#@%", TwoFactor: true,
			Servers:  []reference.SeedServer{{ID: 8, Name: "web1"}},
			Accounts: []reference.SeedAccount{{ID: 1, Name: "shop", Server: "web1"}, {ID: 2, Name: "blog"}},
		}},
		ExtraPermissions: []reference.SeedPermission{{Scope: hosting.ScopeAccount, Key: "newer"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := backend.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w, err := rest.NewWriter(rest.Options{
		URL: backend.URL(), Token: token, CABundle: backend.CABundle(), AllowPrivate: true,
		Budget: rest.NewBudget(1e6, 1e6, clock.RealClock{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.(interface{ CloseIdle() }).CloseIdle)
	return w
}

func TestReferencePlaces(t *testing.T) {
	w := against(t, "key=&#@%")
	identity, err := w.Identity(t.Context())
	if err != nil || identity.Email != ownerAddress || identity.CustomerID == 0 {
		t.Errorf("identity %v, %v", identity, err)
	}
	accounts, err := w.Accounts(t.Context())
	if err != nil || !slices.Equal(accounts, []hosting.Place{{ID: 1, Name: "shop"}, {ID: 2, Name: "blog"}}) {
		t.Errorf("accounts %v, %v", accounts, err)
	}
	servers, err := w.Servers(t.Context())
	if err != nil || !slices.Equal(servers, []hosting.Place{{ID: 8, Name: "web1"}}) {
		t.Errorf("servers %v, %v", servers, err)
	}
	if _, err := against(t, "wrong").Identity(t.Context()); hosting.ClassOf(err) != hosting.ClassUnauthorized {
		t.Errorf("wrong key: %v", err)
	}
}

// everything the catalogue has, and what it lacks.
func everything() hosting.Rights {
	rights := hosting.NewRights(hosting.Right{Scope: hosting.ScopeAccount, ID: 2, Name: "wire:newer"})
	place := map[hosting.Scope]int64{hosting.ScopeAccount: 1, hosting.ScopeServer: 8}
	for _, p := range hosting.Catalogue() {
		rights = rights.With(hosting.Right{Scope: p.Scope, ID: place[p.Scope], Name: p.Name})
	}
	return rights
}

// TestReferenceLife takes one row through creation, change and removal.
func TestReferenceLife(t *testing.T) {
	w := against(t, "key=&#@%")
	id, err := w.CreateRow(t.Context(), hosting.NewRow{Email: newcomer, Rights: everything()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.CreateRow(t.Context(), hosting.NewRow{Email: newcomer}); hosting.ClassOf(err) != hosting.ClassInvalid {
		t.Errorf("a second row for the address: %v", err)
	}
	row := holds(t, w, id, everything())
	if !row.TellsInvitation || row.Active() {
		t.Errorf("row %+v", row)
	}
	fewer := hosting.NewRights(hosting.Right{Scope: hosting.ScopeAccount, ID: 2, Name: "wire:newer"})
	if err := w.UpdateRow(t.Context(), row, fewer, row.Annotation); err != nil {
		t.Fatal(err)
	}
	row = holds(t, w, id, fewer)
	if err := w.UpdateRow(t.Context(), row, everything(), row.Annotation); err != nil {
		t.Fatal(err)
	}
	holds(t, w, id, everything())
	removed(t, w, row)
}

// removed removes a row and checks that it is gone for every call.
func removed(t *testing.T, w hosting.Writer, row hosting.Row) {
	t.Helper()
	for range 2 { // the second finds nothing, which is as good
		if err := w.DeleteRow(t.Context(), row.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Row(t.Context(), row.ID); !hosting.IsNotFound(err) {
		t.Errorf("after removal: %v", err)
	}
	if _, err := w.FindRow(t.Context(), newcomer); !hosting.IsNotFound(err) {
		t.Errorf("found after removal: %v", err)
	}
	if err := w.UpdateRow(t.Context(), row, hosting.Rights{}, row.Annotation); !hosting.IsNotFound(err) {
		t.Errorf("change after removal: %v", err)
	}
}

// holds checks that one row, the table and a look-up all tell the same.
func holds(t *testing.T, w hosting.Reader, id int64, want hosting.Rights) hosting.Row {
	t.Helper()
	row, err := w.Row(t.Context(), id)
	if err != nil || row.ID != id || !row.Rights.Equal(want) {
		t.Fatalf("row %v, %v, want %v", row.Rights.Sorted(), err, want.Sorted())
	}
	table, err := w.Table(t.Context())
	if err != nil || len(table) != 1 || !table[0].Rights.Equal(want) {
		t.Errorf("table %v, %v", table, err)
	}
	found, err := w.FindRow(t.Context(), newcomer)
	if err != nil || found.ID != id || !found.Rights.Equal(want) {
		t.Errorf("found %v, %v", found, err)
	}
	return row
}
