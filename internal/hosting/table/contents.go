package table

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Contents is a table in the terms of a provider. A table knows no ids: those here are made up, the same for
// the same names and addresses at any time. Nor does it know who has a profile: everybody is taken to have
// one, so that nobody is said to lack it and no mail to anybody in the table is counted.
type Contents struct {
	Identity          hosting.Identity
	Accounts, Servers []hosting.Place
	Rows              []hosting.Row
}

// Contents of the table.
func (t Table) Contents() Contents {
	ids := idMaker{}
	c := Contents{Identity: hosting.Identity{CustomerID: ids.of("owner", personOf(t.Owner)), Email: t.Owner, Holder: t.Owner}}
	byName := map[hosting.Scope]map[string]int64{hosting.ScopeAccount: {}, hosting.ScopeServer: {}}
	list := func(scope hosting.Scope, names []string) (places []hosting.Place) {
		for _, name := range names {
			id := ids.of(string(scope), name)
			byName[scope][name] = id
			places = append(places, hosting.Place{ID: id, Name: name})
		}
		return places
	}
	c.Accounts, c.Servers = list(hosting.ScopeAccount, t.Accounts), list(hosting.ScopeServer, t.Servers)
	for _, row := range t.Rows {
		id := ids.of("person", personOf(row.Email))
		c.Rows = append(c.Rows, hosting.Row{ID: id, ProfileID: id, Email: row.Email, Rights: row.rights(byName)})
	}
	return c
}

func (r Row) rights(ids map[hosting.Scope]map[string]int64) hosting.Rights {
	parts := []hosting.Rights{hosting.RightsAt(hosting.ScopeOverall, []int64{0}, r.Overall...)}
	for scope, held := range map[hosting.Scope][]Held{hosting.ScopeAccount: r.Accounts, hosting.ScopeServer: r.Servers} {
		for _, at := range held {
			parts = append(parts, hosting.RightsAt(scope, []int64{ids[scope][at.Name]}, at.Permissions...))
		}
	}
	if r.RequireTwoFactor {
		parts = append(parts, hosting.NewRights(hosting.TwoFactorRight))
	}
	return hosting.UnionOf(parts...)
}

// idMaker gives out ids, none of them twice.
type idMaker map[int64]bool

// of is the id of a thing: positive, and small enough for any reader of JSON.
func (used idMaker) of(kind, name string) int64 {
	sum := sha256.Sum256([]byte(kind + "/" + name))
	id := int64(binary.BigEndian.Uint64(sum[:8])>>12) | 1 // 52 bits are left
	for used[id] {
		id++
	}
	used[id] = true
	return id
}

// Of is the table of what a provider told. It fails where a table cannot tell it: a person with two rows, an
// address that is none, a place without a name.
func Of(c Contents, takenAt time.Time, source string) (Table, error) {
	t := Table{Owner: c.Identity.Email, TakenAt: takenAt, Source: source}
	names := access.Names{}
	list := func(scope hosting.Scope, places []hosting.Place) (list []string, err error) {
		there := map[string]bool{}
		for _, place := range places {
			if err := checkName(place.Name); err != nil {
				return nil, fmt.Errorf("%s %d: %w", scope, place.ID, err)
			}
			if there[place.Name] {
				return nil, fmt.Errorf("%s %d: another one has the same name", scope, place.ID)
			}
			there[place.Name] = true
			names[access.Place{Scope: scope, ID: place.ID}] = place.Name
			list = append(list, place.Name)
		}
		return list, nil
	}
	var err error
	if t.Accounts, err = list(hosting.ScopeAccount, c.Accounts); err != nil {
		return Table{}, err
	}
	if t.Servers, err = list(hosting.ScopeServer, c.Servers); err != nil {
		return Table{}, err
	}
	people := map[string]bool{}
	for _, row := range c.Rows {
		person, err := access.NormalizeAddress(row.Email)
		if err == nil && people[person] {
			err = fmt.Errorf("there is another row of this person; remove all but one at the provider")
		}
		one := Row{Email: row.Email}
		if err == nil {
			err = one.hold(row.Rights, names)
		}
		if err != nil {
			return Table{}, fmt.Errorf("row %d: %w", row.ID, err)
		}
		people[person] = true
		t.Rows = append(t.Rows, one)
	}
	return t.Canonical(), nil
}

// hold enters rights.
func (r *Row) hold(rights hosting.Rights, names access.Names) error {
	held := map[hosting.Scope]map[string][]string{hosting.ScopeAccount: {}, hosting.ScopeServer: {}}
	for _, right := range rights.Sorted() {
		if right.Scope == hosting.ScopeFlag {
			r.RequireTwoFactor = r.RequireTwoFactor || right == hosting.TwoFactorRight
			continue
		}
		if err := checkPermission(right.Scope, right.Name); err != nil {
			return err
		}
		if right.Scope == hosting.ScopeOverall {
			r.Overall = append(r.Overall, right.Name)
			continue
		}
		name, listed := names[access.Place{Scope: right.Scope, ID: right.ID}]
		if !listed {
			return fmt.Errorf("it holds %s on %s %d, which the provider does not list", right.Name, right.Scope, right.ID)
		}
		held[right.Scope][name] = append(held[right.Scope][name], right.Name)
	}
	for name, permissions := range held[hosting.ScopeAccount] {
		r.Accounts = append(r.Accounts, Held{name, permissions})
	}
	for name, permissions := range held[hosting.ScopeServer] {
		r.Servers = append(r.Servers, Held{name, permissions})
	}
	return nil
}
