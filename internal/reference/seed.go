package reference

import (
	"context"
	"errors"
	"fmt"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/credentials"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// Seed is what a hosting starts with. Seeding again adds what is missing and changes what
// is given differently; it removes nothing.
type Seed struct {
	Owners   []SeedOwner   `json:"owners,omitempty"`
	Profiles []SeedProfile `json:"profiles,omitempty"`
	// ExtraPermissions are wire keys this provider knows and the catalogue lacks.
	ExtraPermissions []SeedPermission `json:"extraPermissions,omitempty"`
}

// SeedOwner is a customer with an API token.
type SeedOwner struct {
	Email string `json:"email"`
	// Token of the API; it replaces the one before. Empty: stays as it is.
	Token string `json:"token,omitempty"`
	// TwoFactor: the owner has set up a second factor.
	TwoFactor bool `json:"twoFactor,omitempty"`
	SeedLogIn
	Servers  []SeedServer  `json:"servers,omitempty"`
	Accounts []SeedAccount `json:"accounts,omitempty"`
	// Rows the owner made in the console. One whose address has a row is left alone. Nobody
	// is mailed.
	Rows []Row `json:"rows,omitempty"`
}

// SeedServer is a server of a Private Cloud.
type SeedServer struct {
	// ID is chosen where it is 0. With the id of a server that exists, it is renamed.
	ID   int64  `json:"id,omitempty"`
	Name string `json:"name"`
}

// SeedAccount is a hosting account.
type SeedAccount struct {
	// ID is chosen where it is 0. With the id of an account that exists, it is renamed.
	// Accounts and servers are numbered together.
	ID   int64  `json:"id,omitempty"`
	Name string `json:"name"`
	// Server it is located on, by name; empty for a data centre.
	Server string `json:"server,omitempty"`
}

// SeedProfile is a person the provider knows.
type SeedProfile struct {
	Email string `json:"email"`
	// TwoFactor: the person has set up a second factor.
	TwoFactor bool `json:"twoFactor,omitempty"`
	SeedLogIn
}

// SeedLogIn is what a person logs in to the web pages with.
type SeedLogIn struct {
	// Password of 12 to 128 characters; it replaces the one before, and only its digest is
	// kept. Empty: stays as it is. Without one there is no logging in.
	Password string `json:"password,omitempty"`
	// TOTPSecret of the second factor in base 32 (26 characters or more); it replaces the one
	// before and means twoFactor. Empty: stays as it is.
	TOTPSecret string `json:"totpSecret,omitempty"`
}

// SeedPermission is a permission beyond the catalogue.
type SeedPermission struct {
	// Scope is "Account" or "Server".
	Scope hosting.Scope `json:"scope"`
	Key   string        `json:"key"`
}

// Seed puts the seed in place, all of it or, with an error naming the entry, nothing.
func (s *Server) Seed(ctx context.Context, seed Seed) error {
	return s.update(ctx, func(tx *store.Tx) error {
		for i, p := range seed.ExtraPermissions {
			if p.Key == "" || p.Scope != hosting.ScopeAccount && p.Scope != hosting.ScopeServer {
				return invalid(fmt.Sprintf("extraPermissions[%d]", i), `Needs a key, and "Account" or "Server" as scope.`)
			}
			if err := tx.PutExtraKey(p.Scope, p.Key); err != nil {
				return err
			}
		}
		for i, p := range seed.Profiles {
			if err := s.seedProfile(tx, p); err != nil {
				return fmt.Errorf("profiles[%d]: %w", i, err)
			}
		}
		for i, o := range seed.Owners {
			if err := s.seedOwner(tx, o); err != nil {
				return fmt.Errorf("owners[%d]: %w", i, err)
			}
		}
		return nil
	})
}

func (s *Server) seedProfile(tx *store.Tx, p SeedProfile) error {
	if !wellFormed(p.Email) {
		return invalid("email", "Enter a valid email address.")
	}
	id, err := s.putProfile(tx, store.Profile{Email: p.Email, TOTP: p.TwoFactor})
	if err != nil {
		return err
	}
	return seedLogIn(tx, id, p.SeedLogIn)
}

func (s *Server) seedOwner(tx *store.Tx, o SeedOwner) error {
	if !wellFormed(o.Email) {
		return invalid("email", "Enter a valid email address.")
	}
	id, err := s.putProfile(tx, store.Profile{Email: o.Email, TOTP: o.TwoFactor})
	if err != nil {
		return err
	}
	if err := seedLogIn(tx, id, o.SeedLogIn); err != nil {
		return err
	}
	if o.Token != "" {
		if err := checkToken(o.Token); err != nil {
			return err
		}
		if err := tx.SetToken(id, o.Token); err != nil {
			return err
		}
	}
	if err := seedPlaces(tx, id, o); err != nil {
		return err
	}
	return s.seedRows(tx, o)
}

// seedLogIn sets what is given of a log-in. Somebody with a password and a second factor
// that nobody knows could not log in.
func seedLogIn(tx *store.Tx, profile int64, in SeedLogIn) error {
	if in.TOTPSecret != "" {
		if !credentials.ValidSecret(in.TOTPSecret) {
			return invalid("totpSecret", "Base 32 of 16 to 64 bytes, in upper case and without padding.")
		}
		if err := seedFactor(tx, profile, in.TOTPSecret); err != nil {
			return err
		}
	}
	if in.Password == "" {
		return nil
	}
	if !credentials.LongEnough(in.Password) {
		return invalid("password", "Use 12 to 128 characters.")
	}
	who, err := tx.Profile(profile)
	if err != nil {
		return err
	}
	factor, err := tx.SecondFactor(profile)
	if err != nil {
		return err
	}
	if who.TOTP && factor.Secret == "" {
		return invalid("totpSecret", "Needed beside a password where twoFactor is true, or nobody could log in.")
	}
	digest, err := credentials.DigestPassword(in.Password)
	if err != nil {
		return err
	}
	return tx.SetPassword(profile, digest)
}

// seedFactor leaves a second factor alone that is the same: its used codes stay used.
func seedFactor(tx *store.Tx, profile int64, secret string) error {
	before, err := tx.SecondFactor(profile)
	if err != nil || before.Secret == secret {
		return err
	}
	return tx.SetSecondFactor(profile, store.SecondFactor{Secret: secret})
}

func seedPlaces(tx *store.Tx, id int64, o SeedOwner) error {
	for _, server := range o.Servers {
		if err := seedPlace(tx, store.Place{ID: server.ID, Scope: hosting.ScopeServer, Owner: id, Name: server.Name}); err != nil {
			return err
		}
	}
	for _, account := range o.Accounts {
		place := store.Place{ID: account.ID, Scope: hosting.ScopeAccount, Owner: id, Name: account.Name}
		if account.Server != "" {
			server, err := placeNamed(tx, id, hosting.ScopeServer, account.Server)
			if err != nil {
				return fmt.Errorf("account %q: server %q: %w", account.Name, account.Server, err)
			}
			place.Server = server.ID
		}
		if err := seedPlace(tx, place); err != nil {
			return err
		}
	}
	return nil
}

func seedPlace(tx *store.Tx, p store.Place) error {
	const longest = 128
	if p.Name == "" || len(p.Name) > longest || p.ID < 0 {
		return invalid("name", fmt.Sprintf("%s %q: a name has 1 to %d bytes, an id is not negative.", p.Scope, p.Name, longest))
	}
	if _, err := tx.PutPlace(p); err != nil {
		return fmt.Errorf("%s %q, id %d: %w", p.Scope, p.Name, p.ID, err)
	}
	return nil
}

func (s *Server) seedRows(tx *store.Tx, o SeedOwner) error {
	for _, row := range o.Rows {
		w, err := consoleWrite(tx, o.Email, row)
		if err != nil {
			return err
		}
		_, err = tx.Permission(store.Filter{Owner: w.owner, Address: row.Email, Hidden: true})
		if err == nil && row.Email != "" {
			continue
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		w.kind = store.WriteCreate
		if _, err := s.writeIn(tx, w); err != nil {
			return err
		}
	}
	return nil
}
