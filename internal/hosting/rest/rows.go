package rest

import (
	"errors"
	"io"
	"slices"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// boxes are the catalogue's permissions that are one box per person.
var boxes = slices.DeleteFunc(hosting.Catalogue(), func(p hosting.Permission) bool {
	return p.Scope != hosting.ScopeOverall && p.Scope != hosting.ScopeFlag
})

// decodeRows reads a permission table.
func decodeRows(body io.Reader) ([]hosting.Row, error) {
	return decodeList(body, newHolder().row, func(r hosting.Row) int64 { return r.ID })
}

// holder reads what the rows of one answer hold, within the bounds of a row and of the answer.
type holder struct {
	// held by the row at hand; its memory serves the next row too.
	held []hosting.Right
	// left is how many permissions the answer may still hold.
	left int
}

func newHolder() *holder { return &holder{left: hosting.MaxPermissions} }

func (h *holder) add(r hosting.Right) error {
	if len(h.held) >= hosting.MaxRowPermissions {
		return tooLarge("the row holds more than %d permissions", hosting.MaxRowPermissions)
	}
	if h.left--; h.left < 0 {
		return tooLarge("the table holds more than %d permissions", hosting.MaxPermissions)
	}
	h.held = append(h.held, r)
	return nil
}

// rights reads the boxes, accounts and servers of a row or holding.
func (h *holder) rights(o object) (hosting.Rights, error) {
	h.held = h.held[:0]
	for _, part := range []func(object) error{h.boxes, h.accounts, h.servers} {
		if err := part(o); err != nil {
			return hosting.Rights{}, err
		}
	}
	return hosting.NewRights(h.held...), nil
}

// decodeOneRow reads the answer for one row, which has to be the one asked for.
func decodeOneRow(body []byte, id int64) (hosting.Row, error) {
	fields, ok := decode[object](body)
	if !ok {
		return hosting.Row{}, odd("", "the answer is not an object whose keys are unique")
	}
	row, err := newHolder().row(fields)
	if err != nil {
		return hosting.Row{}, err
	}
	if row.ID != id {
		return hosting.Row{}, odd("id", "the answer is another row than the one asked for")
	}
	return row, nil
}

// row reads one row, whole or not at all.
func (h *holder) row(o object) (row hosting.Row, err error) {
	if row.ID, err = identified(o, "permission"); err != nil {
		return hosting.Row{}, err
	}
	if row.Email, err = requiredEmail(o); err != nil {
		return hosting.Row{}, err
	}
	if row.Annotation, _, err = optional[string](o, "annotation", true); err != nil {
		return hosting.Row{}, err
	}
	if row.Rights, err = h.rights(o); err != nil {
		return hosting.Row{}, err
	}
	for _, part := range []func(object, *hosting.Row) error{readProfile, readInvitation, readTwoFactor} {
		if err := part(o, &row); err != nil {
			return hosting.Row{}, err
		}
	}
	return row, nil
}

func readProfile(o object, row *hosting.Row) error {
	profile, present, err := optional[Reference](o, "profile", true)
	if err != nil || !present {
		return err
	}
	id, ok := idOfHref(profile.Href, "")
	if !ok {
		return odd("profile", "its href does not lead to an id")
	}
	row.ProfileID = id
	return nil
}

// boxes reads what is one box per person: the overall permissions, absent where not
// held, and "2FA required", which has to be there.
func (h *holder) boxes(o object) error {
	for _, p := range boxes {
		var checked bool
		var err error
		if p.Scope == hosting.ScopeFlag {
			checked, err = required[bool](o, p.Key)
		} else {
			checked, _, err = optional[bool](o, p.Key, false)
		}
		if err == nil && checked {
			err = h.add(hosting.Right{Scope: p.Scope, Name: p.Name})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *holder) accounts(o object) error {
	entries, err := required[[]AccountPermissions](o, "accounts")
	for i := 0; err == nil && i < len(entries); i++ {
		err = inPlace("accounts", i, h.place(hosting.ScopeAccount, entries[i].Account.Href, "account", entries[i].Permissions))
	}
	return err
}

func (h *holder) servers(o object) error {
	entries, err := required[[]ServerPermissions](o, "servers")
	for i := 0; err == nil && i < len(entries); i++ {
		err = inPlace("servers", i, h.place(hosting.ScopeServer, entries[i].Server.Href, "server", entries[i].Permissions))
	}
	return err
}

// inPlace names the field of the row, and the place in its list, that err is about.
func inPlace(field string, i int, err error) error {
	shape := (*shapeError)(nil)
	if !errors.As(err, &shape) {
		return err
	}
	return (&shapeError{field: field, problem: shape.Error(), cause: shape.cause}).in("place %d", i)
}

// place adds what is held at one place. A place that comes twice holds both.
func (h *holder) place(scope hosting.Scope, href, resource string, keys []string) error {
	id, ok := idOfHref(href, resource)
	if !ok {
		return odd("href", "the field does not lead to an id")
	}
	if keys == nil {
		return odd("permissions", "the field is missing")
	}
	for _, key := range keys {
		if !plain(key, maxKey) {
			return odd("permissions", "a key is empty, too long or not printable")
		}
		if err := h.add(hosting.Right{Scope: scope, ID: id, Name: hosting.NameOfKey(scope, key)}); err != nil {
			return err
		}
	}
	return nil
}

// readInvitation reads the extension: absent, the provider lacks it; null, nobody was
// invited.
func readInvitation(o object, row *hosting.Row) error {
	raw, present := o["invitation"]
	row.TellsInvitation = present
	if !present || string(raw) == "null" {
		return nil
	}
	told, err := required[Invitation](o, "invitation")
	if err != nil {
		return err
	}
	if !told.State.Valid() {
		return odd("invitation", "its state is none of pending, accepted, expired")
	}
	if told.Mails != nil && *told.Mails < 0 {
		return odd("invitation", "its number of mails is negative")
	}
	row.Invitation = &hosting.Invitation{State: string(told.State), Mails: told.Mails}
	if told.Expires != nil {
		row.Invitation.Expires = *told.Expires
	}
	if told.Link != nil && *told.Link != "" {
		if !plain(*told.Link, maxLink) {
			return odd("invitation", "its link is too long or not printable")
		}
		row.Invitation.Link = *told.Link
	}
	return nil
}

// readTwoFactor reads the extension: absent, the provider lacks it; null, nobody has a profile.
func readTwoFactor(o object, row *hosting.Row) error {
	enabled, present, err := optional[bool](o, "two_factor", true)
	if present {
		row.TwoFactor = &enabled
	}
	return err
}
