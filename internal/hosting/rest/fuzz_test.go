package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// FuzzRows: whatever comes, the decoder neither panics nor gives half a table, and what it
// gives can be written back: a row that is created from it reads as the same rights.
func FuzzRows(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `[]`, `[null]`, `{}`, `[{}]`, `[[]]`, `[1e999]`, `"x"`, `[` + rowJSON("") + `]`,
		`[` + rowJSON("") + `,` + rowJSON("") + `]`,
		`[` + rowJSON(`"billing":true,"invitation":{"state":"pending","link":"https://x/y"}`) + `]`,
		`[` + rowJSON(`"invitation":null,"annotation":null`) + `]`,
		`[{` + goodFields + `,"accounts":[{"account":{"href":"/v1/account/3/"},"permissions":["ssl","wire:","new"]}],"servers":[{"server":{"href":"x/server/5"},"permissions":["ssl"]}]}]`,
		`[{` + goodFields + `,"accounts":[{"account":null,"permissions":null}],"servers":{"a":[]}}]`,
		`[` + rowJSON("") + `,]`, `[,]`, ` [ ` + rowJSON("") + ` ] x`, `[` + rowJSON("") + ` ` + rowOf(8, "b@example.org") + `]`, `[}`,
		` [ ` + rowJSON("") + "\n,\t" + rowOf(8, "b@example.org") + " ]\r\n", "[]\v", "\ufeff[]", `{"a":[]}`,
		`[{"id":7,"id":8}]`, `[{"href":"%zz"}]`, `[{"href":"\u0000/permission/7/","id":7}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		rows, err := decodeRows(bytes.NewReader(body))
		if got, want := err == nil, wellFormed(body); got != want {
			t.Fatalf("read: %v (%v), though read as a whole: %v", got, err, want)
		}
		if err != nil {
			if shape := (*shapeError)(nil); rows != nil || !errors.As(err, &shape) {
				t.Fatalf("rows %v beside error %T", rows, err)
			}
			return
		}
		seen := map[int64]bool{}
		for _, row := range rows {
			if row.ID <= 0 || row.Email == "" || seen[row.ID] {
				t.Fatalf("odd row %+v", row)
			}
			seen[row.ID] = true
			if again := roundTrip(t, row); !again.Equal(row.Rights) {
				t.Fatalf("got back %v, want %v", again.Sorted(), row.Rights.Sorted())
			}
		}
	})
}

// wellFormed says whether a body, held and looked at as a whole, is a table.
func wellFormed(body []byte) bool {
	if !utf8.Valid(body) || !json.Valid(body) {
		return false
	}
	raws, ok := decode[[]json.RawMessage](bytes.TrimSpace(body))
	ids := map[int64]bool{}
	for _, raw := range raws {
		fields, is := decode[object](raw)
		row, err := newHolder().row(fields)
		ok = ok && is && err == nil && !ids[row.ID]
		ids[row.ID] = true
	}
	return ok
}

// roundTrip writes a row's rights and reads them as a provider would give them back.
func roundTrip(t *testing.T, row hosting.Row) hosting.Rights {
	t.Helper()
	body, err := encode(changes(hosting.Rights{}, row.Rights))
	if err != nil {
		t.Fatalf("cannot be written: %v", err)
	}
	var sent PermissionUpdate
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&sent); err != nil {
		t.Fatalf("the contract has no such request: %s: %v", body, err)
	}
	return rightsOf(sent)
}

// rightsOf is what a provider holds after a request.
func rightsOf(sent PermissionUpdate) hosting.Rights {
	held := hosting.Rights{}
	box := func(right hosting.Right, checked *bool) {
		if checked != nil && *checked {
			held = held.With(right)
		}
	}
	box(hosting.TwoFactorRight, sent.Require2fa)
	box(overall("AccountManagement"), sent.AccountManagement)
	box(overall("Billing"), sent.Billing)
	box(overall("AccountTechnical"), sent.AccountTechnical)
	box(overall("ServerTechnical"), sent.ServerTechnical)
	place := func(scope hosting.Scope, id int64, keys []string) {
		for _, key := range keys {
			held = held.With(hosting.Right{Scope: scope, ID: id, Name: hosting.NameOfKey(scope, key)})
		}
	}
	if sent.Accounts != nil {
		for _, a := range *sent.Accounts {
			place(hosting.ScopeAccount, a.Account, a.Permissions)
		}
	}
	if sent.Servers != nil {
		for _, s := range *sent.Servers {
			place(hosting.ScopeServer, s.Server, s.Permissions)
		}
	}
	return held
}
