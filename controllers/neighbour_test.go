package controllers_test

import (
	"fmt"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var _ = Describe("One that cannot be helped holds up no other (I10)", func() {
	ready := func(w *world.World, o client.Object, within time.Duration, want string) {
		GinkgoHelper()
		Eventually(func() map[string]string { return w.Conditions(o) }, within).Should(HaveKeyWithValue("Ready", want))
		w.Kstatus(o)
	}

	// refusing is a provider that refuses ServerTechnical, where somebody has what two grants give.
	refusing := func(change ...func(*v1alpha1.HostingBackend)) (w *world.World, good, gone *v1alpha1.PermissionGrant) {
		GinkgoHelper()
		w = world.New(k8s, "ann@acme.example")
		w.Backend(change...)
		Expect(w.Provider.SetFaults(faults.Fault{Kind: faults.Refuse, Status: 400, Contains: "server_technical"})).To(Succeed())
		good, gone = world.Overall(world.GrantFor("good", "ann@acme.example"), "Billing"), world.OnAccount(world.GrantFor("gone", "ann@acme.example"), "shop", "SSH")
		w.Create(good)
		w.Create(gone)
		w.ExpectReady(good, "True/AsDeclared")
		w.ExpectReady(gone, "True/AsDeclared")
		return w, good, gone
	}

	It("a permission the provider refuses fails its own grant alone", func() {
		w, good, gone := refusing()
		bad := world.Overall(world.GrantFor("bad", "ann@acme.example"), "ServerTechnical")
		w.Create(bad)
		w.ExpectReady(bad, "False/RefusedByProvider")
		later := world.OnAccount(world.GrantFor("later", "ann@acme.example"), "shop", "Sites")
		w.Create(later)
		Expect(k8s.Delete(w.Ctx, gone)).To(Succeed())
		Eventually(w.Rows).Should(ConsistOf("ann@acme.example: Billing shop/Sites"))
		w.ExpectReady(later, "True/AsDeclared")
		w.ExpectReady(good, "True/AsDeclared")
		w.ExpectReady(bad, "False/RefusedByProvider")
	})

	It("a permission the provider refuses holds up nothing that may go a moment later", func() {
		w, _, gone := refusing(func(b *v1alpha1.HostingBackend) { b.Spec.RemovalLimit.Settle.Duration = 5 * time.Second })
		w.Delete(gone)
		Eventually(func() map[string]string { return w.Conditions(w.Record("ann@acme.example")) }).Should(HaveKeyWithValue("Ready", "False/RemovalSettling"))
		bad := world.Overall(world.GrantFor("bad", "ann@acme.example"), "ServerTechnical")
		w.Create(bad)
		w.ExpectReady(bad, "False/RefusedByProvider")
		Eventually(w.Rows).Should(ConsistOf("ann@acme.example: Billing"))
	})

	It("a record that was full takes the next grant once there is room", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		grants := make([]*v1alpha1.PermissionGrant, 64)
		for i := range grants {
			grants[i] = world.Overall(world.GrantFor(world.Name("g", i), "ann@acme.example"), "Billing")
			w.Create(grants[i])
		}
		Eventually(w.Ready, time.Minute).Should(Equal(64))
		late := world.Overall(world.GrantFor("late", "ann@acme.example"), "AccountManagement")
		w.Create(late)
		w.ExpectReady(late, "False/RecordFull")
		Expect(k8s.Delete(w.Ctx, grants[0])).To(Succeed())
		ready(w, late, 2*time.Minute, "True/AsDeclared")
		Expect(w.Rows()).To(ConsistOf("ann@acme.example: AccountManagement Billing"))
	})

	It("many places with equal permissions are no trouble", func() {
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		g := world.GrantFor("a", "ann@acme.example")
		for half := range 2 {
			names := make([]v1alpha1.PlaceName, 200)
			for i := range names {
				names[i] = v1alpha1.PlaceName(fmt.Sprintf("n%d", half*200+i))
			}
			g.Spec.Accounts = append(g.Spec.Accounts, v1alpha1.AccountPermissions{Names: names, Permissions: []v1alpha1.AccountPermission{"Sites"}})
		}
		w.Create(g)
		w.ExpectReady(g, "False/PlaceUnknown")
	})

	It("a hundred and thirty lost Profiles are told of, and remembered", func() {
		w := world.New(k8s)
		w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Invitations.Sender = v1alpha1.SenderNone })
		team := &v1alpha1.Team{ObjectMeta: metav1.ObjectMeta{Name: "t"}}
		for i := range 130 {
			n := world.Name("p", i)
			w.Create(&v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: n}, Spec: v1alpha1.ProfileSpec{Email: v1alpha1.Email(n + "@acme.example")}})
			team.Spec.Members = append(team.Spec.Members, v1alpha1.TeamMember{ProfileRef: &v1alpha1.LocalReference{Name: v1alpha1.ObjectName(n)}})
		}
		w.Create(team)
		g := world.Overall(world.GrantFor("a"), "Billing")
		g.Spec.Subjects = []v1alpha1.Subject{{TeamRef: &v1alpha1.LocalReference{Name: "t"}}}
		w.Create(g)
		ready(w, g, 2*time.Minute, "True/AsDeclared")
		stopManager()
		Expect(k8s.DeleteAllOf(w.Ctx, &v1alpha1.Profile{}, client.InNamespace(w.Namespace))).To(Succeed())
		stopManager = startManager()
		ready(w, g, time.Minute, "False/ReferenceLost")
		Expect(g.Status.LostReferences).To(HaveLen(130))
		Expect(w.Rows()).To(HaveLen(130))
	})

	It("ten providers that never answer, and ten that answer no write, delay nobody else", func() {
		const call = 30 * time.Second // may take so long
		restartPatiently(call)
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			for range 10 {
				w := world.New(k8s, "ann@acme.example", "bob@acme.example")
				Expect(w.Provider.SetFaults(faults.Fault{Kind: faults.Hang, Method: method})).To(Succeed())
				DeferCleanup(func() error { return w.Provider.SetFaults() })
				w.Backend()
				w.Create(world.Overall(world.GrantFor("a", "ann@acme.example", "bob@acme.example"), "Billing"))
			}
		}
		w := world.New(k8s, "ann@acme.example")
		w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		ready(w, g, call/2, "True/AsDeclared")
	})

	It("a new key ends the wait that the old one's refusal began (I14)", func() {
		w := world.New(k8s, "ann@acme.example")
		Expect(w.Provider.SetFaults(faults.Fault{Kind: faults.Refuse, Status: 403, Method: http.MethodPost})).To(Succeed())
		w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Interval = metav1.Duration{Duration: 10 * time.Minute} })
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "False/Forbidden")
		Expect(w.Provider.SetFaults()).To(Succeed())
		Expect(w.Provider.RotateToken(w.Ctx, world.Owner, "another")).To(Succeed())
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "acme-key"}}
		world.Update(w, secret, func(s *corev1.Secret) { s.StringData = map[string]string{"token": "another"} })
		w.ExpectReady(g, "True/AsDeclared")
	})

	It("a failure that becomes another is told to everyone it concerns", func() {
		w := world.New(k8s, "ann@acme.example")
		b := w.Backend(world.Often)
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		Expect(w.Provider.SetFaults(faults.Fault{Kind: faults.Refuse, Status: 503})).To(Succeed())
		ready(w, g, 3*oneInterval, "Unknown/ProviderUnavailable")
		Expect(w.Provider.SetFaults(faults.Fault{Kind: faults.Refuse, Status: 401})).To(Succeed())
		ready(w, b, 2*oneInterval, "False/CredentialsRejected")
		w.ExpectReady(g, "False/CredentialsRejected")
	})

	It("a backend that is suspended vouches for nothing (I8)", func() {
		w := world.New(k8s, "ann@acme.example")
		b := w.Backend()
		g := world.Overall(world.GrantFor("a", "ann@acme.example"), "Billing")
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = true })
		w.ExpectReady(b, "False/Suspended")
		w.ExpectReady(g, "False/Suspended")
		world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = false })
		w.ExpectReady(g, "True/AsDeclared")
	})
})
