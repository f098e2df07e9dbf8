package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// role is a ClusterRole that is shipped, by the name that the installation gives it.
func role(w *world.World, name string) string {
	GinkgoHelper()
	list := &rbacv1.ClusterRoleList{}
	Expect(w.K8s.List(w.Ctx, list, client.MatchingLabels{"app.kubernetes.io/name": "hostgrant"})).To(Succeed())
	at := slices.IndexFunc(list.Items, func(r rbacv1.ClusterRole) bool { return strings.HasSuffix(r.Name, name) })
	Expect(at).To(BeNumerically(">=", 0), name)
	return list.Items[at].Name
}

// as makes a kubeconfig of somebody who has some ClusterRoles in the world's namespace, and nothing else.
func as(w *world.World, user string, roles ...string) string {
	GinkgoHelper()
	for _, name := range roles {
		w.Create(&rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{GenerateName: "role-"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role(w, name)},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
		})
	}
	known, err := cluster.Environment.ControlPlane.AddUser(envtest.User{Name: user}, nil)
	Expect(err).NotTo(HaveOccurred())
	file := GinkgoT().TempDir() + "/kubeconfig"
	Expect(testkit.WriteKubeconfig(known.Config(), file)).To(Succeed())
	return file
}

// hostgrant is the program as somebody runs it in the world's namespace.
func hostgrant(ctx SpecContext, w *world.World, kubeconfig string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, cluster.Program("hostgrant"), append(args, "--kubeconfig", kubeconfig, "--namespace", w.Namespace)...)
	c.Env = append(os.Environ(), "PAGER=")
	return c
}

// prints runs a command without a terminal, and returns all that it printed, and its code.
func prints(c *exec.Cmd) (string, int) {
	GinkgoHelper()
	out, err := c.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		Fail(err.Error())
	}
	return string(out), c.ProcessState.ExitCode()
}

// provenApprovals waits until approvals created from now on are proven by the admission policy.
func provenApprovals(w *world.World) {
	GinkgoHelper()
	bindings := &admissionv1.ValidatingAdmissionPolicyBindingList{}
	Expect(w.K8s.List(w.Ctx, bindings)).To(Succeed())
	Expect(bindings.Items).NotTo(BeEmpty())
	for _, binding := range bindings.Items {
		Eventually(func() time.Duration { return time.Since(binding.CreationTimestamp.Time) }).Should(BeNumerically(">", 12*time.Second))
	}
}

// batches waits until a backend holds so many, and returns them.
func batches(w *world.World, count int) []v1alpha1.HeldRemoval {
	GinkgoHelper()
	b := &v1alpha1.HostingBackend{}
	Eventually(func() []v1alpha1.HeldRemoval {
		Expect(w.K8s.Get(w.Ctx, client.ObjectKey{Namespace: w.Namespace, Name: "acme"}, b)).To(Succeed())
		return b.Status.HeldRemovals
	}).Should(HaveLen(count), w.Describe)
	return b.Status.HeldRemovals
}

// approvals counts those that were created.
func approvals(w *world.World) int {
	GinkgoHelper()
	list := &v1alpha1.RemovalApprovalList{}
	Expect(w.K8s.List(w.Ctx, list, client.InNamespace(w.Namespace))).To(Succeed())
	return len(list.Items)
}

var _ = Describe("hostgrant approve", func() {
	const people, user = 25, "board:ann"
	const settle = 10 * time.Second // all of them are seen within it, also on a busy machine
	var (
		w        *world.World
		everyone []string
		first    v1alpha1.HeldRemoval
		mine     string
	)
	all := func() *v1alpha1.PermissionGrant {
		return world.OnAccount(world.GrantFor("all", everyone...), "shop", "Sites")
	}
	// loses has everybody lose all that a grant gives, held in one batch.
	loses := func() v1alpha1.HeldRemoval {
		GinkgoHelper()
		g := all()
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		w.Delete(g)
		batches(w, 1)
		w.ExpectDeleted(g)
		held := batches(w, 1)[0]
		Expect(held.People).To(BeEquivalentTo(people))
		return held
	}

	BeforeEach(func() {
		everyone = nil
		for i := range people {
			everyone = append(everyone, fmt.Sprintf("p-%03d@acme.example", i))
		}
		w = cluster.New(everyone...)
		w.Backend(func(b *v1alpha1.HostingBackend) {
			b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Settle: &metav1.Duration{Duration: settle}}
		})
		cluster.StartManager(world.NoLeaderElection)
		mine = as(w, user, "hostgrant-removal-approver")
		first = loses()
	})

	It("shows an approver with that role alone all of whom a batch is of, releases that batch, and leaves their name", func(ctx SpecContext) {
		By("looking, where nobody can answer")
		said, code := prints(hostgrant(ctx, w, mine, "approve", "acme"))
		Expect(code).To(Equal(1), said)
		Expect(said).To(And(ContainSubstring("account shop: Sites"), ContainSubstring("nobody can be asked"), ContainSubstring("--digest "+first.Digest)))
		Expect(said).NotTo(ContainSubstring("@acme.example"), "addresses are for terminals")
		for _, email := range everyone {
			Expect(said).To(ContainSubstring(w.Record(email).Name))
		}

		By("having something else become due, which is in another batch")
		later := world.OnAccount(world.GrantFor("later", everyone...), "blog", "Databases")
		w.Create(later)
		w.ExpectReady(later, "True/AsDeclared")
		w.Delete(later)
		both := batches(w, 2)
		w.ExpectDeleted(later)
		status := func(kubeconfig string) map[string]bool {
			GinkgoHelper()
			told := struct {
				HeldRemovals []struct {
					Digest   string
					People   int
					Released bool
				}
			}{}
			out, err := hostgrant(ctx, w, kubeconfig, "status", "-o", "json").Output()
			Expect(err).NotTo(HaveOccurred())
			Expect(json.Unmarshal(out, &told)).To(Succeed())
			digests := map[string]bool{}
			for _, batch := range told.HeldRemovals {
				digests[batch.Digest] = batch.Released
			}
			return digests
		}
		viewer := as(w, "board:vera", "hostgrant-viewer")
		Expect(status(viewer)).To(Equal(map[string]bool{both[0].Digest: false, both[1].Digest: false}))
		said, code = prints(hostgrant(ctx, w, mine, "approve", "acme", "--reason", "x"))
		Expect(code).To(Equal(1), said)
		Expect(said).To(ContainSubstring("2 batches wait to be approved: name one with --digest"))

		By("declaring one person again, and approving the first")
		back := world.OnAccount(world.GrantFor("back", everyone[24]), "shop", "Sites")
		w.Create(back)
		w.ExpectReady(back, "True/AsDeclared")
		provenApprovals(w)
		said, code = prints(hostgrant(ctx, w, mine, "approve", "acme", "--digest", first.Digest, "--reason", "The agency left.", "--yes", "--show-addresses"))
		Expect(code).To(BeZero(), said)
		Expect(said).To(And(ContainSubstring("approved by "+user), ContainSubstring("Lost access: 24 people"), MatchRegexp(`(?s)Lost access:\n  `+everyone[0])))
		for _, email := range everyone[:24] {
			Expect(w.Record(email).Status.History[0]).To(And(HaveField("ApprovedBy", user), HaveField("Batch", first.Digest)))
		}
		rows := strings.Join(w.Rows(), "\n")
		Expect(strings.Count(rows, "blog/Databases")).To(Equal(people), "the other batch stays held")
		Expect(strings.Count(rows, "shop/Sites")).To(Equal(1), "who was declared again")
		list := &v1alpha1.RemovalApprovalList{}
		Expect(w.K8s.List(ctx, list, client.InNamespace(w.Namespace))).To(Succeed())
		Expect(list.Items).To(HaveLen(1))
		Expect(list.Items[0].Spec).To(And(HaveField("ApprovedBy", v1alpha1.UserName(user)), HaveField("Reason", "The agency left."), HaveField("Digest", first.Digest)))
		Eventually(func() map[string]bool { return status(viewer) }).Should(And(HaveLen(1), Not(HaveKey(first.Digest))))
	})

	It("creates nothing where the answer is not yes, nor where the batch changed before the answer", func(ctx SpecContext) {
		By("answering no, after the pager showed a list that is longer than the terminal")
		paged := hostgrant(ctx, w, mine, "approve", "acme", "--reason", "x")
		paged.Env = append(paged.Env, "PAGER=sed s/^/paged:/")
		asked := atTerminal(paged)
		asked.answers("Take this away from 25 people? Type yes:", "no")
		Expect(asked.code()).To(Equal(1))
		for _, email := range everyone {
			Expect(asked.shown()).To(MatchRegexp(`(?m)^paged: +` + email))
		}
		Expect(asked.shown()).To(ContainSubstring("nothing was approved: the answer was not yes"))
		Expect(approvals(w)).To(BeZero())

		By("declaring everybody again while the question stands")
		asked = atTerminal(hostgrant(ctx, w, mine, "approve", "acme"))
		asked.answers("Why are these removals meant?", "The agency left.")
		Eventually(asked.shown).Should(ContainSubstring("Type yes:"))
		g := all()
		w.Create(g)
		w.ExpectReady(g, "True/AsDeclared")
		batches(w, 0)
		asked.answers("Type yes:", "yes")
		Expect(asked.code()).To(Equal(1))
		Expect(asked.shown()).To(ContainSubstring("batch " + first.Digest + " is not held any more"))
		Expect(approvals(w)).To(BeZero())
		Expect(w.Rows()).To(HaveLen(people))

		By("answering yes")
		w.Delete(g)
		again := batches(w, 1)[0]
		provenApprovals(w)
		asked = atTerminal(hostgrant(ctx, w, mine, "approve", "acme", "--reason", "They left."))
		asked.answers("Type yes:", "yes")
		Expect(asked.code()).To(BeZero(), asked.shown)
		Expect(asked.shown()).To(ContainSubstring("25 people lost access"))
		Expect(w.Rows()).To(BeEmpty())
		Expect(w.Record(everyone[0]).Status.History[0]).To(And(HaveField("ApprovedBy", user), HaveField("Batch", again.Digest)))
	})
})

var _ = It("hostgrant doctor tells what is wrong with a provider from what is wrong with a key, and judges an installation", func(ctx SpecContext) {
	w := cluster.New("ann@acme.example")
	_, err := w.Provider.AddRow(ctx, world.Owner, rowOf("ann@acme.example"), false)
	Expect(err).NotTo(HaveOccurred())
	ca := GinkgoT().TempDir() + "/ca.pem"
	Expect(os.WriteFile(ca, w.Provider.CABundle(), 0o600)).To(Succeed())
	admin := cluster.File("admin.kubeconfig")
	provider := func(url, token string) (string, int) {
		c := hostgrant(ctx, w, "none", "doctor", "--backend-url", url, "--backend-ca", ca, "--allow-private-endpoints")
		c.Env = append(c.Env, "HOSTGRANT_TOKEN="+token)
		return prints(c)
	}
	said, code := provider(w.Provider.URL(), world.Token)
	Expect(code).To(BeZero(), said)
	Expect(said).NotTo(Or(MatchRegexp(`(?m)^(warn|fail)`), ContainSubstring("@"), ContainSubstring(world.Token)))
	said, code = provider(w.Provider.URL(), "wrong")
	Expect(code).To(Equal(1))
	Expect(said).To(And(ContainSubstring("ok    url:"), ContainSubstring("fail  key: the provider refuses the key"), Not(ContainSubstring("permission resource"))))
	said, code = provider(strings.TrimSuffix(w.Provider.URL(), "v1/")+"v2/", world.Token)
	Expect(code).To(Equal(1))
	Expect(said).To(And(ContainSubstring("fail  url:"), ContainSubstring("the URL is wrong"), Not(ContainSubstring("key:"))))

	By("looking at the cluster, which no manager has run in")
	said, code = prints(hostgrant(ctx, w, admin, "doctor"))
	Expect(code).To(Equal(1), said)
	Expect(said).To(ContainSubstring("fail  manager:"))
	b := w.Backend()
	cluster.StartManager("--leader-elect", "--leader-election-namespace="+testkit.Installed.Namespace)
	w.ExpectReady(b, "True/Listed")
	doctor := func(kubeconfig string) (string, int) {
		return prints(hostgrant(ctx, w, kubeconfig, "doctor", "acme", "--manager-namespace", testkit.Installed.Namespace))
	}
	said, code = doctor(admin)
	Expect(code).To(BeZero(), said)
	Expect(said).NotTo(MatchRegexp(`(?m)^(warn|fail)`))
	Expect(said).To(And(ContainSubstring("custom resources: 8 kinds"), ContainSubstring("manager: it runs"), ContainSubstring("key of "+w.Namespace+"/acme: it works")))
	said, code = doctor(as(w, "board:eve", "hostgrant-viewer"))
	Expect(code).To(BeZero(), "what may not be read does not fail: "+said)
	Expect(said).To(MatchRegexp(`warn  roles for approve: in namespace \S+ you may not create removalapprovals, list accessrecords`))

	By("taking the permission resource away")
	w.Provider.SetPermissionAPI(false)
	said, code = provider(w.Provider.URL(), world.Token)
	Expect(code).To(Equal(1))
	Expect(said).To(And(ContainSubstring("ok    key:"), ContainSubstring("fail  permission resource: PermissionAPIUnavailable")))
	w.ExpectReady(b, "False/PermissionAPIUnavailable")
	said, code = doctor(admin)
	Expect(code).To(Equal(1))
	Expect(said).To(ContainSubstring("fail  permission resource of " + w.Namespace + "/acme: PermissionAPIUnavailable"))
})
