package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// drainLimit is how much of an unread body is read to keep the connection, in bytes; a
// longer one is not worth it.
const drainLimit = 64 << 10

// shapeError says that an answer is not what the contract promises. It names fields, never
// values.
type shapeError struct {
	field, problem string
	// cause is the setting behind it, where one is known to be.
	cause hosting.Cause
}

func (e *shapeError) Error() string {
	if e.field == "" {
		return e.problem
	}
	return e.field + ": " + e.problem
}

func odd(field, format string, args ...any) error {
	return &shapeError{field: field, problem: fmt.Sprintf(format, args...)}
}

// tooLarge says that an answer is beyond one of the bounds of what is read.
func tooLarge(format string, args ...any) error {
	return &shapeError{problem: fmt.Sprintf(format, args...), cause: hosting.CauseTooLarge}
}

// in says where in the answer it was.
func (e *shapeError) in(format string, args ...any) error {
	return &shapeError{field: e.field, problem: fmt.Sprintf(format, args...) + ": " + e.problem, cause: e.cause}
}

var errNotJSON = odd("", "the answer is not one whole JSON value")

// answer is what came back.
type answer struct {
	header http.Header
	// body of a read, up to the limit of its operation; nil after a write.
	body io.Reader
}

// readAnswer looks at a successful answer. Reads have to hold JSON; after a write the body
// says nothing (the provider's is empty), but a page of HTML means that something else than
// the provider answered.
func readAnswer(resp *http.Response, op operation) (answer, error) {
	got := answer{header: resp.Header}
	if isHTML(resp.Header) {
		return got, &shapeError{cause: hosting.CauseNoAPI, problem: "the answer is an HTML page; is the URL that of the API?"}
	}
	if op.write {
		return got, nil
	}
	if resp.StatusCode != http.StatusOK {
		return got, odd("", "the answer to a read has to be HTTP 200")
	}
	if !isJSON(resp.Header) {
		return got, odd("", "the answer is not declared as JSON")
	}
	if isPage(resp.Header) {
		return got, odd("", "the answer is one page of several, the contract knows only whole lists")
	}
	got.body = bounded{http.MaxBytesReader(nil, resp.Body, op.limit)}
	return got, nil
}

// bounded tells as a shapeError that a body is beyond its limit.
type bounded struct{ io.Reader }

// Read implements io.Reader.
func (b bounded) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if beyond := (*http.MaxBytesError)(nil); errors.As(err, &beyond) {
		err = tooLarge("the answer is longer than %d bytes", beyond.Limit)
	}
	return n, err
}

// whole reads an answer that is one thing.
func (a answer) whole() (json.RawMessage, error) {
	body, err := io.ReadAll(a.body)
	if err != nil {
		return nil, err
	}
	// Valid wants exactly one value, and bounds how deep it is nested.
	if !utf8.Valid(body) || !json.Valid(body) {
		return nil, errNotJSON
	}
	return bytes.TrimSpace(body), nil
}

func mediaType(header http.Header) string {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}

func isJSON(header http.Header) bool {
	media := mediaType(header)
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

func isHTML(header http.Header) bool {
	media := mediaType(header)
	return media == "text/html" || media == "application/xhtml+xml"
}

// isPage finds the Link header of RFC 8288 with which APIs announce a next page. The
// provider does not page; if that changed, a page must not be taken for the table.
func isPage(header http.Header) bool {
	for _, link := range header.Values("Link") {
		link = strings.ToLower(strings.ReplaceAll(link, `"`, ""))
		if strings.Contains(link, "rel=next") {
			return true
		}
	}
	return false
}

// drain reads what is left of a body, so that its connection can serve again.
func drain(body io.Reader) { _, _ = io.CopyN(io.Discard, body, drainLimit) }
