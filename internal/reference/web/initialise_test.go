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
	"github.com/hostgrant/hostgrant/internal/testkit/visitor"
)

func TestInitialiseWithoutASecondFactor(t *testing.T) {
	s := open(t)
	link := s.invite(reference.Row{Email: newcomer, Overall: []string{"Billing"}, Accounts: map[string][]string{"shop": {"Sites", "FTP"}}})
	s.grant(other, reference.Row{Email: strings.ToUpper(newcomer), Accounts: map[string][]string{"theirs": {"Databases"}}})
	s.g.Eventually(s.mailed, "10s").Should(ConsistOf(newcomer, strings.ToUpper(newcomer)))
	v := s.visitor().Open(link)
	s.g.Expect(v.Status).To(Equal(http.StatusOK))
	s.g.Expect(v.Text()).To(And(
		ContainSubstring(newcomer), ContainSubstring(owner+" gives you permissions"), ContainSubstring("Billing"),
		ContainSubstring("Account shop: FTP, Sites"), ContainSubstring(other+" gives you permissions"), ContainSubstring("theirs: Databases"),
		ContainSubstring("12 to 128 characters"), ContainSubstring("until 2031-05-08 09:00 UTC"), ContainSubstring("(optional)")))

	v.Submit(link, visitor.Fields{"password": password, "repeat": password})
	s.g.Expect(v.At.Path).To(Equal("/"))
	s.g.Expect(v.Text()).To(ContainSubstring("Your profile is initialised"))
	s.g.Expect(s.row(owner, newcomer)).To(And(HaveField("Profile", Not(BeZero())), HaveField("Invitation", reference.Accepted)))
	s.g.Expect(v.Open("/menus/1/account/1/Sites").Status).To(Equal(http.StatusOK))
	s.g.Expect(v.Open("/menus/1/account/1/SSH").Status).To(Equal(http.StatusForbidden))
	s.g.Expect(v.Open("/menus/2/account/3/Databases").Status).To(Equal(http.StatusOK), "every row that waited is theirs")
	s.loggedIn(newcomer)
}

func TestInitialiseWithARequiredSecondFactor(t *testing.T) {
	s := open(t)
	link := s.invite(reference.Row{Email: newcomer, Accounts: map[string][]string{"shop": {"Sites"}}})
	s.grant(other, reference.Row{Email: newcomer, RequireTwoFactor: true, Accounts: map[string][]string{"theirs": {"FTP"}}})
	v := s.visitor().Open(link)
	s.g.Expect(v.Text()).To(ContainSubstring("(2FA required)"), "one row that waits is enough")
	s.g.Expect(visitor.Has(v.ByID("code"), "required")).To(BeTrue())
	picture := visitor.Attr(visitor.All(v.Doc, "img")[0], "src")
	encoded, ok := strings.CutPrefix(picture, "data:image/png;base64,")
	s.g.Expect(ok).To(BeTrue(), picture)
	_, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded)))
	s.g.Expect(err).NotTo(HaveOccurred())

	shown := v.ShownSecret()
	for code, says := range map[string]string{"": "A second factor is required", "000000": "The code is wrong"} {
		v.Submit(link, visitor.Fields{"password": password, "repeat": password, "code": code})
		s.g.Expect(v.Status).To(Equal(http.StatusUnprocessableEntity))
		s.g.Expect(v.Text()).To(ContainSubstring(says))
		s.g.Expect(v.Title()).To(HavePrefix("Error: "))
		s.g.Expect(v.ShownSecret()).To(Equal(shown), "what was scanned stays")
	}
	s.g.Expect(s.row(owner, newcomer).Profile).To(BeZero())
	code := v.AppCode(s.clock.Now())
	v.Submit(link, visitor.Fields{"password": password, "repeat": password, "code": code[:3] + " " + code[3:]})
	s.g.Expect(v.At.Path).To(Equal("/"))
	s.g.Expect(v.Open("/menus/2/account/3/FTP").Status).To(Equal(http.StatusOK), "the code was the second factor of this session")

	again := s.loggedIn(newcomer)
	s.g.Expect(again.At.Path).To(Equal("/login/code"))
	s.g.Expect(again.Submit("/login/code", visitor.Fields{"code": code}).Status).To(Equal(http.StatusUnprocessableEntity), "the first code is used")
	s.clock.Step(30 * time.Second)
	s.g.Expect(again.Submit("/login/code", visitor.Fields{"code": s.code(newcomer)}).At.Path).To(Equal("/"))
}

func TestInitialiseSaysWhatIsWrong(t *testing.T) {
	s := open(t)
	link := s.invite(reference.Row{Email: newcomer})
	v := s.visitor().Open(link)
	for _, c := range []struct {
		set       visitor.Fields
		id, says  string
		alsoWrong bool
	}{
		{visitor.Fields{"password": "too short", "repeat": "too short"}, "password", "12 to 128 characters", false},
		{visitor.Fields{"password": password, "repeat": "another sentence"}, "repeat", "two passwords differ", false},
		{visitor.Fields{"password": password, "repeat": password, "code": "12"}, "code", "The code is wrong", false},
		{visitor.Fields{"password": "short", "repeat": "short", "code": "12"}, "code", "The code is wrong", true},
	} {
		v.Submit(link, c.set)
		s.g.Expect(v.Status).To(Equal(http.StatusUnprocessableEntity))
		s.g.Expect(visitor.Attr(v.ByID(c.id), "aria-invalid")).To(Equal("true"))
		s.g.Expect(visitor.Has(v.ByID("password"), "aria-invalid")).To(Equal(c.id == "password" || c.alsoWrong))
		s.g.Expect(v.Text()).To(ContainSubstring(c.says))
		s.g.Expect(v.Source).NotTo(ContainSubstring(password), "a password is never shown")
	}
	// A second factor shown for something else, or long ago, is not taken.
	elsewhere := s.visitor().Open(s.invite(reference.Row{Email: "second@example.org"}))
	code, sealed := elsewhere.AppCode(s.clock.Now()), elsewhere.Values(elsewhere.At.Path).Get("factor")
	v.Submit(link, visitor.Fields{"password": password, "repeat": password, "code": code, "factor": sealed})
	s.g.Expect(v.Status).To(Equal(http.StatusUnprocessableEntity))
	s.clock.Step(time.Hour)
	elsewhere.Submit(elsewhere.At.Path, visitor.Fields{"password": password, "repeat": password, "code": elsewhere.AppCode(s.clock.Now())})
	s.g.Expect(elsewhere.Status).To(Equal(http.StatusUnprocessableEntity))
	s.g.Expect(s.row(owner, newcomer).Profile).To(BeZero())
}

func TestLinksThatDoNotOpen(t *testing.T) {
	s := open(t)
	used := s.invite(reference.Row{Email: "early@example.org"})
	v := s.visitor().Open(used)
	form := v.Values(used)
	form.Set("password", password)
	form.Set("repeat", password)
	v.Post(used, form)
	s.g.Expect(v.At.Path).To(Equal("/"))
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
		for _, send := range []func() *visitor.Visitor{
			func() *visitor.Visitor { return s.visitor().Open(link) },
			func() *visitor.Visitor { return s.visitor().Post(link, form) },
		} {
			v := send()
			s.g.Expect(v.Status).To(Equal(want.status), link)
			s.g.Expect(v.Text()).To(ContainSubstring(want.says))
			s.g.Expect(v.Text()).NotTo(ContainSubstring("@"), "whom it was for is nobody's business")
			s.g.Expect(v.Session()).To(BeEmpty())
		}
	}
	s.g.Expect(s.row(owner, newcomer).Profile).To(BeZero())
}

func TestAnAddressIsNoLink(t *testing.T) {
	s := open(t)
	s.invite(reference.Row{Email: newcomer})
	for _, guess := range []string{newcomer, url.PathEscape(newcomer), "x%2F" + newcomer} {
		v := s.visitor().Post("/initialise/"+guess, url.Values{"password": {password}, "repeat": {password}})
		s.g.Expect(v.Status).To(Equal(http.StatusNotFound), guess)
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
