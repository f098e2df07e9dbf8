package controllers_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("does what the page on multi-tenancy says of each rule", func() {
	root, err := testkit.Root()
	Expect(err).NotTo(HaveOccurred())
	page, err := os.ReadFile(filepath.Join(root, "docs", "multi-tenancy.md"))
	Expect(err).NotTo(HaveOccurred())
	manifests := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(page, -1)
	Expect(manifests).To(HaveLen(4))
	stated := []string{} // what the page says that refused grants say
	for _, block := range regexp.MustCompile("(?s)```text\n(.*?)\n```").FindAllSubmatch(page, -1) {
		stated = append(stated, strings.Split(string(block[1]), "\n")...)
	}
	Expect(stated).To(HaveLen(4))
	read := func(i int, o client.Object) { Expect(yaml.UnmarshalStrict(manifests[i][1], o)).To(Succeed()) }
	documented, webmasters, migration, leaver := &v1alpha1.HostingBackend{}, &v1alpha1.PermissionGrant{}, &v1alpha1.PermissionGrant{}, &v1alpha1.Profile{}
	for i, o := range []client.Object{documented, webmasters, migration, leaver} {
		read(i, o)
	}
	const web, dev = "web@agency.example", "dev@contractor.example"
	w := world.New(k8s, web, dev)
	w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.GrantRules = documented.Spec.GrantRules })

	// tenant is a namespace that a rule of the page is for.
	tenant := func(rule int) *world.World {
		GinkgoHelper()
		of, ns := *w, &corev1.Namespace{}
		of.Namespace = w.Sibling()
		Expect(k8s.Get(w.Ctx, client.ObjectKey{Name: of.Namespace}, ns)).To(Succeed())
		for label, value := range documented.Spec.GrantRules[rule].Namespaces.Selector.MatchLabels {
			ns.Labels[label] = string(value)
		}
		Expect(k8s.Update(w.Ctx, ns)).To(Succeed())
		return &of
	}
	// varied is a grant of a tenant as the page has it, with something changed.
	varied := func(of *world.World, whole *v1alpha1.PermissionGrant, change func(*v1alpha1.PermissionGrantSpec)) *v1alpha1.PermissionGrant {
		g := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{GenerateName: "g-"}, Spec: *whole.Spec.DeepCopy()}
		g.Spec.BackendRef.Namespace = w.Namespace
		if change != nil {
			change(&g.Spec)
		}
		of.Create(g)
		return g
	}
	refused := func(of *world.World, whole *v1alpha1.PermissionGrant, line string, change func(*v1alpha1.PermissionGrantSpec)) {
		GinkgoHelper()
		g := varied(of, whole, change)
		of.ExpectReady(g, "False/RefusedByRule")
		Expect(g.Status.Issues[0].Message).To(Equal(strings.ReplaceAll(line, "hosting/acme", w.Namespace+"/acme")))
		w.Delete(g)
	}
	agency, contractors, hr := tenant(1), tenant(2), tenant(3)

	By("the agency")
	given := varied(agency, webmasters, nil)
	agency.ExpectReady(given, "True/AsDeclared")
	Expect(w.Opens(web, "shop/Sites")).To(BeTrue())
	refused(agency, webmasters, stated[0], func(g *v1alpha1.PermissionGrantSpec) {
		g.Accounts[0].Permissions = append(g.Accounts[0].Permissions, "Databases")
	})

	By("the contractors")
	soon := metav1.NewTime(time.Now().Add(24 * time.Hour)) // the page's own date passes
	migration.Spec.ExpiresAt = &soon
	contractors.ExpectReady(varied(contractors, migration, nil), "True/AsDeclared")
	Expect(w.Opens(dev, "blog/Databases")).To(BeFalse())
	Expect(w.OpensWithTwo(dev, "blog/Databases")).To(BeTrue())
	refused(contractors, migration, stated[1], func(g *v1alpha1.PermissionGrantSpec) { g.RequireTwoFactor = false })
	refused(contractors, migration, stated[2], func(g *v1alpha1.PermissionGrantSpec) { g.ExpiresAt = nil })

	By("HR")
	refused(hr, webmasters, stated[3], func(g *v1alpha1.PermissionGrantSpec) {
		g.Accounts, g.Overall = nil, []v1alpha1.OverallPermission{"Billing"}
	})
	hr.Create(leaver)
	Eventually(w.Rows).Should(ConsistOf(dev + ": blog/Databases 2FA"))
})
