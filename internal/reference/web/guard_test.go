package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/net/html"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/visitor"
)

// What another site has somebody's browser send does nothing, whoever is logged in.
func TestOtherSitesCannotAct(t *testing.T) {
	s := open(t)
	s.grant(other, reference.Row{Email: owner, Overall: []string{"Billing"}})
	s.grant(owner, reference.Row{Email: someone, Overall: []string{"Billing"}})
	v := s.loggedIn(owner)
	held := v.Session()
	for _, headers := range [][]string{
		{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"},
		{"Sec-Fetch-Site: same-site"},
		{"Sec-Fetch-Site: ", "Origin: https://evil.example"},
		{"Sec-Fetch-Site: ", "Origin: null"},
	} {
		for path, form := range map[string]url.Values{
			"/permissions/add":             {"email": {"thief@example.org"}, "grant": {"Overall/0/AccountManagement"}},
			"/permissions/2/remove":        {},
			"/permissions/mine/2/remove":   {},
			"/profile/second-factor":       {},
			"/login":                       {"email": {other}, "password": {password}},
			"/logout":                      {},
			"/language":                    {"lang": {"fr"}},
			"/initialise/AAAAAAAAAAAAAAAA": {},
		} {
			v.Post(path, form, headers...)
			s.g.Expect(v.Status).To(Equal(http.StatusForbidden), "%s %v", path, headers)
			s.g.Expect(v.Text()).To(ContainSubstring("Another site asked your browser"))
		}
	}
	s.g.Expect(v.Session()).To(Equal(held))
	s.g.Expect(s.Rows(t.Context(), owner)).To(ConsistOf(HaveField("Email", someone)))
	s.g.Expect(s.Rows(t.Context(), other)).To(HaveLen(1))
	v.Post("/permissions/mine/2/remove", nil, "Sec-Fetch-Site: ", "Origin: "+s.Origin())
	s.g.Expect(s.Rows(t.Context(), other)).To(BeEmpty(), "the same from here is done")
}

// No address that can be linked to changes anything.
func TestLookingChangesNothing(t *testing.T) {
	s := open(t)
	s.grant(other, reference.Row{Email: owner, Overall: []string{"Billing"}})
	s.grant(owner, reference.Row{Email: someone, Overall: []string{"Billing"}})
	v := s.loggedIn(owner)
	for _, path := range []string{
		"/permissions/add?email=thief@example.org&grant=Overall/0/Billing", "/permissions/2/remove", "/permissions/mine/2/remove",
		"/logout", "/language?lang=fr", "/profile/second-factor", "/profile/second-factor/remove",
	} {
		v.Open(path)
	}
	s.g.Expect(v.Open("/profile").At.Path).To(Equal("/profile"))
	s.g.Expect(s.Rows(t.Context(), owner)).To(HaveLen(1))
	s.g.Expect(s.Rows(t.Context(), other)).To(HaveLen(1))
}

func TestHeaders(t *testing.T) {
	s := open(t)
	link := s.invite(reference.Row{Email: newcomer})
	v := s.loggedIn(owner)
	for _, path := range []string{"/", "/login", "/nothing", link, "/initialise/AAAA", "/permissions", "/profile/second-factor", "/menus/2/overall/0/Billing"} {
		v.Open(path)
		s.g.Expect(v.Answered.Get("Content-Security-Policy")).To(And(
			HavePrefix("default-src 'none'; style-src 'self'; img-src data:;"), ContainSubstring("frame-ancestors 'none'"),
			ContainSubstring("form-action 'self'"), Not(ContainSubstring("unsafe"))), path)
		for name, value := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			s.g.Expect(v.Answered.Get(name)).To(Equal(value), "%s of %s", name, path)
		}
		for _, n := range visitor.All(v.Doc, "script", "style") {
			t.Errorf("%s has a <%s>, which the policy forbids", path, n.Data)
		}
		for d := range v.Doc.Descendants() {
			for _, a := range d.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s has the attribute %s, which the policy forbids", path, a.Key)
				}
			}
		}
	}
	v.Open("/style.css")
	s.g.Expect(v.Answered.Get("Content-Type")).To(HavePrefix("text/css"))
	s.g.Expect(v.Answered.Get("X-Content-Type-Options")).To(Equal("nosniff"))
}

func TestWhatIsNotThere(t *testing.T) {
	s := open(t)
	s.g.Expect(s.visitor().Open("/nothing").Status).To(Equal(http.StatusNotFound))
	v := s.loggedIn(someone)
	for _, path := range []string{
		"/permissions/99", "/permissions/x", "/permissions/99/remove", "/permissions/mine/99/remove", "/initialise/",
		"/menus/1/overall/0/Nothing", "/menus/1/nowhere/0/Billing", "/menus/1/flag/0/requireTwoFactor",
	} {
		s.g.Expect(v.Open(path).Status).To(Equal(http.StatusNotFound), path)
	}
	big := url.Values{"email": {strings.Repeat("x", 2<<20)}}
	s.g.Expect(v.Post("/permissions/add", big).Status).To(Equal(http.StatusRequestEntityTooLarge))
	const form = "application/x-www-form-urlencoded"
	for _, c := range []struct{ path, body, kind string }{
		{"/permissions/add", "email=%zz", form}, {"/permissions/add?a=1;b=2", "", form}, {"/permissions/add", "", form + "; charset"},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.Origin()+c.path, strings.NewReader(c.body))
		s.g.Expect(err).NotTo(HaveOccurred())
		request.Header.Set("Content-Type", c.kind)
		s.g.Expect(v.Do(request).Status).To(Equal(http.StatusBadRequest), "%v", c)
	}
}

func TestLanguages(t *testing.T) {
	s := open(t)
	v := s.visitor()
	for accept, want := range map[string]string{
		"": "en", "fr": "fr", "fr-CA,fr;q=0.9,en;q=0.5": "fr", "de,en;q=0.3": "en", "nonsense;;": "en", "en-GB,fr;q=0.9": "en",
	} {
		v.Header.Set("Accept-Language", accept)
		v.Open("/login")
		s.g.Expect(visitor.Attr(visitor.All(v.Doc, "html")[0], "lang")).To(Equal(want), accept)
		s.g.Expect(v.Answered.Get("Content-Language")).To(Equal(want))
	}
	v.Header.Set("Accept-Language", "en")
	v.Open("/login?next=/profile").Post("/language", url.Values{"lang": {"fr"}, "back": {"/login"}})
	s.g.Expect(v.At.Path).To(Equal("/login"))
	s.g.Expect(v.Title()).To(HavePrefix("Se connecter"), "chosen, whatever the browser prefers")
	v.LogIn(someone, password)
	s.g.Expect(v.Open("/permissions/mine").Text()).To(HavePrefix("Permissions > Mes permissions"))
	v.Post("/language", url.Values{"lang": {"en"}, "back": {"/permissions/mine"}})
	s.g.Expect(v.Text()).To(HavePrefix("Permissions > My Permissions"))
	v.Post("/language", url.Values{"lang": {"de"}, "back": {"//evil.example"}})
	s.g.Expect(v.At.String()).To(Equal(s.Origin() + "/"))
}

var missing = regexp.MustCompile(`\{[a-z-]+(\.[a-zA-Z-]+)?\}|%!|<no value>`)

// Every page in both languages: no text missing, none of the other language's, ids unique,
// every field labelled.
func TestPagesAreWhole(t *testing.T) {
	s := open(t)
	link := s.invite(reference.Row{Email: newcomer, RequireTwoFactor: true, Accounts: map[string][]string{"shop": {"Sites", "wire:newer"}}})
	s.grant(other, reference.Row{Email: owner, RequireTwoFactor: true, Overall: []string{"Billing"}, Accounts: map[string][]string{"theirs": {"FTP"}}})
	v := s.loggedIn(owner)
	english := map[string]string{}
	for _, lang := range []string{"en", "fr"} {
		v.Header.Set("Accept-Language", lang)
		for _, path := range []string{
			"/", "/permissions", "/permissions?done=added&row=1", "/permissions?done=saved&row=1", "/permissions?done=removed",
			"/permissions/add", "/permissions/alerts", "/permissions/1", "/permissions/1/remove", "/permissions/mine", "/permissions/mine?done=removed",
			"/permissions/mine/2/remove", "/profile", "/profile?done=set-up", "/profile?done=removed", "/profile/second-factor",
			"/menus/1/account/1/Sites", "/menus/1/server/8/Configuration", "/menus/2/overall/0/Billing", "/menus/7/overall/0/Billing",
			link, "/initialise/AAAA", "/nothing",
		} {
			v.Open(path)
			s.g.Expect(missing.FindString(v.Source)).To(BeEmpty(), "%s in %s", path, lang)
			s.g.Expect(visitor.All(v.Doc, "h1")).To(HaveLen(1), path)
			if lang == "en" {
				english[path] = v.Text()
			} else {
				s.g.Expect(v.Text()).NotTo(Equal(english[path]), path)
			}
			s.wellFormed(v, path)
		}
	}
}

func (s *site) wellFormed(v *visitor.Visitor, path string) {
	s.t.Helper()
	ids, labelled := map[string]bool{}, map[string]bool{}
	for d := range v.Doc.Descendants() {
		if id := visitor.Attr(d, "id"); id != "" {
			s.g.Expect(ids).NotTo(HaveKey(id), path)
			ids[id] = true
		}
		if d.Type == html.ElementNode && d.Data == "label" {
			labelled[visitor.Attr(d, "for")] = true
		}
	}
	for _, input := range visitor.All(v.Doc, "input") {
		if visitor.Attr(input, "type") != "hidden" {
			s.g.Expect(labelled).To(HaveKey(visitor.Attr(input, "id")), path)
		}
		for _, by := range strings.Fields(visitor.Attr(input, "aria-describedby")) {
			s.g.Expect(ids).To(HaveKey(by), path)
		}
	}
}
