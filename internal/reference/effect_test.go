package reference_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	catalogue "github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// Every permission of the catalogue over the wire: granted it opens its menu, taken back it
// does not. The pure table of package access has all menus for each.
func TestEveryPermissionByEffect(t *testing.T) {
	h := open(t)
	path := h.create(`{"email":"` + someone + `"}`)
	for _, p := range catalogue.Catalogue() {
		var on, off, place string
		switch p.Scope {
		case catalogue.ScopeOverall:
			on, off = fmt.Sprintf(`{"%s":true}`, p.Key), fmt.Sprintf(`{"%s":false}`, p.Key)
		case catalogue.ScopeAccount:
			place, on, off = "shop", fmt.Sprintf(`{"accounts":[{"account":1,"permissions":["%s"]}]}`, p.Key), `{"accounts":[]}`
		case catalogue.ScopeServer:
			place, on, off = "web1", fmt.Sprintf(`{"servers":[{"server":8,"permissions":["%s"]}]}`, p.Key), `{"servers":[]}`
		default:
			continue
		}
		may := func() bool { return h.may(someone, string(p.Scope), place, p.Name).Allowed }
		h.g.Expect(may()).To(BeFalse(), "%s %s before", p.Scope, p.Name)
		h.patch(path, on)
		h.g.Expect(may()).To(BeTrue(), "%s %s granted", p.Scope, p.Name)
		h.patch(path, off)
		h.g.Expect(may()).To(BeFalse(), "%s %s taken back", p.Scope, p.Name)
	}
}

func TestServerPermissionsReachItsAccountsOnly(t *testing.T) {
	h := open(t)
	path := h.create(`{"email":"` + someone + `","servers":[{"server":8,"permissions":["ssh_user"]}]}`)
	h.g.Expect(h.may(someone, "Account", "shop", "SSH").Allowed).To(BeTrue(), "shop is on web1")
	h.g.Expect(h.may(someone, "Account", "blog", "SSH").Allowed).To(BeFalse(), "blog is not")
	h.g.Expect(h.may(someone, "Account", "shop", "Databases").Allowed).To(BeFalse())
	h.g.Expect(h.may(someone, "Account", "theirs", "SSH").Reason).To(ContainSubstring("no such account"))
	h.patch(path, `{"servers":[{"server":9,"permissions":["ssh_user"]}]}`)
	h.g.Expect(h.may(someone, "Account", "shop", "SSH").Allowed).To(BeFalse())
}

func TestTwoFactorByEffect(t *testing.T) {
	h := open(t)
	h.create(`{"email":"` + someone + `","require_2fa":true,"accounts":[{"account":1,"permissions":["site"]}]}`)
	q := query(someone, "Account", "shop", "Sites")
	h.g.Expect(h.Check(t.Context(), q)).To(Equal(reference.AccessAnswer{Reason: "2FA required"}))
	q.SecondFactor = true
	h.g.Expect(h.Check(t.Context(), q)).To(HaveField("Allowed", true))
}

func TestConsoleEdits(t *testing.T) {
	h := open(t)
	_, err := h.AddRow(t.Context(), owner, reference.Row{
		Email: someone, Overall: []string{"Billing"}, RequireTwoFactor: true, Annotation: "by hand",
		Accounts: map[string][]string{"shop": {"Sites", "wire:newer"}}, Servers: map[string][]string{"web2": {"HTTPConfiguration"}},
	}, true)
	h.g.Expect(err).NotTo(HaveOccurred())
	row := h.list("")[0]
	h.g.Expect(row).To(And(HaveKeyWithValue("billing", true), HaveKeyWithValue("require_2fa", true)))
	rows, err := h.Rows(t.Context(), owner)
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(rows).To(HaveLen(1))
	h.g.Expect(rows[0].Accounts).To(Equal(map[string][]string{"shop": {"wire:newer", "Sites"}}))
	h.g.Expect(rows[0].Servers).To(Equal(map[string][]string{"web2": {"HTTPConfiguration"}}))

	h.g.Expect(h.EditRow(t.Context(), owner, strings.ToUpper(someone), func(r *reference.Row) {
		r.Accounts["shop"] = append(r.Accounts["shop"], "FTP")
		r.Overall = nil
	})).To(Succeed())
	h.g.Expect(h.may(someone, "Account", "shop", "ServerStatus").Allowed).To(BeFalse(), "2FA required")
	h.g.Expect(h.Rows(t.Context(), owner)).To(ConsistOf(And(
		HaveField("Overall", BeEmpty()), HaveField("Accounts", HaveKeyWithValue("shop", ConsistOf("wire:newer", "Sites", "FTP"))),
		HaveField("Annotation", "by hand"), HaveField("RequireTwoFactor", true))))

	for field, edit := range map[string]func(*reference.Row){
		`"Nothing"`:  func(r *reference.Row) { r.Overall = []string{"Nothing"} },
		`"nowhere"`:  func(r *reference.Row) { r.Accounts["nowhere"] = []string{"FTP"} },
		`"Flying\\"`: func(r *reference.Row) { r.Servers["web1"] = []string{"Flying"} },
		`unheard`:    func(r *reference.Row) { r.Servers["web1"] = []string{"wire:unheard"} },
	} {
		h.g.Expect(h.EditRow(t.Context(), owner, someone, edit)).To(MatchError(ContainSubstring(strings.Trim(field, `"\`))), field)
	}
	h.g.Expect(h.RemovePlace(t.Context(), owner, "Account", "shop")).To(Succeed())
	h.g.Expect(h.list("")[0]["accounts"]).To(BeEmpty(), "permissions go with their place")
	h.g.Expect(h.RemoveRow(t.Context(), owner, someone)).To(Succeed())
	h.g.Expect(h.RemoveRow(t.Context(), owner, someone)).NotTo(Succeed())
	h.g.Expect(h.EditRow(t.Context(), owner, someone, func(*reference.Row) {})).NotTo(Succeed())
	h.g.Expect(h.list("")).To(BeEmpty())
}

func TestSeeds(t *testing.T) {
	h := open(t)
	h.g.Expect(h.Seed(t.Context(), reference.Seed{Owners: []reference.SeedOwner{{
		Email: owner, Accounts: []reference.SeedAccount{{ID: 2, Name: "journal", Server: "web2"}, {Name: "wiki"}},
		Rows: []reference.Row{{Email: "old@example.org", Accounts: map[string][]string{"wiki": {"FTP"}}}},
	}}})).To(Succeed())
	h.g.Expect(h.call(http.MethodGet, "account/", "").body).To(And(
		ContainSubstring(`"id":2,"name":"journal"`), ContainSubstring(`"wiki"`), Not(ContainSubstring(`"blog"`))))
	h.g.Expect(h.list("")).To(ConsistOf(HaveKeyWithValue("email", "old@example.org")))
	h.g.Expect(h.mails()).To(BeZero())
	for says, bad := range map[string]reference.Seed{
		"profiles[0]":         {Profiles: []reference.SeedProfile{{Email: "x"}}},
		"owners[0]":           {Owners: []reference.SeedOwner{{Email: "x"}}},
		"web7":                {Owners: []reference.SeedOwner{{Email: owner, Accounts: []reference.SeedAccount{{Name: "a", Server: "web7"}}}}},
		"id 3":                {Owners: []reference.SeedOwner{{Email: owner, Accounts: []reference.SeedAccount{{ID: 3, Name: "stolen"}}}}},
		"a name has 1 to 128": {Owners: []reference.SeedOwner{{Email: owner, Servers: []reference.SeedServer{{}}}}},
		"token":               {Owners: []reference.SeedOwner{{Email: owner, Token: "a b"}}},
		"extraPermissions[0]": {ExtraPermissions: []reference.SeedPermission{{Scope: "Overall", Key: "x"}}},
	} {
		bad.Profiles = append(bad.Profiles, reference.SeedProfile{Email: "half@example.org"})
		h.g.Expect(h.Seed(t.Context(), bad)).To(MatchError(ContainSubstring(says)))
	}
	h.create(`{"email":"half@example.org","notify":false}`)
	h.g.Expect(h.list("?email=half")[0]["profile"]).To(BeNil(), "a bad seed leaves nothing")
}

func TestCounters(t *testing.T) {
	h := open(t)
	h.g.Expect(h.Counters()).To(Equal(reference.Counters{Operations: map[string]int64{}}))
	h.create(`{"email":"` + newcomer + `"}`)
	h.list("")
	h.list("?email=x")
	h.call(http.MethodGet, "account/", "")
	h.call(http.MethodPost, "permission/", `nonsense`)
	h.user = "wrong"
	h.call(http.MethodGet, "account/", "")
	h.g.Eventually(h.Counters, "10s").Should(Equal(reference.Counters{
		Reads: 3, Writes: 2, Mails: 1, BadKeys: 1,
		Operations: map[string]int64{"CreatePermission": 1, "ListPermissions": 2, "ListAccounts": 1},
	}))
	h.ResetCounters()
	h.g.Expect(h.Counters()).To(Equal(reference.Counters{Operations: map[string]int64{}}))
}

// operate makes a call of the operator API.
func (h *hosting) operate(bearer, name, body string) answer {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, h.Origin()+"/reference/"+name, strings.NewReader(body))
	h.g.Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Authorization", "Bearer "+bearer)
	return h.do(request)
}

func TestOperatorAPI(t *testing.T) {
	h := open(t)
	ok := func(name, body string) string {
		t.Helper()
		got := h.operate(operator, name, body)
		h.g.Expect(got.status).To(Equal(200), got.body)
		return got.body
	}
	ok("seed", `{"profiles":[{"email":"p@example.org"}]}`)
	ok("rows/add", `{"owner":"`+owner+`","row":{"email":"`+newcomer+`","accounts":{"shop":["Sites"]}},"notify":false}`)
	check := `{"owner":"` + owner + `","email":"` + newcomer + `","scope":"Account","place":"shop","menu":"Sites"}`
	h.g.Expect(ok("check", check)).To(MatchJSON(`{"allowed":false,"reason":"has not initialised a profile"}`))
	ok("accept", `{"who":"`+newcomer+`"}`)
	h.g.Expect(ok("check", check)).To(MatchJSON(`{"allowed":true,"reason":"the permission is granted here"}`))
	ok("rows/edit", `{"owner":"`+owner+`","email":"`+newcomer+`","row":{"overall":["Billing"]}}`)
	var rows []reference.Row
	h.g.Expect(json.Unmarshal([]byte(ok("rows", `{"owner":"`+owner+`"}`)), &rows)).To(Succeed())
	h.g.Expect(rows).To(ConsistOf(And(HaveField("Email", newcomer), HaveField("Overall", []string{"Billing"}), HaveField("Accounts", BeEmpty()))))
	ok("rows/remove", `{"owner":"`+owner+`","email":"`+newcomer+`"}`)
	ok("place/remove", `{"owner":"`+owner+`","scope":"Account","name":"blog"}`)
	ok("token", `{"owner":"`+owner+`","token":"fresh"}`)
	h.user = "fresh"
	h.g.Expect(h.list("")).To(BeEmpty())
	ok("permission-api", `{"on":false}`)
	h.g.Expect(h.call(http.MethodGet, "permission/", "").status).To(Equal(404))
	h.g.Expect(ok("counters", `{}`)).To(ContainSubstring(`"reads":2`))
	ok("counters/reset", `{}`)
	h.g.Expect(ok("counters", `{}`)).To(ContainSubstring(`"reads":0`))
}

func TestOperatorAPIRefusals(t *testing.T) {
	h := open(t)
	for _, bearer := range []string{"", "wrong", token} {
		h.g.Expect(h.operate(bearer, "counters", "{}").status).To(Equal(401))
	}
	h.refused(h.operate(operator, "accept", `{"whom":"x"}`), 400, `{"whom":["There is no such field."]}`)
	h.g.Expect(h.operate(operator, "accept", `{"who":"nobody@example.org"}`).status).To(Equal(400))
	h.g.Expect(h.operate(operator, "rows", `{"owner":"nobody@example.org"}`).status).To(Equal(404))
	h.g.Expect(h.operate(operator, "nothing", `{}`).status).To(Equal(404))
	h.g.Expect(h.operate(operator, "seed", `{"owners":[{"email":"`+strings.Repeat("x", 2<<20)+`"}]}`).status).To(Equal(413))
	closed := open(t, func(o *reference.Options) { o.OperatorToken = "" })
	h.g.Expect(closed.operate("", "counters", "{}").status).To(Equal(404), "without a token there is no operator API")
}
