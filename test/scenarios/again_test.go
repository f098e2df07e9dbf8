package scenarios_test

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("S48 a grant that comes back before what it names", func() {
	w, manager := enter(ann, bob), start()
	w.Backend()
	profile := func() *v1alpha1.Profile {
		return &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Spec: v1alpha1.ProfileSpec{Email: ann}}
	}
	grant := func() *v1alpha1.PermissionGrant {
		g := billing("a", bob)
		g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{ProfileRef: &v1alpha1.LocalReference{Name: "ann"}})
		return g
	}
	w.Create(profile())
	g := grant()
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	writes := w.Writes()

	By("both go while nobody looks, and the grant comes back first")
	manager.Kill()
	Expect(cluster.K8s.Patch(w.Ctx, g, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`)))).To(Succeed())
	w.Delete(g)
	p := profile()
	p.Namespace = w.Namespace
	w.Delete(p)
	g = grant()
	w.Create(g)
	start()
	w.ExpectReady(g, "False/ReferenceNotFound")
	w.ExpectUnchanged(w.Rows, ConsistOf("ann@acme.example: Billing", "bob@acme.example: Billing"))
	w.Create(profile())
	w.ExpectReady(g, "True/AsDeclared")
	Eventually(func() int { return len(w.Record(ann).Spec.Contributions) }).Should(Equal(1))
	Expect(w.Rows()).To(ConsistOf("ann@acme.example: Billing", "bob@acme.example: Billing"))
	Expect(w.Writes()).To(Equal(writes))
})

var _ = It("S40 a backend that nobody ever read tells what it leaves as well", func(ctx SpecContext) {
	w, manager := enter(ann), start()
	b := w.Backend()
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = true })
	w.ExpectReady(b, "False/Suspended")
	manager.Kill()
	start()
	w.ExpectReady(w.Record(ann), "False/Suspended")
	w.Delete(b)
	w.ExpectDeleted(b)
	told := func() (string, error) {
		return testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), "get", "events", "-n", w.Namespace, "-o", `jsonpath={.items[?(@.involvedObject.kind=="HostingBackend")].message}`)
	}
	Eventually(told).Should(And(ContainSubstring("the provider's table stays as it is, with everybody in it"), ContainSubstring(w.Record(ann).Name)))
})

var _ = It("S41 a record that cannot be written holds up no deletion, and forgets nothing (I13)", func() {
	w, timing := enter(ann), testkit.Fast
	timing.RecordTimeout = 2 * time.Second
	start(testkit.TimingFlag(timing))
	w.Backend()
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	lift := w.RefuseStatus(cluster.Own, "false")
	w.Delete(g)
	Eventually(func() bool { return apierrors.IsNotFound(cluster.K8s.Get(w.Ctx, client.ObjectKeyFromObject(g), g)) }).Should(BeTrue())
	Expect(w.Opens(ann, "Billing")).To(BeTrue(), "nothing is done that cannot be remembered")
	lift()
	Eventually(mayBill(w, ann)).Should(BeFalse())
})

var _ = It("S46 a line of the log for each write", func() {
	w, manager := enter(ann), start()
	w.Backend()
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	give := func(permission v1alpha1.OverallPermission) {
		GinkgoHelper()
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { g.Spec.Overall = []v1alpha1.OverallPermission{permission} })
		w.ExpectReady(g, "True/AsDeclared")
	}
	lost := faults.Fault{Kind: faults.LoseAnswer, Method: http.MethodPatch, Times: 1}
	w.Fails(lost)
	give("AccountManagement")
	Expect(w.Record(ann).Status.History).To(HaveLen(3), "what was done is told, also where its answer was lost")
	w.Fails(lost, faults.Fault{Kind: faults.Cut, Method: http.MethodGet, Path: "/v1/permission/*/", After: 1, Times: 1})
	give("Billing")
	w.Delete(g)
	w.ExpectDeleted(g)
	log, err := os.ReadFile(manager.Log)
	Expect(err).NotTo(HaveOccurred())
	var outcomes []string
	for line := range strings.Lines(string(log)) {
		one := struct{ Msg, Person, Outcome string }{}
		if json.Unmarshal([]byte(line), &one) == nil && one.Msg == "wrote to the provider" {
			Expect(one.Person).To(Equal(access.AddressDigest(ann)))
			outcomes = append(outcomes, one.Outcome)
		}
	}
	Expect(outcomes).To(HaveLen(int(w.Writes())))
	Expect(outcomes).To(ContainElements("AsDeclared", "Unavailable"))
})
