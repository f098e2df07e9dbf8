package reference_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
)

func TestKeys(t *testing.T) {
	h := open(t)
	// The agent may manage the owner's accounts, and hence the table; someone may not.
	h.create(`{"email":"` + agent + `","account_management":true}`)
	h.create(`{"email":"` + other + `","account_technical":true}`)
	cases := []struct {
		name, user string
		status     int
		says       string
	}{
		{"own key", token, 200, "shop"},
		{"as oneself", token + " customer=" + strings.ToUpper(owner), 200, "shop"},
		{"one account", token + " account=blog", 200, "blog"},
		{"for another owner", "agent-token customer=" + owner, 200, "shop"},
		{"one account of another owner", "agent-token account=shop customer=" + owner, 200, "shop"},
		{"account of another owner", "agent-token account=shop", 403, "do not have permission"},
		{"unknown account", token + " account=nothing", 403, "do not have permission"},
		{"technical only", "other-token customer=" + owner, 403, "do not have permission"},
		{"owner that gave nothing", token + " customer=" + other, 403, "do not have permission"},
		{"unknown owner", token + " customer=nobody@example.org", 403, "do not have permission"},
		{"no key", "", 401, "Authentication failed."},
		{"wrong key", "nonsense", 401, "Authentication failed."},
		{"key in other letters", strings.ToLower(token), 401, "Authentication failed."},
		{"unknown word", token + " server=web1", 401, "Authentication failed."},
		{"empty word", token + " account=", 401, "Authentication failed."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h.user = c.user
			got := h.call(http.MethodGet, "account/", "")
			NewWithT(t).Expect(got.status).To(Equal(c.status))
			NewWithT(t).Expect(got.body).To(ContainSubstring(c.says))
			if c.name == "one account" {
				NewWithT(t).Expect(got.body).NotTo(ContainSubstring("shop"))
			}
			if c.status == 401 {
				NewWithT(t).Expect(got.header.Get("WWW-Authenticate")).To(HavePrefix("Basic"))
			}
		})
	}
}

func TestPasswordStaysEmpty(t *testing.T) {
	h := open(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL()+"account/", http.NoBody)
	h.g.Expect(err).NotTo(HaveOccurred())
	request.SetBasicAuth(token, "secret")
	h.g.Expect(h.do(request).status).To(Equal(http.StatusUnauthorized))
}

func TestRequiredTwoFactorHoldsForKeys(t *testing.T) {
	h := open(t)
	path := h.create(`{"email":"` + agent + `","account_management":true,"require_2fa":true}`)
	h.user = "agent-token customer=" + owner
	h.g.Expect(h.call(http.MethodGet, "account/", "").status).To(Equal(403), "the agent has set up no second factor")
	h.g.Expect(h.Seed(t.Context(), reference.Seed{Profiles: []reference.SeedProfile{{Email: agent, TwoFactor: true}}})).To(Succeed())
	h.g.Expect(h.call(http.MethodGet, "account/", "").status).To(Equal(200))
	h.user = token
	h.patch(path, `{"account_management":false}`)
	h.user = "agent-token customer=" + owner
	h.g.Expect(h.call(http.MethodGet, "account/", "").status).To(Equal(403))
}

func TestRotatedToken(t *testing.T) {
	h := open(t)
	h.g.Expect(h.RotateToken(t.Context(), owner, "the-next-one")).To(Succeed())
	h.g.Expect(h.call(http.MethodGet, "account/", "").status).To(Equal(401))
	h.user = "the-next-one"
	h.g.Expect(h.call(http.MethodGet, "account/", "").status).To(Equal(200))
	for _, bad := range []string{"", "with space", "with:colon"} {
		err := h.RotateToken(t.Context(), owner, bad)
		h.g.Expect(err).To(MatchError(ContainSubstring("1 to 256 bytes")))
	}
	h.g.Expect(h.RotateToken(t.Context(), "nobody@example.org", "x")).NotTo(Succeed())
}

func TestLimitsOfAKey(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk), func(o *reference.Options) {
		o.Limits = reference.VendorLimits()
		o.Limits.TellRetryAfter = true
	})
	for i := range 50 {
		h.g.Expect(h.call(http.MethodDelete, "permission/99/", "").status).To(Equal(404), "write %d", i)
	}
	clk.Step(10 * time.Second)
	got := h.call(http.MethodDelete, "permission/99/", "")
	h.refused(got, 429, `{"detail":"Too many requests."}`)
	h.g.Expect(got.header.Get("Retry-After")).To(Equal("50"))
	h.user = "other-token"
	h.g.Expect(h.call(http.MethodDelete, "permission/99/", "").status).To(Equal(404), "limits are per key")
	h.user = token + " account=shop"
	h.g.Expect(h.call(http.MethodDelete, "permission/99/", "").status).To(Equal(429), "the scope makes no other key")
	h.user = token
	for range 250 {
		h.g.Expect(h.call(http.MethodGet, "customer/", "").status).To(Equal(200), "reads have their own limit")
	}
	h.g.Expect(h.call(http.MethodGet, "customer/", "").status).To(Equal(429))
	clk.Step(50 * time.Second)
	h.g.Expect(h.call(http.MethodDelete, "permission/99/", "").status).To(Equal(404), "a minute later")
	h.g.Expect(h.call(http.MethodGet, "customer/", "").status).To(Equal(429), "only 50 s later")
	h.g.Expect(h.Counters()).To(And(HaveField("Writes", int64(52)), HaveField("Reads", int64(250)), HaveField("RateLimited", int64(4))))
}

func TestLimitsWithoutAKey(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk), func(o *reference.Options) { o.Limits = reference.VendorLimits() })
	for _, user := range []string{"", "wrong", "", "wrong", "", "wrong", "", "wrong", "", "wrong"} {
		h.user = user
		h.g.Expect(h.call(http.MethodGet, "account/", "").status).To(Equal(401))
	}
	got := h.call(http.MethodGet, "account/", "")
	h.g.Expect(got.status).To(Equal(429))
	h.g.Expect(got.header).NotTo(HaveKey("Retry-After"))
	h.user = token
	h.g.Expect(h.call(http.MethodGet, "account/", "").status).To(Equal(200), "a good key from there still works")
	h.user = ""
	clk.Step(time.Minute)
	h.g.Expect(h.call(http.MethodGet, "account/", "").status).To(Equal(401))
}

func TestNoLimits(t *testing.T) {
	h := open(t)
	for range 60 {
		h.g.Expect(h.call(http.MethodDelete, "permission/99/", "").status).To(Equal(404))
	}
}
