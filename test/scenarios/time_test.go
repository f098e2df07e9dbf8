package scenarios_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("S32 S33 S35 a beginning and an end", func() {
	w := begin(ann)
	w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Interval.Duration = time.Hour }) // no reading wakes anybody
	g := billing("a", ann)
	g.Spec.NotBefore, g.Spec.ExpiresAt = in(time.Hour), in(2*time.Hour)
	w.Create(g)
	w.ExpectReady(g, "True/Scheduled")
	Expect(mayBill(w, ann)()).To(BeFalse())
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.NotBefore = in(2 * time.Second) })
	Eventually(mayBill(w, ann)).Should(BeTrue())
	Expect(time.Now()).To(BeTemporally(">=", g.Spec.NotBefore.Time))
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Conditions(g)).To(HaveKeyWithValue("ExpiringSoon", "True/EndAhead"))
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.ExpiresAt = in(2 * time.Second) })
	Eventually(mayBill(w, ann)).Should(BeFalse())
	Expect(time.Now()).To(BeTemporally(">=", g.Spec.ExpiresAt.Time))
	w.ExpectReady(g, "True/Expired")
	Expect(w.Conditions(g)).NotTo(HaveKey("ExpiringSoon"))
	writes := w.Provider.Counters().Writes
	w.ExpectUnchanged(func() int { return int(w.Provider.Counters().Writes) }, BeEquivalentTo(writes))

	By("moving the end on, and back again")
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.ExpiresAt = in(time.Hour) })
	w.ExpectReady(g, "True/AsDeclared")
	Expect(mayBill(w, ann)()).To(BeTrue())
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.NotBefore, g.Spec.ExpiresAt = nil, in(-time.Hour) })
	w.ExpectReady(g, "True/Expired")
	Expect(mayBill(w, ann)()).To(BeFalse())
	w.Delete(g)
	w.ExpectDeleted(g)
})

var _ = It("S32 the manager was down at the moment", func() {
	w, manager := enter(ann, bob), start()
	w.Backend()
	g := billing("a", ann)
	w.Create(g)
	other := world.Overall(world.GrantFor("b", ann, bob), "AccountManagement")
	w.Create(other)
	w.ExpectReady(g, "True/AsDeclared")
	w.ExpectReady(other, "True/AsDeclared")
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.ExpiresAt = in(5 * time.Second) })
	Eventually(func() map[string]string { return w.Conditions(g) }).Should(HaveKeyWithValue("ExpiringSoon", "True/EndAhead"))
	manager.Kill()
	Expect(time.Now()).To(BeTemporally("<", g.Spec.ExpiresAt.Time))
	Eventually(func() bool { return time.Now().After(g.Spec.ExpiresAt.Time) }).Should(BeTrue())
	Expect(mayBill(w, ann)()).To(BeTrue())
	start()
	w.ExpectReady(g, "True/Expired")
	w.ExpectReady(other, "True/AsDeclared")
	Expect(w.Rows()).To(ConsistOf("ann@acme.example: AccountManagement", "bob@acme.example: AccountManagement"))
})

var _ = It("S34 a missed review", func() {
	w := begin(ann, bob)
	w.Backend()
	warn := world.Overall(world.GrantFor("warn", ann), "Billing")
	withdraw := world.Overall(world.GrantFor("withdraw", bob), "Billing")
	withdraw.Spec.OnMissedReview = v1alpha1.MissedReviewWithdraw
	for _, g := range []*v1alpha1.PermissionGrant{warn, withdraw} {
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.ReviewBy = in(4 * time.Second) })
	}
	Eventually(func() map[string]string { return w.Conditions(warn) }).Should(HaveKeyWithValue("ReviewOverdue", "True/ReviewMissed"))
	w.ExpectReady(warn, "True/AsDeclared")
	w.ExpectReady(withdraw, "True/ReviewMissed")
	Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing"))
	world.Update(w, withdraw, func(g *v1alpha1.PermissionGrant) { g.Spec.ReviewBy = in(24 * time.Hour) })
	w.ExpectReady(withdraw, "True/AsDeclared")
	Expect(mayBill(w, bob)()).To(BeTrue())
})

var _ = It("S32 an end that was only just written is judged as any other removal (I5)", func() {
	w := begin()
	w.Backend(carefully, func(b *v1alpha1.HostingBackend) { b.Spec.Invitations.Sender = v1alpha1.SenderNone })
	grants, table := crew(w, 4)
	for _, g := range grants {
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.ExpiresAt = in(-24 * time.Hour) })
	}
	w.ExpectReady(grants[2], "False/RemovalLimit")
	w.ExpectUnchanged(w.Rows, ConsistOf(table))
})

var _ = It("S37 suspended", func() {
	w := begin(ann, bob, "cyd@acme.example")
	w.Backend(carefully)
	w.Has(reference.Row{Email: bob, Overall: []string{"ServerTechnical"}})
	profile := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "bob"}, Spec: v1alpha1.ProfileSpec{Email: "Bob@acme.example"}}
	w.Create(profile)
	w.Create(&v1alpha1.Team{ObjectMeta: metav1.ObjectMeta{Name: "t"}, Spec: v1alpha1.TeamSpec{Members: []v1alpha1.TeamMember{
		{ProfileRef: &v1alpha1.LocalReference{Name: "bob"}}, {Email: ann},
	}}})
	team := world.Overall(world.GrantFor("team"), "Billing")
	team.Spec.Subjects = []v1alpha1.Subject{{TeamRef: &v1alpha1.LocalReference{Name: "t"}}}
	direct := world.OnAccount(world.GrantFor("direct", bob, "cyd@acme.example"), "shop", "Sites")
	for _, g := range []*v1alpha1.PermissionGrant{team, direct} {
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
	}
	By("somebody else's mass removal is held meanwhile")
	w.Delete(direct)
	w.ExpectDeleted(direct)
	w.Create(world.OnAccount(world.GrantFor("again", bob), "shop", "Sites"))

	By("suspending")
	world.Update(w, profile, func(p *v1alpha1.Profile) { p.Spec.State = v1alpha1.ProfileSuspended })
	Eventually(w.Rows).Should(ContainElement("bob@acme.example: ServerTechnical"))
	Expect(mayBill(w, bob)()).To(BeFalse())
	Expect(mayBill(w, ann)()).To(BeTrue())
	w.ExpectReady(team, "True/AsDeclared")
	Eventually(func() int { w.Conditions(team); return int(team.Status.Subjects.Withheld) }).Should(Equal(1))
	w.ExpectReady(profile, "True/AsDeclared")
	Eventually(func() map[string]string { return w.Conditions(profile) }).Should(HaveKeyWithValue("ResidualAccess", "True/PersonSuspended"))

	By("coming back")
	world.Update(w, profile, func(p *v1alpha1.Profile) { p.Spec.State = v1alpha1.ProfileActive })
	Eventually(w.Rows).Should(ContainElement("bob@acme.example: Billing ServerTechnical shop/Sites"))
	Eventually(func() map[string]string { return w.Conditions(profile) }).ShouldNot(HaveKey("ResidualAccess"))
})

var _ = It("S32 the end of a Profile", func() {
	w := begin(ann, bob)
	w.Backend()
	profile := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Spec: v1alpha1.ProfileSpec{Email: ann}}
	w.Create(profile)
	g := world.Overall(world.GrantFor("a", ann, bob), "Billing")
	w.Create(g)
	Eventually(mayBill(w, ann)).Should(BeTrue())
	world.Update(w, profile, func(p *v1alpha1.Profile) { p.Spec.ExpiresAt = in(4 * time.Second) })
	Eventually(mayBill(w, ann)).Should(BeFalse())
	Expect(time.Now()).To(BeTemporally(">=", profile.Spec.ExpiresAt.Time))
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Rows()).To(ConsistOf("bob@acme.example: Billing"))
})

var _ = It("S37 a Profile of another namespace", func() {
	w := begin(ann)
	b := w.Backend()
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	stranger := *w
	stranger.Namespace = w.Sibling()
	profile := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Spec: v1alpha1.ProfileSpec{Email: ann, State: v1alpha1.ProfileSuspended}}
	stranger.Create(profile)
	stranger.ExpectReady(profile, "True/AsDeclared")
	Expect(profile.Status.Access).To(BeEmpty())
	w.ExpectUnchanged(mayBill(w, ann), BeTrue())

	By("and one that the backend's rules let act there")
	w.Edits(ann, func(row *reference.Row) { row.Overall = append(row.Overall, "ServerTechnical") })
	world.Update(w, b, func(b *v1alpha1.HostingBackend) {
		b.Spec.GrantRules = []v1alpha1.GrantRule{world.Rule("own", v1alpha1.NamespacesSame), world.Rule("hr", v1alpha1.NamespacesAll)}
		b.Spec.GrantRules[1].Offboarding = true
	})
	Eventually(mayBill(w, ann)).Should(BeFalse())
	Eventually(func() map[string]string { return stranger.Conditions(profile) }).Should(HaveKeyWithValue("ResidualAccess", "True/PersonSuspended"))
	Eventually(func() string { _ = stranger.Conditions(profile); return profile.Status.Summary }).Should(Equal(w.Namespace + "/acme: 1 (Active)"))
})
