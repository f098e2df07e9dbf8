// Package worklist tells people what to do at a provider's Permissions menu so that it becomes what manifests
// declare: one item is one person and one visit to the form, with the state in which to leave it. It is pure.
// What is done is told by the next table, not by a tick.
package worklist

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/table"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
)

// What a list in JSON begins with.
const (
	APIVersion = "worklist.hostgrant.io/v1"
	Kind       = "Worklist"
)

// List is what is to be done, decided and looked at.
type List struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Owner is the digest of the owner's address.
	Owner string `json:"owner"`
	// TakenAt is when the table was seen that the list is made from.
	TakenAt time.Time `json:"takenAt"`
	// Items are visits to the form: those that only add come first, those that only take away last.
	Items []Item `json:"items"`
	// Decisions are what nobody is to do before somebody has decided.
	Decisions []Decision `json:"decisions,omitempty"`
	// Due are what ends or is to be reviewed soon, by time.
	Due []Due `json:"due,omitempty"`
	// Unconfirmed are what was ticked in the list before and is not in the table.
	Unconfirmed []Unconfirmed `json:"unconfirmed,omitempty"`
	// Confirmed is how many items of the list before the table shows.
	Confirmed int `json:"confirmed,omitempty"`
	// Notes say what is not known, and what is not given.
	Notes []string `json:"notes,omitempty"`
}

// Page is what is to be opened in the Permissions menu.
type Page string

// The pages.
const (
	// Add: the person has no row yet.
	Add Page = "Add"
	// Change: the person has one, and keeps it.
	Change Page = "Change"
	// Remove: nothing is left in it.
	Remove Page = "Remove"
)

// Item is one visit to the form, for one person.
type Item struct {
	// ID stays the same as long as there is something to do for the person: the end of the digest of their address.
	ID string `json:"id"`
	// Person as they are told of: by address where addresses are shown, else by Profile or digest.
	Person string `json:"person"`
	Page   Page   `json:"page"`
	// Check and Uncheck are the boxes to be changed, Form the state in which the form is left.
	Check   []table.Grant `json:"check,omitempty"`
	Uncheck []table.Grant `json:"uncheck,omitempty"`
	Form    []Section     `json:"form,omitempty"`
	// Mails: saving the form mails a person without a profile.
	Mails bool     `json:"mails,omitempty"`
	Why   []Reason `json:"why,omitempty"`
	// Done is for whoever ticks. It proves nothing.
	Done bool `json:"done"`
}

// Section is a part of the form: the permissions overall, those of one account or server, or the box "2FA
// required".
type Section struct {
	Scope hosting.Scope `json:"scope"`
	Place string        `json:"place,omitempty"`
	Boxes []Box         `json:"boxes"`
}

// Box is one that is checked or changed.
type Box struct {
	Permission string `json:"permission"`
	// State in which it is left, and whether that is a change.
	State State `json:"state"`
}

// State of a box.
type State string

// The states.
const (
	Check   State = "check"
	Uncheck State = "uncheck"
	Stays   State = "stays"
)

// Reason is why something is to be changed.
type Reason struct {
	// Grants that name it, or whose change takes it away.
	Grants string               `json:"grants,omitempty"`
	Causes []v1alpha1.OwedCause `json:"causes,omitempty"`
	Drift  bool                 `json:"drift,omitempty"`
	// AfterMinutes is how long it takes until then: a missing reference keeps what it gave for a while.
	AfterMinutes int `json:"afterMinutes,omitempty"`
}

// Decision is what rails hold.
type Decision struct {
	ID     string        `json:"id"`
	Person string        `json:"person"`
	Would  []table.Grant `json:"wouldLose,omitempty"`
	// Again would be given again, after somebody took it away at the provider.
	Again []table.Grant `json:"wouldGetAgain,omitempty"`
	// Because is RemovalLimit, Protected, or Drift.
	Because string `json:"because"`
}

// Drift is the reason of a Decision about what somebody took away at the provider.
const Drift = "Drift"

// Input is what a list is made from.
type Input struct {
	// Result of a preview, of one backend with this table.
	Result preview.Result
	Table  *provider.Snapshot
	// Objects of the manifests, for what is due.
	Objects preview.Objects
	Now     time.Time
	// Ahead is how far to look for what is due; 0: nowhere.
	Ahead time.Duration
	// Person is how somebody is told of; Address how one is who is known by the address alone.
	Person  func(preview.Change) string
	Address func(string) string
	// Unknown says whether an address stands in for one that is not at hand: no table tells anything of that person.
	// nil: none does.
	Unknown func(address string) bool
	Notes   []string
}

// Of makes a list.
func Of(in Input) List {
	l := List{APIVersion: APIVersion, Kind: Kind, Owner: access.AddressDigest(in.Table.Identity.Email), TakenAt: in.Table.Began.UTC().Truncate(time.Second), Items: []Item{}, Notes: in.Notes}
	names, unknown := namesOf(in.Table.Places), 0
	for _, c := range in.Result.Changes {
		if in.Unknown != nil && in.Unknown(c.Address) {
			unknown++
			continue
		}
		if one, visit := item(in, c, names); visit {
			l.Items = append(l.Items, one)
		}
		l.Decisions = append(l.Decisions, decisions(in, c, names)...)
	}
	slices.SortStableFunc(l.Items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(a.turn(), b.turn()), strings.Compare(a.Person, b.Person), strings.Compare(a.ID, b.ID))
	})
	slices.SortStableFunc(l.Decisions, func(a, b Decision) int {
		return cmp.Or(strings.Compare(a.Person, b.Person), strings.Compare(a.ID, b.ID))
	})
	l.Due = due(in)
	if unknown > 0 {
		l.Notes = append(slices.Clip(l.Notes), fmt.Sprintf("left out: %s whose address is in a Secret that is not at hand: give its manifest with -f as well, or the table cannot show who they are", status.Count(unknown, "person", "people")))
	}
	return l
}

// turn of an item: whoever only gets something, then who also loses something, then who only does.
func (i Item) turn() int {
	switch {
	case len(i.Uncheck) == 0:
		return 0
	case len(i.Check) > 0:
		return 1
	}
	return 2
}

// idOf is the end of the digest of an address.
func idOf(address string) string {
	digest := access.AddressDigest(address)
	return digest[len(digest)-12:]
}

// item is the visit for one person; false where none is to be made.
func item(in Input, c preview.Change, names access.Names) (Item, bool) {
	row, has := in.Table.Row(c.Address)
	target := row.Rights.Union(c.Added()).Minus(c.Removed())
	i := Item{ID: idOf(c.Address), Person: in.Person(c), Page: Change}
	i.Check, i.Uncheck = grants(target.Minus(row.Rights), names), grants(row.Rights.Minus(target), names)
	switch {
	case len(i.Check)+len(i.Uncheck) == 0:
		return i, false
	case !has:
		i.Page, i.Mails = Add, true
	case target.Empty():
		i.Page = Remove
	}
	i.Form = form(row.Rights, target, names)
	for _, part := range append(slices.Clone(c.Add), c.Remove...) {
		why := Reason{Grants: part.Grants, Causes: part.Causes, Drift: part.Drift}
		if part.After >= time.Hour {
			why.AfterMinutes = int(part.After.Minutes())
		}
		i.Why = append(i.Why, why)
	}
	return i, true
}

// decisions are what of a change is held, or given again later.
func decisions(in Input, c preview.Change, names access.Names) (list []Decision) {
	if !c.Held.Empty() {
		list = append(list, Decision{ID: idOf(c.Address) + "-held", Person: in.Person(c), Would: grants(c.Held, names), Because: c.HeldBecause})
	}
	if !c.Later.Empty() {
		list = append(list, Decision{ID: idOf(c.Address) + "-later", Person: in.Person(c), Again: grants(c.Later, names), Because: Drift})
	}
	return list
}

// grants lists rights by the names of their places, in the order of the form.
func grants(rights hosting.Rights, names access.Names) (list []table.Grant) {
	for right := range rights.All() {
		list = append(list, table.Grant{Scope: right.Scope, Place: names.Of(right), Name: right.Name})
	}
	sortGrants(list)
	return list
}

// sortGrants has grants in the order of the form: overall, accounts, servers, the box "2FA required".
func sortGrants(list []table.Grant) {
	slices.SortFunc(list, func(a, b table.Grant) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a.Place, b.Place), cmp.Compare(order(a), order(b)), strings.Compare(a.Name, b.Name))
	})
}

func rank(g table.Grant) int {
	return slices.Index([]hosting.Scope{hosting.ScopeOverall, hosting.ScopeAccount, hosting.ScopeServer, hosting.ScopeFlag}, g.Scope)
}

// positions are where permissions are in the catalogue.
var positions = func() map[table.Grant]int {
	at := map[table.Grant]int{}
	for i, p := range hosting.Catalogue() {
		at[table.Grant{Scope: p.Scope, Name: p.Name}] = i + 1
	}
	return at
}()

func order(g table.Grant) int {
	return cmp.Or(positions[table.Grant{Scope: g.Scope, Name: g.Name}], len(positions)+1)
}

// form is the state in which a form is left: each section that has something in it, or had.
func form(was, target hosting.Rights, names access.Names) (sections []Section) {
	for _, g := range grants(was.Union(target), names) {
		if last := len(sections) - 1; last < 0 || sections[last].Scope != g.Scope || sections[last].Place != g.Place {
			sections = append(sections, Section{Scope: g.Scope, Place: g.Place})
		}
		sections[len(sections)-1].Boxes = append(sections[len(sections)-1].Boxes, Box{Permission: g.Name})
	}
	before, after := setOf(grants(was, names)), setOf(grants(target, names))
	for _, s := range sections {
		for i, box := range s.Boxes {
			g := table.Grant{Scope: s.Scope, Place: s.Place, Name: box.Permission}
			s.Boxes[i].State = map[[2]bool]State{{true, true}: Stays, {false, true}: Check, {true, false}: Uncheck}[[2]bool{before[g], after[g]}]
		}
	}
	return sections
}

func setOf(list []table.Grant) map[table.Grant]bool {
	set := make(map[table.Grant]bool, len(list))
	for _, g := range list {
		set[g] = true
	}
	return set
}

// Open is how many visits are to be made, and how many ticks are not confirmed.
func (l List) Open() int { return len(l.Items) + len(l.Unconfirmed) }
