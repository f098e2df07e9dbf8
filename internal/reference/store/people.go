package store

import (
	"crypto/sha256"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Profile is a person known to the provider. Whoever has accounts, servers or a permission
// table is an owner; any profile may be one.
type Profile struct {
	ID    int64
	Email string
	// TOTP: the person has set up a second factor.
	TOTP bool
}

// Place is an account or a server of an owner.
type Place struct {
	ID    int64
	Scope hosting.Scope
	Owner int64
	Name  string
	// Server an account is located on; 0 for a data centre, and for servers.
	Server int64
}

// digest is what is kept of an API token: it has to be recognised, never told.
func digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// PutProfile makes the profile of an address, or changes it. A second factor that has been
// set up with a secret stays. It returns the id.
func (t *Tx) PutProfile(p Profile) (int64, error) {
	var id int64
	err := t.one([]any{&id}, `INSERT INTO profile(email, address, totp) VALUES(?, ?, ?)
		ON CONFLICT(address) DO UPDATE SET totp = excluded.totp OR EXISTS (SELECT 1 FROM second_factor f WHERE f.profile = profile.id)
		RETURNING id`, p.Email, Address(p.Email), p.TOTP)
	return id, err
}

// Rename gives a profile another address, in every table it is in. ErrNotFound: nobody has
// the old one.
func (t *Tx) Rename(from, to string) error {
	result, err := t.exec(`UPDATE profile SET email = ?, address = ? WHERE address = ?`, to, Address(to), Address(from))
	if err != nil {
		return err
	}
	if err := found(result); err != nil {
		return err
	}
	return t.run(`UPDATE permission SET email = ?, address = ? WHERE address = ?`, to, Address(to), Address(from))
}

// ProfileOf finds a profile by address.
func (t *Tx) ProfileOf(email string) (Profile, error) {
	var p Profile
	err := t.one([]any{&p.ID, &p.Email, &p.TOTP},
		`SELECT id, email, totp FROM profile WHERE address = ?`, Address(email))
	return p, err
}

// ProfileOfToken finds whose API token it is.
func (t *Tx) ProfileOfToken(token string) (Profile, error) {
	var p Profile
	err := t.one([]any{&p.ID, &p.Email, &p.TOTP},
		`SELECT p.id, p.email, p.totp FROM token k JOIN profile p ON p.id = k.profile WHERE k.digest = ?`, digest(token))
	return p, err
}

// SetToken makes token the profile's only API token.
func (t *Tx) SetToken(profile int64, token string) error {
	if err := t.run(`DELETE FROM token WHERE profile = ?`, profile); err != nil {
		return err
	}
	return t.run(`INSERT INTO token(digest, profile) VALUES(?, ?)`, digest(token), profile)
}

// PutPlace makes an account or server; with an id that the owner has it is renamed and
// moved instead, without one the name decides. It returns the id. ErrNotFound: the id is
// something else's.
func (t *Tx) PutPlace(p Place) (int64, error) {
	server := nullable(p.Server)
	if p.ID == 0 {
		var id int64
		err := t.one([]any{&id}, `INSERT INTO place(scope, owner, name, server) VALUES(?, ?, ?, ?)
			ON CONFLICT(owner, scope, name) DO UPDATE SET server = excluded.server RETURNING id`,
			p.Scope, p.Owner, p.Name, server)
		return id, err
	}
	result, err := t.exec(`INSERT INTO place(id, scope, owner, name, server) VALUES(?, ?, ?, ?, ?)
		ON CONFLICT(id) DO UPDATE SET name = excluded.name, server = excluded.server
		WHERE scope = excluded.scope AND owner = excluded.owner`,
		p.ID, p.Scope, p.Owner, p.Name, server)
	if err != nil {
		return 0, err
	}
	return p.ID, found(result)
}

// RemovePlace removes an account or server with every permission on it.
func (t *Tx) RemovePlace(owner int64, scope hosting.Scope, name string) error {
	result, err := t.exec(`DELETE FROM place WHERE owner = ? AND scope = ? AND name = ?`, owner, scope, name)
	if err != nil {
		return err
	}
	return found(result)
}

// Places lists an owner's accounts or servers, by id.
func (t *Tx) Places(owner int64, scope hosting.Scope) ([]Place, error) {
	places := []Place{}
	err := t.each(func(scan func(...any) error) error {
		p := Place{Scope: scope, Owner: owner}
		err := scan(&p.ID, &p.Name, &p.Server)
		places = append(places, p)
		return err
	}, `SELECT id, name, coalesce(server, 0) FROM place WHERE owner = ? AND scope = ? ORDER BY id`, owner, scope)
	return places, err
}

// PutExtraKey makes a wire key known that the catalogue lacks.
func (t *Tx) PutExtraKey(scope hosting.Scope, key string) error {
	return t.run(`INSERT OR IGNORE INTO extra_key(scope, key) VALUES(?, ?)`, scope, key)
}

// HasExtraKey says whether PutExtraKey named the key.
func (t *Tx) HasExtraKey(scope hosting.Scope, key string) (bool, error) {
	var n int
	err := t.one([]any{&n}, `SELECT count(*) FROM extra_key WHERE scope = ? AND key = ?`, scope, key)
	return n > 0, err
}

// Profile finds a profile by id.
func (t *Tx) Profile(id int64) (Profile, error) {
	var p Profile
	err := t.one([]any{&p.ID, &p.Email, &p.TOTP}, `SELECT id, email, totp FROM profile WHERE id = ?`, id)
	return p, err
}
