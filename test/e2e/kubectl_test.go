package e2e_test

import (
	"context"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

func rowOf(email string) reference.Row {
	return reference.Row{Email: email, Overall: []string{"Billing"}}
}

// kubectl runs it as a person would, in the world's namespace.
func kubectl(ctx context.Context, w *world.World, args ...string) string {
	GinkgoHelper()
	out, err := testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), append([]string{"--namespace", w.Namespace}, args...)...)
	Expect(err).NotTo(HaveOccurred())
	return out
}

// table is what kubectl get printed, without spaces and the AGE.
func table(printed string) string {
	rows := []string{}
	for line := range strings.Lines(printed) {
		cells := strings.Fields(line)
		rows = append(rows, strings.Join(cells[:len(cells)-1], " "))
	}
	return strings.Join(rows, "\n")
}

var _ = Describe("What kubectl shows", func() {
	It("answers the first question one has", func(ctx SpecContext) {
		w := cluster.New("ann@acme.example")
		_, err := w.Provider.AddRow(ctx, world.Owner, rowOf("olga@former.example"), false)
		Expect(err).NotTo(HaveOccurred())
		w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Inventory = v1alpha1.InventoryRecords })
		cluster.StartManager(world.NoLeaderElection)
		g := world.OnAccount(world.GrantFor("site-work", "ann@acme.example", "new@acme.example"), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Eventually(w.Invitation).WithArguments("new@acme.example").Should(Equal(v1alpha1.InvitationSent))
		Eventually(func() *v1alpha1.AccessRecord { return w.Record("olga@former.example") }).ShouldNot(BeNil())

		for kind, want := range map[string]string{
			"hbackend": `NAME READY MODE MANAGED UNDECLARED INVITED HELD REASON
acme True Enforce 2 1 2 Listed`,
			"hgrant": `NAME READY BACKEND PEOPLE EFFECTIVE INVITED REASON
site-work True acme 2 2 1 AsDeclared`,
			"access": `NAME EMAIL READY PERSON PERMISSIONS GRANTS INVITATION 2FA REASON
acme-78293e8130b5dc9fdcf91e46b5b11888 olga@former.example True Invited 1 Unknown NotRequired Undeclared
acme-b759382850d65342f8994576b7d68f61 ann@acme.example True Active 1 site-work NotNeeded NotRequired AsDeclared
acme-ca12da5ebc2f75d6005a9b2c53af295d new@acme.example True Invited 1 site-work Sent NotRequired AsDeclared`,
		} {
			Eventually(func() string { return table(kubectl(ctx, w, "get", kind)) }).Should(Equal(want))
		}
		Expect(kubectl(ctx, w, "get", "hostgrant", "--output", "name")).To(ContainSubstring("permissiongrant.hostgrant.io/site-work"), "they have a category")
		why := kubectl(ctx, w, "get", "access", "--output", `jsonpath={range .items[?(@.spec.email=="ann@acme.example")].spec.contributions[*]}{.grant.name}{end}`)
		Expect(why).To(Equal("site-work"), "who has what, and why")
	})

	It("delete returns after the revocation, and takes only what that grant gave", func(ctx SpecContext) {
		w := cluster.New("ann@acme.example")
		w.Backend()
		cluster.StartManager(world.NoLeaderElection)
		both := world.OnAccount(world.GrantFor("both", "ann@acme.example"), "shop", "Sites", "FTP")
		one := world.OnAccount(world.GrantFor("one", "ann@acme.example"), "shop", "FTP")
		w.Create(both)
		w.Create(one)
		w.ExpectReady(both, "True/AsDeclared")
		w.ExpectReady(one, "True/AsDeclared")
		kubectl(ctx, w, "delete", "hgrant", "both", "--timeout=1m")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: shop/FTP"), "at the moment it returned")
		kubectl(ctx, w, "delete", "hgrant", "one", "--timeout=1m")
		Expect(w.Rows()).To(BeEmpty())
	})

	It("delete returns within a bounded time while the provider is down, and the debt is paid later", func(ctx SpecContext) {
		w := cluster.New("ann@acme.example")
		w.Backend()
		cluster.StartManager(world.NoLeaderElection)
		g := world.OnAccount(world.GrantFor("site-work", "ann@acme.example"), "shop", "Sites")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Provider.Stop(ctx)).To(Succeed())
		started := time.Now()
		kubectl(ctx, w, "delete", "hgrant", "site-work", "--timeout=2m")
		Expect(time.Since(started)).To(BeNumerically("<", time.Minute), "30 s after the debt was recorded (I13)")
		Expect(kubectl(ctx, w, "get", "access", "--output", "jsonpath={.items[*].status.owed[*].rights[*].permissions[*]}")).To(Equal("Sites"))
		Expect(w.Provider.Start(ctx)).To(Succeed())
		Eventually(w.Rows, 3*interval).Should(BeEmpty())
		Eventually(func() *v1alpha1.AccessRecord { return w.Record("ann@acme.example") }).Should(Or(BeNil(), HaveField("Status.Owed", BeEmpty())))
	})
})
