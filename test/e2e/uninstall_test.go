package e2e_test

import (
	"context"
	"os"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

const ann, bob = "ann@acme.example", "bob@acme.example"

// holding makes a world in which two people have what two grants give them.
func holding() (*world.World, *v1alpha1.HostingBackend, []*v1alpha1.PermissionGrant) {
	GinkgoHelper()
	w := cluster.New(ann, bob)
	b := w.Backend()
	grants := []*v1alpha1.PermissionGrant{
		world.Overall(world.GrantFor("a", ann), "Billing"), world.OnAccount(world.GrantFor("b", bob), "shop", "Sites"),
	}
	for _, g := range grants {
		w.Create(g)
	}
	for _, g := range grants {
		w.ExpectReady(g, "True/AsDeclared")
	}
	return w, b, grants
}

// everythingStays sees that the provider's table is as holding left it.
func everythingStays(w *world.World, writes int64) {
	GinkgoHelper()
	Consistently(w.Rows, 3*time.Second).Should(ConsistOf(ann+": Billing", bob+": shop/Sites"))
	Expect(w.Writes()).To(BeEquivalentTo(writes), "nothing is revoked unasked")
}

var _ = Describe("What is removed in the wrong order (I13)", func() {
	It("the Secret, the HostingBackend, the grants: nothing hangs or is revoked, and what is left is named", func() {
		cluster.StartManager(world.NoLeaderElection)
		w, b, grants := holding()
		writes := w.Writes()
		w.Delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "acme-key"}})
		w.ExpectReady(b, "False/CredentialsNotFound")
		w.Delete(b)
		w.ExpectDeleted(b)
		Eventually(func() string { return said(w, v1alpha1.EventAbandoned) }).Should(And(
			ContainSubstring(access.RecordName(b.Name, ann)), ContainSubstring(access.RecordName(b.Name, bob))))
		for _, g := range grants {
			w.Delete(g)
			w.ExpectDeleted(g)
		}
		everythingStays(w, writes)
	})

	It("every CRD at once: nothing hangs or is revoked, and what is left is named", func(ctx SpecContext) {
		manager := cluster.StartManager(world.NoLeaderElection)
		w, b, _ := holding()
		writes := w.Writes()
		crds, err := testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), "get", "crd", "-o", "name")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func(ctx SpecContext) { reinstall(ctx) })
		names := strings.Fields(crds)
		Expect(len(names)).To(BeNumerically(">=", 6))
		_, err = testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), append([]string{"delete", "--timeout=60s"}, names...)...)
		Expect(err).NotTo(HaveOccurred(), "no finalizer holds what nobody serves any more")
		everythingStays(w, writes)
		log, err := os.ReadFile(manager.Log)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(log)).To(ContainSubstring(v1alpha1.EventAbandoned))
		Eventually(func() string { return said(w, v1alpha1.EventAbandoned) }).Should(ContainSubstring(b.Name))
		Expect(manager.Ended).NotTo(BeClosed(), "the manager waits for what is not there")
	})
})

// said is what events of a reason say in a world's namespace.
func said(w *world.World, reason string) string {
	list := &eventsv1.EventList{}
	if err := w.K8s.List(w.Ctx, list, client.InNamespace(w.Namespace)); err != nil {
		return err.Error()
	}
	text := ""
	for _, e := range list.Items {
		if e.Reason == reason {
			text += e.Regarding.Kind + " " + e.Regarding.Name + ": " + e.Note + "\n"
		}
	}
	return text
}

// reinstall brings back what other specs need.
func reinstall(ctx context.Context) {
	GinkgoHelper()
	Eventually(func() error {
		_, err := testkit.Installed.Install(ctx, cluster.Admin)
		return err
	}, 2*time.Minute).Should(Succeed())
	for _, list := range []client.ObjectList{
		&v1alpha1.PermissionGrantList{}, &v1alpha1.HostingBackendList{}, &v1alpha1.AccessRecordList{},
		&v1alpha1.ProfileList{}, &v1alpha1.TeamList{}, &v1alpha1.PermissionSetList{}, &v1alpha1.RelinquishmentList{}, &v1alpha1.RemovalApprovalList{},
	} {
		Eventually(func() error { return cluster.K8s.List(ctx, list) }).Should(Succeed())
	}
}
