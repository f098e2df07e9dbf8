package reference

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/internal/reference/credentials"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// Why a link does not open, and what is wrong with what was entered behind it.
var (
	ErrLinkUnknown    = errors.New("there is no such invitation")
	ErrLinkExpired    = errors.New("the invitation has expired")
	ErrLinkUsed       = errors.New("the invitation was accepted already")
	ErrPasswordLength = errors.New("the password has too few or too many characters")
	ErrFactorNeeded   = errors.New("a second factor is required")
)

// Welcome is what the link of an invitation shows.
type Welcome struct {
	Email   string
	Expires time.Time
	// Rows wait for the person.
	Rows []HeldRow
	// TwoFactor: a row that waits has the "2FA required" box checked.
	TwoFactor bool
	// Factor may be set up at once.
	Factor NewFactor
}

// Welcome opens the link of an invitation; sealed is of the page shown before, if any.
// Errors: ErrLinkUnknown, ErrLinkExpired, ErrLinkUsed.
func (s *Server) Welcome(ctx context.Context, token, sealed string) (w Welcome, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		row, err := s.opened(tx, token)
		if err != nil {
			return err
		}
		w.Email, w.Expires = row.Email, row.Invitation.Expires
		w.Rows, err = s.heldIn(tx, row.Email)
		return err
	})
	if err != nil {
		return w, err
	}
	for _, row := range w.Rows {
		w.TwoFactor = w.TwoFactor || row.RequireTwoFactor
	}
	w.Factor, err = s.newFactor(linkPath+token, w.Email, sealed)
	return w, err
}

// opened is the row that waits for the token. A token is never taken for an address.
func (s *Server) opened(tx *store.Tx, token string) (row store.Permission, err error) {
	if token == "" || strings.ContainsAny(token, "@/") {
		return row, ErrLinkUnknown
	}
	row, err = s.invited(tx, token)
	if errors.Is(err, errNoInvitation) {
		spent, err := tx.LinkSpent(token)
		if err == nil && spent {
			return row, ErrLinkUsed
		}
		return row, errors.Join(err, ErrLinkUnknown)
	}
	if err != nil {
		return row, err
	}
	if told := s.invitationJSON(row.Invitation); told == nil || told.State != Pending {
		return row, ErrLinkExpired
	}
	return row, nil
}

// Initialise is what the person enters who opens the link of an invitation.
type Initialise struct {
	Token    string
	Password string
	// Sealed second factor as it was shown, and a code of it; without a code none is set up.
	Sealed, Code string
	// Session held before, if any; it ends.
	Session string
}

// Initialise makes the profile of an invited person, which gives them every row of their
// address, and logs them in. Errors, besides those of Welcome: ErrPasswordLength,
// ErrCodeRefused, ErrFactorNeeded where no code was given and a row that waits requires one.
func (s *Server) Initialise(ctx context.Context, in Initialise) (session string, err error) {
	welcome, err := s.Welcome(ctx, in.Token, in.Sealed)
	if err != nil {
		return "", err
	}
	digest, factor, err := s.entered(in, welcome.TwoFactor)
	if err != nil {
		return "", err
	}
	err = s.update(ctx, func(tx *store.Tx) error {
		row, err := s.opened(tx, in.Token)
		if err != nil {
			return err
		}
		id, err := s.putProfile(tx, store.Profile{Email: row.Email, TOTP: factor != nil})
		if err != nil {
			return err
		}
		if err := tx.SetPassword(id, digest); err != nil {
			return err
		}
		if factor != nil {
			if err := tx.SetSecondFactor(id, *factor); err != nil {
				return err
			}
		}
		session, err = s.openSession(tx, in.Session, id, factor != nil)
		return err
	})
	return session, err
}

// entered checks the whole form at once, so that everything wrong with it is told at once.
func (s *Server) entered(in Initialise, twoFactor bool) (digest string, factor *store.SecondFactor, err error) {
	if !credentials.LongEnough(in.Password) {
		err = ErrPasswordLength
	}
	switch {
	case in.Code != "":
		confirmed, wrong := s.confirmed(linkPath+in.Token, in.Sealed, in.Code)
		factor, err = &confirmed, errors.Join(err, wrong)
	case twoFactor:
		err = errors.Join(err, ErrFactorNeeded)
	}
	if err != nil {
		return "", nil, err
	}
	digest, err = credentials.DigestPassword(in.Password)
	return digest, factor, err
}
