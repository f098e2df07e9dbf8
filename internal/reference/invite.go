package reference

import (
	"context"
	"crypto/rand"
	"net/http"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/mailer"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// InvitePermission implements the contract. It always takes effect at once, after the writes
// that the owner asked for before.
func (a *api) InvitePermission(ctx context.Context, request InvitePermissionRequestObject) (InvitePermissionResponseObject, error) {
	again := PermissionInvite{}
	if request.Body != nil {
		again = *request.Body
	}
	err := a.update(ctx, func(tx *store.Tx) error {
		owner := callerOf(ctx).owner.ID
		if err := a.settle(tx, owner); err != nil {
			return err
		}
		if request.Id == 0 {
			return store.ErrNotFound
		}
		row, err := tx.Permission(store.Filter{Owner: owner, ID: request.Id})
		if err != nil {
			return err
		}
		return a.inviteAgain(tx, row, again)
	})
	return InvitePermission204Response{}, err
}

// inviteAgain gives the invitation of a row a full life. The link of one that is pending stays,
// for it is in a mail that may have been read; one that ran out is replaced.
func (s *Server) inviteAgain(tx *store.Tx, row store.Permission, again PermissionInvite) error {
	switch {
	case row.Profile != 0 || row.Invitation == nil:
		return conflict("profile", "The person has a profile: there is nobody to be invited.")
	case again.Mails != nil && *again.Mails != row.Invitation.Mails:
		return conflict("mails", "The invitation was asked to be mailed another number of times.")
	}
	now, token := s.clock.Now(), ""
	if !now.Before(row.Invitation.Expires) {
		token = rand.Text()
	}
	if err := tx.Prolong(row.ID, token, now.Add(InvitationLife)); err != nil {
		return err
	}
	if again.Notify != nil && !*again.Notify {
		return nil
	}
	return s.askForMail(tx, row.ID)
}

func conflict(field, complaint string) error {
	return &refusal{status: http.StatusConflict, body: Failure{field: []string{complaint}}}
}

// maxLines is how many places a mail names; the rest is counted.
const maxLines = 20

// invitationTo writes to whom a row belongs what it holds, and where to initialise a profile: not
// behind the link that the API tells, so that whoever follows it reads the mailbox.
func (s *Server) invitationTo(tx *store.Tx, owner store.Profile, row store.Permission) (mailer.Mail, error) {
	token, err := tx.MailedLink(row.ID, rand.Text())
	if err != nil {
		return mailer.Mail{}, err
	}
	m := mailer.Mail{
		To: row.Email, Owner: owner.Email, Link: s.link(token), Ordinal: row.Invitation.Mails,
		Expires: row.Invitation.Expires, TwoFactor: row.Require2FA,
	}
	names, err := placeNames(tx, owner.ID)
	name := func(r hosting.Right) string { return names[r.ID] }
	rights := personOf(row).Rights
	m.English, m.French = hosting.English.Describe(rights, name, maxLines), hosting.French.Describe(rights, name, maxLines)
	return m, err
}
