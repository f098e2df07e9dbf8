package controllers_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// rewriteRows changes the rows in an answer, be it one or a list.
func rewriteRows(answer *http.Response, change func(map[string]any)) error {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	var list []map[string]any
	one := map[string]any{}
	switch {
	case json.Unmarshal(body, &list) == nil:
		for _, row := range list {
			change(row)
		}
		body, err = json.Marshal(list)
	case json.Unmarshal(body, &one) == nil:
		change(one)
		body, err = json.Marshal(one)
	}
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return err
}

// slowly mails three people a minute.
func slowly(b *v1alpha1.HostingBackend) { b.Spec.Invitations.PerMinute = 3 }

// people without a profile.
func people(n int) (emails []string) {
	for i := range n {
		emails = append(emails, fmt.Sprintf("p%d@acme.example", i))
	}
	return emails
}

var _ = Describe("The budget of mails", func() {
	It("lets people wait for their turn, and holds up nothing else", func() {
		w := world.NewAt(ahead, k8s, "ann@acme.example")
		b := w.Backend(slowly)
		crowd := people(7)
		grants := map[string]*v1alpha1.PermissionGrant{}
		for i, email := range crowd {
			grants[email] = world.Overall(world.GrantFor(fmt.Sprint("g", i), email), "Billing")
			w.Create(grants[email])
		}
		Eventually(func() int { return len(w.Mails.Mails()) }).Should(Equal(3))
		Eventually(func() int { return waiting(w, crowd) }).Should(Equal(4))
		Expect(w.Rows()).To(HaveLen(3))

		By("somebody who has a row, meanwhile")
		w.Has(reference.Row{Email: "ann@acme.example", Overall: []string{"ServerTechnical"}})
		w.RefreshTable(b)
		known := world.Overall(world.GrantFor("known", "ann@acme.example"), "Billing")
		w.Create(known)
		w.ExpectReady(known, "True/AsDeclared")
		Expect(w.Opens("ann@acme.example", "Billing")).To(BeTrue())

		By("a restart within the minute")
		stopManager()
		stopManager = startManager()
		w.ExpectReady(known, "True/AsDeclared")
		Consistently(func() int { return len(w.Mails.Mails()) }, time.Second).Should(Equal(3))

		By("the next minutes")
		after(w, b, time.Minute)
		Eventually(func() int { return len(w.Mails.Mails()) }).Should(Equal(6))
		Consistently(func() int { return len(w.Mails.Mails()) }, time.Second).Should(Equal(6))
		after(w, b, time.Minute)
		for _, email := range crowd {
			w.ExpectReady(grants[email], "True/AsDeclared")
			Eventually(w.Mailed).WithArguments(email).Should(Equal(1))
		}
	})

	It("makes rows at once where we mail ourselves", func() {
		w := world.NewAt(ahead, k8s)
		b := w.Backend(w.BySMTP, slowly)
		crowd := people(5)
		g := world.Overall(world.GrantFor("all", crowd...), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Rows()).To(HaveLen(5))
		Eventually(func() int { return waiting(w, crowd) }).Should(Equal(2))
		Eventually(w.Mails.Mails).Should(HaveLen(3))

		By("watching whether anything is written meanwhile")
		w.RefreshTable(b)
		Eventually(func(g Gomega) {
			versions := w.Versions() // once the last ripple is gone
			g.Consistently(w.Versions, 2*time.Second).Should(Equal(versions))
		}).Should(Succeed())
		Expect(w.Mails.Mails()).To(HaveLen(3))
		after(w, b, time.Minute)
		Eventually(func() int { return len(w.Mails.Mails()) }).Should(Equal(5))
		Eventually(func() int { return waiting(w, crowd) }).Should(BeZero())
	})

	It("is not used up by people who have a profile", func() {
		crowd := people(9)
		w := world.NewAt(ahead, k8s, crowd...)
		w.Backend(slowly)
		g := world.Overall(world.GrantFor("all", crowd...), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Mails.Mails()).To(BeEmpty())
	})
})

// waiting counts the people whose records say that they wait to be mailed, and in which place.
func waiting(w *world.World, emails []string) (count int) {
	for _, email := range emails {
		record := w.Record(email)
		if record == nil {
			continue
		}
		for _, c := range record.Status.Conditions {
			if c.Type == v1alpha1.ConditionActive && c.Reason == v1alpha1.ReasonMailQueued {
				Expect(c.Message).To(MatchRegexp(`it is (next|among the next [25] people), and at most 3 people a minute`))
				count++
			}
		}
	}
	return count
}

var _ = Describe("A second factor that is required", func() {
	It("is told to be missing until it is set up", func() {
		w := world.New(k8s, "ann@acme.example", "bob@acme.example")
		b := w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example", "bob@acme.example", newcomer), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Record("ann@acme.example").Status.TwoFactor).To(Equal(v1alpha1.TwoFactorNotRequired))
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.RequireTwoFactor = true })
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.OpensWithTwo("ann@acme.example", "Billing")).To(BeTrue())
		Expect(w.Opens("ann@acme.example", "Billing")).To(BeFalse())
		Eventually(func() map[string]string { return w.Conditions(g) }).Should(HaveKeyWithValue("TwoFactorMissing", "True/TwoFactorMissing"))
		Expect(g.Status.Subjects.WithoutTwoFactor).To(BeEquivalentTo(2))
		Expect(w.Conditions(w.Record("ann@acme.example"))).To(HaveKeyWithValue("TwoFactorMissing", "True/TwoFactorMissing"))
		Expect(w.Record(newcomer).Status.TwoFactor).To(Equal(v1alpha1.TwoFactorUnknown))

		Eventually(func() []v1alpha1.Feature { _ = w.Conditions(b); return b.Status.Features }).Should(
			ConsistOf(v1alpha1.FeaturePermissions, v1alpha1.FeatureInvitationLink, v1alpha1.FeatureInviteAgain, v1alpha1.FeatureTwoFactor))

		By("setting it up")
		Expect(w.Provider.Seed(w.Ctx, reference.Seed{Profiles: []reference.SeedProfile{{Email: "ann@acme.example", TwoFactor: true}}})).To(Succeed())
		w.RefreshTable(b)
		Eventually(func() v1alpha1.TwoFactorState { return w.Record("ann@acme.example").Status.TwoFactor }).Should(Equal(v1alpha1.TwoFactorEnabled))
		Expect(w.Conditions(w.Record("ann@acme.example"))).NotTo(HaveKey("TwoFactorMissing"))
		Eventually(func() int32 { w.ExpectReady(g, "True/AsDeclared"); return g.Status.Subjects.WithoutTwoFactor }).Should(BeEquivalentTo(1))
		Expect(w.Provider.Seed(w.Ctx, reference.Seed{Profiles: []reference.SeedProfile{{Email: "bob@acme.example", TwoFactor: true}}})).To(Succeed())
		w.RefreshTable(b)
		Eventually(func() map[string]string { return w.Conditions(g) }).ShouldNot(HaveKey("TwoFactorMissing"))
	})
})
