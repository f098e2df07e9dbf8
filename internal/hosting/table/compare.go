package table

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/status"
)

// ahead is how far a table may be dated in the future: clocks differ.
const ahead = 5 * time.Minute

// Grant is one permission by names: of a scope, at a place, which is empty overall and for the box "2FA
// required".
type Grant struct {
	Scope hosting.Scope `json:"scope"`
	Place string        `json:"place,omitempty"`
	Name  string        `json:"permission"`
}

// Check says what is wrong with a grant that no table can hold.
func (g Grant) Check() error {
	placed := g.Scope == hosting.ScopeAccount || g.Scope == hosting.ScopeServer
	if placed {
		if err := checkName(g.Place); err != nil {
			return err
		}
	}
	if _, known := example[g.Scope]; !placed && g.Place != "" || !known && g.Scope != hosting.ScopeFlag {
		return fmt.Errorf("scope %.20q has no place %.20q", g.Scope, g.Place)
	}
	return checkPermission(g.Scope, g.Name)
}

// Grants lists what the row holds, in order.
func (r Row) Grants() (list []Grant) {
	if r.RequireTwoFactor {
		list = append(list, Grant{hosting.ScopeFlag, "", hosting.TwoFactor})
	}
	for _, name := range inOrder(hosting.ScopeOverall, r.Overall) {
		list = append(list, Grant{hosting.ScopeOverall, "", name})
	}
	for _, held := range heldInOrder(hosting.ScopeAccount, r.Accounts) {
		for _, name := range held.Permissions {
			list = append(list, Grant{hosting.ScopeAccount, held.Name, name})
		}
	}
	for _, held := range heldInOrder(hosting.ScopeServer, r.Servers) {
		for _, name := range held.Permissions {
			list = append(list, Grant{hosting.ScopeServer, held.Name, name})
		}
	}
	return list
}

// Drift is what became different for one person.
type Drift struct {
	// Email of the person; Digest stands for it where addresses are not shown.
	Email, Digest string
	// Added and Removed are what the newer table has more, and less. Came and Went say that the row itself is new or
	// gone.
	Added, Removed []Grant
	Came, Went     bool
}

// Difference is what became different between two looks.
type Difference struct {
	People []Drift
	// Places that came and went, with their scope: "account shop".
	PlacesCame, PlacesWent []string
}

// Empty says whether nothing is different.
func (d Difference) Empty() bool {
	return len(d.People)+len(d.PlacesCame)+len(d.PlacesWent) == 0
}

// Diff compares two looks at one owner's table. It refuses tables of two owners, and a newer one that is
// older.
func Diff(older, newer Table) (Difference, error) {
	if err := newer.Follows(older); err != nil {
		return Difference{}, err
	}
	d := Difference{}
	for _, of := range []struct {
		word          string
		before, after []string
	}{{"account ", older.Accounts, newer.Accounts}, {"server ", older.Servers, newer.Servers}} {
		came, went := difference(of.before, of.after)
		for _, name := range came {
			d.PlacesCame = append(d.PlacesCame, of.word+name)
		}
		for _, name := range went {
			d.PlacesWent = append(d.PlacesWent, of.word+name)
		}
	}
	before, after := older.byPerson(), newer.byPerson()
	people := maps.Clone(before)
	maps.Copy(people, after)
	for _, person := range slices.Sorted(maps.Keys(people)) {
		was, had := before[person]
		is, has := after[person]
		one := Drift{Email: people[person].Email, Digest: access.AddressDigest(person), Came: !had, Went: !has}
		one.Added, one.Removed = difference(was.Grants(), is.Grants())
		if had != has || len(one.Added)+len(one.Removed) > 0 {
			d.People = append(d.People, one)
		}
	}
	return d, nil
}

// difference is what only the second list has, and what only the first has, each in its order.
func difference[T comparable](before, after []T) (added, removed []T) {
	was, is := sets.New(before...), sets.New(after...)
	return slices.DeleteFunc(slices.Clone(after), was.Has), slices.DeleteFunc(slices.Clone(before), is.Has)
}

func (t Table) byPerson() map[string]Row {
	rows := make(map[string]Row, len(t.Rows))
	for _, row := range t.Rows {
		rows[personOf(row.Email)] = row
	}
	return rows
}

// Follows refuses a table that is of another owner than the one before it, or older.
func (t Table) Follows(before Table) error {
	if !access.SameAddress(t.Owner, before.Owner) {
		return errors.New("the tables are of two owners")
	}
	if t.TakenAt.Before(before.TakenAt) {
		return fmt.Errorf("the table is of %s, and older than the one before it, of %s", Time(t.TakenAt), Time(before.TakenAt))
	}
	return nil
}

// Requirement is what a table has to meet.
type Requirement struct {
	// Owner it has to be of; empty: any.
	Owner string
	// MaxAge it may have; 0: any.
	MaxAge time.Duration
	// After is the table before it; nil: none.
	After *Table
	// Accounts and Servers that it has to list, nil: not compared.
	Accounts, Servers []string
}

// Check says, one line each, why a table is not to be believed at that time. One that is dated in the future
// never is.
func (t Table) Check(now time.Time, want Requirement) error {
	var errs []error
	if t.TakenAt.After(now.Add(ahead)) {
		errs = append(errs, fmt.Errorf("the table is dated in the future: %s", Time(t.TakenAt)))
	}
	if age := t.Age(now); want.MaxAge > 0 && age > want.MaxAge {
		errs = append(errs, fmt.Errorf("the table is of %s, and %s old; at most %s is wanted: take a new look", Time(t.TakenAt), Age(age), Age(want.MaxAge)))
	}
	if want.Owner != "" && !access.SameAddress(t.Owner, want.Owner) {
		errs = append(errs, errors.New("the table is of another owner"))
	}
	if want.After != nil {
		errs = append(errs, t.Follows(*want.After))
	}
	errs = append(errs, completeness("accounts", t.Accounts, want.Accounts)...)
	errs = append(errs, completeness("servers", t.Servers, want.Servers)...)
	return errors.Join(errs...)
}

// completeness says which places the table lacks, and which there are not; nothing where none are told.
func completeness(what string, listed, there []string) (errs []error) {
	if there == nil {
		return nil
	}
	lacks, more := difference(listed, there)
	if len(lacks) > 0 {
		errs = append(errs, fmt.Errorf("the table lacks the %s %s", what, strings.Join(lacks, ", ")))
	}
	if len(more) > 0 {
		errs = append(errs, fmt.Errorf("the table lists the %s %s, which the provider does not have", what, strings.Join(more, ", ")))
	}
	return errs
}

// Age of the table at that time, never negative.
func (t Table) Age(now time.Time) time.Duration { return max(0, now.Sub(t.TakenAt)) }

// Time as it is told.
func Time(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// Age as it is told: in days from two days on, else in hours or minutes.
func Age(age time.Duration) string {
	switch {
	case age >= 48*time.Hour:
		return status.Count(int(age.Hours()/24), "day", "days")
	case age >= 2*time.Hour:
		return status.Count(int(age.Hours()), "hour", "hours")
	}
	return status.Count(int(age.Minutes()), "minute", "minutes")
}
