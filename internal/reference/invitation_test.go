package reference_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
)

// invitation of the only row of the list.
func (h *hosting) invitation() map[string]any {
	h.t.Helper()
	rows := h.list("?email=newcomer")
	h.g.Expect(rows).To(HaveLen(1))
	told, _ := rows[0]["invitation"].(map[string]any)
	return told
}

func TestInvitationIsMailedAndAccepted(t *testing.T) {
	h := open(t, func(o *reference.Options) { o.BaseURL = "https://hosting.example" })
	h.create(`{"email":"` + newcomer + `","accounts":[{"account":1,"permissions":["site"]}]}`)
	told := h.invitation()
	h.g.Expect(told).To(HaveKeyWithValue("state", "pending"))
	h.g.Expect(told["link"]).To(MatchRegexp(`^https://hosting\.example/initialise/[A-Z2-7]{26}$`))
	h.g.Expect(h.may(newcomer, "Account", "shop", "Sites").Reason).To(Equal("has not initialised a profile"))

	h.g.Eventually(h.mails, "10s").Should(Equal(1))
	got := h.mail.Mails()[0]
	h.g.Expect(got.To).To(ConsistOf(newcomer))
	h.g.Expect(got.Text).To(And(MatchRegexp(`https://hosting\.example/initialise/[A-Z2-7]{26}\n`), ContainSubstring(owner),
		Not(ContainSubstring(told["link"].(string)))), "whoever reads the API does not learn what the mailbox gets")

	// Another owner invites the same person; accepting one invitation that was mailed is enough.
	h.user = "other-token"
	h.create(`{"email":"newcomer@example.org","notify":true}`)
	h.g.Eventually(h.mails, "10s").Should(Equal(2))
	link := linkInMail.FindString(got.Text)
	h.g.Expect(h.AcceptInvitation(t.Context(), link)).To(Succeed())
	h.g.Expect(h.invitation()).To(And(HaveKeyWithValue("state", "accepted"), Not(HaveKey("link"))))
	h.user = token
	h.g.Expect(h.invitation()).To(And(HaveKeyWithValue("state", "accepted"), Not(HaveKey("link"))))
	h.g.Expect(h.list("")[0]["profile"]).NotTo(BeNil())
	h.g.Expect(h.may("newCOMER@example.org", "Account", "shop", "Sites").Allowed).To(BeTrue())
	h.g.Expect(h.AcceptInvitation(t.Context(), link)).To(MatchError(ContainSubstring("No pending invitation")), "a link works once")
	h.g.Eventually(h.Counters, "10s").Should(HaveField("Mails", int64(2)))
}

func TestNobodyWithAProfileIsMailed(t *testing.T) {
	h := open(t)
	h.create(`{"email":"` + someone + `"}`)
	h.create(`{"email":"quiet@example.org","notify":false}`)
	h.create(`{"email":"` + newcomer + `"}`)
	h.g.Eventually(h.mails, "10s").Should(Equal(1))
	h.g.Expect(h.mail.Mails()[0].To).To(ConsistOf(newcomer))
	h.g.Consistently(h.mails, "200ms").Should(Equal(1))
	rows := h.list("")
	h.g.Expect(rows[0]["invitation"]).To(BeNil())
	h.g.Expect(rows[0]).To(HaveKey("invitation"), "null, not absent")
	h.g.Expect(rows[1]).To(HaveKeyWithValue("profile", BeNil()), "null, not absent")
	h.g.Expect(rows[1]["invitation"]).To(HaveKey("link"), "whoever is not mailed can be sent the link")
}

func TestInvitationExpires(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk))
	h.create(`{"email":"` + newcomer + `","notify":false}`)
	link, _ := h.invitation()["link"].(string)
	clk.Step(7*24*time.Hour - 1)
	h.g.Expect(h.invitation()).To(HaveKeyWithValue("state", "pending"))
	clk.Step(1)
	h.g.Expect(h.invitation()).To(And(HaveKeyWithValue("state", "expired"), Not(HaveKey("link"))))
	for _, who := range []string{link, newcomer} {
		h.g.Expect(h.AcceptInvitation(t.Context(), who)).To(MatchError(ContainSubstring("No pending invitation")))
	}
	h.g.Expect(h.may(newcomer, "Account", "shop", "Sites").Reason).To(Equal("has not initialised a profile"))
}

func TestDeletedRowCancelsItsInvitation(t *testing.T) {
	h := open(t)
	h.mail.RefuseRecipients(450)
	path := h.create(`{"email":"` + newcomer + `"}`)
	link, _ := h.invitation()["link"].(string)
	h.g.Expect(h.call(http.MethodDelete, path, "", synchronous).status).To(Equal(http.StatusNoContent))
	h.g.Expect(h.AcceptInvitation(t.Context(), link)).NotTo(Succeed())
	h.g.Expect(h.AcceptInvitation(t.Context(), newcomer)).NotTo(Succeed())
}

func TestMailIsTriedAgainWhileRefusedForNow(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk))
	h.mail.RefuseRecipients(451)
	h.create(`{"email":"` + newcomer + `"}`)
	h.g.Eventually(h.logs.String, "10s").Should(ContainSubstring("invitation will be mailed later"))
	h.mail.RefuseRecipients(0)
	h.g.Consistently(h.mails, "100ms").Should(BeZero())
	h.g.Eventually(func() int { clk.Step(30 * time.Second); return h.mails() }, "10s").Should(Equal(1))
	h.g.Consistently(func() int { clk.Step(time.Minute); return h.mails() }, "200ms").Should(Equal(1))
}

func TestRefusedMailIsGivenUp(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk))
	h.mail.RefuseRecipients(550)
	h.create(`{"email":"` + newcomer + `"}`)
	h.g.Eventually(h.logs.String, "10s").Should(ContainSubstring("invitation not mailed"))
	h.mail.RefuseRecipients(0)
	h.g.Consistently(func() int { clk.Step(time.Minute); return h.mails() }, "200ms").Should(BeZero())
	h.g.Expect(h.invitation()).To(HaveKeyWithValue("state", "pending"), "the link still works")
}

func TestMailServerDownThenRestart(t *testing.T) {
	h := open(t, func(o *reference.Options) { o.SMTPAddr = "127.0.0.1:1" })
	h.create(`{"email":"` + newcomer + `"}`)
	h.g.Eventually(h.logs.String, "10s").Should(ContainSubstring("invitation will be mailed later"))
	clk := fakeClock()
	clk.SetTime(time.Now().Add(time.Hour))
	h.options.SMTPAddr, h.options.Clock = h.mail.Addr(), clk
	h.reopen()
	h.g.Eventually(h.mails, "10s").Should(Equal(1))
}

func TestNoMailServer(t *testing.T) {
	h := open(t, func(o *reference.Options) { o.SMTPAddr = "" })
	h.create(`{"email":"` + newcomer + `"}`)
	h.g.Expect(h.invitation()).To(HaveKeyWithValue("state", "pending"))
	h.g.Expect(h.AcceptInvitation(t.Context(), strings.ToUpper(newcomer))).To(Succeed())
	h.g.Expect(h.invitation()).To(HaveKeyWithValue("state", "accepted"))
}

func TestBadMailServer(t *testing.T) {
	_, err := reference.Open(t.Context(), reference.Options{Dir: t.TempDir(), SMTPAddr: "nowhere"})
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("host:port")))
	_, err = reference.Open(t.Context(), reference.Options{})
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("dir")))
}
