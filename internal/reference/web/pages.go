// Package web is the web pages of the reference hosting backend: logging in with one or two
// factors, initialising a profile from an invitation, the owner's Permissions, My
// Permissions, and the menus somebody may use. Pages are made on the server and need no
// script. They decide nothing: what opens is decided by package access, through the methods
// of the reference.Server that they are served beside.
package web

import (
	_ "embed"
	"log/slog"
	"net/http"

	"github.com/hostgrant/hostgrant/internal/reference"
)

//go:embed style.css
var style []byte

// pages serves the web pages of one hosting.
type pages struct {
	server *reference.Server
	log    *slog.Logger
}

// Pages makes the web pages of a hosting; it is what reference.Options.Pages takes.
//
// Requests that another site has a browser make are refused by their Sec-Fetch-Site and
// Origin headers, which every current browser sends, together with SameSite cookies. Tokens in
// forms would guard nothing more, and would need a session before anybody has logged in.
func Pages(server *reference.Server, log *slog.Logger) http.Handler {
	p := &pages{server: server, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /style.css", p.style)
	open := map[string]handler{
		"GET /login": (*call).logInPage, "POST /login": (*call).logIn,
		"POST /logout":            (*call).logOut,
		"POST /language":          (*call).language,
		"GET /initialise/{token}": (*call).initialisePage, "POST /initialise/{token}": (*call).initialise,
		"POST /initialise/{token}/confirmation": (*call).mailConfirmationOf,
	}
	for pattern, h := range open {
		mux.Handle(pattern, p.serve(h))
	}
	// After the password, and before anything else.
	mux.Handle("GET /login/code", p.serve(halfway((*call).codePage)))
	mux.Handle("POST /login/code", p.serve(halfway((*call).enterCode)))
	inside := map[string]handler{
		"GET /{$}": (*call).dashboard,
		"GET /menus/{owner}/{scope}/{place}/{menu}": (*call).menu,

		"GET /permissions":              (*call).people,
		"GET /permissions/add":          (*call).addPage,
		"POST /permissions/add":         (*call).add,
		"GET /permissions/alerts":       (*call).alerts,
		"GET /permissions/{id}":         (*call).editPage,
		"POST /permissions/{id}":        (*call).edit,
		"GET /permissions/{id}/remove":  (*call).removePage,
		"POST /permissions/{id}/remove": (*call).remove,

		"GET /permissions/mine":                 (*call).mine,
		"GET /permissions/mine/{owner}/remove":  (*call).relinquishPage,
		"POST /permissions/mine/{owner}/remove": (*call).relinquish,

		"GET /profile":                       (*call).profile,
		"POST /profile/confirmation":         (*call).mailConfirmation,
		"GET /profile/second-factor":         (*call).factorPage,
		"POST /profile/second-factor":        (*call).setUpFactor,
		"GET /profile/second-factor/remove":  (*call).dropFactorPage,
		"POST /profile/second-factor/remove": (*call).dropFactor,
	}
	for pattern, h := range inside {
		mux.Handle(pattern, p.serve(member(h)))
	}
	mux.Handle("/", p.serve((*call).nothing))
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(p.serve((*call).foreign))
	return headers(guard.Handler(mux))
}

// headers of every answer. A link may hold a token, so no address is passed on to anybody
// (Referrer-Policy) and nothing is kept (Cache-Control). There is no HSTS: it would make
// browsers refuse every other program on the host that the hosting is tried out on.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

func (p *pages) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(style) // The browser has gone if this fails.
}
