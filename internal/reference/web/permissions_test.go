package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/visitor"
)

// boxOf is the value of a permission's box at the first place of its scope, and the path of
// its menu.
func boxOf(p hosting.Permission) (box, menu string) {
	place := map[hosting.Scope]int{hosting.ScopeOverall: 0, hosting.ScopeAccount: 1, hosting.ScopeServer: 8}[p.Scope]
	return fmt.Sprintf("%s/%d/%s", p.Scope, place, p.Name), fmt.Sprintf("/menus/1/%s/%d/%s", strings.ToLower(string(p.Scope)), place, p.Name)
}

// Every permission of the catalogue: checked in the form its menu opens, unchecked it
// answers 403, and the access check says the same.
func TestEveryPermissionByTheForm(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{Email: someone})
	o, v := s.loggedIn(owner), s.loggedIn(someone)
	edit := fmt.Sprintf("/permissions/%d", s.row(owner, someone).ID)
	names := map[hosting.Scope]string{hosting.ScopeAccount: "shop", hosting.ScopeServer: "web1"}
	allowed := func(p hosting.Permission) bool {
		answer, err := s.Check(t.Context(), reference.AccessQuery{Owner: owner, Email: someone, Scope: p.Scope, Place: names[p.Scope], Menu: p.Name})
		s.g.Expect(err).NotTo(HaveOccurred())
		return answer.Allowed
	}
	for _, p := range hosting.Catalogue() {
		if p.Scope == hosting.ScopeFlag {
			continue
		}
		box, menu := boxOf(p)
		o.Open(edit).Check(edit, []string{box}, nil)
		s.g.Expect(o.At.Path).To(Equal("/permissions"), "%s: %s", box, o.Text())
		s.g.Expect(o.Text()).To(ContainSubstring("are saved"))
		s.g.Expect(o.Open(edit).Boxes()).To(HaveKeyWithValue(box, true))
		s.g.Expect(allowed(p)).To(BeTrue(), box)
		s.g.Expect(v.Open(menu).Status).To(Equal(http.StatusOK), menu)
		s.g.Expect(v.Text()).To(And(HavePrefix(p.LabelEN), ContainSubstring(p.Meaning().EN)))
		s.g.Expect(v.Open("/").Leads(menu)).To(BeTrue(), menu)

		o.Check(edit, nil, []string{box})
		s.g.Expect(allowed(p)).To(BeFalse(), box)
		s.g.Expect(v.Open(menu).Status).To(Equal(http.StatusForbidden), menu)
		s.g.Expect(v.Text()).To(ContainSubstring("The reason: the permission is not granted."))
		s.g.Expect(v.Open("/").Leads(menu)).To(BeFalse(), menu)
		s.g.Expect(o.Open(edit).Boxes()).To(HaveKeyWithValue(box, false))
	}
}

func TestTheFormHasTheWholeCatalogueInTheOwnersWords(t *testing.T) {
	s := open(t)
	o := s.loggedIn(owner)
	for lang, label := range map[string]func(hosting.Bilingual) string{
		"en": func(w hosting.Bilingual) string { return w.EN }, "fr": func(w hosting.Bilingual) string { return w.FR },
	} {
		o.Header.Set("Accept-Language", lang)
		o.Open("/permissions/add")
		for _, p := range hosting.Catalogue() {
			for scope, ids := range map[hosting.Scope][]int{"Overall": {0}, "Account": {1, 2}, "Server": {8}, "Flag": {0}} {
				for _, id := range ids {
					if p.Scope != scope {
						continue
					}
					box := o.ByID(fmt.Sprintf("%s/%d/%s", scope, id, p.Name))
					s.g.Expect(visitor.TextOf(box.Parent)).To(Equal(strings.TrimSpace(label(p.Label()) + label(p.Meaning()))))
				}
			}
		}
		s.g.Expect(o.Boxes()).To(HaveLen(4 + 2*20 + 10 + 1))
	}
}

func TestAddingSomebody(t *testing.T) {
	s := open(t)
	o := s.loggedIn(owner).Open("/permissions")
	s.g.Expect(o.Text()).To(ContainSubstring("Nobody has permissions"))
	o.Open(o.Links()["Add permissions"])
	s.g.Expect(o.Text()).To(ContainSubstring("If this address has no profile, the person receives an e-mail to initialise it."))
	form := o.Values("/permissions/add")
	form.Set("email", newcomer)
	form["grant"] = []string{"Overall/0/Billing", "Account/1/Sites", "Account/2/FTP", "Server/8/FirewallRules", "Flag/0/requireTwoFactor"}
	o.Post("/permissions/add", form)
	s.g.Expect(o.Text()).To(And(ContainSubstring("has no profile yet. An e-mail is sent"), ContainSubstring("Invited, no profile yet")))
	s.g.Eventually(s.mailed, "10s").Should(Equal([]string{newcomer}))
	s.g.Expect(s.row(owner, newcomer)).To(And(
		HaveField("Overall", Equal([]string{"Billing"})), HaveField("RequireTwoFactor", true),
		HaveField("Accounts", Equal(map[string][]string{"shop": {"Sites"}, "blog": {"FTP"}})),
		HaveField("Servers", Equal(map[string][]string{"web1": {"FirewallRules"}}))))

	o.Open("/permissions/add").Submit("/permissions/add", visitor.Fields{"email": someone})
	s.g.Expect(o.Text()).To(And(ContainSubstring("permissions of "+someone+" are in place"), Not(ContainSubstring("An e-mail is sent"))))
	cells := []string{}
	for _, tr := range visitor.All(o.Doc, "tr")[1:] {
		cells = append(cells, visitor.TextOf(tr))
	}
	s.g.Expect(cells[0]).To(And(ContainSubstring("Overall1"), ContainSubstring("On accounts2"), ContainSubstring("On servers1"), ContainSubstring("2FA requiredyes")))
	s.g.Expect(cells[1]).To(And(ContainSubstring("StateActive"), ContainSubstring("2FA requiredno")))
	s.clock.Step(reference.InvitationLife)
	s.g.Expect(s.loggedIn(owner).Open("/permissions").Text()).To(ContainSubstring("Invitation expired"))
}

func TestNothingEnteredIsLost(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{Email: someone})
	o := s.loggedIn(owner)
	for email, complaint := range map[string][2]string{
		"":                                 {"Enter an e-mail address.", "Saisissez une adresse"},
		"nonsense":                         {"This is no e-mail address.", "Ce n’est pas une adresse"},
		strings.ToUpper(someone):           {"There are permissions for this address already.", "Cette adresse a déjà des permissions"},
		strings.Repeat("x", 250) + "@y.zz": {"too long: at most 254 bytes", "trop longue"},
	} {
		for i, lang := range []string{"en", "fr"} {
			o.Header.Set("Accept-Language", lang)
			form := o.Open("/permissions/add").Values("/permissions/add")
			form.Set("email", email)
			form["grant"] = []string{"Account/2/Backups", "Flag/0/requireTwoFactor"}
			o.Post("/permissions/add", form)
			s.g.Expect(o.Status).To(Equal(http.StatusUnprocessableEntity), email)
			s.g.Expect(visitor.TextOf(o.ByID("wrong-email"))).To(ContainSubstring(complaint[i]))
			s.g.Expect(visitor.Attr(o.ByID("email"), "value")).To(Equal(email))
			s.g.Expect(visitor.Attr(o.ByID("email"), "aria-describedby")).To(Equal("mail wrong-email"))
			s.g.Expect(o.Boxes()).To(And(HaveKeyWithValue("Account/2/Backups", true), HaveKeyWithValue("Flag/0/requireTwoFactor", true)))
			s.g.Expect(visitor.Has(visitor.All(o.Doc, "details")[1], "open")).To(BeTrue(), "where something is checked is open")
		}
	}
	o.Header.Set("Accept-Language", "en")
	form := o.Open("/permissions/add").Values("/permissions/add")
	form.Set("email", newcomer)
	form["grant"] = []string{"Account/99/FTP", "Account/1/FTP"}
	o.Post("/permissions/add", form)
	s.g.Expect(o.Text()).To(ContainSubstring("one of those chosen is not there any more"))
	s.g.Expect(o.Boxes()).To(HaveKeyWithValue("Account/1/FTP", true))
	s.g.Expect(s.Rows(t.Context(), owner)).To(HaveLen(1))
}

// Permissions that the provider has and the catalogue lacks go through the form untouched.
func TestTheFormKeepsWhatItDoesNotKnow(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{
		Email: someone, Annotation: "by hand [hostgrant:acme]",
		Accounts: map[string][]string{"shop": {"Sites", "wire:newer"}, "blog": {"wire:newer"}}, Servers: map[string][]string{"web1": {"wire:newest"}},
	})
	edit := fmt.Sprintf("/permissions/%d", s.row(owner, someone).ID)
	o := s.loggedIn(owner).Open(edit)
	s.g.Expect(o.Text()).To(And(ContainSubstring("left as it is: newer"), ContainSubstring("left as it is: newest"), ContainSubstring("by hand [hostgrant:acme]")))
	o.Check(edit, []string{"Account/1/FTP", "Overall/0/Billing"}, []string{"Account/1/Sites"})
	s.g.Expect(s.row(owner, someone)).To(And(
		HaveField("Accounts", And(HaveKeyWithValue("shop", ConsistOf("FTP", "wire:newer")), HaveKeyWithValue("blog", ConsistOf("wire:newer")))),
		HaveField("Servers", HaveKeyWithValue("web1", ConsistOf("wire:newest"))),
		HaveField("Overall", ConsistOf("Billing")), HaveField("Annotation", "by hand [hostgrant:acme]")))
}

func TestAFormFromAnOlderStateIsNotSaved(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{Email: someone, Accounts: map[string][]string{"shop": {"Sites"}}})
	edit := fmt.Sprintf("/permissions/%d", s.row(owner, someone).ID)
	o := s.loggedIn(owner).Open(edit)
	s.g.Expect(s.EditRow(t.Context(), owner, someone, func(r *reference.Row) {
		r.Accounts["shop"], r.RequireTwoFactor = []string{"Sites", "Backups"}, true
	})).To(Succeed())
	o.Check(edit, []string{"Account/1/FTP"}, []string{"Account/1/Sites"})
	s.g.Expect(o.Status).To(Equal(http.StatusConflict))
	s.g.Expect(o.Text()).To(And(
		ContainSubstring("Nothing was saved"), ContainSubstring("shop: FTP – you checked"), ContainSubstring("shop: Sites – you did not check"),
		ContainSubstring("shop: Backups – you did not check"), ContainSubstring("2FA required – you did not check")))
	s.g.Expect(o.Boxes()).To(And(HaveKeyWithValue("Account/1/Backups", true), HaveKeyWithValue("Account/1/FTP", false), HaveKeyWithValue("Flag/0/requireTwoFactor", true)))
	s.g.Expect(s.row(owner, someone).Accounts).To(HaveKeyWithValue("shop", ConsistOf("Sites", "Backups")))

	o.Check(edit, []string{"Account/1/FTP"}, nil)
	s.g.Expect(o.At.Path).To(Equal("/permissions"), "made from the new state it is saved")
	s.g.Expect(s.row(owner, someone).Accounts).To(HaveKeyWithValue("shop", ConsistOf("Sites", "Backups", "FTP")))

	o.Open(edit)
	s.g.Expect(s.RemovePlace(t.Context(), owner, hosting.ScopeAccount, "blog")).To(Succeed())
	form := o.Values(edit)
	form.Add("grant", "Account/2/FTP")
	s.g.Expect(o.Post(edit, form).Status).To(Equal(http.StatusConflict), "the account has gone")
	s.g.Expect(s.RemoveRow(t.Context(), owner, someone)).To(Succeed())
	s.g.Expect(o.Post(edit, form).Status).To(Equal(http.StatusNotFound), "the row has gone")
}

// A write that was asked for without waiting for its effect was made before the form's.
func TestAFormDoesNotUndoAPendingWrite(t *testing.T) {
	s := open(t)
	s.g.Expect(s.Seed(t.Context(), reference.Seed{Owners: []reference.SeedOwner{{Email: owner, Token: "key"}}})).To(Succeed())
	s.grant(owner, reference.Row{Email: someone})
	id := s.row(owner, someone).ID
	o := s.loggedIn(owner).Open(fmt.Sprintf("/permissions/%d", id))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, fmt.Sprintf("%spermission/%d/", s.URL(), id), strings.NewReader(`{"billing":true}`))
	s.g.Expect(err).NotTo(HaveOccurred())
	request.SetBasicAuth("key", "")
	request.Header.Set("Content-Type", "application/json")
	s.g.Expect(s.visitor().Do(request).Status).To(Equal(http.StatusNoContent))
	s.g.Expect(s.row(owner, someone).Overall).To(BeEmpty(), "not yet")
	o.Check(o.At.Path, []string{"Account/1/FTP"}, nil)
	s.g.Expect(o.Status).To(Equal(http.StatusConflict))
	s.g.Expect(s.row(owner, someone)).To(And(HaveField("Overall", ConsistOf("Billing")), HaveField("Accounts", BeEmpty())))
}

func TestRemovingSomebody(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{Email: someone, Overall: []string{"Billing"}})
	o := s.loggedIn(owner).Open("/permissions")
	o.Open(o.Links()["Remove of "+someone])
	s.g.Expect(o.Text()).To(And(ContainSubstring("All permissions of "+someone), ContainSubstring("Billing")))
	o.Submit(o.At.Path, nil)
	s.g.Expect(o.Text()).To(ContainSubstring("The permissions are removed."))
	s.g.Expect(s.Rows(t.Context(), owner)).To(BeEmpty())
}

// Rows are found in the table of whoever asks, and nowhere else.
func TestNobodyTouchesAnothersTable(t *testing.T) {
	s := open(t)
	s.grant(owner, reference.Row{Email: someone, Overall: []string{"Billing", "AccountManagement"}})
	row := s.row(owner, someone)
	for _, email := range []string{someone, other} {
		v := s.loggedIn(email)
		for _, path := range []string{"/permissions/%d", "/permissions/%d/remove"} {
			path = fmt.Sprintf(path, row.ID)
			s.g.Expect(v.Open(path).Status).To(Equal(http.StatusNotFound))
			s.g.Expect(v.Post(path, url.Values{"grant": {"Overall/0/ServerTechnical"}}).Status).To(Equal(http.StatusNotFound))
		}
		s.g.Expect(v.Post("/permissions/add", url.Values{"email": {"x@example.org"}, "grant": {"Account/1/Sites"}}).Status).To(Equal(http.StatusUnprocessableEntity))
	}
	s.g.Expect(s.row(owner, someone)).To(Equal(row))
}

func TestNoMailServerIsSaid(t *testing.T) {
	s := open(t, func(o *reference.Options) { o.SMTPAddr = "" })
	o := s.loggedIn(owner).Open("/permissions/add")
	s.g.Expect(o.Text()).To(ContainSubstring("This hosting sends no e-mail."))
	o.Submit("/permissions/add", visitor.Fields{"email": newcomer})
	s.g.Expect(o.Text()).To(ContainSubstring("and this hosting sends no e-mail"))
}
