package store

import "time"

// InsertInvitation makes the invitation of a row.
func (t *Tx) InsertInvitation(permission int64, i Invitation) error {
	return t.run(`INSERT OR IGNORE INTO invitation(permission, token, created, expires) VALUES(?, ?, ?, ?)`,
		permission, i.Token, i.Created.UnixNano(), i.Expires.UnixNano())
}

// Prolong gives an open invitation another end, and its link another token where one is given; the
// link that was mailed ends then.
func (t *Tx) Prolong(permission int64, token string, expires time.Time) error {
	if token != "" {
		if err := t.run(`DELETE FROM mailed_link WHERE permission = ?`, permission); err != nil {
			return err
		}
	}
	return t.run(`UPDATE invitation SET expires = ?, token = CASE WHEN ? = '' THEN token ELSE ? END WHERE permission = ? AND accepted = 0`,
		expires.UnixNano(), token, token, permission)
}

// CountMail notes that an invitation was asked to be mailed once more.
func (t *Tx) CountMail(permission int64) error {
	return t.run(`UPDATE invitation SET mails = mails + 1 WHERE permission = ?`, permission)
}

// RowOfInvitation finds the row that waits for the token. Expired ones are found too.
func (t *Tx) RowOfInvitation(token string) (permission int64, err error) {
	err = t.one([]any{&permission}, `SELECT permission FROM invitation WHERE token = ? AND accepted = 0`, token)
	return permission, err
}

// RowOfInvited finds a row of the address whose invitation is open at the given time.
func (t *Tx) RowOfInvited(email string, now time.Time) (permission int64, err error) {
	err = t.one([]any{&permission}, `SELECT i.permission FROM invitation i JOIN permission p ON p.id = i.permission
		WHERE p.address = ? AND p.visible AND i.accepted = 0 AND i.expires > ? ORDER BY i.permission LIMIT 1`,
		Address(email), now.UnixNano())
	return permission, err
}

// Link gives the rows of the address that owner gave, or, where owner is 0, all of them, the
// profile, closes their invitations and drops the mails that were still to be sent for them. What
// was mailed shows whose the mailbox is for as long as there may be rows that wait for that.
func (t *Tx) Link(email string, profile, owner int64) error {
	const which = `address = ? AND (? = 0 OR owner = ?)`
	args := []any{Address(email), owner, owner}
	if err := t.run(`UPDATE permission SET profile = ? WHERE `+which, append([]any{profile}, args...)...); err != nil {
		return err
	}
	const ofThem = `permission IN (SELECT id FROM permission WHERE ` + which + `)`
	if err := t.run(`UPDATE invitation SET accepted = 1, token = NULL WHERE `+ofThem, args...); err != nil {
		return err
	}
	if owner == 0 {
		if err := t.run(`DELETE FROM mailed_link WHERE `+ofThem, args...); err != nil {
			return err
		}
	}
	return t.run(`DELETE FROM mail WHERE sending = 0 AND `+ofThem, args...)
}
