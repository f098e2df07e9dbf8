package reference

import (
	"context"
	"errors"
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
	// Replaces: the address has an unconfirmed profile. What is entered replaces how that one logs in.
	Replaces bool
	// Confirms: that profile is the one logged in, so that Confirm is enough.
	Confirms bool
}

// Welcome opens the link of an invitation or a confirmation mail; v is who is logged in, if
// anybody is, and sealed is of the page shown before, if any.
// Errors: ErrLinkUnknown, ErrLinkExpired, ErrLinkUsed, ErrConfirmFirst.
func (s *Server) Welcome(ctx context.Context, v Visitor, token, sealed string) (w Welcome, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		o, err := s.opened(tx, token)
		if err != nil {
			return err
		}
		w.Email, w.Expires, w.Replaces, w.Confirms = o.email, o.expires, o.profile != 0, o.confirms(v)
		w.Rows, err = s.heldIn(tx, o.email, func(row store.Permission) bool { return o.owner == 0 || o.owner == row.Owner })
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

// Initialise is what the person enters who opens the link of an invitation.
type Initialise struct {
	Token    string
	Password string
	// Sealed second factor as it was shown, and a code of it; without a code none is set up.
	Sealed, Code string
	// Session held before, if any; it ends.
	Session string
}

// Initialise makes the profile of an invited person and logs them in. A link that was mailed by
// this hosting gives them every row of their address, one that the API told those of its owner
// only: whoever was told it may not be the person. So the profile that such a link makes is
// unconfirmed, and a mailed one replaces how it logs in and ends its sessions. Errors, besides
// those of Welcome: ErrPasswordLength, ErrCodeRefused, ErrFactorNeeded where no code was given
// and a row that waits requires one.
func (s *Server) Initialise(ctx context.Context, in Initialise) (session string, err error) {
	welcome, err := s.Welcome(ctx, Visitor{}, in.Token, in.Sealed)
	if err != nil {
		return "", err
	}
	digest, factor, err := s.entered(in, welcome.TwoFactor)
	if err != nil {
		return "", err
	}
	err = s.update(ctx, func(tx *store.Tx) error {
		o, err := s.opened(tx, in.Token)
		if err != nil {
			return err
		}
		if o.profile != 0 {
			if err := errors.Join(tx.DropSecondFactor(o.profile), tx.DeleteSessionsOf(o.profile)); err != nil {
				return err
			}
		}
		id, err := s.claim(tx, o, factor != nil)
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
