package reference_test

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
)

func (h *hosting) invite(path, body string) int {
	h.t.Helper()
	return h.call(http.MethodPost, path+"invite/", body).status
}

func TestInvitingAgain(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk))
	path := h.create(`{"email":"` + newcomer + `"}`)
	told := h.invitation()
	h.g.Expect(told).To(And(HaveKeyWithValue("mails", BeEquivalentTo(1)), HaveKeyWithValue("expires", "2031-05-08T09:00:00Z")))
	h.g.Eventually(h.mails, "10s").Should(Equal(1))

	// While it is pending the link stays: somebody may be about to follow it.
	clk.Step(time.Hour)
	h.g.Expect(h.invite(path, `{"mails":1}`)).To(Equal(http.StatusNoContent))
	h.g.Expect(h.invitation()).To(And(HaveKeyWithValue("link", told["link"]), HaveKeyWithValue("mails", BeEquivalentTo(2)),
		HaveKeyWithValue("expires", "2031-05-08T10:00:00Z")))
	h.g.Eventually(h.mails, "10s").Should(Equal(2))
	both := h.mail.Mails()
	h.g.Expect(both[1].MessageID).NotTo(Equal(both[0].MessageID), "mailboxes drop what they have already")

	// The same call again, as after an answer that was lost, does nothing.
	h.refused(h.call(http.MethodPost, path+"invite/", `{"mails":1}`), http.StatusConflict,
		`{"mails":["The invitation was asked to be mailed another number of times."]}`)
	h.g.Expect(h.invitation()).To(HaveKeyWithValue("mails", BeEquivalentTo(2)))

	// What ran out gets another link, and without notify no mail.
	clk.Step(reference.InvitationLife)
	h.g.Expect(h.invitation()).To(HaveKeyWithValue("state", "expired"))
	h.g.Expect(h.invite(path, `{"mails":2,"notify":false}`)).To(Equal(http.StatusNoContent))
	renewed := h.invitation()
	h.g.Expect(renewed).To(And(HaveKeyWithValue("state", "pending"), HaveKeyWithValue("mails", BeEquivalentTo(2))))
	h.g.Expect(renewed["link"]).NotTo(Equal(told["link"]))
	h.g.Consistently(h.mails, "200ms").Should(Equal(2))
	old, _ := told["link"].(string)
	h.g.Expect(h.AcceptInvitation(t.Context(), old)).NotTo(Succeed())
	link, _ := renewed["link"].(string)
	h.g.Expect(h.AcceptInvitation(t.Context(), link)).To(Succeed())

	h.refused(h.call(http.MethodPost, path+"invite/", `{}`), http.StatusConflict,
		`{"profile":["The person has a profile: there is nobody to be invited."]}`)
	h.g.Expect(h.invite("permission/99/", `{}`)).To(Equal(http.StatusNotFound))
	h.user = "other-token"
	h.g.Expect(h.invite(path, `{}`)).To(Equal(http.StatusNotFound), "of another owner")
}

func TestInvitationSaysToWhatAndHowToRefuse(t *testing.T) {
	h := open(t)
	h.create(`{"email":"` + newcomer + `","billing":true,"require_2fa":true,
		"accounts":[{"account":1,"permissions":["site","newer"]}],"servers":[{"server":8,"permissions":["ssh_user"]}]}`)
	h.g.Eventually(h.mails, "10s").Should(Equal(1))
	h.g.Expect(h.mail.Mails()[0].Text).To(And(
		ContainSubstring("\n  - Billing\n  - account shop: Sites\n  - server web1: SSH users\n"),
		ContainSubstring("\n  - Facturation\n  - compte shop : Sites\n  - serveur web1 : Utilisateurs SSH\n"),
		ContainSubstring("Permissions > My Permissions"), ContainSubstring("Permissions > Mes permissions"),
		ContainSubstring("two factors"), ContainSubstring("deux facteurs")))
}

func TestTheTableTellsSecondFactors(t *testing.T) {
	h := open(t)
	h.create(`{"email":"` + someone + `"}`)
	h.create(`{"email":"` + newcomer + `"}`)
	h.g.Expect(h.list("")[0]).To(HaveKeyWithValue("two_factor", false))
	h.g.Expect(h.list("")[1]).To(HaveKeyWithValue("two_factor", BeNil()), "null, not absent")
	h.g.Expect(h.Seed(t.Context(), reference.Seed{Profiles: []reference.SeedProfile{{Email: someone, TwoFactor: true}}})).To(Succeed())
	h.g.Expect(h.list("")[0]).To(HaveKeyWithValue("two_factor", true))
}

// Whoever asks again while a mail is on its way gets another: it is counted as one.
func TestInvitingAgainWhileAMailIsOnItsWay(t *testing.T) {
	h := open(t)
	path, asked := make(chan string, 1), make(chan int, 1)
	h.mail.Reject(func(_, _, _ string) error {
		if at, ok := <-path; ok {
			asked <- h.invite(at, `{"mails":1}`)
			close(path)
		}
		return nil
	})
	path <- h.create(`{"email":"` + newcomer + `"}`)
	h.g.Eventually(asked, "10s").Should(Receive(Equal(http.StatusNoContent)))
	h.g.Eventually(h.mails, "10s").Should(Equal(2))
	h.g.Consistently(h.mails, "200ms").Should(Equal(2))
}
