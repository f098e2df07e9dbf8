package web_test

import (
	"encoding/base64"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/credentials"
)

// shownSecret is the key that the page shows in text.
func (v *visitor) shownSecret() string {
	v.t.Helper()
	keys := all(v.doc, "code")
	v.g.Expect(keys).NotTo(BeEmpty(), v.text())
	return strings.ReplaceAll(textOf(keys[0]), " ", "")
}

// appCode is what an app shows that was given the key on the page.
func (v *visitor) appCode() string {
	v.t.Helper()
	code, err := credentials.Code(v.shownSecret(), v.clock.Now())
	v.g.Expect(err).NotTo(HaveOccurred())
	return code
}

func TestInitialiseWithoutASecondFactor(t *testing.T) {
	s := open(t)
	link := s.invite(reference.Row{Email: newcomer, Overall: []string{"Billing"}, Accounts: map[string][]string{"shop": {"Sites", "FTP"}}})
	s.grant(other, reference.Row{Email: strings.ToUpper(newcomer), Accounts: map[string][]string{"theirs": {"Databases"}}})
	s.g.Eventually(s.mailed, "10s").Should(ConsistOf(newcomer, strings.ToUpper(newcomer)))
	v := s.visitor().open(link)
	s.g.Expect(v.status).To(Equal(http.StatusOK))
	s.g.Expect(v.text()).To(And(
		ContainSubstring(newcomer), ContainSubstring(owner+" gives you permissions"), ContainSubstring("Billing"),
		ContainSubstring("Account shop: FTP, Sites"), ContainSubstring(other+" gives you permissions"), ContainSubstring("theirs: Databases"),
		ContainSubstring("12 to 128 characters"), ContainSubstring("until 2031-05-08 09:00 UTC"), ContainSubstring("(optional)")))

	v.submit(link, fields{"password": password, "repeat": password})
	s.g.Expect(v.at.Path).To(Equal("/"))
	s.g.Expect(v.text()).To(ContainSubstring("Your profile is initialised"))
	s.g.Expect(s.row(owner, newcomer)).To(And(HaveField("Profile", Not(BeZero())), HaveField("Invitation", reference.Accepted)))
	s.g.Expect(v.open("/menus/1/account/1/Sites").status).To(Equal(http.StatusOK))
	s.g.Expect(v.open("/menus/1/account/1/SSH").status).To(Equal(http.StatusForbidden))
	s.g.Expect(v.open("/menus/2/account/3/Databases").status).To(Equal(http.StatusOK), "every row that waited is theirs")
	s.loggedIn(newcomer)
}

func TestInitialiseWithARequiredSecondFactor(t *testing.T) {
	s := open(t)
	link := s.invite(reference.Row{Email: newcomer, Accounts: map[string][]string{"shop": {"Sites"}}})
	s.grant(other, reference.Row{Email: newcomer, RequireTwoFactor: true, Accounts: map[string][]string{"theirs": {"FTP"}}})
	v := s.visitor().open(link)
	s.g.Expect(v.text()).To(ContainSubstring("(2FA required)"), "one row that waits is enough")
	s.g.Expect(has(v.byID("code"), "required")).To(BeTrue())
	picture := attr(all(v.doc, "img")[0], "src")
	encoded, ok := strings.CutPrefix(picture, "data:image/png;base64,")
	s.g.Expect(ok).To(BeTrue(), picture)
	_, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded)))
	s.g.Expect(err).NotTo(HaveOccurred())

	shown := v.shownSecret()
	for code, says := range map[string]string{"": "A second factor is required", "000000": "The code is wrong"} {
		v.submit(link, fields{"password": password, "repeat": password, "code": code})
		s.g.Expect(v.status).To(Equal(http.StatusUnprocessableEntity))
		s.g.Expect(v.text()).To(ContainSubstring(says))
		s.g.Expect(v.title()).To(HavePrefix("Error: "))
		s.g.Expect(v.shownSecret()).To(Equal(shown), "what was scanned stays")
	}
	s.g.Expect(s.row(owner, newcomer).Profile).To(BeZero())
	code := v.appCode()
	v.submit(link, fields{"password": password, "repeat": password, "code": code[:3] + " " + code[3:]})
	s.g.Expect(v.at.Path).To(Equal("/"))
	s.g.Expect(v.open("/menus/2/account/3/FTP").status).To(Equal(http.StatusOK), "the code was the second factor of this session")

	again := s.loggedIn(newcomer)
	s.g.Expect(again.at.Path).To(Equal("/login/code"))
	s.g.Expect(again.submit("/login/code", fields{"code": code}).status).To(Equal(http.StatusUnprocessableEntity), "the first code is used")
	s.clock.Step(30 * time.Second)
	s.g.Expect(again.submit("/login/code", fields{"code": s.code(newcomer)}).at.Path).To(Equal("/"))
}

func TestInitialiseSaysWhatIsWrong(t *testing.T) {
	s := open(t)
	link := s.invite(reference.Row{Email: newcomer})
	v := s.visitor().open(link)
	for _, c := range []struct {
		set       fields
		id, says  string
		alsoWrong bool
	}{
		{fields{"password": "too short", "repeat": "too short"}, "password", "12 to 128 characters", false},
		{fields{"password": password, "repeat": "another sentence"}, "repeat", "two passwords differ", false},
		{fields{"password": password, "repeat": password, "code": "12"}, "code", "The code is wrong", false},
		{fields{"password": "short", "repeat": "short", "code": "12"}, "code", "The code is wrong", true},
	} {
		v.submit(link, c.set)
		s.g.Expect(v.status).To(Equal(http.StatusUnprocessableEntity))
		s.g.Expect(attr(v.byID(c.id), "aria-invalid")).To(Equal("true"))
		s.g.Expect(has(v.byID("password"), "aria-invalid")).To(Equal(c.id == "password" || c.alsoWrong))
		s.g.Expect(v.text()).To(ContainSubstring(c.says))
		s.g.Expect(v.source).NotTo(ContainSubstring(password), "a password is never shown")
	}
	// A second factor shown for something else, or long ago, is not taken.
	elsewhere := s.visitor().open(s.invite(reference.Row{Email: "second@example.org"}))
	code, sealed := elsewhere.appCode(), elsewhere.values(elsewhere.at.Path).Get("factor")
	v.submit(link, fields{"password": password, "repeat": password, "code": code, "factor": sealed})
	s.g.Expect(v.status).To(Equal(http.StatusUnprocessableEntity))
	s.clock.Step(time.Hour)
	elsewhere.submit(elsewhere.at.Path, fields{"password": password, "repeat": password, "code": elsewhere.appCode()})
	s.g.Expect(elsewhere.status).To(Equal(http.StatusUnprocessableEntity))
	s.g.Expect(s.row(owner, newcomer).Profile).To(BeZero())
}

func TestLinksThatDoNotOpen(t *testing.T) {
	s := open(t)
	used := s.invite(reference.Row{Email: "early@example.org"})
	v := s.visitor().open(used)
	form := v.values(used)
	form.Set("password", password)
	form.Set("repeat", password)
	v.post(used, form)
	s.g.Expect(v.at.Path).To(Equal("/"))
	expired := s.invite(reference.Row{Email: newcomer})
	taken := s.invite(reference.Row{Email: "gone@example.org"})
	s.g.Expect(s.RemoveRow(t.Context(), owner, "gone@example.org")).To(Succeed())
	s.clock.Step(7 * 24 * time.Hour)
	for link, want := range map[string]struct {
		status int
		says   string
	}{
		used:                                     {http.StatusGone, "accepted already"},
		expired:                                  {http.StatusGone, "has expired"},
		taken:                                    {http.StatusNotFound, "no such invitation"},
		"/initialise/AAAAAAAAAAAAAAAAAAAAAAAAAA": {http.StatusNotFound, "no such invitation"},
		"/initialise/" + newcomer:                {http.StatusNotFound, "no such invitation"},
	} {
		for _, send := range []func() *visitor{
			func() *visitor { return s.visitor().open(link) },
			func() *visitor { return s.visitor().post(link, form) },
		} {
			v := send()
			s.g.Expect(v.status).To(Equal(want.status), link)
			s.g.Expect(v.text()).To(ContainSubstring(want.says))
			s.g.Expect(v.text()).NotTo(ContainSubstring("@"), "whom it was for is nobody's business")
			s.g.Expect(v.session()).To(BeEmpty())
		}
	}
	s.g.Expect(s.row(owner, newcomer).Profile).To(BeZero())
}

func TestAnAddressIsNoLink(t *testing.T) {
	s := open(t)
	s.invite(reference.Row{Email: newcomer})
	for _, guess := range []string{newcomer, url.PathEscape(newcomer), "x%2F" + newcomer} {
		v := s.visitor().post("/initialise/"+guess, url.Values{"password": {password}, "repeat": {password}})
		s.g.Expect(v.status).To(Equal(http.StatusNotFound), guess)
	}
	s.g.Expect(s.row(owner, newcomer).Profile).To(BeZero())
}

func TestALinkWorksOnceAlsoAtTheSameMoment(t *testing.T) {
	s := open(t)
	link := s.invite(reference.Row{Email: newcomer})
	var group sync.WaitGroup
	opened := make(chan bool, 4)
	for range cap(opened) {
		group.Go(func() {
			_, err := s.Initialise(t.Context(), reference.Initialise{Token: strings.TrimPrefix(link, "/initialise/"), Password: password})
			opened <- err == nil
		})
	}
	group.Wait()
	close(opened)
	n := 0
	for ok := range opened {
		if ok {
			n++
		}
	}
	s.g.Expect(n).To(Equal(1))
}
