package apivalidation_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

// onlyTheManager of an installation may write.
func onlyTheManager(i testkit.Installation) string {
	return "AccessRecords are written by the Hostgrant manager alone (service account " + i.ServiceAccount + " in namespace " +
		i.Namespace + "); change a PermissionGrant, Team or Profile instead"
}

// user is somebody whom roles allow everything, so that only admission is in the way.
func user(name string) client.Client {
	GinkgoHelper()
	config := rest.CopyConfig(admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: name, Groups: []string{"system:masters"}}
	return as(config)
}

var _ = Describe("AccessRecords are the manager's own", Ordered, func() {
	record := kind{name: "AccessRecord"}
	now := func() *v1alpha1.AccessRecord {
		return &v1alpha1.AccessRecord{TypeMeta: record.meta(), ObjectMeta: metaOf("kept")}
	}
	var (
		relabel = client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"mine":"yes"}}}`))
		forget  = client.RawPatch(types.MergePatchType, []byte(`{"status":{"observedGeneration":7}}`))
	)
	acts := map[string]func(context.Context, client.Client) error{
		"create": func(ctx context.Context, c client.Client) error {
			return c.Create(ctx, record.object("another", `{backendRef: {name: acme}, email: eve@example.org}`))
		},
		"update":        func(ctx context.Context, c client.Client) error { return c.Patch(ctx, now(), relabel) },
		"update status": func(ctx context.Context, c client.Client) error { return c.Status().Patch(ctx, now(), forget) },
		"delete":        func(ctx context.Context, c client.Client) error { return c.Delete(ctx, now()) },
	}
	refused := func(err error) {
		GinkgoHelper()
		Expect(err).To(MatchError(HaveSuffix(": " + onlyTheManager(testkit.Installed))))
	}

	BeforeAll(func(ctx SpecContext) {
		kept := record.object("kept", `{backendRef: {name: acme}, email: ann@example.org}`)
		kept.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: "u"}})
		Expect(manager.Create(ctx, kept)).To(Succeed())
		// A policy takes effect some moments after it was stored. What goes through before must not change the
		// record: an update that changes nothing is not refused to everybody.
		Eventually(func() error { return k8s.Patch(ctx, now(), relabel, client.DryRunAll) }).ShouldNot(Succeed())
	})

	for _, who := range []string{"admin", "system:serviceaccount:default:default", "system:serviceaccount:other:hostgrant-manager"} {
		It("refuses whatever "+who+" tries", func(ctx SpecContext) {
			for name, act := range acts {
				By(name)
				refused(act(ctx, user(who)))
			}
		})
	}

	for _, who := range []string{"namespace-controller", "generic-garbage-collector"} {
		It("lets the "+who+" delete and take itself out of the owners, and nothing else", func(ctx SpecContext) {
			collector := user("system:serviceaccount:kube-system:" + who)
			for _, name := range []string{"create", "update", "update status"} {
				By(name)
				refused(acts[name](ctx, collector))
			}
			disown := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"ownerReferences":null}}`))
			Expect(collector.Patch(ctx, now(), disown)).To(Succeed())
			Expect(collector.Delete(ctx, now(), client.DryRunAll)).To(Succeed())
		})
	}

	It("fixes whom a record is about, for the manager too", func(ctx SpecContext) {
		for spec, want := range map[string]string{
			`{"spec":{"email":"bob@example.org"}}`:         `spec.email: Invalid value: "bob@example.org": cannot be changed; each person has a record of their own`,
			`{"spec":{"backendRef":{"name":"elsewhere"}}}`: `spec.backendRef: Invalid value: cannot be changed; each backend has records of its own`,
		} {
			Expect(causes(manager.Patch(ctx, now(), client.RawPatch(types.MergePatchType, []byte(spec))))).To(Equal(want))
		}
	})

	It("lets the manager do all of it under the rights it ships with", func(ctx SpecContext) {
		for _, name := range []string{"create", "update", "update status", "delete"} {
			By(name)
			Expect(acts[name](ctx, manager)).To(Succeed())
		}
	})
})
