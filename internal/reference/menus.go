package reference

import (
	"context"
	"errors"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/access"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// ConsolePlace is an account or a server of an owner.
type ConsolePlace struct {
	ID   int64
	Name string
}

// Places lists an owner's accounts or servers, by id.
func (s *Server) Places(ctx context.Context, owner string, scope hosting.Scope) (places []ConsolePlace, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		profile, err := ownerNamed(tx, owner)
		if err != nil {
			return err
		}
		stored, err := tx.Places(profile.ID, scope)
		for _, p := range stored {
			places = append(places, ConsolePlace{p.ID, p.Name})
		}
		return err
	})
	return places, err
}

// Menu is one menu of an owner's hosting, and whether it opens.
type Menu struct {
	// Name is a permission's in the catalogue, access.MenuServerStatus or
	// access.MenuConfiguration.
	Name string
	access.Answer
}

// Area is where menus are: an account, a server, or, without a place, the hosting overall.
type Area struct {
	Scope hosting.Scope
	Place ConsolePlace
	// Menus of the area, those that do not open as well.
	Menus []Menu
}

// Hosting is an owner's hosting as one person sees it.
type Hosting struct {
	// Owner is the id of the owner's profile.
	Owner      int64
	OwnerEmail string
	// Own: the person is the owner.
	Own bool
	// Locked: "2FA required" keeps every menu shut until the person logs in with a second
	// factor.
	Locked bool
	Areas  []Area
}

// Hostings lists what somebody sees: their own hosting first, then those they have a row
// with that is theirs by now.
func (s *Server) Hostings(ctx context.Context, v Visitor) (list []Hosting, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		list = nil
		rows, err := tx.Permissions(store.Filter{Address: v.Email})
		if err != nil {
			return err
		}
		owners := []int64{v.Profile}
		for _, row := range rows {
			if row.Owner != v.Profile && claimed(row) {
				owners = append(owners, row.Owner)
			}
		}
		for _, owner := range owners {
			h, err := hostingIn(tx, owner, v)
			if err != nil {
				return err
			}
			list = append(list, h)
		}
		return nil
	})
	return list, err
}

func hostingIn(tx *store.Tx, id int64, v Visitor) (Hosting, error) {
	owner, err := tx.Profile(id)
	if err != nil {
		return Hosting{}, err
	}
	who, err := person(tx, owner, v.Email)
	if err != nil {
		return Hosting{}, err
	}
	h := Hosting{
		Owner: id, OwnerEmail: owner.Email, Own: who.Owner,
		Locked: who.RequireTwoFactor && !v.UsedSecondFactor,
	}
	h.Areas = []Area{areaOf(who, v, hosting.ScopeOverall, store.Place{})}
	for _, scope := range []hosting.Scope{hosting.ScopeAccount, hosting.ScopeServer} {
		places, err := tx.Places(id, scope)
		if err != nil {
			return h, err
		}
		for _, p := range places {
			h.Areas = append(h.Areas, areaOf(who, v, scope, p))
		}
	}
	return h, nil
}

func areaOf(who access.Person, v Visitor, scope hosting.Scope, place store.Place) Area {
	area := Area{Scope: scope, Place: ConsolePlace{place.ID, place.Name}}
	for _, menu := range access.Menus(scope) {
		answer := access.Check(who, access.Query{
			Scope: scope, Place: place.ID, Server: place.Server, Menu: menu, SecondFactor: v.UsedSecondFactor,
		})
		area.Menus = append(area.Menus, Menu{menu, answer})
	}
	return area
}

// MenuQuery is a menu that somebody who is logged in asks for, by ids.
type MenuQuery struct {
	Owner int64
	Scope hosting.Scope
	// Place is 0 for menus of the hosting overall.
	Place int64
	Menu  string
}

// OpenedMenu is a menu that was asked for.
type OpenedMenu struct {
	Menu
	// OwnerEmail and Place are empty for those who have nothing to do with the owner.
	OwnerEmail string
	Place      string
}

// OpenMenu decides whether a menu opens. Who has no row with an owner learns neither whether
// there is one nor what they have.
func (s *Server) OpenMenu(ctx context.Context, v Visitor, q MenuQuery) (m OpenedMenu, err error) {
	m.Name = q.Menu
	question := access.Query{Scope: q.Scope, Place: q.Place, Menu: q.Menu, SecondFactor: v.UsedSecondFactor}
	err = s.store.View(ctx, func(tx *store.Tx) error {
		owner, err := tx.Profile(q.Owner)
		if errors.Is(err, store.ErrNotFound) {
			m.Answer = access.Check(access.Person{}, question)
			return nil
		}
		if err != nil {
			return err
		}
		who, err := person(tx, owner, v.Email)
		if err != nil {
			return err
		}
		if !who.Owner && !who.Profile {
			who = access.Person{}
		} else {
			m.OwnerEmail = owner.Email
			place, err := placeOf(tx, q)
			if err != nil {
				return err
			}
			m.Place, question.Place, question.Server = place.Name, place.ID, place.Server
		}
		m.Answer = access.Check(who, question)
		return nil
	})
	return m, err
}

// placeOf finds the place asked for among the owner's, or none.
func placeOf(tx *store.Tx, q MenuQuery) (store.Place, error) {
	places, err := tx.Places(q.Owner, q.Scope)
	for _, p := range places {
		if p.ID == q.Place {
			return p, err
		}
	}
	return store.Place{}, err
}
