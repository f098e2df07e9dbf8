package scenarios_test

import (
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("S10 one person in every notation", func() {
	w := begin()
	b := w.Backend()
	grants := []*v1alpha1.PermissionGrant{
		billing("a", "Ann@café.example"),
		world.OnAccount(world.GrantFor("b", "ann@CAFÉ.example"), "shop", "Sites"),
		world.OnAccount(world.GrantFor("c", "ANN@xn--caf-dma.example"), "shop", "FTP"),
	}
	for _, g := range grants {
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
	}
	const row = "ann@xn--caf-dma.example"
	Eventually(w.Mailed).WithArguments(row).Should(Equal(1))
	Expect(w.Rows()).To(ConsistOf(row + ": Billing shop/FTP shop/Sites"))

	By("the provider choosing capital letters from now on")
	w.Fails(faults.Fault{Kind: faults.OtherCase, Method: http.MethodGet})
	before := w.Writes()
	for range 2 {
		w.RefreshTable(b)
	}
	Expect(w.Writes()).To(Equal(before))
	w.Delete(grants[0])
	w.ExpectDeleted(grants[0])
	Expect(w.Rows()).To(ConsistOf(row + ": shop/FTP shop/Sites"))
	w.ExpectReady(grants[1], "True/AsDeclared")
	records := &v1alpha1.AccessRecordList{}
	Expect(cluster.K8s.List(w.Ctx, records, client.InNamespace(w.Namespace))).To(Succeed())
	Expect(records.Items).To(HaveLen(1))
	Expect(w.Mailed(row)).To(Equal(1))
})

var _ = It("S11 what a permission implies", func() {
	w := begin(ann)
	b := w.Backend()
	all := world.Overall(world.GrantFor("all", ann), "AccountTechnical")
	one := world.OnAccount(world.GrantFor("one", ann), "shop", "Sites")
	for _, g := range []*v1alpha1.PermissionGrant{all, one} {
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
	}
	Expect(w.Opens(ann, "shop/Sites")).To(BeTrue())
	w.Delete(one)
	w.ExpectDeleted(one)
	Expect(w.Opens(ann, "shop/Sites")).To(BeTrue(), "it opens everything of every account")
	before := w.Writes()
	for range 2 {
		w.RefreshTable(b)
	}
	w.ExpectReady(all, "True/AsDeclared")
	Expect(w.Writes()).To(Equal(before))
})
