package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// Each point of the hand-over between grants and records, one by one.
var _ = Describe("The hand-over", func() {
	// A record of a backend that nobody reconciles: the suite's manager leaves it alone but
	// for its status.
	plainRecord := func(w *world.World, email string) *v1alpha1.AccessRecord {
		r := contribute.NewRecord(&v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "nobody"}}, email)
		Expect(k8s.Create(w.Ctx, r, client.FieldOwner("test"))).To(Succeed())
		return r
	}
	contribution := func(uid types.UID) *v1alpha1.Contribution {
		return &v1alpha1.Contribution{UID: uid, Digest: "d", Via: []string{"email"},
			Grant: v1alpha1.GrantReference{Namespace: "default", Name: "none"}, Overall: []v1alpha1.OverallPermission{"Billing"}}
	}

	It("never re-creates a record that was deleted, nor touches its namesake", func() {
		w := world.New(k8s)
		old := plainRecord(w, "ann@acme.example")
		Expect(k8s.Delete(w.Ctx, old.DeepCopy())).To(Succeed())
		for _, c := range []*v1alpha1.Contribution{contribution("u1"), nil} {
			err := contribute.Apply(w.Ctx, k8s, old, "u1", c)
			Expect(apierrors.IsConflict(err)).To(BeTrue(), "deleted: %v", err)
		}
		Expect(apierrors.IsNotFound(k8s.Get(w.Ctx, client.ObjectKeyFromObject(old), &v1alpha1.AccessRecord{}))).To(BeTrue())
		namesake := plainRecord(w, "ann@acme.example")
		Expect(contribute.Apply(w.Ctx, k8s, namesake, "u1", contribution("u1"))).To(Succeed())
		err := contribute.Apply(w.Ctx, k8s, old, "u1", nil)
		Expect(apierrors.IsConflict(err)).To(BeTrue(), "the namesake: %v", err)
		Expect(k8s.Get(w.Ctx, client.ObjectKeyFromObject(namesake), namesake)).To(Succeed())
		Expect(namesake.Spec.Contributions).To(HaveLen(1))
		Expect(namesake.Spec.Email).To(BeEquivalentTo("ann@acme.example"), "the identity is nobody's to un-apply")
	})

	It("takes back one grant's contribution and leaves the others'", func() {
		w := world.New(k8s)
		r := plainRecord(w, "ann@acme.example")
		Expect(contribute.Apply(w.Ctx, k8s, r, "u1", contribution("u1"))).To(Succeed())
		Expect(contribute.Apply(w.Ctx, k8s, r, "u2", contribution("u2"))).To(Succeed())
		stranger := contribution("u2")
		stranger.Overall = []v1alpha1.OverallPermission{"AccountManagement"}
		Expect(apierrors.IsConflict(contribute.Apply(w.Ctx, k8s, r, "u3", stranger))).To(BeTrue(), "no grant overwrites another's")
		Expect(contribute.Apply(w.Ctx, k8s, r, "u1", nil)).To(Succeed())
		Expect(k8s.Get(w.Ctx, client.ObjectKeyFromObject(r), r)).To(Succeed())
		Expect(r.Spec.Contributions).To(HaveLen(1))
		Expect(r.Spec.Contributions[0].UID).To(BeEquivalentTo("u2"))
		Expect(r.Spec.Contributions[0].Overall).To(ConsistOf(v1alpha1.OverallPermission("Billing")))
	})

	It("writes nothing to the provider before the memory is entered", func() {
		w := world.New(k8s, "ann@acme.example")
		b := w.Backend()
		w.ExpectReady(b, "True/Listed")
		lift := w.RefuseStatus(k8s, world.NothingAtAll)
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		Eventually(func() *v1alpha1.AccessRecord { return w.Record("ann@acme.example") }).ShouldNot(BeNil())
		w.ExpectUnchanged(func() int64 { return w.Provider.Counters().Writes }, BeZero())
		lift()
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Provider.Counters().Writes).To(BeEquivalentTo(1))
	})

	It("reads the row again before a write: a human's tick survives (S47)", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		g := world.OnAccount(world.GrantFor("a", "ann@acme.example"), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Provider.EditRow(w.Ctx, world.Owner, "ann@acme.example", func(r *reference.Row) {
			r.Accounts["shop"] = append(r.Accounts["shop"], "Domains")
			r.Accounts["blog"] = []string{"FTP"}
		})).To(Succeed())
		more := world.OnAccount(world.GrantFor("b", "ann@acme.example"), "shop", "SSH")
		w.Create(more)
		w.ExpectReady(more, "True/AsDeclared")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: blog/FTP shop/Domains shop/Sites shop/SSH"))
	})

	It("drops a contribution whose grant went without a word, and revokes it", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		By("removing the finalizer by hand, faster than the controller acts")
		Eventually(func() error {
			if err := k8s.Get(w.Ctx, client.ObjectKeyFromObject(g), g); err != nil {
				return err
			}
			g.Finalizers = nil
			return k8s.Update(w.Ctx, g)
		}).Should(Succeed())
		Expect(client.IgnoreNotFound(k8s.Delete(w.Ctx, g))).To(Succeed())
		Eventually(w.Rows).Should(BeEmpty())
		Eventually(w.NothingLeft).WithArguments("ann@acme.example").Should(BeTrue())
	})

	It("does not follow a name that comes to mean another account", func() {
		w := world.New(k8s, "ann@acme.example")
		b := w.Backend()
		g := world.OnAccount(world.GrantFor("a", "ann@acme.example"), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Provider.RemovePlace(w.Ctx, world.Owner, hosting.ScopeAccount, "shop")).To(Succeed())
		Expect(w.Provider.Seed(w.Ctx, reference.Seed{Owners: []reference.SeedOwner{{Email: world.Owner, Accounts: []reference.SeedAccount{{Name: "shop"}}}}})).To(Succeed())
		w.RefreshTable(b)
		w.ExpectReady(g, "False/PlaceReplaced")
		Expect(w.Allowed("ann@acme.example", hosting.ScopeAccount, "shop", "Sites", false)).To(BeFalse())
	})

	It("abandons, with the CRD of grants deleted and created again, and takes up where it was (S48)", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		before := w.Provider.Counters().Writes
		replaceGrantsCRD(w)
		w.ExpectUnchanged(w.Rows, ConsistOf("ann@acme.example: Billing"))
		again := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		Eventually(func() error {
			again.ResourceVersion = ""
			again.Namespace = w.Namespace
			return k8s.Create(w.Ctx, again)
		}).Should(Succeed())
		w.ExpectReady(again, "True/AsDeclared")
		Expect(w.Provider.Counters().Writes).To(Equal(before))
		Eventually(func() []v1alpha1.Contribution { return w.Record("ann@acme.example").Spec.Contributions }).Should(HaveLen(1), "the old one is dropped")
	})
})
