package cli

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/reference"
)

// doctored is a provider that tells a time, and the arguments to examine it.
func doctored(t *testing.T, date time.Time) (*reference.Server, []string) {
	t.Helper()
	server, ask := serve(t, reference.Options{Date: clocktesting.NewFakePassiveClock(date)})
	return server, append([]string{"doctor"}, ask...)
}

// The URL, the key and the permission resource are told apart, and no call writes.
func TestDoctorOfAProvider(t *testing.T) {
	server, ask := doctored(t, time.Now())
	code, out, said := run(t, "", ask...)
	if code != exitOK || said != "" || strings.Contains(out, "fail") || strings.Contains(out, "warn") || strings.Contains(out, "@") || strings.Contains(out, token) {
		t.Errorf("ends with %d, says %s\n%s", code, said, out)
	}
	if _, out, _ := run(t, "", append(ask, "--show-addresses")...); !strings.Contains(out, "owner@acme.example") {
		t.Error(out)
	}
	server.SetPermissionAPI(false)
	if code, out, said := run(t, "", ask...); code != exitError || !strings.Contains(out, "fail  permission resource: PermissionAPIUnavailable") || !strings.Contains(out, "ok    key: it works") || !strings.Contains(out, "ok    documented calls: account, customer, server answered: 2 accounts, 0 servers\n") || !strings.Contains(out, "work with hostgrant table and hostgrant worklist (docs/real-account.md)") || said != "error: 1 of 5 checks failed\n" {
		t.Errorf("ends with %d, says %s\n%s", code, said, out)
	}
	t.Setenv(tokenVariable, "wrong")
	if code, out, _ := run(t, "", ask...); code != exitError || !strings.Contains(out, "ok    url:") || !strings.Contains(out, "fail  key: the provider refuses the key") || strings.Contains(out, "permission resource") {
		t.Errorf("ends with %d, says\n%s", code, out)
	}
	if writes := server.Counters().Writes; writes != 0 {
		t.Error(writes, "writes")
	}
}

// A clock that is apart is a warning, and far apart a failure.
func TestDoctorComparesClocks(t *testing.T) {
	_, ask := doctored(t, time.Now().Add(-2*time.Minute))
	if code, out, _ := run(t, "", ask...); code != exitOK || !strings.Contains(out, "warn  clock: ours is 2m") {
		t.Errorf("ends with %d, says\n%s", code, out)
	}
	_, ask = doctored(t, time.Now().Add(time.Hour))
	if code, out, _ := run(t, "", ask...); code != exitError || !strings.Contains(out, "fail  clock: ours is 1h0m0s behind") && !strings.Contains(out, "fail  clock: ours is 59m") {
		t.Errorf("ends with %d, says\n%s", code, out)
	}
}

// What answers is no provider: the URL is wrong, and the key was sent to that URL alone.
func TestDoctorOfAnotherSite(t *testing.T) {
	page := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/moved/") {
			http.Redirect(w, r, "/elsewhere/", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<html>\x1b[31m</html>"))
	}))
	defer page.Close()
	t.Setenv(tokenVariable, token)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, certificateOf(page), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/": "what answers is no API of a provider", "/moved/": "redirects, which is not followed"} {
		code, out, _ := run(t, "", "doctor", "--backend-url", page.URL+path, "--backend-ca", ca, "--allow-private-endpoints")
		if code != exitError || !strings.HasPrefix(out, "fail  url: ") || !strings.Contains(out, want) || strings.Count(out, "\n") != 1 || strings.Contains(out, "\x1b") {
			t.Errorf("%s: ends with %d, says\n%s", path, code, out)
		}
	}
	page.Close()
	if code, out, _ := run(t, "", "doctor", "--backend-url", page.URL, "--backend-ca", ca, "--allow-private-endpoints"); code != exitError || !strings.Contains(out, "fail  url: no answer") {
		t.Errorf("ends with %d, says\n%s", code, out)
	}
}

// A provider whose documented calls work, and that answers with a page where permissions would be, as its web site does: the page is
// told, by its code, and none of its text.
func TestDoctorOfAPageInPlaceOfPermissions(t *testing.T) {
	answers := map[string]string{
		"/v1/customer/": `[{"id": 7, "href": "/v1/customer/7/", "email": "owner@acme.example"}]`,
		"/v1/account/":  `[{"id": 1, "href": "/v1/account/1/", "name": "shop"}]`,
		"/v1/server/":   `[]`,
	}
	code, asked := http.StatusNotFound, map[string]bool{}
	site := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked[r.Method+" "+r.URL.Path] = true
		if body, documented := answers[r.URL.Path]; documented {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
			return
		}
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		_, _ = w.Write([]byte("<html>\x1b[31mwelcome</html>"))
	}))
	defer site.Close()
	t.Setenv(tokenVariable, token)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, certificateOf(site), 0o600); err != nil {
		t.Fatal(err)
	}
	for answer, want := range map[int]string{
		http.StatusNotFound: "PermissionAPIUnavailable: accounts are listed, and permissions are not there: ",
		http.StatusOK:       "it answers otherwise than the contract says: ",
	} {
		code = answer
		ends, out, said := run(t, "", "doctor", "--backend-url", site.URL+"/v1/", "--backend-ca", ca, "--allow-private-endpoints")
		for _, line := range []string{"ok    url: an API answers there\n", "ok    key: it works, for the owner with id 7\n", "ok    documented calls: account, customer, server answered: 1 account, 0 servers\n", "fail  permission resource: " + want} {
			if !strings.Contains(out, line) {
				t.Errorf("%d: does not say %q:\n%s", answer, line, out)
			}
		}
		if ends != exitError || strings.Contains(out+said, "welcome") || strings.Contains(out+said, "\x1b") {
			t.Errorf("%d: ends with %d, says %s\n%s", answer, ends, said, out)
		}
	}
	want := []string{"GET /v1/account/", "GET /v1/customer/", "GET /v1/permission/", "GET /v1/server/"}
	if got := slices.Sorted(maps.Keys(asked)); !slices.Equal(got, want) {
		t.Error("asks", got)
	}
}
