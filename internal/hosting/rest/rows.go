package rest

import "github.com/hostgrant/hostgrant/internal/hosting"

// decodeRows reads a permission table.
func decodeRows(body []byte) ([]hosting.Row, error) {
	return decodeList(body, decodeRow, func(r hosting.Row) int64 { return r.ID })
}

// decodeOneRow reads the answer for one row, which has to be the one asked for.
func decodeOneRow(body []byte, id int64) (hosting.Row, error) {
	fields, ok := decode[object](body)
	if !ok {
		return hosting.Row{}, odd("", "the answer is not an object whose keys are unique")
	}
	row, err := decodeRow(fields)
	if err != nil {
		return hosting.Row{}, err
	}
	if row.ID != id {
		return hosting.Row{}, odd("id", "the answer is another row than the one asked for")
	}
	return row, nil
}

// decodeRow reads one row, whole or not at all.
func decodeRow(o object) (hosting.Row, error) {
	row := hosting.Row{Rights: hosting.Rights{}}
	var err error
	if row.ID, err = identified(o, "permission"); err != nil {
		return hosting.Row{}, err
	}
	if row.Email, err = requiredEmail(o); err != nil {
		return hosting.Row{}, err
	}
	if row.Annotation, _, err = optional[string](o, "annotation", true); err != nil {
		return hosting.Row{}, err
	}
	for _, part := range []func(object, *hosting.Row) error{readProfile, readBoxes, readAccounts, readServers, readInvitation, readTwoFactor} {
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

// readBoxes reads what is one box per person: the overall permissions, absent where not
// held, and "2FA required", which has to be there.
func readBoxes(o object, row *hosting.Row) error {
	for _, p := range hosting.Catalogue() {
		var checked bool
		var err error
		switch p.Scope {
		case hosting.ScopeOverall:
			checked, _, err = optional[bool](o, p.Key, false)
		case hosting.ScopeFlag:
			checked, err = required[bool](o, p.Key)
		default:
			continue
		}
		if err != nil {
			return err
		}
		if checked {
			row.Rights = row.Rights.With(hosting.Right{Scope: p.Scope, Name: p.Name})
		}
	}
	return nil
}

func readAccounts(o object, row *hosting.Row) error {
	entries, err := required[[]AccountPermissions](o, "accounts")
	if err != nil {
		return err
	}
	for i, e := range entries {
		if err := readPlace(row, hosting.ScopeAccount, e.Account.Href, "account", e.Permissions); err != nil {
			return odd("accounts", "place %d: %s", i, err)
		}
	}
	return nil
}

func readServers(o object, row *hosting.Row) error {
	entries, err := required[[]ServerPermissions](o, "servers")
	if err != nil {
		return err
	}
	for i, e := range entries {
		if err := readPlace(row, hosting.ScopeServer, e.Server.Href, "server", e.Permissions); err != nil {
			return odd("servers", "place %d: %s", i, err)
		}
	}
	return nil
}

// readPlace adds what is held at one place. A place that comes twice holds both.
func readPlace(row *hosting.Row, scope hosting.Scope, href, resource string, keys []string) error {
	id, ok := idOfHref(href, resource)
	if !ok {
		return odd("href", "the field does not lead to an id")
	}
	if keys == nil {
		return odd("permissions", "the field is missing")
	}
	names := make([]string, len(keys))
	for i, key := range keys {
		if !plain(key, maxKey) {
			return odd("permissions", "a key is empty, too long or not printable")
		}
		names[i] = hosting.NameOfKey(scope, key)
	}
	row.Rights = row.Rights.Union(hosting.RightsAt(scope, []int64{id}, names...))
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
