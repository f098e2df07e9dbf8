package reference

import (
	"context"
	"errors"
	"net/http"
	"net/mail"
	"strings"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// write is a change to a permission table, from the API or from the console.
type write struct {
	kind  store.WriteKind
	owner int64
	// id of the row, for updates and deletions.
	id int64
	// email and notify, for creations.
	email  string
	notify bool
	// body of creations and updates.
	body *PermissionUpdate
	// now: take effect before answering.
	now bool
}

// write checks a change and makes it, now or after AsyncDelay. It returns the row's id.
// The vendor answers asynchronous writes when they are understood and makes them later; one
// that waits for its effect waits for those before it.
func (s *Server) write(ctx context.Context, w write) (id int64, err error) {
	err = s.update(ctx, func(tx *store.Tx) (err error) {
		id, err = s.writeIn(tx, w)
		return err
	})
	return id, err
}

// update changes the database and wakes those who work on what it holds.
func (s *Server) update(ctx context.Context, f func(*store.Tx) error) error {
	if err := s.store.Update(ctx, f); err != nil {
		return err
	}
	wake(s.wakeWrites)
	wake(s.wakeMails)
	return nil
}

func (s *Server) writeIn(tx *store.Tx, w write) (int64, error) {
	if w.now {
		if err := s.settle(tx, w.owner); err != nil {
			return 0, err
		}
	}
	change, err := check(tx, w)
	if err != nil {
		return 0, err
	}
	id, err := target(tx, w)
	if err != nil {
		return 0, err
	}
	pending := store.PendingWrite{Permission: id, Kind: w.kind, Change: change, Notify: w.notify}
	if w.now {
		return id, s.takeEffect(tx, pending)
	}
	pending.Due = s.clock.Now().Add(AsyncDelay)
	return id, tx.Defer(pending)
}

// target is the row written to; a creation reserves it, so that its id can be told.
func target(tx *store.Tx, w write) (int64, error) {
	if w.kind == store.WriteCreate {
		return tx.InsertPermission(w.owner, w.email)
	}
	if w.id == 0 {
		return 0, store.ErrNotFound
	}
	row, err := tx.Permission(store.Filter{Owner: w.owner, ID: w.id, Hidden: true})
	return row.ID, err
}

// check refuses what the provider refuses, and translates the rest.
func check(tx *store.Tx, w write) (store.Change, error) {
	if w.kind == store.WriteCreate {
		if err := checkGiver(tx, w.owner); err != nil {
			return store.Change{}, err
		}
		if err := checkEmail(tx, w); err != nil {
			return store.Change{}, err
		}
	}
	if w.body == nil {
		return store.Change{}, nil
	}
	return checkBody(tx, w.owner, w.body)
}

// checkGiver refuses to give anything in the name of an address that may be somebody else's.
func checkGiver(tx *store.Tx, owner int64) error {
	_, unconfirmed, err := tx.Unconfirmed(owner)
	if err == nil && unconfirmed {
		return invalid("profile", "Confirm your e-mail address first.")
	}
	return err
}

func checkBody(tx *store.Tx, owner int64, body *PermissionUpdate) (store.Change, error) {
	change := store.Change{Require2FA: body.Require2fa, Annotation: body.Annotation, Overall: map[string]bool{}}
	if body.Annotation != nil && len(*body.Annotation) > maxAnnotation {
		return change, invalid("annotation", "At most 10000 bytes.")
	}
	fields := overallFields(&body.AccountManagement, &body.Billing, &body.AccountTechnical, &body.ServerTechnical)
	for name, field := range fields {
		if *field != nil {
			change.Overall[name] = **field
		}
	}
	var err error
	change.Accounts, err = checkPlaces(tx, owner, hosting.ScopeAccount, entries(body.Accounts,
		func(e AccountPermissionsWrite) placeEntry { return placeEntry{e.Account, e.Permissions} }))
	if err != nil {
		return change, err
	}
	change.Servers, err = checkPlaces(tx, owner, hosting.ScopeServer, entries(body.Servers,
		func(e ServerPermissionsWrite) placeEntry { return placeEntry{e.Server, e.Permissions} }))
	return change, err
}

// entries takes the two generated types for one; nil where the field was left out.
func entries[E any](list *[]E, entry func(E) placeEntry) *[]placeEntry {
	if list == nil {
		return nil
	}
	same := make([]placeEntry, len(*list))
	for i, e := range *list {
		same[i] = entry(e)
	}
	return &same
}

func checkEmail(tx *store.Tx, w write) error {
	switch {
	case w.email == "":
		return invalid("email", "This field is required.")
	case len(w.email) > maxEmail:
		return invalid("email", "At most 254 bytes.")
	case !wellFormed(w.email):
		return invalid("email", "Enter a valid email address.")
	}
	_, err := tx.Permission(store.Filter{Owner: w.owner, Address: w.email, Hidden: true})
	if err == nil {
		return invalid("email", "Permissions for this address exist already.")
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// wellFormed accepts a bare address with a dotted domain, written the way it is parsed: no
// name, comment or space around it.
func wellFormed(email string) bool {
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Name != "" {
		return false
	}
	bare := &mail.Address{Address: parsed.Address}
	if parsed.Address != email && bare.String() != "<"+email+">" {
		return false
	}
	domain := email[strings.LastIndexByte(email, '@')+1:]
	return strings.Contains(strings.Trim(domain, "."), ".")
}

type placeEntry struct {
	id   int64
	keys []string
}

// checkPlaces refuses places that are not the owner's and permissions that do not exist,
// naming the field and the value. Nil stays nil.
func checkPlaces(tx *store.Tx, owner int64, scope hosting.Scope, entries *[]placeEntry) (*[]store.Held, error) {
	if entries == nil {
		return nil, nil
	}
	field := map[hosting.Scope]string{hosting.ScopeAccount: "accounts", hosting.ScopeServer: "servers"}[scope]
	places, err := tx.Places(owner, scope)
	if err != nil {
		return nil, err
	}
	// left holds the places that may still be named: each one once.
	left := map[int64]bool{}
	for _, p := range places {
		left[p.ID] = true
	}
	held := []store.Held{}
	for _, entry := range *entries {
		if !left[entry.id] {
			return nil, invalid(field, href(strings.TrimSuffix(field, "s"), entry.id)+" does not exist, is not yours, or is given twice.")
		}
		delete(left, entry.id)
		for _, key := range entry.keys {
			if err := checkKey(tx, scope, field, key); err != nil {
				return nil, err
			}
			held = append(held, store.Held{Scope: scope, Place: entry.id, Key: key})
		}
	}
	return &held, nil
}

func checkKey(tx *store.Tx, scope hosting.Scope, field, key string) error {
	if _, ok := hosting.ByName(scope, hosting.NameOfKey(scope, key)); ok {
		return nil
	}
	known, err := tx.HasExtraKey(scope, key)
	if err != nil || known {
		return err
	}
	const shown = 64
	if len(key) > shown {
		key = key[:shown] + "…"
	}
	return &refusal{status: http.StatusBadRequest, body: Failure{field: []string{`"` + key + `" is not a valid permission.`}}}
}
