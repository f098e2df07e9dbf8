package rest

import (
	"bytes"
	"encoding/json"
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

func (e *shapeError) Error() string { return e.field + ": " + e.problem }

func odd(field, format string, args ...any) error {
	return &shapeError{field: field, problem: fmt.Sprintf(format, args...)}
}

// answer is what came back, read to its end.
type answer struct {
	header http.Header
	// body is one JSON value, whatever it is; nil after a write.
	body []byte
}

// readAnswer reads a successful answer. Reads have to hold JSON; after a write the body
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
	body, err := io.ReadAll(io.LimitReader(resp.Body, op.limit+1))
	if err != nil {
		return got, err
	}
	if int64(len(body)) > op.limit {
		return got, odd("", "the answer is longer than %d bytes", op.limit)
	}
	// Valid wants exactly one value, and bounds how deep it is nested.
	if !utf8.Valid(body) || !json.Valid(body) {
		return got, odd("", "the answer is not one whole JSON value")
	}
	got.body = bytes.TrimSpace(body)
	return got, nil
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
