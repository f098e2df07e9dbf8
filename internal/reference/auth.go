package reference

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/access"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// key is who sent a call and what they asked to act on.
type key struct {
	token string
	// profile behind the token.
	profile store.Profile
	// customer is the address of another owner to act for, empty for oneself.
	customer string
	// account to act on, by name, empty for all.
	account string
}

// caller is what a call acts on, once allowed.
type caller struct {
	// owner acted for.
	owner store.Profile
	// account the call is narrowed to, 0 for none.
	account int64
	// self: the key's own profile, not somebody it acts for.
	self bool
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	who, _ := ctx.Value(callerKey{}).(caller)
	return who
}

// parseKey takes apart the user name of HTTP Basic: the token, then words such as
// "account=NAME" and "customer=EMAIL". Source: the vendor's API documentation.
func parseKey(user string) (key, bool) {
	words := strings.Split(user, " ")
	k := key{token: words[0]}
	for _, word := range words[1:] {
		name, value, found := strings.Cut(word, "=")
		switch {
		case !found || value == "":
			return key{}, false
		case name == "account":
			k.account = value
		case name == "customer":
			k.customer = value
		default:
			return key{}, false
		}
	}
	return k, k.token != ""
}

// authenticate finds whose key it is. The vendor's keys come with an empty password.
func (s *Server) authenticate(r *http.Request) (key, error) {
	user, password, given := r.BasicAuth()
	k, wellFormed := parseKey(user)
	if !given || password != "" || !wellFormed {
		return key{}, s.badKey(r)
	}
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		k.profile, err = tx.ProfileOfToken(k.token)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return key{}, s.badKey(r)
	}
	return k, err
}

// scope finds what the key may act on. Whether an owner or account exists is not told to
// those who may not act on it.
func (s *Server) scope(ctx context.Context, k key) (who caller, err error) {
	forbidden := refuse(http.StatusForbidden, "You do not have permission to perform this action.")
	err = s.store.View(ctx, func(tx *store.Tx) error {
		who.owner, who.self = k.profile, true
		if k.customer != "" && store.Address(k.customer) != store.Address(k.profile.Email) {
			who.self = false
			if who.owner, err = tx.ProfileOf(k.customer); err != nil {
				return err
			}
			if ok, err := mayActFor(tx, k.profile, who.owner); !ok || err != nil {
				return errors.Join(err, store.ErrNotFound)
			}
		}
		if k.account != "" {
			place, err := placeNamed(tx, who.owner.ID, hosting.ScopeAccount, k.account)
			who.account = place.ID
			return err
		}
		return nil
	})
	if errors.Is(err, store.ErrNotFound) {
		return caller{}, forbidden
	}
	return who, err
}

// mayActFor says whether somebody's key may act for another owner: if they hold overall
// Account management there. That is an assumption; the vendor says only that `customer=`
// exists. A key can be made only by who has set up a second factor, if anyone asks for one.
func mayActFor(tx *store.Tx, who, owner store.Profile) (bool, error) {
	row, err := tx.Permission(store.Filter{Owner: owner.ID, Address: who.Email})
	if err != nil {
		return false, err
	}
	return access.Check(personOf(row), access.Query{
		Scope: hosting.ScopeOverall, Menu: "AccountManagement", SecondFactor: who.TOTP,
	}).Allowed, nil
}

// placeNamed finds an owner's account or server by name.
func placeNamed(tx *store.Tx, owner int64, scope hosting.Scope, name string) (store.Place, error) {
	places, err := tx.Places(owner, scope)
	if err != nil {
		return store.Place{}, err
	}
	for _, place := range places {
		if place.Name == name {
			return place, nil
		}
	}
	return store.Place{}, store.ErrNotFound
}
