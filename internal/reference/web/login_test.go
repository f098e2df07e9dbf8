package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/credentials"
	"github.com/hostgrant/hostgrant/internal/testkit/visitor"
)

func TestLogInWithAPassword(t *testing.T) {
	s := open(t)
	v := s.visitor().Open("/permissions")
	s.g.Expect(v.At.Path).To(Equal("/login"))
	s.g.Expect(v.Text()).NotTo(ContainSubstring("session has ended"))
	v.Submit("/login", visitor.Fields{"email": strings.ToUpper(someone), "password": password})
	s.g.Expect(v.At.Path).To(Equal("/permissions"), "back where they wanted to go")
	s.g.Expect(v.Open("/login").At.Path).To(Equal("/"), "there is nothing to log in to")

	held := v.Session()
	v.Submit("/logout", nil)
	s.g.Expect(v.At.Path).To(Equal("/login"))
	s.g.Expect(v.Session()).To(BeEmpty())
	v.Header.Set("Cookie", "__Host-session="+held)
	s.g.Expect(v.Open("/profile").At.Path).To(Equal("/login"), "the session is over, not only forgotten")
}

func TestSessionCookie(t *testing.T) {
	s := open(t)
	v := s.visitor()
	v.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	v.LogIn(someone, password)
	s.g.Expect(v.Status).To(Equal(http.StatusSeeOther))
	s.g.Expect(v.Answered.Values("Set-Cookie")).To(ConsistOf(MatchRegexp(
		`^__Host-session=[A-Z2-7]{26}; Path=/; HttpOnly; Secure; SameSite=Lax$`)))
}

// What is told and how long it takes must not say who has a profile.
func TestNobodyLearnsWhoHasAProfile(t *testing.T) {
	s := open(t)
	said := map[string]string{}
	for _, email := range []string{someone, "nobody@example.org", "keyless@example.org", guarded} {
		v := s.visitor()
		v.LogIn(email, "not the password")
		s.g.Expect(v.Status).To(Equal(http.StatusUnprocessableEntity))
		s.g.Expect(v.Session()).To(BeEmpty())
		s.g.Expect(visitor.Attr(v.ByID("email"), "value")).To(Equal(email), "what was entered is not lost")
		s.g.Expect(visitor.Attr(v.ByID("password"), "value")).To(BeEmpty())
		said[strings.ReplaceAll(v.Source, email, "X")] = email
	}
	s.g.Expect(said).To(HaveLen(1))
	// The ratio is wide: a digest that is not computed is hundreds of times faster. They take turns, so that a busy
	// machine slows both.
	fastest := map[string]time.Duration{}
	for range 5 {
		for _, email := range []string{someone, "stranger@example.org"} {
			began := time.Now()
			_, err := s.LogIn(t.Context(), reference.LogIn{Email: email, Password: "not the password", Client: "192.0.2.9:1"})
			took := time.Since(began)
			s.g.Expect(err).To(MatchError(reference.ErrLogInRefused))
			if least, seen := fastest[email]; !seen || took < least {
				fastest[email] = took
			}
		}
	}
	known, unknown := fastest[someone], fastest["stranger@example.org"]
	s.g.Expect(unknown).To(BeNumerically(">", known/4))
	s.g.Expect(known).To(BeNumerically(">", unknown/4))
}

func TestAttemptsAreCounted(t *testing.T) {
	s := open(t)
	for _, email := range []string{someone, "nobody@example.org"} {
		v := s.visitor()
		for range 10 {
			v.LogIn(email, "guess")
			s.g.Expect(v.Status).To(Equal(http.StatusUnprocessableEntity))
		}
		v.LogIn(strings.ToUpper(email), password)
		s.g.Expect(v.Status).To(Equal(http.StatusTooManyRequests), "also with the right password")
		s.g.Expect(v.Answered.Get("Retry-After")).To(MatchRegexp(`^\d+$`))
		s.g.Expect(v.Text()).To(ContainSubstring("Try again in"))
	}
	s.loggedIn(owner)
	s.clock.Step(15 * time.Minute)
	s.loggedIn(someone)

	v := s.visitor()
	for i := range 60 {
		v.Post("/login", url.Values{"email": {"n" + string(rune('a'+i%26)) + strings.Repeat("x", i) + "@example.org"}, "password": {"guess"}})
	}
	v.LogIn(owner, password)
	s.g.Expect(v.Status).To(Equal(http.StatusTooManyRequests), "one client, many addresses")
	_, err := s.LogIn(t.Context(), reference.LogIn{Email: owner, Password: password, Client: "[2001:db8::1]:5"})
	s.g.Expect(err).NotTo(HaveOccurred(), "another client is not held up")
}

func TestSecondFactor(t *testing.T) {
	s := open(t)
	v := s.visitor().Open("/profile")
	v.Submit("/login", visitor.Fields{"email": guarded, "password": password})
	s.g.Expect(v.At.Path).To(Equal("/login/code"))
	half := v.Session()
	for _, path := range []string{"/", "/profile", "/permissions", "/menus/1/account/1/Sites"} {
		s.g.Expect(v.Open(path).At.Path).To(Equal("/login/code"), "nothing opens between the factors")
	}
	v.Open("/login/code?next=/profile").Submit("/login/code", visitor.Fields{"code": "000000"})
	s.g.Expect(v.Status).To(Equal(http.StatusUnprocessableEntity))
	s.g.Expect(visitor.Attr(v.ByID("code"), "aria-invalid")).To(Equal("true"))
	v.Submit("/login/code", visitor.Fields{"code": s.code(guarded)})
	s.g.Expect(v.At.Path).To(Equal("/profile"))
	s.g.Expect(v.Session()).NotTo(Equal(half), "a session that is worth more has another id")
	v.Header.Set("Cookie", "__Host-session="+half)
	s.g.Expect(v.Open("/profile").At.Path).To(Equal("/login"))
}

func TestCodesWorkOnce(t *testing.T) {
	s := open(t)
	enter := func(code string) int {
		v := s.loggedIn(guarded)
		return v.Submit("/login/code", visitor.Fields{"code": code}).Status
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
		s.g.Expect(v.Submit("/login/code", visitor.Fields{"code": "123123"}).Status).To(Equal(http.StatusUnprocessableEntity))
	}
	v.Submit("/login/code", visitor.Fields{"code": s.code(guarded)})
	s.g.Expect(v.Status).To(Equal(http.StatusTooManyRequests))
	s.g.Expect(s.loggedIn(guarded).Submit("/login/code", visitor.Fields{"code": s.code(guarded)}).Status).To(Equal(http.StatusTooManyRequests), "per person, not per session")
}

// Anybody can compute the code of an empty secret.
func TestNobodyEntersACodeWithoutASecondFactor(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{Email: someone, RequireTwoFactor: true, Accounts: map[string][]string{"shop": {"Sites"}}})
	code, err := credentials.Code("", s.clock.Now())
	s.g.Expect(err).NotTo(HaveOccurred())
	v := s.loggedIn(someone)
	v.Post("/login/code", url.Values{"code": {code}})
	s.g.Expect(v.At.Path).To(Equal("/"))
	s.g.Expect(v.Open("/menus/1/account/1/Sites").Status).To(Equal(http.StatusForbidden))
	_, err = s.EnterCode(t.Context(), v.Session(), code)
	s.g.Expect(err).To(MatchError(reference.ErrCodeRefused))
}

func TestSessionsEnd(t *testing.T) {
	s := open(t)
	v := s.loggedIn(someone)
	s.clock.Step(29 * time.Minute)
	s.g.Expect(v.Open("/profile").At.Path).To(Equal("/profile"))
	s.clock.Step(29 * time.Minute)
	s.g.Expect(v.Open("/profile").At.Path).To(Equal("/profile"), "being used keeps it")
	s.clock.Step(30 * time.Minute)
	v.Open("/profile")
	s.g.Expect(v.At.Path).To(Equal("/login"), "idle")
	s.g.Expect(v.Text()).To(ContainSubstring("Your session has ended"))
	s.g.Expect(v.Session()).To(BeEmpty())

	v = s.loggedIn(someone)
	for range 12*60/20 - 1 {
		s.clock.Step(20 * time.Minute)
		s.g.Expect(v.Open("/profile").At.Path).To(Equal("/profile"))
	}
	s.clock.Step(20 * time.Minute)
	s.g.Expect(v.Open("/profile").At.Path).To(Equal("/login"), "12 hours are the end in any case")

	v = s.loggedIn(guarded)
	s.clock.Step(10 * time.Minute)
	s.g.Expect(v.Submit("/login/code", visitor.Fields{"code": s.code(guarded)}).At.Path).To(Equal("/login"), "the code comes soon after the password")
}

func TestSessionEndsBehindAForm(t *testing.T) {
	s := open(t)
	v := s.loggedIn(owner).Open("/permissions/add")
	s.clock.Step(time.Hour)
	v.Submit("/permissions/add", visitor.Fields{"email": newcomer})
	s.g.Expect(v.At.Path).To(Equal("/login"))
	s.g.Expect(s.Rows(t.Context(), owner)).To(BeEmpty())
	v.Submit("/login", visitor.Fields{"email": owner, "password": password})
	s.g.Expect(v.At.Path).To(Equal("/permissions/add"), "back at the form")
}

func TestSessionsOutliveARestart(t *testing.T) {
	s := open(t)
	v := s.loggedIn(someone)
	s.g.Expect(s.Stop(t.Context())).To(Succeed())
	s.g.Expect(s.Start(t.Context())).To(Succeed())
	s.g.Expect(v.Open("/profile").At.Path).To(Equal("/profile"))
}

// Somebody plants a session of their own in another's browser.
func TestSessionFixation(t *testing.T) {
	s := open(t)
	planted := s.loggedIn(other).Session()
	for _, id := range []string{planted, "AAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		v := s.visitor().Open("/login")
		v.Client.Jar.SetCookies(v.OriginURL(), []*http.Cookie{{Name: "__Host-session", Value: id, Path: "/", Secure: true}})
		v.Post("/login", url.Values{"email": {someone}, "password": {password}})
		s.g.Expect(v.Session()).NotTo(Or(Equal(id), BeEmpty()))
		thief := s.visitor()
		thief.Header.Set("Cookie", "__Host-session="+id)
		s.g.Expect(thief.Open("/profile").At.Path).To(Equal("/login"))
	}
}

func TestNowhereElseAfterLoggingIn(t *testing.T) {
	s := open(t)
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "/\tx", "javascript:alert(1)", "login", "//[", ""} {
		v := s.visitor().Open("/login?next=" + url.QueryEscape(next))
		v.Submit("/login", visitor.Fields{"email": someone, "password": password})
		s.g.Expect(v.At.String()).To(Equal(s.Origin()+"/"), next)
		s.clock.Step(15 * time.Minute)
	}
}
