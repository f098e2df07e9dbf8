package provider

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	tablefile "github.com/hostgrant/hostgrant/internal/hosting/table"
)

// SnapshotOfTable is a table as a file tells it. Its ids are made up, and who has a profile is not known:
// ProfilesUnknown is set.
func SnapshotOfTable(t tablefile.Table) *Snapshot {
	c := t.Contents()
	s := SnapshotOf(c.Identity, access.PlacesOf(c.Accounts, c.Servers), c.Rows, t.TakenAt)
	s.Accounts, s.Servers, s.ProfilesUnknown = len(c.Accounts), len(c.Servers), true
	return s
}

// Table is the snapshot as a file can tell it; source says where it is from. It fails where a table cannot
// tell it: two rows of one person, an address that is none, a place without a name.
func (s *Snapshot) Table(source string) (tablefile.Table, error) {
	if s.unreadable+len(s.ambiguous) > 0 {
		return tablefile.Table{}, fmt.Errorf("%d rows have an address that cannot be compared, and %d people have more than one row; correct that at the provider", s.unreadable, len(s.ambiguous))
	}
	c := tablefile.Contents{Identity: s.Identity}
	for _, row := range s.rows.all() {
		c.Rows = append(c.Rows, row)
	}
	for _, key := range slices.SortedFunc(maps.Keys(s.Places), access.PlaceKey.Compare) {
		place := hosting.Place{ID: s.Places[key], Name: key.Name}
		if key.Scope == hosting.ScopeAccount {
			c.Accounts = append(c.Accounts, place)
		} else {
			c.Servers = append(c.Servers, place)
		}
	}
	return tablefile.Of(c, s.Began, source) //nolint:wrapcheck // it says which row
}
