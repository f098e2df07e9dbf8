// Package access decides what a person may use of an owner's hosting, the way the
// administration enforces it: which menu opens, which is refused and why, and who is told
// of what. It is pure; the tests of the controllers take it as the effect of a permission.
package access

import (
	"slices"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Menus that are no permission of their own: the vendor opens them to whoever holds any
// permission at the place.
const (
	// MenuServerStatus of an account: any permission on the account opens it.
	MenuServerStatus = "ServerStatus"
	// MenuConfiguration of a server: any permission on the server opens it.
	MenuConfiguration = "Configuration"
)

// Menus lists what can be asked for in a scope, in the provider's order.
func Menus(scope hosting.Scope) []string {
	var menus []string
	switch scope {
	case hosting.ScopeAccount:
		menus = append(menus, MenuServerStatus)
	case hosting.ScopeServer:
		menus = append(menus, MenuConfiguration)
	case hosting.ScopeOverall, hosting.ScopeFlag:
	}
	for _, p := range hosting.Catalogue() {
		if p.Scope == scope && scope != hosting.ScopeFlag {
			menus = append(menus, p.Name)
		}
	}
	return menus
}

// The reasons of an Answer.
const (
	ReasonOwner      = "the owner may use every menu"
	ReasonGranted    = "the permission is granted here"
	ReasonImplied    = "an overall technical permission opens every menu of this scope"
	ReasonReached    = "a permission on the account's server reaches every account there"
	ReasonAnyGrant   = "any permission at this place opens this menu"
	ReasonToldOf     = "would be told of a technical ticket; opens no menu, so no second factor is asked"
	ReasonNoMenu     = "there is no such menu"
	ReasonNoPlace    = "the owner has no such account or server"
	ReasonNoRow      = "has no permission on this owner's profile"
	ReasonNoProfile  = "has not initialised a profile"
	ReasonTwoFactor  = "2FA required"
	ReasonNotGranted = "the permission is not granted"
)

// Person is what the administration knows of somebody on one owner's profile.
type Person struct {
	// Owner: this is the owner of the profile.
	Owner bool
	// Row: there is a row for the person in the owner's permission table.
	Row bool
	// Profile: the person has initialised a profile.
	Profile bool
	// RequireTwoFactor is the "2FA required" box of the row.
	RequireTwoFactor bool
	// Rights of the row, places by id.
	Rights hosting.Rights
}

// Query is one menu somebody wants to open.
type Query struct {
	// Scope of the menu: ScopeOverall, ScopeAccount or ScopeServer.
	Scope hosting.Scope
	// Place is the id of the account or server, 0 where the owner has none of that name.
	Place int64
	// Server is the id of the server the account is located on, 0 for an account of a
	// data centre and for other scopes.
	Server int64
	// Menu is a permission's name in the catalogue, MenuServerStatus or MenuConfiguration.
	Menu string
	// SecondFactor: the person has logged in with two factors.
	SecondFactor bool
}

// Answer says whether the menu opens, and why or why not.
type Answer struct {
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason"`
}

// Check decides. The "2FA required" box locks menus, not mail: for a TechnicalContact,
// which opens no menu, allowed means that the person would be told of a ticket.
func Check(p Person, q Query) Answer {
	notified, known := menuKind(q)
	switch {
	case !known:
		return Answer{Reason: ReasonNoMenu}
	case q.Scope != hosting.ScopeOverall && q.Place == 0:
		return Answer{Reason: ReasonNoPlace}
	case p.Owner:
		return Answer{Allowed: true, Reason: ReasonOwner}
	case !p.Row:
		return Answer{Reason: ReasonNoRow}
	case !p.Profile:
		return Answer{Reason: ReasonNoProfile}
	case notified:
		return contact(p, q)
	case p.RequireTwoFactor && !q.SecondFactor:
		return Answer{Reason: ReasonTwoFactor}
	}
	return opens(p.Rights, q)
}

// contact answers for a permission that opens no menu.
func contact(p Person, q Query) Answer {
	if Told(p, hosting.Alert{Kind: hosting.TechnicalTicket, Scope: q.Scope, Place: q.Place}) {
		return Answer{Allowed: true, Reason: ReasonToldOf}
	}
	return Answer{Reason: ReasonNotGranted}
}

// menuKind says whether there is such a menu, and whether it is a mere notification.
func menuKind(q Query) (notified, known bool) {
	if pseudoMenu(q) {
		return false, true
	}
	if q.Scope == hosting.ScopeFlag {
		return false, false
	}
	p, ok := hosting.ByName(q.Scope, q.Menu)
	return p.Has(hosting.TraitNotification), ok
}

func pseudoMenu(q Query) bool {
	return q.Scope == hosting.ScopeAccount && q.Menu == MenuServerStatus ||
		q.Scope == hosting.ScopeServer && q.Menu == MenuConfiguration
}

func opens(rights hosting.Rights, q Query) Answer {
	switch {
	case rights.Has(hosting.Right{Scope: q.Scope, ID: q.Place, Name: q.Menu}):
		return Answer{Allowed: true, Reason: ReasonGranted}
	case pseudoMenu(q) && anyAt(rights, q.Scope, q.Place):
		return Answer{Allowed: true, Reason: ReasonAnyGrant}
	case implied(rights, q.Scope):
		return Answer{Allowed: true, Reason: ReasonImplied}
	case q.Scope == hosting.ScopeAccount && q.Server != 0 && reached(rights, q):
		return Answer{Allowed: true, Reason: ReasonReached}
	}
	return Answer{Reason: ReasonNotGranted}
}

func anyAt(rights hosting.Rights, scope hosting.Scope, place int64) bool {
	for r := range rights.All() {
		if r.Scope == scope && r.ID == place {
			return true
		}
	}
	return false
}

// implied says whether an overall permission opens everything of the scope.
func implied(rights hosting.Rights, scope hosting.Scope) bool {
	for _, p := range hosting.Catalogue() {
		if p.ImpliesScope == scope && scope != "" && rights.Has(hosting.Right{Scope: p.Scope, Name: p.Name}) {
			return true
		}
	}
	return false
}

// reached says whether a server permission opens the account's menu. Whoever holds every
// server permission through an overall one holds these two as well.
func reached(rights hosting.Rights, q Query) bool {
	menu, _ := hosting.ByName(q.Scope, q.Menu)
	return slices.ContainsFunc(hosting.Catalogue(), func(p hosting.Permission) bool {
		held := rights.Has(hosting.Right{Scope: p.Scope, ID: q.Server, Name: p.Name})
		return p.Reaches(menu) && (held || implied(rights, p.Scope))
	})
}
