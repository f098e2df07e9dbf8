package rest

import (
	"maps"
	"slices"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// fields of a request, by wire key. Keys come from the catalogue, so that the next
// permission is a line there and nothing here.
type fields map[string]any

// changes are the fields that differ between what a row holds and what it shall hold;
// empty where nothing does. The provider replaces accounts and servers whole.
func changes(have, want hosting.Rights) (fields, error) {
	changed := fields{}
	if err := checkRights(want); err != nil {
		return nil, err
	}
	for _, p := range hosting.Catalogue() {
		if p.Scope != hosting.ScopeOverall && p.Scope != hosting.ScopeFlag {
			continue
		}
		box := hosting.Right{Scope: p.Scope, Name: p.Name}
		if held := want.Has(box); held != have.Has(box) {
			changed[p.Key] = held
		}
	}
	if held := ofScope(want, hosting.ScopeAccount); !held.Equal(ofScope(have, hosting.ScopeAccount)) {
		list := []AccountPermissionsWrite{}
		for _, p := range byPlace(held) {
			list = append(list, AccountPermissionsWrite{Account: p.id, Permissions: p.keys})
		}
		changed["accounts"] = list
	}
	if held := ofScope(want, hosting.ScopeServer); !held.Equal(ofScope(have, hosting.ScopeServer)) {
		list := []ServerPermissionsWrite{}
		for _, p := range byPlace(held) {
			list = append(list, ServerPermissionsWrite{Server: p.id, Permissions: p.keys})
		}
		changed["servers"] = list
	}
	return changed, nil
}

// creation are the fields of a new row: only what it holds.
func creation(row hosting.NewRow) (fields, error) {
	body, err := changes(hosting.Rights{}, row.Rights)
	if err != nil {
		return nil, err
	}
	body["email"] = row.Email
	if row.Annotation != "" {
		body["annotation"] = row.Annotation
	}
	if !row.Notify {
		// An extension: a provider that lacks it is asked for it only where silence is meant.
		body["notify"] = false
	}
	return body, nil
}

// checkRights refuses what cannot be written. Keys that the catalogue lacks exist at
// accounts and servers only: elsewhere they would be fields of our own making.
func checkRights(rights hosting.Rights) error {
	for r := range rights.All() {
		known := false
		switch r.Scope {
		case hosting.ScopeOverall, hosting.ScopeFlag:
			_, known = hosting.ByName(r.Scope, r.Name)
			known = known && r.ID == 0
		case hosting.ScopeAccount, hosting.ScopeServer:
			known = r.ID > 0 && hosting.KeyOfName(r.Scope, r.Name) != ""
		}
		if !known {
			return &hosting.Error{Class: hosting.ClassInvalid, Op: "write permission", Field: r.Name, Detail: "no permission of scope " + string(r.Scope) + " at this place"}
		}
	}
	return nil
}

func ofScope(rights hosting.Rights, scope hosting.Scope) hosting.Rights {
	return rights.Where(func(r hosting.Right) bool { return r.Scope == scope })
}

type placeKeys struct {
	id   int64
	keys []string
}

// byPlace groups rights of one scope by place, in order, so that equal wishes make equal
// requests.
func byPlace(rights hosting.Rights) []placeKeys {
	keys := map[int64][]string{}
	for _, r := range rights.Sorted() {
		keys[r.ID] = append(keys[r.ID], hosting.KeyOfName(r.Scope, r.Name))
	}
	places := make([]placeKeys, 0, len(keys))
	for _, id := range slices.Sorted(maps.Keys(keys)) {
		places = append(places, placeKeys{id: id, keys: keys[id]})
	}
	return places
}
