package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/credentials"
)

func TestLogInWithAPassword(t *testing.T) {
	s := open(t)
	v := s.visitor().open("/permissions")
	s.g.Expect(v.at.Path).To(Equal("/login"))
	s.g.Expect(v.text()).NotTo(ContainSubstring("session has ended"))
	v.submit("/login", fields{"email": strings.ToUpper(someone), "password": password})
	s.g.Expect(v.at.Path).To(Equal("/permissions"), "back where they wanted to go")
	s.g.Expect(v.open("/login").at.Path).To(Equal("/"), "there is nothing to log in to")

	held := v.session()
	v.submit("/logout", nil)
	s.g.Expect(v.at.Path).To(Equal("/login"))
	s.g.Expect(v.session()).To(BeEmpty())
	v.header.Set("Cookie", "__Host-session="+held)
	s.g.Expect(v.open("/profile").at.Path).To(Equal("/login"), "the session is over, not only forgotten")
}

func TestSessionCookie(t *testing.T) {
	s := open(t)
	v := s.visitor()
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	v.logIn(someone, password)
	s.g.Expect(v.status).To(Equal(http.StatusSeeOther))
	s.g.Expect(v.answered.Values("Set-Cookie")).To(ConsistOf(MatchRegexp(
		`^__Host-session=[A-Z2-7]{26}; Path=/; HttpOnly; Secure; SameSite=Lax$`)))
}

// What is told and how long it takes must not say who has a profile.
func TestNobodyLearnsWhoHasAProfile(t *testing.T) {
	s := open(t)
	said := map[string]string{}
	for _, email := range []string{someone, "nobody@example.org", "keyless@example.org", guarded} {
		v := s.visitor()
		v.logIn(email, "not the password")
		s.g.Expect(v.status).To(Equal(http.StatusUnprocessableEntity))
		s.g.Expect(v.session()).To(BeEmpty())
		s.g.Expect(attr(v.byID("email"), "value")).To(Equal(email), "what was entered is not lost")
		s.g.Expect(attr(v.byID("password"), "value")).To(BeEmpty())
		said[strings.ReplaceAll(v.source, email, "X")] = email
	}
	s.g.Expect(said).To(HaveLen(1))
	// The ratio is wide: a digest that is not computed is hundreds of times faster.
	took := func(email string) time.Duration {
		var times []time.Duration
		for range 5 {
			began := time.Now()
			_, err := s.LogIn(t.Context(), reference.LogIn{Email: email, Password: "not the password", Client: "192.0.2.9:1"})
			times = append(times, time.Since(began))
			s.g.Expect(err).To(MatchError(reference.ErrLogInRefused))
		}
		return slices.Min(times)
	}
	known, unknown := took(someone), took("stranger@example.org")
	s.g.Expect(unknown).To(BeNumerically(">", known/4))
	s.g.Expect(known).To(BeNumerically(">", unknown/4))
}

func TestAttemptsAreCounted(t *testing.T) {
	s := open(t)
	for _, email := range []string{someone, "nobody@example.org"} {
		v := s.visitor()
		for range 10 {
			v.logIn(email, "guess")
			s.g.Expect(v.status).To(Equal(http.StatusUnprocessableEntity))
		}
		v.logIn(strings.ToUpper(email), password)
		s.g.Expect(v.status).To(Equal(http.StatusTooManyRequests), "also with the right password")
		s.g.Expect(v.answered.Get("Retry-After")).To(MatchRegexp(`^\d+$`))
		s.g.Expect(v.text()).To(ContainSubstring("Try again in"))
	}
	s.loggedIn(owner)
	s.clock.Step(15 * time.Minute)
	s.loggedIn(someone)

	v := s.visitor()
	for i := range 60 {
		v.post("/login", url.Values{"email": {"n" + string(rune('a'+i%26)) + strings.Repeat("x", i) + "@example.org"}, "password": {"guess"}})
	}
	v.logIn(owner, password)
	s.g.Expect(v.status).To(Equal(http.StatusTooManyRequests), "one client, many addresses")
	_, err := s.LogIn(t.Context(), reference.LogIn{Email: owner, Password: password, Client: "[2001:db8::1]:5"})
	s.g.Expect(err).NotTo(HaveOccurred(), "another client is not held up")
}

func TestSecondFactor(t *testing.T) {
	s := open(t)
	v := s.visitor().open("/profile")
	v.submit("/login", fields{"email": guarded, "password": password})
	s.g.Expect(v.at.Path).To(Equal("/login/code"))
	half := v.session()
	for _, path := range []string{"/", "/profile", "/permissions", "/menus/1/account/1/Sites"} {
		s.g.Expect(v.open(path).at.Path).To(Equal("/login/code"), "nothing opens between the factors")
	}
	v.open("/login/code?next=/profile").submit("/login/code", fields{"code": "000000"})
	s.g.Expect(v.status).To(Equal(http.StatusUnprocessableEntity))
	s.g.Expect(attr(v.byID("code"), "aria-invalid")).To(Equal("true"))
	v.submit("/login/code", fields{"code": s.code(guarded)})
	s.g.Expect(v.at.Path).To(Equal("/profile"))
	s.g.Expect(v.session()).NotTo(Equal(half), "a session that is worth more has another id")
	v.header.Set("Cookie", "__Host-session="+half)
	s.g.Expect(v.open("/profile").at.Path).To(Equal("/login"))
}

func TestCodesWorkOnce(t *testing.T) {
	s := open(t)
	enter := func(code string) int {
		v := s.loggedIn(guarded)
		return v.submit("/login/code", fields{"code": code}).status
	}
	code := s.code(guarded)
	s.g.Expect(enter(code)).To(Equal(http.StatusOK))
	s.g.Expect(enter(code)).To(Equal(http.StatusUnprocessableEntity), "replayed")
	s.clock.Step(30 * time.Second)
	s.g.Expect(enter(code)).To(Equal(http.StatusUnprocessableEntity), "replayed within the skew")
	next := s.code(guarded)
	s.clock.Step(-30 * time.Second)
	s.g.Expect(enter(next)).To(Equal(http.StatusOK), "an app that is a little ahead")
	s.g.Expect(enter(s.code(guarded))).To(Equal(http.StatusUnprocessableEntity), "earlier than the last one")
	s.clock.Step(2 * time.Minute)
	s.g.Expect(enter(next)).To(Equal(http.StatusUnprocessableEntity), "old")
}

func TestGuessedCodesAreCounted(t *testing.T) {
	s := open(t)
	v := s.loggedIn(guarded)
	for range 10 {
		s.g.Expect(v.submit("/login/code", fields{"code": "123123"}).status).To(Equal(http.StatusUnprocessableEntity))
	}
	v.submit("/login/code", fields{"code": s.code(guarded)})
	s.g.Expect(v.status).To(Equal(http.StatusTooManyRequests))
	s.g.Expect(s.loggedIn(guarded).submit("/login/code", fields{"code": s.code(guarded)}).status).To(Equal(http.StatusTooManyRequests), "per person, not per session")
}

// Anybody can compute the code of an empty secret.
func TestNobodyEntersACodeWithoutASecondFactor(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{Email: someone, RequireTwoFactor: true, Accounts: map[string][]string{"shop": {"Sites"}}})
	code, err := credentials.Code("", s.clock.Now())
	s.g.Expect(err).NotTo(HaveOccurred())
	v := s.loggedIn(someone)
	v.post("/login/code", url.Values{"code": {code}})
	s.g.Expect(v.at.Path).To(Equal("/"))
	s.g.Expect(v.open("/menus/1/account/1/Sites").status).To(Equal(http.StatusForbidden))
	_, err = s.EnterCode(t.Context(), v.session(), code)
	s.g.Expect(err).To(MatchError(reference.ErrCodeRefused))
}

func TestSessionsEnd(t *testing.T) {
	s := open(t)
	v := s.loggedIn(someone)
	s.clock.Step(29 * time.Minute)
	s.g.Expect(v.open("/profile").at.Path).To(Equal("/profile"))
	s.clock.Step(29 * time.Minute)
	s.g.Expect(v.open("/profile").at.Path).To(Equal("/profile"), "being used keeps it")
	s.clock.Step(30 * time.Minute)
	v.open("/profile")
	s.g.Expect(v.at.Path).To(Equal("/login"), "idle")
	s.g.Expect(v.text()).To(ContainSubstring("Your session has ended"))
	s.g.Expect(v.session()).To(BeEmpty())

	v = s.loggedIn(someone)
	for range 12*60/20 - 1 {
		s.clock.Step(20 * time.Minute)
		s.g.Expect(v.open("/profile").at.Path).To(Equal("/profile"))
	}
	s.clock.Step(20 * time.Minute)
	s.g.Expect(v.open("/profile").at.Path).To(Equal("/login"), "12 hours are the end in any case")

	v = s.loggedIn(guarded)
	s.clock.Step(10 * time.Minute)
	s.g.Expect(v.submit("/login/code", fields{"code": s.code(guarded)}).at.Path).To(Equal("/login"), "the code comes soon after the password")
}

func TestSessionEndsBehindAForm(t *testing.T) {
	s := open(t)
	v := s.loggedIn(owner).open("/permissions/add")
	s.clock.Step(time.Hour)
	v.submit("/permissions/add", fields{"email": newcomer})
	s.g.Expect(v.at.Path).To(Equal("/login"))
	s.g.Expect(s.Rows(t.Context(), owner)).To(BeEmpty())
	v.submit("/login", fields{"email": owner, "password": password})
	s.g.Expect(v.at.Path).To(Equal("/permissions/add"), "back at the form")
}

func TestSessionsOutliveARestart(t *testing.T) {
	s := open(t)
	v := s.loggedIn(someone)
	s.g.Expect(s.Stop(t.Context())).To(Succeed())
	s.g.Expect(s.Start(t.Context())).To(Succeed())
	s.g.Expect(v.open("/profile").at.Path).To(Equal("/profile"))
}

// Somebody plants a session of their own in another's browser.
func TestSessionFixation(t *testing.T) {
	s := open(t)
	planted := s.loggedIn(other).session()
	for _, id := range []string{planted, "AAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		v := s.visitor().open("/login")
		v.client.Jar.SetCookies(v.originURL(), []*http.Cookie{{Name: "__Host-session", Value: id, Path: "/", Secure: true}})
		v.post("/login", url.Values{"email": {someone}, "password": {password}})
		s.g.Expect(v.session()).NotTo(Or(Equal(id), BeEmpty()))
		thief := s.visitor()
		thief.header.Set("Cookie", "__Host-session="+id)
		s.g.Expect(thief.open("/profile").at.Path).To(Equal("/login"))
	}
}

func TestNowhereElseAfterLoggingIn(t *testing.T) {
	s := open(t)
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "/\tx", "javascript:alert(1)", "login", "//[", ""} {
		v := s.visitor().open("/login?next=" + url.QueryEscape(next))
		v.submit("/login", fields{"email": someone, "password": password})
		s.g.Expect(v.at.String()).To(Equal(s.Origin()+"/"), next)
		s.clock.Step(15 * time.Minute)
	}
}
