package store

import (
	"errors"
	"time"
)

// Unconfirmed says whether nothing has shown yet that a profile's mailbox is its person's, and
// the owner behind whose link it was made.
func (t *Tx) Unconfirmed(profile int64) (owner int64, unconfirmed bool, err error) {
	err = t.one([]any{&owner}, `SELECT coalesce(owner, 0) FROM unconfirmed WHERE profile = ?`, profile)
	if errors.Is(err, ErrNotFound) {
		return 0, false, nil
	}
	return owner, err == nil, err
}

// SetUnconfirmed notes that a profile was made behind a link that the owner was told.
func (t *Tx) SetUnconfirmed(profile, owner int64) error {
	return t.run(`INSERT OR IGNORE INTO unconfirmed(profile, owner) VALUES(?, ?)`, profile, owner)
}

// Confirm notes that a profile's mailbox is its person's, and ends the link that asks for it.
func (t *Tx) Confirm(profile int64) error {
	for _, table := range []string{"unconfirmed", "confirmation", "confirmation_mail"} {
		if err := t.run(`DELETE FROM `+table+` WHERE profile = ?`, profile); err != nil {
			return err
		}
	}
	return nil
}

// MailedLink is the token of the link that a row's invitation is mailed with: the one it has, or
// else fresh. No API tells it.
func (t *Tx) MailedLink(permission int64, fresh string) (token string, err error) {
	err = t.one([]any{&token}, `INSERT INTO mailed_link(permission, token) VALUES(?, ?)
		ON CONFLICT(permission) DO UPDATE SET token = token RETURNING token`, permission, fresh)
	return token, err
}

// RowOfMailedLink finds the row whose invitation was mailed with the token.
func (t *Tx) RowOfMailedLink(token string) (permission int64, err error) {
	err = t.one([]any{&permission}, `SELECT permission FROM mailed_link WHERE token = ?`, token)
	return permission, err
}

// Confirmation is the link mailed to a profile that is unconfirmed.
type Confirmation struct {
	Profile int64
	Token   string
	Expires time.Time
	// Mails is how often it was asked to be mailed.
	Mails int32
}

// AskConfirmation gives the link of a profile another end and counts that it is to be mailed. A
// link that has ended by now gets the fresh token.
func (t *Tx) AskConfirmation(profile int64, fresh string, now, expires time.Time) error {
	return t.run(`INSERT INTO confirmation(profile, token, expires) VALUES(?1, ?2, ?4) ON CONFLICT(profile) DO UPDATE SET
		token = CASE WHEN expires > ?3 THEN token ELSE ?2 END, expires = ?4, mails = mails + 1`,
		profile, fresh, now.UnixNano(), expires.UnixNano())
}

// ConfirmationOf finds the link mailed to a profile.
func (t *Tx) ConfirmationOf(profile int64) (Confirmation, error) {
	return t.confirmation(`profile = ?`, profile)
}

// ConfirmationByToken finds the profile that a link was mailed to.
func (t *Tx) ConfirmationByToken(token string) (Confirmation, error) {
	return t.confirmation(`token = ?`, token)
}

func (t *Tx) confirmation(where string, arg any) (Confirmation, error) {
	var c Confirmation
	var expires int64
	err := t.one([]any{&c.Profile, &c.Token, &expires, &c.Mails},
		`SELECT profile, token, expires, mails FROM confirmation WHERE `+where, arg)
	c.Expires = time.Unix(0, expires)
	return c, err
}
