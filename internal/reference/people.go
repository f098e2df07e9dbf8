package reference

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/access"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// AccessQuery asks whether somebody may open a menu on an owner's hosting.
type AccessQuery struct {
	// Owner and Email are addresses.
	Owner string `json:"owner"`
	Email string `json:"email"`
	// Scope is "Overall", "Account" or "Server".
	Scope hosting.Scope `json:"scope"`
	// Place is the name of the account or server.
	Place string `json:"place,omitempty"`
	// Menu is a permission's name in the catalogue, access.MenuServerStatus or
	// access.MenuConfiguration.
	Menu string `json:"menu"`
	// SecondFactor: they have logged in with two factors.
	SecondFactor bool `json:"secondFactor,omitempty"`
}

// AccessAnswer says whether it opens, and why or why not.
type AccessAnswer = access.Answer

// Check decides by what has taken effect, the way the administration enforces it. An error
// means that there is no such owner, or that the database failed.
func (s *Server) Check(ctx context.Context, q AccessQuery) (answer AccessAnswer, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		owner, err := ownerNamed(tx, q.Owner)
		if err != nil {
			return err
		}
		question := access.Query{Scope: q.Scope, Menu: q.Menu, SecondFactor: q.SecondFactor}
		if q.Scope == hosting.ScopeAccount || q.Scope == hosting.ScopeServer {
			place, err := placeNamed(tx, owner.ID, q.Scope, q.Place)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			question.Place, question.Server = place.ID, place.Server
		}
		person, err := person(tx, owner, q.Email)
		answer = access.Check(person, question)
		return err
	})
	return answer, err
}

func person(tx *store.Tx, owner store.Profile, email string) (access.Person, error) {
	if store.Address(email) == store.Address(owner.Email) {
		return access.Person{Owner: true}, nil
	}
	if email == "" {
		return access.Person{}, nil
	}
	row, err := tx.Permission(store.Filter{Owner: owner.ID, Address: email})
	if errors.Is(err, store.ErrNotFound) {
		return access.Person{}, nil
	}
	return personOf(row), err
}

// AcceptInvitation does what the person does who opens the link, without a password. who is the
// link, its token, or the address invited. A link that the API told claims what Initialise says;
// by the address, it is the person in their mailbox, who claims every row.
func (s *Server) AcceptInvitation(ctx context.Context, who string) error {
	return s.update(ctx, func(tx *store.Tx) error {
		o, err := s.invited(tx, who)
		switch {
		case errors.Is(err, ErrConfirmFirst):
			return conflict("who", "The address has a profile that is not confirmed: take a link that was mailed, or the address.")
		case errors.Is(err, ErrLinkUnknown), errors.Is(err, ErrLinkUsed), errors.Is(err, ErrLinkExpired), errors.Is(err, store.ErrNotFound):
			return errNoInvitation
		case err != nil:
			return err
		}
		_, err = s.claim(tx, o, false)
		return err
	})
}

func (s *Server) invited(tx *store.Tx, who string) (opening, error) {
	if !strings.Contains(who, "@") {
		return s.opened(tx, who[strings.LastIndexByte(who, '/')+1:])
	}
	id, err := tx.RowOfInvited(who, s.clock.Now())
	if err != nil {
		return opening{}, err
	}
	row, err := tx.Permission(store.Filter{ID: id})
	return opening{email: row.Email}, err
}

// Rename is a person changing the address of their profile: the same rows then carry the
// new one.
func (s *Server) Rename(ctx context.Context, from, to string) error {
	if !wellFormed(to) {
		return invalid("to", "Enter a valid email address.")
	}
	return s.update(ctx, func(tx *store.Tx) error { return tx.Rename(from, to) })
}

// RotateToken makes token the owner's only API token.
func (s *Server) RotateToken(ctx context.Context, owner, token string) error {
	if err := checkToken(token); err != nil {
		return err
	}
	return s.update(ctx, func(tx *store.Tx) error {
		profile, err := ownerNamed(tx, owner)
		if err != nil {
			return err
		}
		return tx.SetToken(profile.ID, token)
	})
}

// checkToken refuses what HTTP Basic with an appended scope cannot carry. Errors do not
// repeat the token.
func checkToken(token string) error {
	if token == "" || len(token) > 256 || strings.ContainsAny(token, " :\t\r\n") {
		return invalid("token", "1 to 256 bytes without spaces and colons.")
	}
	return nil
}

// RemovePlace removes an owner's account or server with every permission on it.
func (s *Server) RemovePlace(ctx context.Context, owner string, scope hosting.Scope, name string) error {
	return s.update(ctx, func(tx *store.Tx) error {
		profile, err := ownerNamed(tx, owner)
		if err != nil {
			return err
		}
		if err := tx.RemovePlace(profile.ID, scope, name); err != nil {
			return fmt.Errorf("%s %q: %w", scope, name, err)
		}
		return nil
	})
}
