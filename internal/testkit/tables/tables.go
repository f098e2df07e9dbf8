// Package tables draws permission tables as providers may have them: people who share what they have and people who do
// not, invitations that nobody answered, permissions that the catalogue lacks, a place whose name no manifest can hold.
package tables

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/reference"
)

const (
	// Owner has a row of their own in each table.
	Owner = "owner@acme.example"
	// Unnameable is the id of an account whose name no manifest can hold.
	Unnameable = 4
	// Nowhere is the id of an account that the provider does not list.
	Nowhere = 5
	// newer is a wire key that the catalogue lacks.
	newer = "newer"
)

// Table is a provider's table.
type Table struct {
	Places access.Places
	// Rows may be several of one person.
	Rows []hosting.Row
}

// Draw draws a table: up to 12 people and their owner on 4 to 154 accounts and a server.
func Draw(t *rapid.T) Table {
	drawn := Table{Places: access.Places{{Scope: hosting.ScopeServer, Name: "web1"}: 8}}
	for id, name := range []string{"shop", "blog", "Intranet.old", "no name for a manifest"} {
		drawn.Places[access.PlaceKey{Scope: hosting.ScopeAccount, Name: name}] = int64(id + 1)
	}
	for id := range rapid.IntRange(0, 150).Draw(t, "more accounts") {
		drawn.Places[access.PlaceKey{Scope: hosting.ScopeAccount, Name: fmt.Sprint("a", id)}] = int64(100 + id)
	}
	rights := rapid.Custom(drawn.rights)
	pool := rapid.SliceOfN(rights, 1, 4).Draw(t, "bundles")
	for n := range rapid.IntRange(0, 12).Draw(t, "people") {
		email := rapid.SampledFrom([]string{"ann", "Ann.Lee", "ann-lee", "ünsal", "a+b", "x"}).Draw(t, "name") + fmt.Sprint(n%3) + "@acme.example"
		drawn.Rows = append(drawn.Rows, hosting.Row{ID: int64(n + 1), Email: email, ProfileID: rapid.Int64Range(0, 1).Draw(t, "profile"), Rights: rapid.SampledFrom(pool).Draw(t, "rights")})
	}
	drawn.Rows = append(drawn.Rows, hosting.Row{ID: 99, Email: Owner, ProfileID: 9, Rights: rights.Draw(t, "owner's")})
	return drawn
}

// rights draws what somebody holds.
func (drawn Table) rights(t *rapid.T) hosting.Rights {
	some := hosting.NewRights()
	for range rapid.IntRange(0, 12).Draw(t, "rights") {
		p := rapid.SampledFrom(hosting.Catalogue()).Draw(t, "permission")
		right := hosting.Right{Scope: p.Scope, Name: p.Name}
		switch p.Scope {
		case hosting.ScopeAccount:
			right.ID = rapid.Int64Range(1, Nowhere).Draw(t, "account")
		case hosting.ScopeServer:
			right.ID = 8
		}
		some = some.With(right)
	}
	if rapid.Bool().Draw(t, "everywhere") {
		for _, id := range drawn.Places {
			if id >= 100 {
				some = some.With(hosting.Right{Scope: hosting.ScopeAccount, ID: id, Name: "Sites"})
			}
		}
	}
	if rapid.Bool().Draw(t, "unknown") {
		some = some.With(hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "wire:" + newer})
	}
	return some
}

// Snapshot is the table as it is read at a time.
func (drawn Table) Snapshot(at time.Time) *provider.Snapshot {
	return provider.SnapshotOf(hosting.Identity{Email: Owner}, drawn.Places, drawn.Rows, at)
}

// Seed is the table as a provider starts with it, without a token where that is empty: of several rows of one person the first, nobody who holds nothing, and
// nothing on accounts that are not there.
func (drawn Table) Seed(token string) reference.Seed {
	owner, seed := reference.SeedOwner{Email: Owner, Token: token}, reference.Seed{ExtraPermissions: []reference.SeedPermission{{Scope: hosting.ScopeAccount, Key: newer}}}
	for _, place := range slices.SortedFunc(maps.Keys(drawn.Places), access.PlaceKey.Compare) {
		if place.Scope == hosting.ScopeServer {
			owner.Servers = append(owner.Servers, reference.SeedServer{Name: place.Name})
		} else {
			owner.Accounts = append(owner.Accounts, reference.SeedAccount{Name: place.Name})
		}
	}
	names, seen := drawn.Places.Names(), map[string]bool{}
	for _, row := range drawn.Rows {
		told := rowOf(row, names)
		if seen[row.Email] || len(told.Overall)+len(told.Accounts)+len(told.Servers) == 0 && !told.RequireTwoFactor {
			continue
		}
		seen[row.Email] = true
		owner.Rows = append(owner.Rows, told)
		if row.Active() && row.Email != Owner {
			seed.Profiles = append(seed.Profiles, reference.SeedProfile{Email: row.Email})
		}
	}
	seed.Owners = []reference.SeedOwner{owner}
	return seed
}

// rowOf is a row as the provider tells it.
func rowOf(row hosting.Row, names access.Names) reference.Row {
	told := reference.Row{Email: row.Email, Accounts: map[string][]string{}, Servers: map[string][]string{}}
	for _, right := range row.Rights.Sorted() {
		place := names.Of(right)
		switch {
		case right == hosting.TwoFactorRight:
			told.RequireTwoFactor = true
		case right.Scope == hosting.ScopeOverall:
			told.Overall = append(told.Overall, right.Name)
		case right.Scope == hosting.ScopeServer:
			told.Servers[place] = append(told.Servers[place], right.Name)
		case !strings.HasPrefix(place, "id:"):
			told.Accounts[place] = append(told.Accounts[place], right.Name)
		}
	}
	return told
}
