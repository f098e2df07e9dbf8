package reference

import (
	"context"
	"fmt"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/access"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// Row is a person's line in an owner's permission table, as the owner sees it in the
// console: places and permissions by name. A permission that the catalogue lacks is
// "wire:<key>".
type Row struct {
	ID    int64  `json:"id,omitempty"`
	Email string `json:"email"`
	// Profile is the id of the person's profile, 0 without one.
	Profile          int64               `json:"profile,omitempty"`
	RequireTwoFactor bool                `json:"requireTwoFactor,omitempty"`
	Annotation       string              `json:"annotation,omitempty"`
	Overall          []string            `json:"overall,omitempty"`
	Accounts         map[string][]string `json:"accounts,omitempty"`
	Servers          map[string][]string `json:"servers,omitempty"`
	// Invitation is "pending", "accepted" or "expired", and empty where nobody was invited.
	Invitation InvitationState `json:"invitation,omitempty"`
	// Link of a pending invitation. A secret.
	Link string `json:"link,omitempty"`
}

// Rows lists an owner's table, by id.
func (s *Server) Rows(ctx context.Context, owner string) (rows []Row, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		rows, err = s.rowsIn(tx, owner, "")
		return err
	})
	return rows, err
}

func (s *Server) rowsIn(tx *store.Tx, owner, email string) ([]Row, error) {
	profile, err := ownerNamed(tx, owner)
	if err != nil {
		return nil, err
	}
	names, err := placeNames(tx, profile.ID)
	if err != nil {
		return nil, err
	}
	stored, err := tx.Permissions(store.Filter{Owner: profile.ID, Address: email})
	if err != nil {
		return nil, err
	}
	rows := make([]Row, len(stored))
	for i, p := range stored {
		rows[i] = s.consoleRow(p, names)
	}
	return rows, nil
}

// placeNames maps the ids of an owner's accounts and servers, which are numbered together.
func placeNames(tx *store.Tx, owner int64) (map[int64]string, error) {
	names := map[int64]string{}
	for _, scope := range []hosting.Scope{hosting.ScopeAccount, hosting.ScopeServer} {
		places, err := tx.Places(owner, scope)
		if err != nil {
			return nil, err
		}
		for _, p := range places {
			names[p.ID] = p.Name
		}
	}
	return names, nil
}

func (s *Server) consoleRow(p store.Permission, names map[int64]string) Row {
	row := Row{
		ID: p.ID, Email: p.Email, Profile: p.Profile, RequireTwoFactor: p.Require2FA, Annotation: p.Annotation,
		Accounts: map[string][]string{}, Servers: map[string][]string{},
	}
	for _, h := range p.Held {
		name, place := hosting.NameOfKey(h.Scope, h.Key), names[h.Place]
		switch h.Scope {
		case hosting.ScopeOverall:
			row.Overall = append(row.Overall, name)
		case hosting.ScopeAccount:
			row.Accounts[place] = append(row.Accounts[place], name)
		case hosting.ScopeServer:
			row.Servers[place] = append(row.Servers[place], name)
		case hosting.ScopeFlag:
			// The "2FA required" box is a field of the row.
		}
	}
	if told := s.invitationJSON(p.Invitation); told != nil {
		row.Invitation = told.State
		if told.Link != nil {
			row.Link = *told.Link
		}
	}
	return row
}

// AddRow creates a row the way the owner does in the console; notify as in the API. It
// returns the row's id.
func (s *Server) AddRow(ctx context.Context, owner string, row Row, notify bool) (id int64, err error) {
	err = s.update(ctx, func(tx *store.Tx) error {
		w, err := consoleWrite(tx, owner, row)
		if err != nil {
			return err
		}
		w.kind, w.notify = store.WriteCreate, notify
		id, err = s.writeIn(tx, w)
		return err
	})
	return id, err
}

// EditRow changes a row the way the owner does in the console: edit gets what it holds and
// sets what it shall hold. The address, profile and invitation stay. edit must not call the
// Server, which waits for it.
func (s *Server) EditRow(ctx context.Context, owner, email string, edit func(*Row)) error {
	return s.update(ctx, func(tx *store.Tx) error {
		profile, err := ownerNamed(tx, owner)
		if err != nil {
			return err
		}
		// What was asked for before is there before edit looks, or edit would undo it.
		if err := s.settle(tx, profile.ID); err != nil {
			return err
		}
		rows, err := s.rowsIn(tx, owner, email)
		if err != nil {
			return err
		}
		if len(rows) == 0 || email == "" {
			return store.ErrNotFound
		}
		id := rows[0].ID
		edit(&rows[0])
		w, err := consoleWrite(tx, owner, rows[0])
		if err != nil {
			return err
		}
		w.kind, w.id = store.WriteUpdate, id
		_, err = s.writeIn(tx, w)
		return err
	})
}

// RemoveRow removes a row the way the owner does in the console.
func (s *Server) RemoveRow(ctx context.Context, owner, email string) error {
	return s.removeRow(ctx, owner, email, func(Row) bool { return true })
}

func (s *Server) removeRow(ctx context.Context, owner, email string, which func(Row) bool) error {
	return s.update(ctx, func(tx *store.Tx) error {
		rows, err := s.rowsIn(tx, owner, email)
		if err != nil {
			return err
		}
		if len(rows) == 0 || email == "" || !which(rows[0]) {
			return store.ErrNotFound
		}
		profile, err := ownerNamed(tx, owner)
		if err != nil {
			return err
		}
		_, err = s.writeIn(tx, write{kind: store.WriteDelete, owner: profile.ID, id: rows[0].ID, now: true})
		return err
	})
}

// consoleWrite translates names into what the API takes.
func consoleWrite(tx *store.Tx, owner string, row Row) (write, error) {
	profile, err := ownerNamed(tx, owner)
	if err != nil {
		return write{}, err
	}
	w := write{owner: profile.ID, email: row.Email, now: true, body: &PermissionUpdate{
		Require2fa: &row.RequireTwoFactor, Annotation: &row.Annotation,
		Accounts: &[]AccountPermissionsWrite{}, Servers: &[]ServerPermissionsWrite{},
	}}
	fields := overallFields(&w.body.AccountManagement, &w.body.Billing, &w.body.AccountTechnical, &w.body.ServerTechnical)
	for _, field := range fields {
		*field = new(bool)
	}
	for _, name := range row.Overall {
		field, ok := fields[hosting.KeyOfName(hosting.ScopeOverall, name)]
		if !ok {
			return w, invalid("overall", fmt.Sprintf("%q is no overall permission.", name))
		}
		**field = true
	}
	for name, permissions := range row.Accounts {
		id, keys, err := placeKeys(tx, profile.ID, hosting.ScopeAccount, name, permissions)
		if err != nil {
			return w, err
		}
		*w.body.Accounts = append(*w.body.Accounts, AccountPermissionsWrite{Account: id, Permissions: keys})
	}
	for name, permissions := range row.Servers {
		id, keys, err := placeKeys(tx, profile.ID, hosting.ScopeServer, name, permissions)
		if err != nil {
			return w, err
		}
		*w.body.Servers = append(*w.body.Servers, ServerPermissionsWrite{Server: id, Permissions: keys})
	}
	return w, nil
}

func placeKeys(tx *store.Tx, owner int64, scope hosting.Scope, name string, permissions []string) (int64, []string, error) {
	place, err := placeNamed(tx, owner, scope, name)
	if err != nil {
		return 0, nil, fmt.Errorf("%s %q: %w", scope, name, err)
	}
	keys := make([]string, len(permissions))
	for i, p := range permissions {
		if keys[i] = hosting.KeyOfName(scope, p); keys[i] == "" {
			return 0, nil, invalid(string(scope), fmt.Sprintf("%q is no permission here.", p))
		}
	}
	return place.ID, keys, nil
}

func ownerNamed(tx *store.Tx, email string) (store.Profile, error) {
	profile, err := tx.ProfileOf(email)
	if err != nil {
		return profile, fmt.Errorf("owner: %w", err)
	}
	return profile, nil
}

// personOf is what the access check wants to know of a row.
func personOf(row store.Permission) access.Person {
	rights := make([]hosting.Right, len(row.Held))
	for i, h := range row.Held {
		rights[i] = hosting.Right{Scope: h.Scope, ID: h.Place, Name: hosting.NameOfKey(h.Scope, h.Key)}
	}
	return access.Person{Row: true, Profile: row.Profile != 0, RequireTwoFactor: row.Require2FA, Rights: hosting.NewRights(rights...)}
}
