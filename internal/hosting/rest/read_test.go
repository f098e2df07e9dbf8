package rest

import (
	"encoding/base64"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// TestReaderCannotWrite is invariant I15: what Observe mode holds has no write methods,
// and even the client beneath sends nothing but GET.
func TestReaderCannotWrite(t *testing.T) {
	p := newProvider(t, answering(http.StatusOK, "[]"))
	r, err := NewReader(p.options())
	if err != nil {
		t.Fatal(err)
	}
	if _, can := r.(hosting.Writer); can {
		t.Error("a reader is a hosting.Writer")
	}
	for _, method := range []string{"CreateRow", "UpdateRow", "DeleteRow"} {
		if _, has := reflect.TypeOf(r).MethodByName(method); has {
			t.Errorf("a reader has %s", method)
		}
	}
	if _, err := r.(*reader).calls.api.DeletePermission(t.Context(), 7, nil); err == nil {
		t.Error("the client beneath a reader sent a DELETE")
	}
	if _, err := r.Table(t.Context()); err != nil {
		t.Errorf("a reader cannot read: %v", err)
	}
	if got := p.requests(); len(got) != 1 || got[0].method != http.MethodGet {
		t.Errorf("got %v, want one GET", got)
	}
}

func TestAuthorization(t *testing.T) {
	for name, c := range map[string]struct{ customer, want string }{
		"own":   {"", testToken + ":"},
		"other": {"owner@example.org", testToken + " customer=owner@example.org:"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, answering(http.StatusOK, "[]"))
			w := p.writer(t, func(o *Options) { o.Customer, o.UserAgent = c.customer, "hostgrant/test" })
			if _, err := w.Table(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := p.requests()[0]
			if want := []string{"Basic " + base64.StdEncoding.EncodeToString([]byte(c.want))}; !slices.Equal(got.header["Authorization"], want) {
				t.Errorf("Authorization %q, want %q", got.header["Authorization"], want)
			}
			if got.header.Get("Accept") != "application/json" || got.header.Get("User-Agent") != "hostgrant/test" {
				t.Errorf("headers %v", got.header)
			}
			if got.header.Get("alwaysdata-synchronous") != "" {
				t.Error("a read asks to be synchronous")
			}
			if got.path != "/v1/permission/" || got.query != "" {
				t.Errorf("asked for %s?%s", got.path, got.query)
			}
		})
	}
}

func TestPaths(t *testing.T) {
	p := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		answer := map[string]string{
			"/v1/customer/":     `[{"id":1,"href":"/v1/customer/1/","email":"Owner@example.org","phone":"secret"},{"id":2,"href":"/v1/customer/2/","email":"x@example.org"}]`,
			"/v1/account/":      `[{"id":3,"href":"/v1/account/3/","name":"web","product":{"href":"/v1/product/1/"}}]`,
			"/v1/server/":       `[]`,
			"/v1/permission/7/": rowJSON(""),
		}[r.URL.Path]
		answering(http.StatusOK, answer)(w, r)
	})
	w := p.writer(t)
	identity, err := w.Identity(t.Context())
	if err != nil || identity != (hosting.Identity{CustomerID: 1, Email: "Owner@example.org", Holder: "Owner@example.org"}) {
		t.Errorf("identity %v, %v", identity, err)
	}
	row, err := w.Row(t.Context(), 7)
	if err != nil || row.ID != 7 || row.Active() || row.TellsInvitation || !row.Rights.Empty() {
		t.Errorf("row %v, %v", row, err)
	}
	checkPlaces(t, w)
}

// TestWhoseKeyItIs: acting for another owner, both are told (I6).
func TestWhoseKeyItIs(t *testing.T) {
	p := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		body := `[{"id":1,"href":"/v1/customer/1/","email":"holder@example.org"}]`
		if user, _, _ := r.BasicAuth(); strings.HasSuffix(user, " customer=owner@example.org") {
			body = `[{"id":2,"href":"/v1/customer/2/","email":"owner@example.org"}]`
		}
		answering(http.StatusOK, body)(w, r)
	})
	identity, err := p.writer(t, func(o *Options) { o.Customer = "owner@example.org" }).Identity(t.Context())
	if err != nil || identity != (hosting.Identity{CustomerID: 2, Email: "owner@example.org", Holder: "holder@example.org"}) {
		t.Errorf("identity %v, %v", identity, err)
	}
}

func checkPlaces(t *testing.T, w hosting.Reader) {
	t.Helper()
	accounts, err := w.Accounts(t.Context())
	if err != nil || !slices.Equal(accounts, []hosting.Place{{ID: 3, Name: "web"}}) {
		t.Errorf("accounts %v, %v", accounts, err)
	}
	servers, err := w.Servers(t.Context())
	if err != nil || servers == nil || len(servers) != 0 {
		t.Errorf("servers %v, %v", servers, err)
	}
}

func TestRowMapping(t *testing.T) {
	body := `[{` + strings.Replace(goodFields, `"profile":null`, `"profile":{"href":"https://api.example.org/v1/profile/44/"}`, 1) + `,
		"require_2fa_since":"2020","billing":true,"account_technical":false,"annotation":"é",
		"accounts":[{"account":{"href":"/v1/account/3/"},"permissions":["ssl","brand_new","wire:odd"]},{"account":{"href":"/v1/account/3"},"permissions":["ip"]}],
		"servers":[{"server":{"href":"/v1/server/5/"},"permissions":["ssl"]}],"invitation":null},` +
		strings.NewReplacer(`"id":7`, `"id":8`, `permission/7`, `permission/8`, `"require_2fa":false`, `"require_2fa":true`).Replace(
			rowJSON(`"invitation":{"state":"pending","link":"https://x/y"}`)) + `]`
	rows, err := newProvider(t, answering(http.StatusOK, body)).writer(t).Table(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []hosting.Row{
		{ID: 7, Email: "ann@example.org", ProfileID: 44, Annotation: "é", TellsInvitation: true, Rights: hosting.NewRights(
			overall("Billing"), account(3, "SSLCertificates"), account(3, "wire:brand_new"), account(3, "wire:wire:odd"),
			account(3, "IPAddresses"), server(5, "SSLConfiguration"))},
		{ID: 8, Email: "ann@example.org", TellsInvitation: true, Rights: hosting.NewRights(hosting.TwoFactorRight),
			Invitation: &hosting.Invitation{State: "pending", Link: "https://x/y"}},
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("got\n%+v\nwant\n%+v", rows, want)
	}
}

func TestFindRow(t *testing.T) {
	for name, c := range map[string]struct {
		rows  []string
		same  func(a, b string) bool
		id    int64
		class hosting.Class
	}{
		"one":          {[]string{rowOf(7, "a+b@example.org")}, nil, 7, ""},
		"other case":   {[]string{rowOf(7, "A+B@Example.org")}, nil, 7, ""},
		"partly":       {[]string{rowOf(6, "xa+b@example.org"), rowOf(7, "a+b@example.org"), rowOf(8, "a+b@example.org.uk")}, nil, 7, ""},
		"none":         {nil, nil, 0, hosting.ClassNotFound},
		"only partly":  {[]string{rowOf(6, "xa+b@example.org")}, nil, 0, hosting.ClassNotFound},
		"several":      {[]string{rowOf(6, "a+b@example.org"), rowOf(7, "A+b@example.org")}, nil, 0, hosting.ClassConflict},
		"own notation": {[]string{rowOf(6, "somebody@example.org")}, func(string, string) bool { return true }, 6, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t, answering(http.StatusOK, "["+strings.Join(c.rows, ",")+"]"))
			w := p.writer(t, func(o *Options) { o.SameAddress = c.same })
			row, err := w.FindRow(t.Context(), "a+b@example.org")
			if row.ID != c.id || hosting.ClassOf(err) != c.class {
				t.Errorf("got row %d, %v, want %d, %q", row.ID, err, c.id, c.class)
			}
			if got := p.requests()[0]; got.path != "/v1/permission/" || got.query != "email=a%2Bb%40example.org" {
				t.Errorf("asked for %s?%s", got.path, got.query)
			}
		})
	}
}

func TestOptionsRefused(t *testing.T) {
	good := Options{URL: "https://api.example.org/v1", Token: "secret-token"}
	for name, c := range map[string]struct {
		edit  func(*Options)
		field string
	}{
		"http":           {func(o *Options) { o.URL = "http://api.example.org/v1" }, "url"},
		"no scheme":      {func(o *Options) { o.URL = "api.example.org" }, "url"},
		"no host":        {func(o *Options) { o.URL = "https:///v1" }, "url"},
		"no URL":         {func(o *Options) { o.URL = "https://\x7f" }, "url"},
		"user":           {func(o *Options) { o.URL = "https://u:secret-token@api.example.org/v1" }, "url"},
		"query":          {func(o *Options) { o.URL = "https://api.example.org/v1?key=secret-token" }, "url"},
		"no token":       {func(o *Options) { o.Token = "" }, "token"},
		"line end":       {func(o *Options) { o.Token = "secret-token\n" }, "token"},
		"scope in token": {func(o *Options) { o.Token = "secret-token customer=x" }, "token"},
		"colon":          {func(o *Options) { o.Token = "secret-token:x" }, "token"},
		"customer":       {func(o *Options) { o.Customer = "a@example.org account=b" }, "customer"},
		"bundle":         {func(o *Options) { o.CABundle = []byte("no certificate") }, "caBundle"},
	} {
		o := good
		c.edit(&o)
		_, err := NewWriter(o)
		if failure := failureOf(t, err); failure.Class != hosting.ClassInvalid || failure.Field != c.field || strings.Contains(err.Error(), "secret-token") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := NewReader(good); err != nil {
		t.Errorf("good options: %v", err)
	}
}

func TestObserve(t *testing.T) {
	type seen struct {
		op    string
		write bool
		class hosting.Class
	}
	var got []seen
	p := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, "{")
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	w := p.writer(t, func(o *Options) {
		o.Observe = func(op string, write bool, class hosting.Class, took time.Duration) {
			if took < 0 {
				t.Errorf("%s took %s", op, took)
			}
			got = append(got, seen{op, write, class})
		}
	})
	_, _ = w.Table(t.Context())
	_ = w.DeleteRow(t.Context(), 7)
	want := []seen{{"list permissions", false, hosting.ClassUnavailable}, {"delete permission", true, ""}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
