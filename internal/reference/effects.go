package reference

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"time"

	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// settle makes every pending write of the owner take effect.
func (s *Server) settle(tx *store.Tx, owner int64) error {
	for {
		pending, err := tx.TakePending(owner)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.takeEffect(tx, pending); err != nil {
			return err
		}
	}
}

// settleDue makes the pending writes take effect whose time has come. It returns how long
// until the next one, 0 if there is none.
func (s *Server) settleDue(ctx context.Context) (wait time.Duration, err error) {
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		for {
			due, err := tx.NextPending()
			if errors.Is(err, store.ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
			if wait = due.Sub(s.clock.Now()); wait > 0 {
				return nil
			}
			wait = 0
			pending, err := tx.TakePending(0)
			if err != nil {
				return err
			}
			if err := s.takeEffect(tx, pending); err != nil {
				return err
			}
		}
	})
	wake(s.wakeMails)
	return wait, err
}

// takeEffect makes one write.
func (s *Server) takeEffect(tx *store.Tx, w store.PendingWrite) error {
	if w.Kind == store.WriteDelete {
		return tx.DeletePermission(w.Permission)
	}
	if err := tx.Apply(w.Permission, w.Change); err != nil {
		return err
	}
	if w.Kind == store.WriteCreate {
		return s.appear(tx, w.Permission, w.Notify)
	}
	return nil
}

// appear shows a new row: to a person with a profile it belongs at once, if it may without
// another look at the mailbox; anybody else is invited. Without notify the invitation waits for the owner to hand over its link.
func (s *Server) appear(tx *store.Tx, id int64, notify bool) error {
	if err := tx.Show(id); err != nil {
		return err
	}
	row, err := tx.Permission(store.Filter{ID: id})
	if err != nil {
		return err
	}
	profile, err := tx.ProfileOf(row.Email)
	if err == nil {
		theirs, err := claims(tx, profile.ID, row.Owner)
		if err != nil || theirs {
			return errors.Join(err, tx.Link(row.Email, profile.ID, row.Owner))
		}
	} else if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	now := s.clock.Now()
	invitation := store.Invitation{Token: rand.Text(), Created: now, Expires: now.Add(InvitationLife)}
	if err := tx.InsertInvitation(id, invitation); err != nil || !notify {
		return err
	}
	return s.askForMail(tx, id)
}

// askForMail counts that an invitation is to be mailed, and has it mailed.
func (s *Server) askForMail(tx *store.Tx, id int64) error {
	if err := tx.CountMail(id); err != nil || s.mailer == nil {
		return err
	}
	return tx.QueueMail(id, s.clock.Now())
}

// invitationJSON tells an invitation's state; its link only while it is pending.
func (s *Server) invitationJSON(i *store.Invitation) *Invitation {
	if i == nil {
		return nil
	}
	expires := i.Expires.UTC()
	told := &Invitation{State: Pending, Expires: &expires, Mails: &i.Mails}
	switch {
	case i.Accepted:
		told.State = Accepted
	case !s.clock.Now().Before(i.Expires):
		told.State = Expired
	default:
		link := s.link(i.Token)
		told.Link = &link
	}
	return told
}

func (s *Server) link(token string) string { return s.linkBase() + linkPath + token }

// linkPath is where the page to initialise a profile belongs.
const linkPath = "/initialise/"

var errNoInvitation = &refusal{status: http.StatusBadRequest, body: Failure{
	"who": []string{"No pending invitation for this link or address: it was accepted, has expired, or never was."},
}}
