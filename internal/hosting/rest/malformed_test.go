package rest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// malformedTables are answers that are no permission table, with the field to be named.
var malformedTables = map[string]struct{ body, field string }{
	"empty":               {"", ""},
	"truncated":           {`[` + rowJSON("") + `,{"id":8`, ""},
	"truncated at an end": {`[` + rowJSON(""), ""},
	"trailing garbage":    {`[` + rowJSON("") + `] oops`, ""},
	"two values":          {`[][]`, ""},
	"null":                {`null`, ""},
	"object":              {`{"results":[` + rowJSON("") + `]}`, ""},
	"string":              {`"[]"`, ""},
	"nulls":               {`[null,null]`, ""},
	"array in array":      {`[[]]`, ""},
	"numbers":             {`[1,2]`, ""},
	"one bad row":         {`[` + rowJSON("") + `,{}]`, "id"},
	"id as string":        {`[` + strings.Replace(rowJSON(""), `"id":7`, `"id":"7"`, 1) + `]`, "id"},
	"id null":             {`[` + strings.Replace(rowJSON(""), `"id":7`, `"id":null`, 1) + `]`, "id"},
	"id zero":             {`[` + strings.Replace(rowJSON(""), `"id":7`, `"id":0`, 1) + `]`, "id"},
	"id negative":         {`[` + strings.Replace(rowJSON(""), `"id":7`, `"id":-7`, 1) + `]`, "id"},
	"id fraction":         {`[` + strings.Replace(rowJSON(""), `"id":7`, `"id":7.5`, 1) + `]`, "id"},
	"id huge":             {`[` + strings.Replace(rowJSON(""), `"id":7`, `"id":99999999999999999999`, 1) + `]`, "id"},
	"id in other case":    {`[` + strings.Replace(rowJSON(""), `"id":7`, `"ID":7`, 1) + `]`, "id"},
	"key twice":           {`[` + rowJSON(`"id":7`) + `]`, ""},
	"id twice":            {`[` + rowJSON("") + `,` + rowJSON("") + `]`, "id"},
	"href of another":     {`[` + strings.Replace(rowJSON(""), `permission/7`, `permission/8`, 1) + `]`, "href"},
	"href of a site":      {`[` + strings.Replace(rowJSON(""), `permission/7`, `site/7`, 1) + `]`, "href"},
	"href missing":        {`[` + strings.Replace(rowJSON(""), `"href"`, `"other"`, 1) + `]`, "href"},
	"no email":            {`[` + strings.Replace(rowJSON(""), `"email"`, `"mail"`, 1) + `]`, "email"},
	"email empty":         {`[` + strings.Replace(rowJSON(""), `ann@example.org`, ` `, 1) + `]`, "email"},
	"email a list":        {`[` + strings.Replace(rowJSON(""), `"ann@example.org"`, `["ann@example.org"]`, 1) + `]`, "email"},
	"no 2fa":              {`[` + strings.Replace(rowJSON(""), `require_2fa`, `require_two`, 1) + `]`, "require_2fa"},
	"2fa null":            {`[` + strings.Replace(rowJSON(""), `"require_2fa":false`, `"require_2fa":null`, 1) + `]`, "require_2fa"},
	"2fa a number":        {`[` + strings.Replace(rowJSON(""), `"require_2fa":false`, `"require_2fa":1`, 1) + `]`, "require_2fa"},
	"no accounts":         {`[` + strings.Replace(rowJSON(""), `"accounts"`, `"acounts"`, 1) + `]`, "accounts"},
	"accounts null":       {`[` + strings.Replace(rowJSON(""), `"accounts":[]`, `"accounts":null`, 1) + `]`, "accounts"},
	"accounts object":     {`[` + strings.Replace(rowJSON(""), `"accounts":[]`, `"accounts":{}`, 1) + `]`, "accounts"},
	"account null":        {`[` + strings.Replace(rowJSON(""), `"accounts":[]`, `"accounts":[null]`, 1) + `]`, "accounts"},
	"account as id":       {`[` + strings.Replace(rowJSON(""), `"accounts":[]`, `"accounts":[{"account":3,"permissions":[]}]`, 1) + `]`, "accounts"},
	"account is a server": {`[` + strings.Replace(rowJSON(""), `"accounts":[]`, `"accounts":[{"account":{"href":"/v1/server/3/"},"permissions":[]}]`, 1) + `]`, "accounts"},
	"permissions missing": {`[` + strings.Replace(rowJSON(""), `"accounts":[]`, `"accounts":[{"account":{"href":"/v1/account/3/"}}]`, 1) + `]`, "accounts"},
	"permission null":     {`[` + strings.Replace(rowJSON(""), `"accounts":[]`, `"accounts":[{"account":{"href":"/v1/account/3/"},"permissions":[null]}]`, 1) + `]`, "accounts"},
	"permission huge":     {`[` + strings.Replace(rowJSON(""), `"accounts":[]`, `"accounts":[{"account":{"href":"/v1/account/3/"},"permissions":["`+strings.Repeat("x", 129)+`"]}]`, 1) + `]`, "accounts"},
	"no servers":          {`[` + strings.Replace(rowJSON(""), `"servers"`, `"srv"`, 1) + `]`, "servers"},
	"server odd":          {`[` + strings.Replace(rowJSON(""), `"servers":[]`, `"servers":[{"server":{"href":"/v1/server/x/"},"permissions":[]}]`, 1) + `]`, "servers"},
	"overall a string":    {`[` + rowJSON(`"billing":"yes"`) + `]`, "billing"},
	"overall null":        {`[` + rowJSON(`"billing":null`) + `]`, "billing"},
	"profile a number":    {`[` + strings.Replace(rowJSON(""), `"profile":null`, `"profile":4`, 1) + `]`, "profile"},
	"profile empty":       {`[` + strings.Replace(rowJSON(""), `"profile":null`, `"profile":{}`, 1) + `]`, "profile"},
	"invitation odd":      {`[` + rowJSON(`"invitation":{"state":"sent"}`) + `]`, "invitation"},
	"invitation a string": {`[` + rowJSON(`"invitation":"pending"`) + `]`, "invitation"},
	"link odd":            {`[` + rowJSON(`"invitation":{"state":"pending","link":"https://x/\u000a"}`) + `]`, "invitation"},
	"annotation odd":      {`[` + rowJSON(`"annotation":{}`) + `]`, "annotation"},
	"not UTF-8":           {"[" + strings.Replace(rowJSON(""), "ann", "a\xff", 1) + "]", ""},
	"deep":                {strings.Repeat("[", 100000) + strings.Repeat("]", 100000), ""},
}

func TestMalformedTable(t *testing.T) {
	for name, c := range malformedTables {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, answering(http.StatusOK, c.body))
			rows, err := p.writer(t).Table(t.Context())
			failure := failureOf(t, err)
			if failure.Class != hosting.ClassUnavailable || failure.Field != c.field {
				t.Errorf("got %q field %q (%v), want Unavailable and field %q", failure.Class, failure.Field, err, c.field)
			}
			if rows != nil {
				t.Errorf("got rows beside the error: partial results")
			}
			if strings.Contains(err.Error(), "example.org") {
				t.Errorf("the error holds an address: %v", err)
			}
		})
	}
}

func TestMalformedTransport(t *testing.T) {
	handlers := map[string]http.HandlerFunc{
		"HTML 200": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>log in</html>")
		},
		"wrong content type": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain")
			_, _ = io.WriteString(w, "[]")
		},
		"no content type": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, "[]")
		},
		"no content": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"partial":    answering(http.StatusPartialContent, "[]"),
		"a page": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Link", `<https://x/?page=1>; rel="prev", <https://x/?page=2>; rel="next"`)
			answering(http.StatusOK, "[]")(w, r)
		},
		"cut off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, "[]")
			panic(http.ErrAbortHandler)
		},
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, handler)
			w := p.writer(t)
			rows, err := w.Table(t.Context())
			if failureOf(t, err).Class != hosting.ClassUnavailable || rows != nil || strings.Contains(err.Error(), p.URL) {
				t.Errorf("table: got %v, %v", rows, err)
			}
			// The error of an HTTP client holds the URL, and this one's holds the address.
			if _, err = w.FindRow(t.Context(), "ann@example.org"); strings.Contains(failureOf(t, err).Error(), "example.org") {
				t.Errorf("find: the error holds the address: %v", err)
			}
		})
	}
}

// TestHuge sends bodies just within and just beyond the bound of a single row, and one
// beyond the bound of a list. The excess is white space at the end: cut off there, the rest
// would look whole.
func TestHuge(t *testing.T) {
	row := rowJSON("")
	var padding int
	p := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/7/") {
			_, _ = io.WriteString(w, row)
		} else {
			_, _ = io.WriteString(w, "["+row+"]")
		}
		_, _ = w.Write(bytes.Repeat([]byte(" "), padding))
	})
	w := p.writer(t)
	padding = maxItem - len(row)
	if _, err := w.Row(t.Context(), 7); err != nil {
		t.Errorf("a row of exactly the bound: %v", err)
	}
	padding++
	if _, err := w.Row(t.Context(), 7); failureOf(t, err).Class != hosting.ClassUnavailable {
		t.Errorf("a row beyond the bound: %v", err)
	}
	padding = maxList - 1
	if _, err := w.Table(t.Context()); failureOf(t, err).Class != hosting.ClassUnavailable {
		t.Errorf("a list beyond the bound: %v", err)
	}
}

func TestMalformedOthers(t *testing.T) {
	place := `{"id":3,"href":"/v1/account/3/","name":"web"}`
	for name, c := range map[string]struct {
		body, field string
		do          func(context.Context, hosting.Reader) error
	}{
		"another row":      {rowOf(8, "a@example.org"), "id", func(ctx context.Context, r hosting.Reader) error { _, err := r.Row(ctx, 7); return err }},
		"row as list":      {"[" + rowJSON("") + "]", "", func(ctx context.Context, r hosting.Reader) error { _, err := r.Row(ctx, 7); return err }},
		"row null":         {"null", "", func(ctx context.Context, r hosting.Reader) error { _, err := r.Row(ctx, 7); return err }},
		"no customer":      {"[]", "", func(ctx context.Context, r hosting.Reader) error { _, err := r.Identity(ctx); return err }},
		"customer bare":    {`[{"id":1,"href":"/v1/customer/1/"}]`, "email", func(ctx context.Context, r hosting.Reader) error { _, err := r.Identity(ctx); return err }},
		"account nameless": {`[{"id":3,"href":"/v1/account/3/","name":""}]`, "name", func(ctx context.Context, r hosting.Reader) error { _, err := r.Accounts(ctx); return err }},
		"account twice":    {"[" + place + "," + place + "]", "id", func(ctx context.Context, r hosting.Reader) error { _, err := r.Accounts(ctx); return err }},
		"account for server": {"[" + place + "]", "href", func(ctx context.Context, r hosting.Reader) error {
			_, err := r.Servers(ctx)
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.do(t.Context(), newProvider(t, answering(http.StatusOK, c.body)).writer(t))
			if failure := failureOf(t, err); failure.Class != hosting.ClassUnavailable || failure.Field != c.field {
				t.Errorf("got %v, want Unavailable and field %q", err, c.field)
			}
		})
	}
}

func TestTimeoutAndCancel(t *testing.T) {
	p := newProvider(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	w := p.writer(t, func(o *Options) { o.Timeout = 50 * time.Millisecond })
	_, err := w.FindRow(t.Context(), "ann@example.org")
	if failure := failureOf(t, err); failure.Class != hosting.ClassUnavailable || !errors.Is(err, context.DeadlineExceeded) ||
		!strings.Contains(err.Error(), "within 50ms") || strings.Contains(err.Error(), "example.org") {
		t.Errorf("timeout: got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = w.Table(ctx)
	if failure := failureOf(t, err); failure.Class != hosting.ClassUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}
