package store

import "errors"

// SetPassword keeps the digest of a profile's password instead of the one before.
func (t *Tx) SetPassword(profile int64, digest string) error {
	return t.run(`INSERT INTO password(profile, digest) VALUES(?, ?)
		ON CONFLICT(profile) DO UPDATE SET digest = excluded.digest`, profile, digest)
}

// Password is the digest of a profile's password, empty where it has none.
func (t *Tx) Password(profile int64) (string, error) {
	var digest string
	err := t.one([]any{&digest}, `SELECT digest FROM password WHERE profile = ?`, profile)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return digest, err
}

// SecondFactor is what a profile's codes are computed from.
type SecondFactor struct {
	// Secret in base 32; empty where the profile has none.
	Secret string
	// Used is the last time step whose code was accepted.
	Used int64
}

// SetSecondFactor sets up a second factor for a profile, instead of the one before.
func (t *Tx) SetSecondFactor(profile int64, f SecondFactor) error {
	if err := t.run(`UPDATE profile SET totp = 1 WHERE id = ?`, profile); err != nil {
		return err
	}
	return t.run(`INSERT INTO second_factor(profile, secret, used) VALUES(?, ?, ?)
		ON CONFLICT(profile) DO UPDATE SET secret = excluded.secret, used = excluded.used`, profile, f.Secret, f.Used)
}

// UseSecondFactor notes the time step of an accepted code.
func (t *Tx) UseSecondFactor(profile, step int64) error {
	return t.run(`UPDATE second_factor SET used = ? WHERE profile = ?`, step, profile)
}

// DropSecondFactor removes a profile's second factor.
func (t *Tx) DropSecondFactor(profile int64) error {
	if err := t.run(`UPDATE profile SET totp = 0 WHERE id = ?`, profile); err != nil {
		return err
	}
	return t.run(`DELETE FROM second_factor WHERE profile = ?`, profile)
}

// SecondFactor of a profile, with an empty secret where it has none.
func (t *Tx) SecondFactor(profile int64) (SecondFactor, error) {
	var f SecondFactor
	err := t.one([]any{&f.Secret, &f.Used}, `SELECT secret, used FROM second_factor WHERE profile = ?`, profile)
	if errors.Is(err, ErrNotFound) {
		return f, nil
	}
	return f, err
}

// SpendLinks remembers as used the links that claim the rows of the address which owner gave, or,
// where owner is 0, every link to the address. Link erases them.
func (t *Tx) SpendLinks(email string, owner int64) error {
	var tokens []string
	err := t.each(func(scan func(...any) error) error {
		var token string
		err := scan(&token)
		tokens = append(tokens, token)
		return err
	}, `SELECT i.token FROM invitation i JOIN permission p ON p.id = i.permission
		WHERE p.address = ?1 AND (?2 = 0 OR p.owner = ?2) AND i.accepted = 0 AND i.token IS NOT NULL
		UNION ALL SELECT m.token FROM mailed_link m JOIN permission p ON p.id = m.permission WHERE ?2 = 0 AND p.address = ?1
		UNION ALL SELECT c.token FROM confirmation c JOIN profile f ON f.id = c.profile WHERE ?2 = 0 AND f.address = ?1`, Address(email), owner)
	if err != nil {
		return err
	}
	for _, token := range tokens {
		if err := t.run(`INSERT OR IGNORE INTO spent_link(digest) VALUES(?)`, digest(token)); err != nil {
			return err
		}
	}
	return nil
}

// LinkSpent says whether the token is of an invitation that was accepted.
func (t *Tx) LinkSpent(token string) (bool, error) {
	var n int
	err := t.one([]any{&n}, `SELECT count(*) FROM spent_link WHERE digest = ?`, digest(token))
	return n > 0, err
}
