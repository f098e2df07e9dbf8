package reference_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	catalogue "github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
)

func query(email, scope, place, menu string) reference.AccessQuery {
	return reference.AccessQuery{Owner: owner, Email: email, Scope: catalogue.Scope(scope), Place: place, Menu: menu}
}

func TestPlacesAndCustomer(t *testing.T) {
	h := open(t)
	h.refused(h.call(http.MethodGet, "account/", ""), 200,
		`[{"id":1,"href":"/v1/account/1/","name":"shop"},{"id":2,"href":"/v1/account/2/","name":"blog"}]`)
	h.refused(h.call(http.MethodGet, "server/", ""), 200,
		`[{"id":8,"href":"/v1/server/8/","name":"web1"},{"id":9,"href":"/v1/server/9/","name":"web2"}]`)
	got := h.call(http.MethodGet, "customer/", "")
	h.g.Expect(got.body).To(ContainSubstring(`"email":"` + owner + `"`))
	h.user = "other-token"
	h.refused(h.call(http.MethodGet, "server/", ""), 200, `[]`)
	h.refused(h.call(http.MethodGet, "permission/", ""), 200, `[]`)
}

func TestRowLife(t *testing.T) {
	h := open(t)
	path := h.create(`{"email":"Someone@Example.org","billing":true,"require_2fa":true,"annotation":"hello",
		"accounts":[{"account":2,"permissions":["site","ftp","newer"]},{"account":1,"permissions":["ssh"]}],
		"servers":[{"server":8,"permissions":["firewall"]},{"server":9,"permissions":[]}]}`)
	id := strings.Trim(strings.TrimPrefix(path, "permission/"), "/")
	h.refused(h.call(http.MethodGet, path, ""), 200, `{"id":`+id+`,"href":"/v1/`+path+`","email":"Someone@Example.org",
		"profile":{"href":"/v1/profile/1/"},"two_factor":false,"invitation":null,"require_2fa":true,"annotation":"hello",
		"account_management":false,"billing":true,"account_technical":false,"server_technical":false,
		"accounts":[{"account":{"href":"/v1/account/1/"},"permissions":["ssh"]},
			{"account":{"href":"/v1/account/2/"},"permissions":["ftp","newer","site"]}],
		"servers":[{"server":{"href":"/v1/server/8/"},"permissions":["firewall"]}]}`)

	// What is left out stays; accounts are replaced whole.
	h.patch(path, `{"account_technical":true,"billing":false,"accounts":[{"account":2,"permissions":["job"]}]}`)
	h.refused(h.call(http.MethodGet, path, ""), 200, `{"id":`+id+`,"href":"/v1/`+path+`","email":"Someone@Example.org",
		"profile":{"href":"/v1/profile/1/"},"two_factor":false,"invitation":null,"require_2fa":true,"annotation":"hello",
		"account_management":false,"billing":false,"account_technical":true,"server_technical":false,
		"accounts":[{"account":{"href":"/v1/account/2/"},"permissions":["job"]}],
		"servers":[{"server":{"href":"/v1/server/8/"},"permissions":["firewall"]}]}`)

	second := h.create(`{"email":"a@example.org"}`)
	h.g.Expect(h.list("")).To(HaveLen(2))
	h.g.Expect(h.list("?email=SOMEONE@example.org")).To(HaveLen(1))
	h.g.Expect(h.list("?email=example.org")).To(HaveLen(2), "filters match in part")
	h.g.Expect(h.list("?email=nobody")).To(BeEmpty())

	got := h.call(http.MethodDelete, path, "", synchronous)
	h.g.Expect(got.status).To(Equal(http.StatusNoContent))
	h.g.Expect(h.call(http.MethodGet, path, "").status).To(Equal(404))
	h.g.Expect(h.call(http.MethodDelete, path, "", synchronous).status).To(Equal(404))
	h.g.Expect(h.call(http.MethodPatch, path, "{}", synchronous).status).To(Equal(404))
	h.g.Expect(h.call(http.MethodDelete, second, "", synchronous).status).To(Equal(http.StatusNoContent))
	third := h.create(`{"email":"someone@example.org"}`)
	h.g.Expect(third).NotTo(Or(Equal(path), Equal(second)), "ids are never used twice")
}

func TestRefusedWrites(t *testing.T) {
	h := open(t)
	h.create(`{"email":"there@example.org"}`)
	long := strings.Repeat("a", 250) + "@example.org"
	cases := []struct{ name, body, answer string }{
		{"duplicate", `{"email":"There@EXAMPLE.org"}`, `{"email":["Permissions for this address exist already."]}`},
		{"no address", `{}`, `{"email":["This field is required."]}`},
		{"empty address", `{"email":""}`, `{"email":["This field is required."]}`},
		{"malformed address", `{"email":"nobody"}`, `{"email":["Enter a valid email address."]}`},
		{"named address", `{"email":"N <n@example.org>"}`, `{"email":["Enter a valid email address."]}`},
		{"spaced address", `{"email":" n@example.org"}`, `{"email":["Enter a valid email address."]}`},
		{"bare domain", `{"email":"n@localhost"}`, `{"email":["Enter a valid email address."]}`},
		{"line break", `{"email":"n@example.org\r\nBcc: x@example.org"}`, `{"email":["Enter a valid email address."]}`},
		{"long address", `{"email":"` + long + `"}`, `{"email":["At most 254 bytes."]}`},
		{"unknown account", `{"email":"n@example.org","accounts":[{"account":77,"permissions":["site"]}]}`,
			`{"accounts":["/v1/account/77/ does not exist, is not yours, or is given twice."]}`},
		{"account of another owner", `{"email":"n@example.org","accounts":[{"account":3,"permissions":["site"]}]}`,
			`{"accounts":["/v1/account/3/ does not exist, is not yours, or is given twice."]}`},
		{"server as account", `{"email":"n@example.org","accounts":[{"account":8,"permissions":["site"]}]}`,
			`{"accounts":["/v1/account/8/ does not exist, is not yours, or is given twice."]}`},
		{"account twice", `{"email":"n@example.org","accounts":[{"account":1,"permissions":["site"]},{"account":1,"permissions":["ftp"]}]}`,
			`{"accounts":["/v1/account/1/ does not exist, is not yours, or is given twice."]}`},
		{"unknown server", `{"email":"n@example.org","servers":[{"server":1,"permissions":["smtp"]}]}`,
			`{"servers":["/v1/server/1/ does not exist, is not yours, or is given twice."]}`},
		{"unknown permission", `{"email":"n@example.org","accounts":[{"account":1,"permissions":["site","flying"]}]}`,
			`{"accounts":["\"flying\" is not a valid permission."]}`},
		{"permission of another scope", `{"email":"n@example.org","servers":[{"server":8,"permissions":["site"]}]}`,
			`{"servers":["\"site\" is not a valid permission."]}`},
		{"wrong type", `{"email":"n@example.org","billing":"yes"}`, `{"billing":["Wrong type: a JSON string is not accepted here."]}`},
		{"wrong type, secret value", `{"email":12345}`, `{"email":["Wrong type: a JSON number is not accepted here."]}`},
		{"no JSON", `email=x`, `{"detail":"The request is not understood: send a JSON object."}`},
		{"long annotation", `{"email":"n@example.org","annotation":"` + strings.Repeat("a", 10_001) + `"}`,
			`{"annotation":["At most 10000 bytes."]}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, headers := range [][]string{nil, {synchronous}} {
				got := h.call(http.MethodPost, "permission/", c.body, headers...)
				NewWithT(t).Expect(got.status).To(Equal(http.StatusBadRequest), got.body)
				NewWithT(t).Expect(got.body).To(MatchJSON(c.answer))
			}
		})
	}
	h.g.Expect(h.list("")).To(HaveLen(1), "a refused write leaves nothing")
	h.g.Expect(h.mails()).To(BeNumerically("<=", 1))

	tooLarge := h.call(http.MethodPost, "permission/", `{"email":"`+strings.Repeat("a", 2<<20)+`"}`, synchronous)
	h.g.Expect(tooLarge.status).To(Equal(http.StatusRequestEntityTooLarge))
}

func TestAddressesPeopleHave(t *testing.T) {
	h := open(t)
	for _, address := range []string{"o'neill+tag@example.org", `\"john doe\"@example.org`, "jürgen@münchen.example", "x@sub.domain.example.org"} {
		h.create(`{"email":"` + address + `"}`)
	}
	h.g.Expect(h.list("")[1]["email"]).To(Equal(`"john doe"@example.org`))
	h.g.Eventually(h.mails, "10s").Should(Equal(4))
}

func TestPathsEndInASlash(t *testing.T) {
	h := open(t)
	got := h.call(http.MethodPost, "permission", `{"email":"n@example.org"}`, synchronous)
	h.g.Expect(got.status).NotTo(BeNumerically("<", 300))
	h.g.Expect(h.list("")).To(BeEmpty())
	for _, path := range []string{"permission/0/", "permission/99/", "permission/x/", "nothing/"} {
		h.g.Expect(h.call(http.MethodGet, path, "").status).To(Equal(404), path)
	}
}

func TestOwnersAreApart(t *testing.T) {
	h := open(t)
	path := h.create(`{"email":"n@example.org"}`)
	h.user = "other-token"
	for _, method := range []string{http.MethodGet, http.MethodPatch, http.MethodDelete} {
		h.refused(h.call(method, path, "{}", synchronous), 404, `{"detail":"Not found."}`)
	}
	h.create(`{"email":"n@example.org"}`)
	h.g.Expect(h.list("")).To(HaveLen(1))
}

func TestConcurrentCreatesMakeOneRow(t *testing.T) {
	h := open(t)
	var wg sync.WaitGroup
	statuses := make([]int, 12)
	for i := range statuses {
		wg.Go(func() {
			headers := []string{synchronous}
			if i%3 == 0 {
				headers = nil
			}
			statuses[i] = h.call(http.MethodPost, "permission/",
				fmt.Sprintf(`{"email":"%sne@example.org"}`, []string{"o", "O"}[i%2]), headers...).status
		})
	}
	wg.Wait()
	created := 0
	for _, status := range statuses {
		if status == http.StatusCreated {
			created++
		} else {
			h.g.Expect(status).To(Equal(http.StatusBadRequest))
		}
	}
	h.g.Expect(created).To(Equal(1))
	h.g.Eventually(func() int { return len(h.list("")) }, "10s").Should(Equal(1))
	h.g.Eventually(h.mails, "10s").Should(Equal(1))
	h.g.Consistently(h.mails, "200ms").Should(Equal(1))
}

func TestWithoutPermissionResource(t *testing.T) {
	h := open(t)
	path := h.create(`{"email":"n@example.org"}`)
	h.SetPermissionAPI(false)
	for _, p := range []string{"permission/", path} {
		h.refused(h.call(http.MethodGet, p, ""), 404, `{"detail":"Not found."}`)
	}
	h.g.Expect(h.call(http.MethodGet, "account/", "").status).To(Equal(200))
	h.SetPermissionAPI(true)
	h.g.Expect(h.list("")).To(HaveLen(1))
}
