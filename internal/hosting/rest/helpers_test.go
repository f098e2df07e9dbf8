package rest

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

const testToken = "tok=&#@%en"

// request is what a provider got.
type request struct {
	method, path, query string
	header              http.Header
	body                string
}

// provider is an HTTPS server on a loopback address that keeps what it was asked.
type provider struct {
	*httptest.Server
	mu   sync.Mutex
	got  []request
	seen []string
}

func newProvider(t *testing.T, handler http.HandlerFunc) *provider {
	t.Helper()
	p := &provider{}
	p.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.mu.Lock()
		p.got = append(p.got, request{r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Clone(), string(body)})
		p.seen = append(p.seen, r.RemoteAddr)
		p.mu.Unlock()
		handler(w, r)
	}))
	p.EnableHTTP2 = true
	p.Config.ErrorLog = log.New(io.Discard, "", 0)
	p.StartTLS()
	t.Cleanup(p.Close)
	return p
}

func (p *provider) requests() []request {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]request(nil), p.got...)
}

func (p *provider) options(edit ...func(*Options)) Options {
	o := Options{
		URL: p.URL + "/v1/", Token: testToken, AllowPrivate: true,
		CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw}),
		Budget:   NewBudget(1e6, 1e6, clock.RealClock{}),
	}
	for _, e := range edit {
		e(&o)
	}
	return o
}

func (p *provider) writer(t *testing.T, edit ...func(*Options)) hosting.Writer {
	t.Helper()
	w, err := NewWriter(p.options(edit...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.(interface{ CloseIdle() }).CloseIdle)
	return w
}

// answering gives every request the same JSON answer.
func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const goodFields = `"id":7,"href":"/v1/permission/7/","email":"ann@example.org","profile":null,"require_2fa":false`

func rowJSON(extra string) string {
	if extra != "" {
		extra = "," + extra
	}
	return `{` + goodFields + `,"accounts":[],"servers":[]` + extra + `}`
}

func rowOf(id int, email string) string {
	return fmt.Sprintf(`{"id":%d,"href":"/v1/permission/%d/","email":%q,"require_2fa":false,"accounts":[],"servers":[]}`, id, id, email)
}

func account(id int64, name string) hosting.Right {
	return hosting.Right{Scope: hosting.ScopeAccount, ID: id, Name: name}
}

func server(id int64, name string) hosting.Right {
	return hosting.Right{Scope: hosting.ScopeServer, ID: id, Name: name}
}

func overall(name string) hosting.Right {
	return hosting.Right{Scope: hosting.ScopeOverall, Name: name}
}

func failureOf(t *testing.T, err error) *hosting.Error {
	t.Helper()
	var failure *hosting.Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %T (%v), want a *hosting.Error", err, err)
	}
	if strings.Contains(failure.Error(), testToken) {
		t.Errorf("the error holds the token: %v", failure)
	}
	return failure
}
