package reference

import (
	"context"
	"strconv"
	"time"

	"github.com/hostgrant/hostgrant/internal/reference/credentials"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// setUpTime is how long a new second factor may take from being shown to its first code.
const setUpTime = time.Hour

// issuer is what an authenticator app lists our codes under.
const issuer = "Hosting"

// NewFactor is a second factor to be set up: it counts once a code of it was entered.
type NewFactor struct {
	credentials.Key
	// Sealed has to come back with the code.
	Sealed string
}

// newFactor shows a second factor for one purpose; the one in sealed, where that is still
// good, so that a page shown again goes on with what was scanned.
func (s *Server) newFactor(purpose, email, sealed string) (f NewFactor, err error) {
	secret, ok := s.signIn.sealer.Open(purpose, sealed, s.clock.Now())
	if !ok {
		if secret, err = credentials.NewSecret(); err != nil {
			return f, err
		}
		if sealed, err = s.signIn.sealer.Seal(purpose, secret, s.clock.Now().Add(setUpTime)); err != nil {
			return f, err
		}
	}
	f.Sealed = sealed
	f.Key, err = credentials.KeyOf(secret, issuer, email)
	return f, err
}

// confirmed is the second factor whose first code is right.
func (s *Server) confirmed(purpose, sealed, code string) (store.SecondFactor, error) {
	secret, ok := s.signIn.sealer.Open(purpose, sealed, s.clock.Now())
	if !ok {
		return store.SecondFactor{}, ErrCodeRefused
	}
	step, ok := credentials.Step(secret, code, s.clock.Now())
	if !ok {
		return store.SecondFactor{}, ErrCodeRefused
	}
	return store.SecondFactor{Secret: secret, Used: step}, nil
}

func factorPurpose(profile int64) string { return "profile " + strconv.FormatInt(profile, 10) }

// NewSecondFactor shows a second factor that v may set up.
func (s *Server) NewSecondFactor(v Visitor, sealed string) (NewFactor, error) {
	return s.newFactor(factorPurpose(v.Profile), v.Email, sealed)
}

// SetUpSecondFactor gives a profile the second factor shown, or, for its password, another
// one than before. Every session of the profile ends; this one goes on under the id returned,
// with the second factor used. Errors: ErrCodeRefused, ErrLogInRefused, *ThrottledError.
func (s *Server) SetUpSecondFactor(ctx context.Context, v Visitor, sealed, code, password, client string) (next string, err error) {
	if v.HasSecondFactor {
		if _, err := s.passwordOf(ctx, v.Email, password, client); err != nil {
			return "", err
		}
	}
	if err := s.attempt(factorPurpose(v.Profile), attemptsPerAddress); err != nil {
		return "", err
	}
	factor, err := s.confirmed(factorPurpose(v.Profile), sealed, code)
	if err != nil {
		return "", err
	}
	return s.renewed(ctx, v, true, func(tx *store.Tx) error { return tx.SetSecondFactor(v.Profile, factor) })
}

// RemoveSecondFactor takes a profile's second factor away, for its password. Every session
// of the profile ends; this one goes on under the id returned. Errors: ErrLogInRefused,
// *ThrottledError.
func (s *Server) RemoveSecondFactor(ctx context.Context, v Visitor, password, client string) (next string, err error) {
	if _, err := s.passwordOf(ctx, v.Email, password, client); err != nil {
		return "", err
	}
	return s.renewed(ctx, v, false, func(tx *store.Tx) error { return tx.DropSecondFactor(v.Profile) })
}

// renewed changes how a profile logs in, and has only whoever did it stay logged in.
func (s *Server) renewed(ctx context.Context, v Visitor, factor bool, change func(*store.Tx) error) (next string, err error) {
	err = s.update(ctx, func(tx *store.Tx) error {
		if _, _, err := s.visitor(tx, v.Session); err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		if err := tx.DeleteSessionsOf(v.Profile); err != nil {
			return err
		}
		next, err = s.openSession(tx, v.Session, v.Profile, factor)
		return err
	})
	return next, err
}

// Code is the code that an authenticator app would show now for somebody's second factor.
// It is for tests and for those who run the hosting; ErrNotFound: they have none.
func (s *Server) Code(ctx context.Context, email string) (code string, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		profile, err := tx.ProfileOf(email)
		if err != nil {
			return err
		}
		factor, err := tx.SecondFactor(profile.ID)
		if err != nil {
			return err
		}
		if factor.Secret == "" {
			return store.ErrNotFound
		}
		code, err = credentials.Code(factor.Secret, s.clock.Now())
		return err
	})
	return code, err
}
