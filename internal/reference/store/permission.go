package store

import (
	"database/sql"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Permission is a person's row in an owner's table.
type Permission struct {
	ID    int64
	Owner int64
	// Email as it was given.
	Email string
	// Profile is the person's, 0 without one.
	Profile    int64
	Require2FA bool
	// TwoFactor: the profile has a second factor.
	TwoFactor  bool
	Annotation string
	// Held permissions, in the order of scope, place and key.
	Held []Held
	// Invitation is nil where none was made.
	Invitation *Invitation
}

// Held is one permission at one place, by wire key.
type Held struct {
	Scope hosting.Scope
	// Place is 0 for overall permissions.
	Place int64
	Key   string
}

// Invitation to a person without a profile.
type Invitation struct {
	// Token of the link; empty once accepted.
	Token    string
	Accepted bool
	Created  time.Time
	Expires  time.Time
	// Mails is how often it was asked to be mailed.
	Mails int32
}

// Change is a checked write to a row. What is nil stays.
type Change struct {
	Require2FA *bool   `json:"require2fa,omitempty"`
	Annotation *string `json:"annotation,omitempty"`
	// Overall permissions to set or clear, by wire key; others stay.
	Overall map[string]bool `json:"overall,omitempty"`
	// Accounts and Servers replace all permissions of their scope.
	Accounts *[]Held `json:"accounts,omitempty"`
	Servers  *[]Held `json:"servers,omitempty"`
}

// Filter of Permissions. Zero fields do not filter.
type Filter struct {
	Owner, ID int64
	// Address, whole.
	Address string
	// Part of the address.
	Part string
	// Hidden includes rows whose creation has not taken effect.
	Hidden bool
}

// where is the filter in SQL, of permission p, with its arguments. A condition that does not apply is left out: with
// "0 = ? OR p.id = ?" SQLite uses no index and reads all rows for one.
func (f Filter) where() (string, []any) {
	conditions, args := []string{"1"}, []any{}
	add := func(filters bool, condition string, arg any) {
		if filters {
			conditions, args = append(conditions, condition), append(args, arg)
		}
	}
	add(f.Owner != 0, "p.owner = ?", f.Owner)
	add(f.ID != 0, "p.id = ?", f.ID)
	add(f.Address != "", "p.address = ?", Address(f.Address))
	add(f.Part != "", "instr(p.address, ?) > 0", Address(f.Part))
	if !f.Hidden {
		conditions = append(conditions, "p.visible")
	}
	return " WHERE " + strings.Join(conditions, " AND ") + " ", args
}

const (
	selectPermissions = `SELECT p.id, p.owner, p.email, coalesce(p.profile, 0), p.require_2fa, p.annotation, coalesce(f.totp, 0),
		i.token, i.accepted, i.created, i.expires, i.mails
		FROM permission p LEFT JOIN invitation i ON i.permission = p.id LEFT JOIN profile f ON f.id = p.profile`
	orderOfPermissions = `ORDER BY p.id`
	selectHeld         = `SELECT h.permission, h.scope, coalesce(h.place, 0), h.key FROM permission p JOIN held h ON h.permission = p.id`
	orderOfHeld        = `ORDER BY h.scope, h.place, h.key`
)

// Permissions lists rows, by id.
func (t *Tx) Permissions(f Filter) ([]Permission, error) {
	list := []Permission{}
	index := map[int64]int{}
	where, args := f.where()
	err := t.each(func(scan func(...any) error) error {
		p, err := scanPermission(scan)
		index[p.ID] = len(list)
		list = append(list, p)
		return err
	}, selectPermissions+where+orderOfPermissions, args...)
	if err != nil || len(list) == 0 {
		return list, err
	}
	err = t.each(func(scan func(...any) error) error {
		var id int64
		var h Held
		if err := scan(&id, &h.Scope, &h.Place, &h.Key); err != nil {
			return err
		}
		p := &list[index[id]]
		p.Held = append(p.Held, h)
		return nil
	}, selectHeld+where+orderOfHeld, args...)
	return list, err
}

func scanPermission(scan func(...any) error) (Permission, error) {
	var p Permission
	var token sql.NullString
	var accepted sql.NullBool
	var created, expires, mails sql.NullInt64
	err := scan(&p.ID, &p.Owner, &p.Email, &p.Profile, &p.Require2FA, &p.Annotation, &p.TwoFactor,
		&token, &accepted, &created, &expires, &mails)
	if created.Valid {
		p.Invitation = &Invitation{Token: token.String, Accepted: accepted.Bool,
			Created: time.Unix(0, created.Int64), Expires: time.Unix(0, expires.Int64), Mails: int32(mails.Int64)} //nolint:gosec // counted up one by one
	}
	return p, err
}

// Permission finds one row.
func (t *Tx) Permission(f Filter) (Permission, error) {
	list, err := t.Permissions(f)
	if err != nil {
		return Permission{}, err
	}
	if len(list) == 0 {
		return Permission{}, ErrNotFound
	}
	return list[0], nil
}

// InsertPermission makes an empty row that is not visible yet. The database refuses a
// second row for one owner and address: look first.
func (t *Tx) InsertPermission(owner int64, email string) (int64, error) {
	return t.insert(`INSERT INTO permission(owner, email, address) VALUES(?, ?, ?)`, owner, email, Address(email))
}

// Show makes a row visible.
func (t *Tx) Show(id int64) error { return t.run(`UPDATE permission SET visible = 1 WHERE id = ?`, id) }

// DeletePermission removes a row with its invitation, mail and pending writes.
func (t *Tx) DeletePermission(id int64) error {
	return t.run(`DELETE FROM permission WHERE id = ?`, id)
}

// Apply writes a change to a row.
func (t *Tx) Apply(id int64, c Change) error {
	if c.Require2FA != nil {
		if err := t.run(`UPDATE permission SET require_2fa = ? WHERE id = ?`, *c.Require2FA, id); err != nil {
			return err
		}
	}
	if c.Annotation != nil {
		if err := t.run(`UPDATE permission SET annotation = ? WHERE id = ?`, *c.Annotation, id); err != nil {
			return err
		}
	}
	for key, on := range c.Overall {
		if err := t.setOverall(id, key, on); err != nil {
			return err
		}
	}
	if err := t.replace(id, hosting.ScopeAccount, c.Accounts); err != nil {
		return err
	}
	return t.replace(id, hosting.ScopeServer, c.Servers)
}

func (t *Tx) setOverall(id int64, key string, on bool) error {
	if !on {
		return t.run(`DELETE FROM held WHERE permission = ? AND scope = ? AND key = ?`, id, hosting.ScopeOverall, key)
	}
	return t.run(`INSERT OR IGNORE INTO held(permission, scope, key) VALUES(?, ?, ?)`, id, hosting.ScopeOverall, key)
}

func (t *Tx) replace(id int64, scope hosting.Scope, held *[]Held) error {
	if held == nil {
		return nil
	}
	if err := t.run(`DELETE FROM held WHERE permission = ? AND scope = ?`, id, scope); err != nil {
		return err
	}
	for _, h := range *held {
		// A place that went away since the write was asked for takes its permissions along.
		err := t.run(`INSERT OR IGNORE INTO held(permission, scope, place, key)
			SELECT ?, ?, id, ? FROM place WHERE id = ?`, id, scope, h.Key, h.Place)
		if err != nil {
			return err
		}
	}
	return nil
}

func nullable(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }

func found(result sql.Result) error {
	n, err := result.RowsAffected()
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNotFound
	}
	return nil
}
