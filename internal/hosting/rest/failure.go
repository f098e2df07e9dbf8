package rest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

const (
	// maxDetail is how much of a provider's complaint is kept, in bytes.
	maxDetail = 300
	// maxFailureBody is how much of it is looked at.
	maxFailureBody = 64 << 10
	// maxRetryAfter bounds what a provider may ask us to wait.
	maxRetryAfter = time.Hour
)

// classes is the one table from HTTP status to class; the first line that fits counts. A
// collection that is not there means that the provider lacks the resource, or that the URL
// is wrong; never that a person has no row.
var classes = []struct {
	from, to         int
	item, collection hosting.Class
}{
	{200, 299, "", ""},
	{401, 401, hosting.ClassUnauthorized, hosting.ClassUnauthorized},
	{403, 403, hosting.ClassForbidden, hosting.ClassForbidden},
	{404, 404, hosting.ClassNotFound, hosting.ClassUnsupported},
	{408, 408, hosting.ClassUnavailable, hosting.ClassUnavailable}, // the way there was too slow, not the values wrong
	{409, 409, hosting.ClassConflict, hosting.ClassConflict},
	{410, 410, hosting.ClassNotFound, hosting.ClassUnsupported},
	{425, 425, hosting.ClassUnavailable, hosting.ClassUnavailable}, // "too early": ask again
	{429, 429, hosting.ClassRateLimited, hosting.ClassRateLimited},
	{400, 499, hosting.ClassInvalid, hosting.ClassInvalid},
}

// classOf a status; empty for success.
func classOf(status int, collection bool) hosting.Class {
	for _, line := range classes {
		if status < line.from || status > line.to {
			continue
		}
		if collection {
			return line.collection
		}
		return line.item
	}
	return hosting.ClassUnavailable
}

// classOf a status that an operation was answered with; empty for success.
func (o operation) classOf(status int) hosting.Class {
	if o.optional && (status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented) {
		return hosting.ClassUnsupported
	}
	return classOf(status, o.collection)
}

// retryAfter reads the header's two forms, seconds and a date; 0 where it says nothing
// usable, at most maxRetryAfter.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// fieldName is what a field of the contract can look like. A key that is no such word is
// not repeated.
var fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// general are keys under which providers put complaints about no field in particular.
var general = map[string]bool{"detail": true, "error": true, "errors": true, "message": true, "non_field_errors": true}

// complaintField is the first field a JSON object complains about; empty if there is none.
func complaintField(body []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(body))
	if opening, err := decoder.Token(); err != nil || opening != json.Delim('{') {
		return ""
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		key, _ := token.(string)
		if fieldName.MatchString(key) && !general[key] {
			return key
		}
		var skipped json.RawMessage
		if decoder.Decode(&skipped) != nil {
			return ""
		}
	}
	return ""
}

// address finds what looks like a mail address, in the notations in which a JSON, HTML or
// URL text may hold the @, a quoted local part included.
var address = regexp.MustCompile(`(?i)("[^"]{1,64}"|[^\s"'<>(),;]*)(@|%40|\\u0040|&#0*64;|&#x0*40;|&commat;|＠)[^\s"'<>(),;]*`)

// cleaner takes secrets and addresses out of text that came from outside.
type cleaner struct{ secrets *strings.Replacer }

func newCleaner(secrets ...string) cleaner {
	pairs := make([]string, 0, 2*len(secrets))
	for _, secret := range secrets {
		if secret != "" {
			pairs = append(pairs, secret, "[removed]")
		}
	}
	return cleaner{strings.NewReplacer(pairs...)}
}

// clean leaves at most maxDetail printable bytes without secrets and addresses.
func (c cleaner) clean(text string) string {
	text = c.secrets.Replace(strings.ToValidUTF8(text, ""))
	text = address.ReplaceAllString(text, "[address]")
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxDetail {
		return text
	}
	cut := maxDetail
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}
