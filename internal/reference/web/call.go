package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// sessionCookie holds a session. The prefix has browsers take it from this very host over
// HTTPS only.
const sessionCookie = "__Host-session"

// call is one request on its way to a page.
type call struct {
	*pages
	w    http.ResponseWriter
	r    *http.Request
	lang lang
	// who is logged in; nobody where Profile is 0.
	who reference.Visitor
}

// handler answers a call, or fails, which is answered in one place.
type handler func(*call) error

// serve finds out who calls and in which language, and answers failures.
func (p *pages) serve(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{pages: p, w: w, r: r, lang: languageOf(r)}
		who, err := p.server.Visitor(r.Context(), c.session())
		if err == nil {
			c.who = who
		}
		if err == nil || errors.Is(err, reference.ErrNoSession) {
			if err = parse(r); err == nil {
				err = h(c)
			}
		}
		if err != nil {
			c.fail(err)
		}
	})
}

func parse(r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	if err := r.ParseForm(); err != nil {
		return errors.Join(errForm, err)
	}
	return nil
}

// errForm says that what a browser sent is no form; no browser sends such a thing by itself.
var errForm = errors.New("not a form")

// member lets those pass who are logged in, with both factors where they have two.
func member(h handler) handler {
	return func(c *call) error {
		switch {
		case c.who.Profile == 0:
			return reference.ErrNoSession
		case c.who.AwaitsCode():
			return c.to("/login/code", c.next())
		}
		return h(c)
	}
}

// halfway lets those pass who have given a password and still have to give a code.
func halfway(h handler) handler {
	return func(c *call) error {
		if c.who.AwaitsCode() {
			return h(c)
		}
		return c.to("/login", c.next())
	}
}

// fail answers what no page has answered.
func (c *call) fail(err error) {
	var throttled *reference.ThrottledError
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, reference.ErrNoSession):
		c.logInFirst()
		err = nil
	case errors.Is(err, store.ErrNotFound):
		err = c.nothing()
	case errors.As(err, &throttled):
		err = c.throttled(throttled)
	case errors.As(err, &tooLarge):
		err = c.message(http.StatusRequestEntityTooLarge, "too-large")
	case errors.Is(err, errForm):
		err = c.message(http.StatusBadRequest, "not-understood")
	default:
		c.log.ErrorContext(c.r.Context(), "page failed", "method", c.r.Method, "error", err)
		err = c.message(http.StatusInternalServerError, "failed")
	}
	if err != nil {
		c.log.ErrorContext(c.r.Context(), "page not answered", "error", err)
	}
}

// logInFirst sends somebody to the log-in page and back afterwards.
func (c *call) logInFirst() {
	query := url.Values{"next": {c.next()}}
	if c.session() != "" {
		c.hold("")
		query.Set("ended", "yes")
	}
	http.Redirect(c.w, c.r, "/login?"+query.Encode(), http.StatusSeeOther)
}

func (c *call) throttled(err *reference.ThrottledError) error {
	// Rounded up: who comes as early as told is not refused again.
	up := func(unit time.Duration) int { return int((err.After + unit - 1) / unit) }
	c.w.Header().Set("Retry-After", strconv.Itoa(up(time.Second)))
	return c.message(http.StatusTooManyRequests, "throttled", up(time.Minute))
}

func (c *call) nothing() error { return c.message(http.StatusNotFound, "nothing") }

// foreign answers what another site had the browser send.
func (c *call) foreign() error { return c.message(http.StatusForbidden, "foreign") }

// message is a page that only says something; key names its title and text.
func (c *call) message(status int, key string, args ...any) error {
	return c.render(status, "message", key+".title", struct {
		Text   string
		Inside bool
	}{c.lang.say(key+".text", args...), c.who.Profile != 0})
}

// session is what the browser holds, empty where it holds nothing.
func (c *call) session() string {
	cookie, err := c.r.Cookie(sessionCookie)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// hold has the browser hold a session until it is closed; empty: no more.
func (c *call) hold(session string) {
	cookie := &http.Cookie{
		Name: sessionCookie, Value: session, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if session == "" {
		cookie.MaxAge = -1
	}
	http.SetCookie(c.w, cookie)
}

// to goes to another page after something was done; next is where to go from there.
func (c *call) to(path, next string) error {
	if next != "" && next != "/" {
		path += "?next=" + url.QueryEscape(next)
	}
	http.Redirect(c.w, c.r, path, http.StatusSeeOther)
	return nil
}

// next is where to go after logging in: what was named, or the page asked for. Every form
// inside has a page at its own address.
func (c *call) next() string {
	if named := c.r.FormValue("next"); named != "" {
		return local(named)
	}
	if !strings.HasPrefix(c.r.URL.Path, "/login") {
		return local(c.r.URL.Path)
	}
	return "/"
}

// local is a path on this very host, or the first page.
func local(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.ContainsAny(path, "\\\t\r\n") ||
		!strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return "/"
	}
	return path
}

// id is a number in the path; 0 is nobody's.
func (c *call) id(name string) int64 {
	id, err := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	if err != nil {
		return 0
	}
	return id
}
