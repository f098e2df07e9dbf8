package reference

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/internal/reference/mailer"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

const (
	// ConfirmationLife is how long the link of a confirmation mail works.
	ConfirmationLife = 24 * time.Hour
	// confirmationSpan is the window in which the confirmation mails to one address are counted,
	// confirmationsPerAddress how many there may be: whoever asks may not be whom they reach.
	confirmationSpan        = 24 * time.Hour
	confirmationsPerAddress = 3
)

// ErrConfirmFirst says that the address has a profile already, and that nothing but a mail can show
// whether it is the same person's.
var ErrConfirmFirst = errors.New("the address has an unconfirmed profile")

// opening is what a link opens.
type opening struct {
	email   string
	expires time.Time
	// owner whose rows it claims. The link was told by the API, so it shows nothing about the
	// mailbox. 0: it was mailed to the address and claims every row of it.
	owner int64
	// profile of the address, which is unconfirmed, or 0 where there is none.
	profile int64
}

// opened is what the token of a link opens. A token is never taken for an address.
func (s *Server) opened(tx *store.Tx, token string) (opening, error) {
	if token == "" || strings.ContainsAny(token, "@/") {
		return opening{}, ErrLinkUnknown
	}
	o, err := s.linked(tx, token)
	if errors.Is(err, store.ErrNotFound) {
		spent, err := tx.LinkSpent(token)
		if err == nil && spent {
			return o, ErrLinkUsed
		}
		return o, errors.Join(err, ErrLinkUnknown)
	}
	switch {
	case err != nil:
		return o, err
	case !s.clock.Now().Before(o.expires):
		return o, ErrLinkExpired
	case o.owner != 0 && o.profile != 0:
		return o, ErrConfirmFirst
	}
	return o, nil
}

// linked finds a link among those that the API tells, those that invitations were mailed with, and
// those of confirmation mails.
func (s *Server) linked(tx *store.Tx, token string) (o opening, err error) {
	id, err := tx.RowOfInvitation(token)
	told := err == nil
	if errors.Is(err, store.ErrNotFound) {
		id, err = tx.RowOfMailedLink(token)
	}
	if errors.Is(err, store.ErrNotFound) {
		return s.confirmationLink(tx, token)
	}
	if err != nil {
		return o, err
	}
	row, err := tx.Permission(store.Filter{ID: id})
	if err != nil {
		return o, err
	}
	if row.Invitation == nil {
		return o, store.ErrNotFound
	}
	o = opening{email: row.Email, expires: row.Invitation.Expires}
	if told {
		o.owner = row.Owner
	}
	profile, err := tx.ProfileOf(row.Email)
	if errors.Is(err, store.ErrNotFound) {
		return o, nil
	}
	o.profile = profile.ID
	return o, err
}

func (s *Server) confirmationLink(tx *store.Tx, token string) (o opening, err error) {
	confirmation, err := tx.ConfirmationByToken(token)
	if err != nil {
		return o, err
	}
	profile, err := tx.Profile(confirmation.Profile)
	return opening{email: profile.Email, expires: confirmation.Expires, profile: profile.ID}, err
}

// claim makes the profile that a link is about and gives it what the link claims.
func (s *Server) claim(tx *store.Tx, o opening, factor bool) (int64, error) {
	profile := store.Profile{Email: o.email, TOTP: factor}
	if o.owner == 0 {
		return s.putProfile(tx, profile)
	}
	id, err := tx.PutProfile(profile)
	if err != nil {
		return 0, err
	}
	if err := tx.SetUnconfirmed(id, o.owner); err != nil {
		return 0, err
	}
	if err := tx.SpendLinks(o.email, o.owner); err != nil {
		return 0, err
	}
	return id, tx.Link(o.email, id, o.owner)
}

// putProfile makes or changes a profile whose mailbox is its person's; it is given every row of its
// address.
func (s *Server) putProfile(tx *store.Tx, p store.Profile) (int64, error) {
	id, err := tx.PutProfile(p)
	if err != nil {
		return 0, err
	}
	if err := tx.SpendLinks(p.Email, 0); err != nil {
		return 0, err
	}
	if err := tx.Confirm(id); err != nil {
		return 0, err
	}
	return id, tx.Link(p.Email, id, 0)
}

// claims says whether a profile is given at once what an owner gives its address: a confirmed one
// always, another one by the owner behind whose link it was made.
func claims(tx *store.Tx, profile, owner int64) (bool, error) {
	by, unconfirmed, err := tx.Unconfirmed(profile)
	return !unconfirmed || by == owner, err
}

// Confirm shows, by a link that was mailed to the address, that the mailbox of the profile that is
// logged in is its person's. The profile is given every row of its address. Errors: those of
// Welcome; ErrLinkUnknown also where the link is another profile's.
func (s *Server) Confirm(ctx context.Context, v Visitor, token string) error {
	return s.update(ctx, func(tx *store.Tx) error {
		o, err := s.opened(tx, token)
		if err != nil {
			return err
		}
		now, _, err := s.visitor(tx, v.Session)
		if err != nil {
			return err
		}
		if !o.confirms(now) {
			return ErrLinkUnknown
		}
		return errors.Join(tx.SpendLinks(o.email, 0), tx.Confirm(o.profile), tx.Link(o.email, o.profile, 0))
	})
}

// confirms says whether a link needs nothing more than a click of the visitor.
func (o opening) confirms(v Visitor) bool {
	return o.owner == 0 && o.profile != 0 && o.profile == v.Profile && !v.AwaitsCode()
}

// MailConfirmation mails the profile that is logged in a link that confirms its mailbox. It does
// nothing where that is confirmed, or where no mails are sent. The error is a *ThrottledError where
// the address was mailed too often.
func (s *Server) MailConfirmation(ctx context.Context, v Visitor) error {
	return s.update(ctx, func(tx *store.Tx) error { return s.askForConfirmation(tx, v.Profile) })
}

// MailConfirmationOf does the same for the address that a link is about which does not open before
// (ErrConfirmFirst). Errors, besides: those of Welcome.
func (s *Server) MailConfirmationOf(ctx context.Context, token string) error {
	return s.update(ctx, func(tx *store.Tx) error {
		o, err := s.opened(tx, token)
		if errors.Is(err, ErrConfirmFirst) {
			return s.askForConfirmation(tx, o.profile)
		}
		return err
	})
}

func (s *Server) askForConfirmation(tx *store.Tx, profile int64) error {
	_, unconfirmed, err := tx.Unconfirmed(profile)
	if err != nil || !unconfirmed || s.mailer == nil {
		return err
	}
	who, err := tx.Profile(profile)
	if err != nil {
		return err
	}
	if wait, ok := s.signIn.confirmations.Allow(store.Address(who.Email), confirmationsPerAddress); !ok {
		return &ThrottledError{After: wait}
	}
	now := s.clock.Now()
	if err := tx.AskConfirmation(profile, rand.Text(), now, now.Add(ConfirmationLife)); err != nil {
		return err
	}
	return tx.QueueConfirmation(profile, now)
}

// confirmationMail is nil where the mailbox was confirmed, or the link has ended, while it waited.
func (s *Server) confirmationMail(tx *store.Tx, ref store.MailRef) (func(context.Context) error, error) {
	confirmation, err := tx.ConfirmationOf(ref.Profile)
	if errors.Is(err, store.ErrNotFound) || err == nil && !s.clock.Now().Before(confirmation.Expires) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	profile, err := tx.Profile(ref.Profile)
	message := mailer.Confirmation{
		To: profile.Email, Link: s.link(confirmation.Token), Ordinal: confirmation.Mails, Expires: confirmation.Expires,
	}
	return func(ctx context.Context) error { return s.mailer.Confirm(ctx, message) }, err
}
