package scenarios_test

import (
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = It("S21 an empty list, and a backend that observes", func() {
	w := begin(ann)
	b := w.Backend()
	g := world.Overall(billing("a", ann), "AccountTechnical")
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	for field, change := range map[string]func(*v1alpha1.PermissionGrantSpec){
		"spec.overall":  func(s *v1alpha1.PermissionGrantSpec) { s.Overall = []v1alpha1.OverallPermission{} },
		"spec.subjects": func(s *v1alpha1.PermissionGrantSpec) { s.Subjects = []v1alpha1.Subject{} },
	} {
		empty := g.DeepCopy()
		change(&empty.Spec)
		Expect(cluster.K8s.Update(w.Ctx, empty)).To(MatchError(ContainSubstring("spec")), field)
	}
	Expect(w.Rows()).To(ConsistOf(ann + ": AccountTechnical Billing"))

	By("observing from now on")
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeObserve })
	w.ExpectReady(b, "True/Listed")
	before := w.Writes()
	w.Edits(ann, withoutBilling)
	w.Create(billing("b", bob))
	w.RefreshTable(b)
	w.Delete(g)
	w.ExpectDeleted(g)
	Expect(w.Rows()).To(ConsistOf(ann + ": AccountTechnical"))
	Expect(w.Writes()).To(Equal(before))
	Expect(w.Mails.Mails()).To(BeEmpty())
})

var _ = It("S38 what does not take effect is not Ready", func() {
	w := begin(ann)
	w.Fails(faults.Fault{Kind: faults.Ignore, Method: http.MethodPatch})
	w.Backend()
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { world.OnAccount(g, "shop", "Sites") })
	writes := w.Writes()
	Eventually(func(expect Gomega) {
		w.Conditions(g)
		Expect(world.Verdict(cluster.K8s, g)).NotTo(Equal(status.CurrentStatus))
		expect.Expect(w.Writes()).To(BeNumerically(">=", writes+3), "written again and again")
	}).Should(Succeed())
	w.Fails()
	Eventually(w.Opens, 2*time.Minute).WithArguments(ann, "shop/Sites").Should(BeTrue())
	w.ExpectReady(g, "True/AsDeclared")
})

var _ = It("S39 what tools see from the first moment", func() {
	w := enter(ann)
	watching, err := client.NewWithWatch(cluster.Admin, client.Options{Scheme: cluster.K8s.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	wrong, looked := make(chan string, 100), make(chan string, 100)
	w.Follow(watching, &v1alpha1.PermissionGrantList{}, func(g client.Object) {
		verdict, err := world.Verdict(cluster.K8s, g)
		switch {
		case err != nil:
			wrong <- err.Error()
		case verdict == status.CurrentStatus && !w.Opens(ann, "Billing"):
			wrong <- "Current before the access is there"
		case verdict == status.FailedStatus:
			wrong <- "Failed on the way"
		}
		looked <- g.GetResourceVersion()
	})
	g := billing("a", ann)
	w.Create(g)
	Expect(world.Verdict(cluster.K8s, g)).To(Equal(status.InProgressStatus), "before anybody saw it")
	start()
	b := w.Backend()
	w.ExpectReady(g, "True/AsDeclared")
	w.ExpectReady(b, "True/Listed")
	w.Kstatus(w.Record(ann))
	Eventually(looked).Should(Receive(Equal(g.ResourceVersion)), "all up to the last version was looked at")
	Expect(wrong).To(BeEmpty())
})

var _ = It("S41 deleted without ever having been there", func(ctx SpecContext) {
	w := begin(ann)
	b := w.Backend()
	w.ExpectReady(b, "True/Listed")
	lost := billing("lost", ann)
	lost.Spec.BackendRef.Name = "nowhere"
	w.Create(lost)
	w.ExpectReady(lost, "False/BackendNotFound")
	w.Delete(lost)
	w.ExpectDeleted(lost)

	By("a backend that goes before its grants")
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	w.Delete(b)
	w.ExpectDeleted(b)
	w.Delete(g)
	w.ExpectDeleted(g)
	Expect(w.Rows()).To(ConsistOf(ann+": Billing"), "abandoned")
	Eventually(func() (string, error) {
		return testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), "get", "events", "-n", w.Namespace, "-o", `jsonpath={.items[?(@.reason=="Abandoned")].message}`)
	}).Should(And(ContainSubstring("Given by Hostgrant: acme-b759382850d65342f8994576b7d68f61."), Not(ContainSubstring(ann))))
})

var _ = It("S42 a rotated key", func() {
	w := begin(ann, bob)
	w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Interval.Duration = time.Hour })
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Provider.RotateToken(w.Ctx, world.Owner, "another")).To(Succeed())
	world.Update(w, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "acme-key"}}, func(s *corev1.Secret) {
		s.StringData = map[string]string{"token": "another"}
	})
	late := billing("late", bob)
	w.Create(late)
	w.ExpectReady(late, "True/AsDeclared")
	Expect(w.Opens(bob, "Billing")).To(BeTrue())
})

var _ = It("S45 every field of a grant", func() {
	w := begin(ann, bob)
	w.Backend()
	w.Create(&v1alpha1.PermissionSet{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: v1alpha1.PermissionSetSpec{PerAccount: []v1alpha1.AccountPermission{"FTP"}}})
	w.Create(&v1alpha1.Team{ObjectMeta: metav1.ObjectMeta{Name: "t"}, Spec: v1alpha1.TeamSpec{Members: []v1alpha1.TeamMember{{Email: bob}}}})
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	for _, step := range []struct {
		change func(*v1alpha1.PermissionGrantSpec)
		table  []string
	}{
		{func(s *v1alpha1.PermissionGrantSpec) { s.Overall = []v1alpha1.OverallPermission{"ServerTechnical"} }, []string{ann + ": ServerTechnical"}},
		{func(s *v1alpha1.PermissionGrantSpec) { s.Overall, s.Accounts = nil, sites("shop") }, []string{ann + ": shop/Sites"}},
		{func(s *v1alpha1.PermissionGrantSpec) { s.Accounts = sites("blog") }, []string{ann + ": blog/Sites"}},
		{func(s *v1alpha1.PermissionGrantSpec) {
			s.Accounts[0].Permissions = nil
			s.PermissionSetRefs = []v1alpha1.LocalReference{{Name: "web"}}
		}, []string{ann + ": blog/FTP"}},
		{func(s *v1alpha1.PermissionGrantSpec) {
			s.PermissionSetRefs, s.Accounts = nil, nil
			s.Servers = []v1alpha1.ServerPermissions{{Names: []v1alpha1.PlaceName{"web1"}, Permissions: []v1alpha1.ServerPermission{"FirewallRules"}}}
		}, []string{ann + ": web1/FirewallRules"}},
		{func(s *v1alpha1.PermissionGrantSpec) { s.RequireTwoFactor = true }, []string{ann + ": web1/FirewallRules 2FA"}},
		{func(s *v1alpha1.PermissionGrantSpec) { s.RequireTwoFactor = false }, []string{ann + ": web1/FirewallRules"}},
		{func(s *v1alpha1.PermissionGrantSpec) { s.Subjects = []v1alpha1.Subject{{Email: bob}} }, []string{bob + ": web1/FirewallRules"}},
		{func(s *v1alpha1.PermissionGrantSpec) {
			s.Subjects = []v1alpha1.Subject{{Email: ann}, {TeamRef: &v1alpha1.LocalReference{Name: "t"}}}
		}, []string{ann + ": web1/FirewallRules", bob + ": web1/FirewallRules"}},
		{func(s *v1alpha1.PermissionGrantSpec) { s.ExpiresAt = in(-time.Minute) }, nil},
		{func(s *v1alpha1.PermissionGrantSpec) { s.ExpiresAt = nil; s.Subjects = s.Subjects[:1] }, []string{ann + ": web1/FirewallRules"}},
		{func(s *v1alpha1.PermissionGrantSpec) { s.Reason = "the yearly audit" }, []string{ann + ": web1/FirewallRules"}},
	} {
		world.Update(w, g, func(g *v1alpha1.PermissionGrant) { step.change(&g.Spec) })
		Eventually(w.Rows).Should(ConsistOf(step.table), func() string { return w.Describe() })
		Eventually(func() string { return w.Conditions(g)["Ready"] }).Should(HavePrefix("True/"))
	}

	By("moving it to another backend")
	other := enter(ann)
	b := other.Backend()
	g2 := billing("b", ann)
	g2.Spec.BackendRef.Name = "elsewhere"
	other.Create(g2)
	other.ExpectReady(g2, "False/BackendNotFound")
	world.Update(other, g2, func(g *v1alpha1.PermissionGrant) { g.Spec.BackendRef.Name = v1alpha1.ObjectName(b.Name) })
	other.ExpectReady(g2, "True/AsDeclared")
	Expect(other.Rows()).To(ConsistOf(ann + ": Billing"))
})

func sites(account v1alpha1.PlaceName) []v1alpha1.AccountPermissions {
	return []v1alpha1.AccountPermissions{{Names: []v1alpha1.PlaceName{account}, Permissions: []v1alpha1.AccountPermission{"Sites"}}}
}

var _ = It("S44 an address kept in a Secret", func(ctx SpecContext) {
	w := begin(ann)
	w.Backend()
	w.Create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Type: v1alpha1.SecretTypeAddress, StringData: map[string]string{"email": ann}})
	w.Create(&v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "ann"}, Spec: v1alpha1.ProfileSpec{
		EmailFrom: &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "ann", Key: "email"}},
	}})
	g := billing("a")
	g.Spec.Subjects = []v1alpha1.Subject{{ProfileRef: &v1alpha1.LocalReference{Name: "ann"}}}
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Opens(ann, "Billing")).To(BeTrue())
	for _, kind := range []string{"hgrant", "hprofile", "events"} {
		text, err := testkit.Kubectl(ctx, cluster.File("admin.kubeconfig"), "get", kind, "-n", w.Namespace, "-o", "yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.ToLower(text)).NotTo(ContainSubstring(ann), kind)
	}
	// What the manager logged is looked at when it has ended.
})

var _ = It("S47 a tick between our list and our write", func() {
	w := begin(ann)
	b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Interval.Duration = time.Hour })
	g := billing("a", ann)
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	lists := w.Lists()
	w.Edits(ann, func(r *reference.Row) { r.Accounts = map[string][]string{"blog": {"Databases"}} })
	world.Update(w, g, func(g *v1alpha1.PermissionGrant) { world.OnAccount(g, "shop", "Sites") })
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Lists()).To(Equal(lists))
	Expect(w.Rows()).To(ConsistOf(ann + ": Billing blog/Databases shop/Sites"))
	w.ExpectReady(b, "True/Listed")
})

var _ = It("S48 a Team that vanishes, and an account missing from a list", func() {
	w := begin(ann)
	b := w.Backend()
	team := &v1alpha1.Team{ObjectMeta: metav1.ObjectMeta{Name: "t"}, Spec: v1alpha1.TeamSpec{Members: []v1alpha1.TeamMember{{Email: ann}}}}
	w.Create(team)
	g := world.OnAccount(billing("a"), "shop", "Sites")
	g.Spec.Subjects = []v1alpha1.Subject{{TeamRef: &v1alpha1.LocalReference{Name: "t"}}}
	w.Create(g)
	w.ExpectReady(g, "True/AsDeclared")
	before := w.Writes()
	w.Delete(team)
	w.ExpectReady(g, "False/ReferenceLost")
	w.Fails(faults.Fault{Kind: faults.Empty, Method: http.MethodGet, Path: "/v1/account/"})
	w.RefreshTable(b)
	Eventually(func() string { return w.Conditions(g)["Ready"] }).Should(HavePrefix("False/"))
	Expect(w.Allowed(ann, hosting.ScopeAccount, "shop", "Sites", false)).To(BeTrue())
	Expect(w.Rows()).To(ConsistOf(ann + ": Billing shop/Sites"))
	Expect(w.Writes()).To(Equal(before))
})
