package rest

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

func TestClasses(t *testing.T) {
	type call func(context.Context, hosting.Writer) error
	calls := map[string]call{
		"item": func(ctx context.Context, w hosting.Writer) error { _, err := w.Row(ctx, 7); return err },
		"list": func(ctx context.Context, w hosting.Writer) error { _, err := w.Table(ctx); return err },
		"find": func(ctx context.Context, w hosting.Writer) error {
			_, err := w.FindRow(ctx, "a@example.org")
			return err
		},
		"create": func(ctx context.Context, w hosting.Writer) error {
			_, err := w.CreateRow(ctx, hosting.NewRow{Email: "a@example.org"})
			return err
		},
		"update": func(ctx context.Context, w hosting.Writer) error {
			return w.UpdateRow(ctx, hosting.Row{ID: 7}, hosting.NewRights(overall("Billing")), "")
		},
		"delete": func(ctx context.Context, w hosting.Writer) error { return w.DeleteRow(ctx, 7) },
	}
	same := func(class hosting.Class) map[string]hosting.Class {
		all := map[string]hosting.Class{}
		for name := range calls {
			all[name] = class
		}
		return all
	}
	missing := map[string]hosting.Class{
		"item": hosting.ClassNotFound, "list": hosting.ClassUnsupported, "find": hosting.ClassUnsupported,
		"create": hosting.ClassUnsupported, "update": hosting.ClassNotFound, "delete": "",
	}
	for status, want := range map[int]map[string]hosting.Class{
		301: same(hosting.ClassUnavailable), 304: same(hosting.ClassUnavailable), 307: same(hosting.ClassUnavailable),
		400: same(hosting.ClassInvalid), 401: same(hosting.ClassUnauthorized), 402: same(hosting.ClassInvalid),
		403: same(hosting.ClassForbidden), 404: missing, 405: same(hosting.ClassInvalid),
		408: same(hosting.ClassUnavailable), 409: same(hosting.ClassConflict), 410: missing,
		415: same(hosting.ClassInvalid), 422: same(hosting.ClassInvalid), 425: same(hosting.ClassUnavailable),
		429: same(hosting.ClassRateLimited), 499: same(hosting.ClassInvalid), 500: same(hosting.ClassUnavailable),
		502: same(hosting.ClassUnavailable), 503: same(hosting.ClassUnavailable), 599: same(hosting.ClassUnavailable),
	} {
		p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/v1/elsewhere/")
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
		})
		w := p.writer(t)
		for name, do := range calls {
			err := do(t.Context(), w)
			if got := hosting.ClassOf(err); got != want[name] {
				t.Errorf("%d on %s: got class %q, want %q", status, name, got, want[name])
			}
			if err != nil && failureOf(t, err).Status != status {
				t.Errorf("%d on %s: error has status %d", status, name, failureOf(t, err).Status)
			}
		}
		if got := len(p.requests()); got != len(calls) {
			t.Errorf("%d: %d requests for %d calls; nothing may be repeated or redirected", status, got, len(calls))
		}
		p.Close()
	}
}

func TestComplaint(t *testing.T) {
	long := strings.Repeat("é", 1000)
	for name, c := range map[string]struct {
		media, body, field, detail string
	}{
		"field":          {"application/json", `{"accounts":["no such account"]}`, "accounts", `{"accounts":["no such account"]}`},
		"general first":  {"application/json", `{"detail":"bad","email":["used"]}`, "email", `{"detail":"bad","email":["used"]}`},
		"only general":   {"application/json", `{"detail":"bad"}`, "", `{"detail":"bad"}`},
		"no object":      {"application/json", `["email"]`, "", `["email"]`},
		"broken":         {"application/json", `{"detail":`, "", `{"detail":`},
		"key no word":    {"application/json", `{"ann@example.org":"x"}`, "", `{"[address]":"x"}`},
		"html":           {"text/html; charset=utf-8", `<p>ann@example.org</p>`, "", "the answer is an HTML page"},
		"address":        {"text/plain", `no <Ann.O'Neil+x@sub.example.org>, no b%40example.org, no c\u0040example.org`, "", `no <Ann.O'[address]>, no [address], no [address]`},
		"quoted address": {"text/plain", `no "ann smith"@example.org!`, "", `no [address]`},
		"token":          {"text/plain", "key " + testToken + " refused", "", "key [removed] refused"},
		"control":        {"text/plain", "a\x00b\r\n\tc\x1b[0m", "", "ab c[0m"},
		"long":           {"text/plain", long, "", long[:300]},
		"not UTF-8":      {"text/plain", "a\xff\xfeb", "", "ab"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.media)
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(c.body))
			})
			_, err := p.writer(t).Table(t.Context())
			failure := failureOf(t, err)
			if failure.Class != hosting.ClassInvalid || failure.Field != c.field || failure.Detail != c.detail {
				t.Errorf("got %q field %q detail %q, want field %q detail %q", failure.Class, failure.Field, failure.Detail, c.field, c.detail)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                                0,
		"7":                               7 * time.Second,
		" 7 ":                             7 * time.Second,
		"-7":                              0,
		"1.5":                             0,
		"soon":                            0,
		"3600":                            time.Hour,
		"3601":                            time.Hour,
		"99999999999999999999999":         time.Hour,
		"Mon, 04 May 2026 12:01:00 GMT":   time.Minute,
		"Mon, 04 May 2026 11:00:00 GMT":   0,
		"Tue, 05 May 2026 12:00:00 GMT":   time.Hour,
		"Monday, 04-May-26 12:00:30 GMT":  30 * time.Second,
		"Mon, 99 May 2026 12:01:00 GMT":   0,
		"18446744073709551617":            time.Hour,
		"0000000000000000000000000000005": 5 * time.Second,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
}
