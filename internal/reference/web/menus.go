package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/access"
)

// dashboard shows the menus that open.
type dashboard struct {
	// Welcome and Confirmed: somebody has just initialised the profile, or confirmed its address.
	Welcome, Confirmed bool
	// Unconfirmed: nobody has yet.
	Unconfirmed bool
	Hostings    []reference.Hosting
}

func (c *call) dashboard() error {
	hostings, err := c.server.Hostings(c.r.Context(), c.who)
	if err != nil {
		return err
	}
	for i := range hostings {
		hostings[i].Areas = opening(hostings[i])
	}
	if own := hostings[0]; len(own.Areas) <= 1 {
		// Most people have no hosting of their own, and came for somebody else's.
		hostings = append(hostings[1:], own)
	}
	return c.render(http.StatusOK, "dashboard", "dashboard.title", dashboard{
		c.r.FormValue("welcome") != "", c.r.FormValue("confirmed") != "", c.who.Unconfirmed, hostings,
	})
}

// opening leaves the menus that open, and the areas that have any. An owner is told of
// tickets anyway and is shown no entry for it.
func opening(h reference.Hosting) []reference.Area {
	var areas []reference.Area
	for _, area := range h.Areas {
		area.Menus = slices.DeleteFunc(area.Menus, func(m reference.Menu) bool {
			p, _ := hosting.ByName(area.Scope, m.Name)
			return !m.Allowed || h.Own && p.Has(hosting.TraitNotification)
		})
		if len(area.Menus) > 0 {
			areas = append(areas, area)
		}
	}
	return areas
}

// menuPage is one menu that was asked for.
type menuPage struct {
	Scope hosting.Scope
	reference.OpenedMenu
	// Notified: the permission opens no menu; its holder is told.
	Notified bool
	// TwoFactor: the menu would open with a second factor.
	TwoFactor bool
}

func (c *call) menu() error {
	scope := scopeOf(c.r.PathValue("scope"))
	menu, err := c.server.OpenMenu(c.r.Context(), c.who, reference.MenuQuery{
		Owner: c.id("owner"), Scope: scope, Place: c.id("place"), Menu: c.r.PathValue("menu"),
	})
	if err != nil {
		return err
	}
	if menu.Reason == access.ReasonNoMenu {
		return c.nothing()
	}
	p, _ := hosting.ByName(scope, menu.Name)
	shown := menuPage{
		Scope: scope, OpenedMenu: menu, Notified: p.Has(hosting.TraitNotification), TwoFactor: menu.Reason == access.ReasonTwoFactor,
	}
	if !menu.Allowed {
		return c.render(http.StatusForbidden, "denied", "denied.title", shown)
	}
	return c.render(http.StatusOK, "menu", "menu.title", shown, c.lang.label(scope, menu.Name))
}

// scopeOf reads a scope in an address, where it is written small.
func scopeOf(word string) hosting.Scope {
	for _, scope := range []hosting.Scope{hosting.ScopeOverall, hosting.ScopeAccount, hosting.ScopeServer} {
		if strings.ToLower(string(scope)) == word {
			return scope
		}
	}
	return ""
}

// reason is why a menu opens or not, in the language of the page. Package access gives it in
// English.
func (l lang) reason(text string) string {
	if said, ok := reasons[text]; ok {
		return l.of(said)
	}
	return text
}
