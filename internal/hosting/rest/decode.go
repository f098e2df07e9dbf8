package rest

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	kjson "sigs.k8s.io/json"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

const (
	// maxKey bounds a permission's wire key and an invitation's state, in bytes.
	maxKey = 128
	// maxLink bounds an invitation's link, in bytes.
	maxLink = 2048
)

// object is a JSON object whose fields are not looked at yet. Going field by field tells
// absent from null from zero, and lets a complaint name the field.
type object map[string]json.RawMessage

// decode is exact where encoding/json is lenient: letter case of keys counts and a key
// comes once.
func decode[T any](raw json.RawMessage) (value T, ok bool) {
	twice, err := kjson.UnmarshalStrict(raw, &value, kjson.DisallowDuplicateFields)
	return value, err == nil && len(twice) == 0 && string(raw) != "null"
}

// required reads a field that has to be there, of the right type and not null.
func required[T any](o object, field string) (value T, err error) {
	raw, ok := o[field]
	if !ok {
		return value, odd(field, "the field is missing")
	}
	if value, ok = decode[T](raw); !ok {
		return value, odd(field, "the field has the wrong type")
	}
	return value, nil
}

// optional reads a field that may be absent. With nullable, null counts as absent.
func optional[T any](o object, field string, nullable bool) (value T, present bool, err error) {
	raw, ok := o[field]
	if !ok || nullable && string(raw) == "null" {
		return value, false, nil
	}
	value, err = required[T](o, field)
	return value, err == nil, err
}

// identified reads id and href, which have to agree.
func identified(o object, resource string) (int64, error) {
	id, err := required[int64](o, "id")
	if err != nil {
		return 0, err
	}
	href, err := required[string](o, "href")
	switch named, ok := idOfHref(href, resource); {
	case err != nil:
		return 0, err
	case id <= 0:
		return 0, odd("id", "an id is a positive number")
	case !ok || named != id:
		return 0, odd("href", "the field does not lead to the entry's own id")
	}
	return id, nil
}

// idOfHref is the id in "…/<resource>/<id>/"; any resource where it is empty. What is
// before may differ from our URL: a gateway may stand between.
func idOfHref(href, resource string) (int64, bool) {
	parsed, err := url.Parse(href)
	if err != nil {
		return 0, false
	}
	rest, number, ok := cutLast(strings.TrimSuffix(parsed.Path, "/"))
	if !ok {
		return 0, false
	}
	if _, name, _ := cutLast(rest); name == "" || resource != "" && name != resource {
		return 0, false
	}
	return positive(number)
}

func cutLast(path string) (before, last string, ok bool) {
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 {
		return "", "", false
	}
	return path[:slash], path[slash+1:], true
}

// positive reads a number written in digits only.
func positive(digits string) (int64, bool) {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && id > 0
}

func decodePlace(resource string) func(object) (hosting.Place, error) {
	return func(o object) (hosting.Place, error) {
		id, err := identified(o, resource)
		if err != nil {
			return hosting.Place{}, err
		}
		name, err := required[string](o, "name")
		if err == nil && name == "" {
			err = odd("name", "the field is empty")
		}
		return hosting.Place{ID: id, Name: name}, err
	}
}

// decodeIdentity reads the customer's id and address and nothing else: the rest is
// personal data that is of no use here.
func decodeIdentity(o object) (hosting.Identity, error) {
	id, err := identified(o, "customer")
	if err != nil {
		return hosting.Identity{}, err
	}
	email, err := requiredEmail(o)
	return hosting.Identity{CustomerID: id, Email: email}, err
}

func requiredEmail(o object) (string, error) {
	email, err := required[string](o, "email")
	if err == nil && strings.TrimSpace(email) == "" {
		err = odd("email", "the field is empty")
	}
	return email, err
}

// plain says whether a word is short, not empty and printable.
func plain(word string, limit int) bool {
	return word != "" && len(word) <= limit && !strings.ContainsFunc(word, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
}
