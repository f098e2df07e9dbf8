package apivalidation_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/internal/testkit"
)

var _ = Describe("Installed into another namespace, under other names", func() {
	It("knows its own manager, and refuses everybody without the manager's binding", func(ctx SpecContext) {
		plane, elsewhere, err := testkit.StartControlPlane(testkit.ControlPlane{})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(plane.Stop)
		file := GinkgoT().TempDir() + "/kubeconfig"
		Expect(testkit.WriteKubeconfig(elsewhere, file)).To(Succeed())
		rights, err := testkit.Elsewhere.Install(ctx, elsewhere)
		Expect(err).NotTo(HaveOccurred())
		owner, itself := as(elsewhere), as(rights)
		Expect(owner.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
		write := func(c client.Client) error {
			return c.Create(ctx, accessRecord.object("kept", accessRecord.valid), client.DryRunAll)
		}
		Eventually(func() error { return write(owner) }).Should(MatchError(HaveSuffix(": " + onlyTheManager(testkit.Elsewhere))))
		Expect(write(itself)).To(Succeed())

		By("the name that is usual")
		usual := rest.CopyConfig(elsewhere)
		usual.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:hostgrant-system:hostgrant-manager", Groups: []string{"system:masters"}}
		Expect(write(as(usual))).To(MatchError(HaveSuffix(": " + onlyTheManager(testkit.Elsewhere))))

		By("without the binding")
		Expect(owner.Delete(ctx, &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: "acme-hostgrant-manager"}})).To(Succeed())
		for _, c := range []client.Client{owner, itself} {
			Eventually(func() error { return write(c) }).Should(MatchError(ContainSubstring("orbidden")))
		}
	})
})
