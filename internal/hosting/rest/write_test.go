package rest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

func TestUpdateSendsOnlyWhatDiffers(t *testing.T) {
	have := hosting.NewRights(overall("Billing"), account(3, "Sites"), account(3, "wire:brand_new"), account(2, "SSH"), server(5, "Migration"))
	edit := func(gone []hosting.Right, come ...hosting.Right) hosting.Rights {
		return have.Minus(hosting.NewRights(gone...)).Union(hosting.NewRights(come...))
	}
	for name, c := range map[string]struct {
		want hosting.Rights
		body string
	}{
		"overall on":   {edit(nil, overall("AccountManagement")), `{"account_management":true}`},
		"overall off":  {edit([]hosting.Right{overall("Billing")}), `{"billing":false}`},
		"2FA":          {edit(nil, hosting.TwoFactorRight), `{"require_2fa":true}`},
		"one server":   {edit(nil, server(5, "FirewallRules")), `{"servers":[{"permissions":["firewall","migration"],"server":5}]}`},
		"last server":  {edit([]hosting.Right{server(5, "Migration")}), `{"servers":[]}`},
		"account":      {edit([]hosting.Right{account(2, "SSH")}, account(10, "FTP")), `{"accounts":[{"account":3,"permissions":["site","brand_new"]},{"account":10,"permissions":["ftp"]}]}`},
		"all away":     {hosting.Rights{}, `{"accounts":[],"billing":false,"servers":[]}`},
		"nothing":      {have, ``},
		"unknown away": {edit([]hosting.Right{account(3, "wire:brand_new")}), `{"accounts":[{"account":2,"permissions":["ssh"]},{"account":3,"permissions":["site"]}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
			if err := p.writer(t).UpdateRow(t.Context(), hosting.Row{ID: 7, Rights: have}, c.want, ""); err != nil {
				t.Fatal(err)
			}
			got := p.requests()
			if c.body == "" {
				if len(got) != 0 {
					t.Errorf("got %v, want no request", got)
				}
				return
			}
			if len(got) != 1 || got[0].method != http.MethodPatch || got[0].path != "/v1/permission/7/" || got[0].body != c.body {
				t.Errorf("got %v, want one PATCH with %s", got, c.body)
			}
			checkWrite(t, got[0])
		})
	}
}

func checkWrite(t *testing.T, r request) {
	t.Helper()
	if got := r.header["Alwaysdata-Synchronous"]; len(got) != 1 || got[0] != "yes" {
		t.Errorf("%s: alwaysdata-synchronous %q", r.method, got)
	}
	if r.body != "" && r.header.Get("Content-Type") != "application/json" {
		t.Errorf("%s: Content-Type %q", r.method, r.header.Get("Content-Type"))
	}
	if !strings.HasSuffix(r.path, "/") {
		t.Errorf("%s %s lacks the slash at the end", r.method, r.path)
	}
}

func TestWriteRefusesUnknownRights(t *testing.T) {
	p := newProvider(t, answering(http.StatusNoContent, ""))
	w := p.writer(t)
	for _, right := range []hosting.Right{
		overall("Bliling"), overall("wire:email"), {Scope: hosting.ScopeOverall, ID: 3, Name: "Billing"},
		{Scope: hosting.ScopeFlag, Name: "other"}, account(0, "Sites"), account(-1, "Sites"), account(3, "Site"),
		account(3, "wire:"), server(5, "Sites"), {Scope: "Planet", ID: 1, Name: "Sites"},
	} {
		if err := w.UpdateRow(t.Context(), hosting.Row{ID: 7}, hosting.NewRights(right), ""); failureOf(t, err).Class != hosting.ClassInvalid {
			t.Errorf("%v: got %v", right, err)
		}
		if _, err := w.CreateRow(t.Context(), hosting.NewRow{Email: "a@example.org", Rights: hosting.NewRights(right)}); failureOf(t, err).Class != hosting.ClassInvalid {
			t.Errorf("%v at creation: got %v", right, err)
		}
	}
	if got := p.requests(); len(got) != 0 {
		t.Errorf("sent %v", got)
	}
}

// TestUnknownKeysSurvive reads a row, adds to it, and looks for the unknown in the write.
func TestUnknownKeysSurvive(t *testing.T) {
	p := newProvider(t, answering(http.StatusOK, strings.Replace(rowJSON(`"shiny":true`), `"servers":[]`,
		`"servers":[{"server":{"href":"/v1/server/5/"},"permissions":["quantum","ssl","wire:x"]}]`, 1)))
	w := p.writer(t)
	row, err := w.Row(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.UpdateRow(t.Context(), row, row.Rights.Union(hosting.NewRights(server(5, "SMTPConfiguration"))), row.Annotation); err != nil {
		t.Fatal(err)
	}
	var sent map[string][]struct {
		Server      int64
		Permissions []string
	}
	if err := json.Unmarshal([]byte(p.requests()[1].body), &sent); err != nil {
		t.Fatal(err)
	}
	list := sent["servers"]
	if len(sent) != 1 || len(list) != 1 || list[0].Server != 5 || !reflect.DeepEqual(list[0].Permissions, []string{"smtp", "ssl", "quantum", "wire:x"}) {
		t.Errorf("sent %s", p.requests()[1].body)
	}
}

func TestCreateRow(t *testing.T) {
	created := func(location, found string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				answering(http.StatusOK, found)(w, r)
				return
			}
			if location != "" {
				w.Header().Set("Location", location)
			}
			w.WriteHeader(http.StatusCreated)
		}
	}
	const none = "none: no GET expected"
	mine := "[" + rowOf(12, "a@example.org") + "]"
	for name, c := range map[string]struct {
		location, found string
		id              int64
		class           hosting.Class
	}{
		"relative":         {"/v1/permission/12/", none, 12, ""},
		"absolute":         {"https://other.example.org/v1/permission/12/", none, 12, ""},
		"bare":             {"12/", none, 12, ""},
		"no slash":         {"/v1/permission/12", none, 12, ""},
		"missing":          {"", mine, 12, ""},
		"other path":       {"/v2/permission/99/", mine, 12, ""},
		"other resource":   {"/v1/site/99/", mine, 12, ""},
		"deeper":           {"/v1/permission/99/link/", mine, 12, ""},
		"dots":             {"/v1/permission/../site/99/", mine, 12, ""},
		"no number":        {"/v1/permission/new/", mine, 12, ""},
		"zero":             {"/v1/permission/0/", mine, 12, ""},
		"signed":           {"/v1/permission/+99/", mine, 12, ""},
		"no URL":           {"http://[::1/%zz", mine, 12, ""},
		"missing and gone": {"", "[]", 0, hosting.ClassUnavailable},
		"missing and odd":  {"", "{", 0, hosting.ClassUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, created(c.location, c.found))
			id, err := p.writer(t).CreateRow(t.Context(), hosting.NewRow{Email: "a@example.org", Notify: true})
			if id != c.id || hosting.ClassOf(err) != c.class {
				t.Errorf("got %d, %v, want %d, %q", id, err, c.id, c.class)
			}
			if got := p.requests(); got[0].method != http.MethodPost || got[0].path != "/v1/permission/" || len(got) > 1 && c.found == none {
				t.Errorf("asked %v", got)
			}
			checkWrite(t, p.requests()[0])
		})
	}
}

func TestCreateBody(t *testing.T) {
	for name, c := range map[string]struct {
		row  hosting.NewRow
		body string
	}{
		"silent":   {hosting.NewRow{Email: "a@example.org"}, `{"email":"a@example.org","notify":false}`},
		"notified": {hosting.NewRow{Email: "a@example.org", Notify: true}, `{"email":"a@example.org"}`},
		"full": {hosting.NewRow{Email: "a@example.org", Notify: true, Rights: hosting.NewRights(
			hosting.TwoFactorRight, overall("ServerTechnical"), account(3, "ScheduledTasks"), account(3, "Sites"), server(5, "Consumption"))},
			`{"accounts":[{"account":3,"permissions":["job","site"]}],"email":"a@example.org","require_2fa":true,"server_technical":true,"servers":[{"permissions":["usage"],"server":5}]}`},
	} {
		p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/v1/permission/1/")
			w.WriteHeader(http.StatusCreated)
		})
		if _, err := p.writer(t).CreateRow(t.Context(), c.row); err != nil {
			t.Fatal(err)
		}
		if got := p.requests()[0].body; got != c.body {
			t.Errorf("%s: sent %s, want %s", name, got, c.body)
		}
	}
}

// TestLostAnswer: the provider acts, the answer never comes. One request, no repetition.
func TestLostAnswer(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"broken off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"login page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>")
		},
	} {
		p := newProvider(t, handler)
		w := p.writer(t)
		_, err := w.CreateRow(t.Context(), hosting.NewRow{Email: "a@example.org"})
		if failureOf(t, err).Class != hosting.ClassUnavailable || strings.Contains(err.Error(), "example.org") {
			t.Errorf("%s: create: %v", name, err)
		}
		if err := w.UpdateRow(t.Context(), hosting.Row{ID: 7}, hosting.NewRights(overall("Billing")), ""); failureOf(t, err).Class != hosting.ClassUnavailable {
			t.Errorf("%s: update: %v", name, err)
		}
		if err := w.DeleteRow(t.Context(), 7); failureOf(t, err).Class != hosting.ClassUnavailable {
			t.Errorf("%s: delete: %v", name, err)
		}
		if got := p.requests(); len(got) != 3 {
			t.Errorf("%s: %d requests for three writes", name, len(got))
		}
		checkWrite(t, p.requests()[2])
	}
}

// TestCatalogueFitsContract: every box of the catalogue is a field of the contract, since
// requests take their keys from the catalogue.
func TestCatalogueFitsContract(t *testing.T) {
	known := map[string]bool{}
	update := reflect.TypeFor[PermissionUpdate]()
	for i := range update.NumField() {
		name, _, _ := strings.Cut(update.Field(i).Tag.Get("json"), ",")
		known[name] = true
	}
	for _, p := range hosting.Catalogue() {
		if (p.Scope == hosting.ScopeOverall || p.Scope == hosting.ScopeFlag) && !known[p.Key] {
			t.Errorf("%s: the contract has no field %q", p.Name, p.Key)
		}
	}
}

func TestIDOfLocationAtRoot(t *testing.T) {
	base, _ := url.Parse("https://api.example.org")
	if got := idOfLocation(base, "/permission/4/"); got != 4 {
		t.Errorf("got %d", got)
	}
}
