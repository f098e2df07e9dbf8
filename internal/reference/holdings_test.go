package reference_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
)

// openHeld has agent hold something on the profiles of owner and other, and returns the ids.
func openHeld(t *testing.T, change ...func(*reference.Options)) (h *hosting, onOwner, onOther int64) {
	t.Helper()
	h = open(t, change...)
	add := func(on string, row reference.Row) int64 {
		id, err := h.AddRow(t.Context(), on, row, false)
		h.g.Expect(err).NotTo(HaveOccurred())
		return id
	}
	onOwner = add(owner, reference.Row{Email: strings.ToUpper(agent), Overall: []string{"AccountManagement"},
		Accounts: map[string][]string{"shop": {"Sites"}}, Servers: map[string][]string{"web1": {"FirewallRules"}}})
	add(owner, reference.Row{Email: someone, Overall: []string{"Billing"}})
	add(agent, reference.Row{Email: agent, Overall: []string{"Billing"}})
	onOther = add(other, reference.Row{Email: agent, Overall: []string{"Billing"}, RequireTwoFactor: true})
	h.user = "agent-token"
	return h, onOwner, onOther
}

func TestMyPermissions(t *testing.T) {
	h, onOwner, onOther := openHeld(t)
	h.refused(h.call(http.MethodGet, "my_permission/", ""), 200, fmt.Sprintf(`[
		{"id":%d,"href":"/v1/my_permission/%d/","owner":{"href":"/v1/customer/2/","email":"owner@example.org"},"require_2fa":false,
			"account_management":true,"billing":false,"account_technical":false,"server_technical":false,
			"accounts":[{"account":{"href":"/v1/account/1/"},"permissions":["site"]}],
			"servers":[{"server":{"href":"/v1/server/8/"},"permissions":["firewall"]}]},
		{"id":%d,"href":"/v1/my_permission/%d/","owner":{"href":"/v1/customer/3/","email":"other@example.org"},"require_2fa":true,
			"account_management":false,"billing":true,"account_technical":false,"server_technical":false,"accounts":[],"servers":[]}]`,
		onOwner, onOwner, onOther, onOther))

	path := fmt.Sprintf("my_permission/%d/", onOwner)
	h.g.Expect(h.may(agent, "Account", "shop", "Sites").Allowed).To(BeTrue())
	h.g.Expect(h.call(http.MethodDelete, path, "", synchronous).status).To(Equal(http.StatusNoContent))
	h.g.Expect(h.may(agent, "Account", "shop", "Sites").Reason).To(Equal("has no permission on this owner's profile"))
	h.g.Expect(h.may(someone, "Overall", "", "Billing").Allowed).To(BeTrue(), "nobody else loses anything")
	h.g.Expect(h.call(http.MethodGet, "my_permission/", "").body).To(And(ContainSubstring("other@example.org"), Not(ContainSubstring("owner@example.org"))))
	h.g.Expect(h.call(http.MethodDelete, path, "", synchronous).status).To(Equal(http.StatusNotFound), "once")
	h.g.Expect(h.Relinquish(t.Context(), agent, other)).To(Succeed())
	h.refused(h.call(http.MethodGet, "my_permission/", ""), 200, `[]`)
}

// Nobody drops what is somebody else's, whatever the id, and nothing of one's own hosting.
func TestMyPermissionsAreOnesOwn(t *testing.T) {
	h, onOwner, onOther := openHeld(t)
	rows := func() int {
		n := 0
		for _, on := range []string{owner, other, agent} {
			list, err := h.Rows(t.Context(), on)
			h.g.Expect(err).NotTo(HaveOccurred())
			n += len(list)
		}
		return n
	}
	h.g.Expect(rows()).To(Equal(4))
	for id := int64(-1); id < 9; id++ {
		if id != onOwner && id != onOther {
			h.g.Expect(h.call(http.MethodDelete, fmt.Sprintf("my_permission/%d/", id), "", synchronous).status).To(Equal(404), "%d", id)
		}
	}
	h.user = token
	h.refused(h.call(http.MethodGet, "my_permission/", ""), 200, `[]`)
	h.g.Expect(h.call(http.MethodDelete, fmt.Sprintf("my_permission/%d/", onOwner), "", synchronous).status).To(Equal(404))
	for _, user := range []string{"agent-token customer=" + owner, "agent-token account=shop customer=" + owner, token + " account=shop"} {
		h.user = user
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			path := "my_permission/"
			if method == http.MethodDelete {
				path = fmt.Sprintf("my_permission/%d/", onOwner)
			}
			h.g.Expect(h.call(method, path, "").status).To(Equal(403), user)
		}
	}
	h.g.Expect(rows()).To(Equal(4))
}

func TestMyPermissionsSwitchAndDelay(t *testing.T) {
	clk := fakeClock()
	h, onOwner, _ := openHeld(t, withClock(clk))
	path := fmt.Sprintf("my_permission/%d/", onOwner)
	h.SetOwnPermissionAPI(false)
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		h.g.Expect(h.call(method, "my_permission/", "").status).To(Equal(404))
	}
	h.g.Expect(h.call(http.MethodDelete, path, "").status).To(Equal(404))
	h.g.Expect(h.list("")).To(HaveLen(1), "the table is another resource")
	h.g.Expect(h.operate(operator, "own-permission-api", `{"on":true}`).status).To(Equal(200))

	h.g.Expect(h.call(http.MethodDelete, path, "").status).To(Equal(http.StatusNoContent))
	list := func() string { return h.call(http.MethodGet, "my_permission/", "").body }
	h.g.Expect(list()).To(ContainSubstring("owner@example.org"), "not before it takes effect")
	h.g.Eventually(func() string { clk.Step(reference.AsyncDelay); return list() }, "10s").ShouldNot(ContainSubstring("owner@example.org"))
}
