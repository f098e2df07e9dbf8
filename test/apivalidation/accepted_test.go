package apivalidation_test

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

func metaOf(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

func (k kind) meta() metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: k.name}
}

var _ = Describe("What is valid", func() {
	It("never looks finished before a controller saw it (I8)", func(ctx SpecContext) {
		for _, k := range kinds {
			By(k.name)
			o := k.object("fresh", k.valid)
			Expect(k.writer().Create(ctx, o)).To(Succeed())
			DeferCleanup(k.writer().Delete, o)
			if k.name == "PermissionSet" {
				continue // nothing happens to it: it has no status
			}
			Expect(k8s.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
			generation, _, err := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
			Expect(err).NotTo(HaveOccurred())
			Expect(generation).To(BeEquivalentTo(-1))
			result, err := status.Compute(o)
			Expect(err).NotTo(HaveOccurred())
			Expect(result.Status).To(Equal(status.InProgressStatus))
		}
	})

	It("gets the defaults that the documents tell", func(ctx SpecContext) {
		o := hostingBackend.object("defaults", hostingBackend.valid)
		Expect(k8s.Create(ctx, o, client.DryRunAll)).To(Succeed())
		spec := o.Object["spec"].(map[string]any)
		delete(spec, "endpoint")
		text, err := yaml.Marshal(spec)
		Expect(err).NotTo(HaveOccurred())
		Expect(text).To(MatchYAML(`{authority: Additive, interval: 5m, inventory: Counts, mode: Observe,
  rateLimit: {readsPerMinute: 250, writesPerMinute: 50}, removalLimit: {percent: 25, minimum: 10, settle: 15s},
  invitations: {sender: Provider, maxSends: 2, resendAfter: 168h, perMinute: 10}}`))
		g := permissionGrant.object("defaults", permissionGrant.valid)
		Expect(k8s.Create(ctx, g, client.DryRunAll)).To(Succeed())
		Expect(g.Object["spec"]).To(HaveKeyWithValue("deletionPolicy", "Revoke"))
	})
})

var _ = Describe("The samples", func() {
	It("are accepted as they are, and use every permission of the catalogue", func(ctx SpecContext) {
		_, err := testkit.Kubectl(ctx, kubeconfig, "apply", "--server-side", "-k", "config/samples")
		Expect(err).NotTo(HaveOccurred())
		grants, sets := &v1alpha1.PermissionGrantList{}, &v1alpha1.PermissionSetList{}
		Expect(k8s.List(ctx, grants)).To(Succeed())
		Expect(k8s.List(ctx, sets)).To(Succeed())
		used := map[string]bool{}
		for _, g := range grants.Items {
			use(used, hosting.ScopeOverall, g.Spec.Overall)
			for _, a := range g.Spec.Accounts {
				use(used, hosting.ScopeAccount, a.Permissions)
			}
			for _, s := range g.Spec.Servers {
				use(used, hosting.ScopeServer, s.Permissions)
			}
			if g.Spec.RequireTwoFactor {
				used[string(hosting.ScopeFlag)] = true
			}
		}
		for _, s := range sets.Items {
			use(used, hosting.ScopeOverall, s.Spec.Overall)
			use(used, hosting.ScopeAccount, s.Spec.PerAccount)
			use(used, hosting.ScopeServer, s.Spec.PerServer)
		}
		for _, p := range hosting.Catalogue() {
			key := string(p.Scope) + "/" + p.Name
			if p.Scope == hosting.ScopeFlag {
				key = string(p.Scope)
			}
			Expect(used).To(HaveKey(key))
		}
	})

	It("come with a provider to try them on", func() {
		root, err := testkit.Root()
		Expect(err).NotTo(HaveOccurred())
		body, err := os.ReadFile(filepath.Join(root, "config", "samples", "provider-seed.yaml"))
		Expect(err).NotTo(HaveOccurred())
		Expect(yaml.UnmarshalStrict(body, &reference.Seed{})).To(Succeed())
	})
})

func use[P ~string](used map[string]bool, scope hosting.Scope, permissions []P) {
	for _, p := range permissions {
		used[string(scope)+"/"+string(p)] = true
	}
}
