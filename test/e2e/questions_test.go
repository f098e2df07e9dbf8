package e2e_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// answered is what `hostgrant who-can -o json` prints, as far as it is compared.
type answered struct {
	Answers []struct {
		Person, Access, State, Scope, Place string
		IfThere                             bool
	}
	Notes []string
}

// reader may read the kinds of a namespace, under the roles that are shipped.
func reader(ctx SpecContext, w *world.World, roles ...string) string {
	GinkgoHelper()
	user := "reads-" + w.Namespace + "-" + strings.Join(roles, "-")
	for _, one := range roles {
		Expect(w.K8s.Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, GenerateName: one + "-"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role(w, one)},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
		})).To(Succeed())
	}
	return user
}

// ask runs the built program as a user.
func ask(ctx SpecContext, w *world.World, user string, args ...string) (out, failure string, code int) {
	GinkgoHelper()
	command := exec.CommandContext(ctx, cluster.Program("hostgrant"), append(args, "--kubeconfig", cluster.File("admin.kubeconfig"), "--as", user, "-n", w.Namespace)...)
	body, err := command.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(body), string(exit.Stderr), exit.ExitCode()
	}
	Expect(err).NotTo(HaveOccurred())
	return string(body), "", 0
}

// Everybody of the spec, and how each is to the provider.
var (
	located = map[string]string{"shop": "web1"} // as worlds are seeded
	sited   = map[hosting.Scope][]string{hosting.ScopeOverall: {""}, hosting.ScopeAccount: {"shop", "blog", "intranet"}, hosting.ScopeServer: {"web1", "web2"}}
	askedOf = []string{
		"ann@acme.example", "tec@acme.example", "net@acme.example", "ssh@acme.example", "two@acme.example", "safe@acme.example",
		"sus@acme.example", "exp@acme.example", "hand@acme.example", "new@acme.example",
	}
)

// declare has people of every kind: who holds something directly, through another permission, without a profile or a second
// factor, and who lost it.
func declare(ctx SpecContext, w *world.World) {
	GinkgoHelper()
	Expect(w.Provider.Seed(ctx, reference.Seed{Profiles: []reference.SeedProfile{{Email: "safe@acme.example", TwoFactor: true}}})).To(Succeed())
	w.Has(reference.Row{Email: "hand@acme.example", Accounts: map[string][]string{"shop": {"Sites"}, "blog": {"TechnicalContact"}}})
	w.Backend(func(b *v1alpha1.HostingBackend) { b.Spec.Inventory = v1alpha1.InventoryRecords })
	cluster.StartManager(world.NoLeaderElection)

	leaves := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Name: "sus"}, Spec: v1alpha1.ProfileSpec{Email: "sus@acme.example"}}
	w.Create(leaves)
	sites := world.OnAccount(world.GrantFor("sites", "ann@acme.example", "new@acme.example"), "shop", "Sites", "TechnicalContact")
	sites.Spec.Subjects = append(sites.Spec.Subjects, v1alpha1.Subject{ProfileRef: &v1alpha1.LocalReference{Name: "sus"}})
	sites.Spec.Reason, sites.Annotations = "They keep the shop.", map[string]string{v1alpha1.AnnotationReviewedAt: "2026-11-02 by ann"}
	sites.Spec.ReviewBy = &metav1.Time{Time: time.Now().Add(240 * time.Hour)}
	locked := world.OnAccount(world.GrantFor("locked", "two@acme.example", "safe@acme.example"), "blog", "Databases", "TechnicalContact")
	locked.Spec.RequireTwoFactor = true
	ends := world.OnAccount(world.GrantFor("ends", "exp@acme.example"), "shop", "Sites")
	ends.Spec.ExpiresAt = &metav1.Time{Time: time.Now().Add(6 * time.Second)}
	later := world.OnAccount(world.GrantFor("later", "ann@acme.example"), "shop", "SSH")
	later.Spec.NotBefore = &metav1.Time{Time: time.Now().Add(time.Hour)}
	for grant, ready := range map[*v1alpha1.PermissionGrant]string{
		sites: "True/AsDeclared", locked: "True/AsDeclared", later: "True/Scheduled", ends: "",
		world.Overall(world.GrantFor("technical", "tec@acme.example"), "AccountTechnical"): "True/AsDeclared",
		world.Overall(world.GrantFor("network", "net@acme.example"), "ServerTechnical"):    "True/AsDeclared",
		world.OnServer(world.GrantFor("keys", "ssh@acme.example"), "web1", "SSHUsers"):     "True/AsDeclared",
	} {
		w.Create(grant)
		if ready != "" {
			w.ExpectReady(grant, ready)
		}
	}
	w.ExpectReady(ends, "True/Expired")
	world.Update(w, leaves, func(p *v1alpha1.Profile) { p.Spec.State = v1alpha1.ProfileSuspended })
	Eventually(w.Rows).ShouldNot(ContainElement(Or(HavePrefix("sus@"), HavePrefix("exp@"))))
	Eventually(func() error { return atRest(ctx, w) }).Should(Succeed())
	Eventually(func() *v1alpha1.AccessRecord { return w.Record("hand@acme.example") }).Should(HaveField("Status.Live", Not(BeEmpty())))
}

var _ = It("who-can says yes to exactly those whom the provider lets", func(ctx SpecContext) {
	w := cluster.New(slices.DeleteFunc(slices.Clone(askedOf), func(email string) bool { return strings.HasPrefix(email, "new@") || strings.HasPrefix(email, "safe@") })...)
	declare(ctx, w)
	user := reader(ctx, w, "hostgrant-viewer", "hostgrant-accessrecord-viewer")
	Eventually(func() int { _, _, code := ask(ctx, w, user, "review"); return code }).Should(BeZero())

	yes, compared := 0, 0
	for _, name := range permissionNames() {
		out, failure, code := ask(ctx, w, user, "who-can", name, "-o", "json", "--show-addresses")
		Expect(code).To(BeZero(), failure)
		got := answered{}
		Expect(json.Unmarshal([]byte(out), &got)).To(Succeed(), out)
		for scope, places := range sited {
			if _, there := hosting.ByName(scope, name); !there {
				continue
			}
			for _, place := range places {
				for _, email := range askedOf {
					enforced := w.Allowed(email, scope, place, name, email == "safe@acme.example")
					Expect(got.lets(email, scope, place)).To(Equal(enforced), "%s: %s %s on %q: %s", email, scope, name, place, out)
					compared++
					if enforced {
						yes++
					}
				}
			}
		}
	}
	Expect(compared).To(BeNumerically(">", 800))
	Expect(yes).To(BeNumerically(">", 60))

	By("telling those apart who may not")
	out, failure, code := ask(ctx, w, user, "who-can", "Sites", "--account", "shop", "--show-addresses", "-o", "json")
	Expect(code).To(BeZero(), failure)
	got, access := answered{}, map[string]string{}
	Expect(json.Unmarshal([]byte(out), &got)).To(Succeed())
	for _, a := range got.Answers {
		access[a.Person] = a.Access
	}
	Expect(access).To(Equal(map[string]string{
		"ann@acme.example": "yes", "tec@acme.example": "yes", "hand@acme.example": "yes", "new@acme.example": "once they have a profile",
		"sus@acme.example": "no: suspended", "exp@acme.example": "no: expired",
	}))
	out, failure, code = ask(ctx, w, user, "who-can", "databases", "--account", "blog", "--show-addresses")
	Expect(code).To(BeZero(), failure)
	Expect(out).To(And(MatchRegexp(`two@acme.example +once they have a second factor +account blog`), MatchRegexp(`safe@acme.example +yes +account blog`)))
	Expect(got.Notes).To(ConsistOf(ContainSubstring("only namespaces " + w.Namespace + " are read")))

	whatOneHas(ctx, w, user)
	evidence(ctx, w, user)
})

// whatOneHas asks about one person, without an address.
func whatOneHas(ctx SpecContext, w *world.World, user string) {
	GinkgoHelper()
	out, failure, code := ask(ctx, w, user, "access", "--profile", "sus")
	Expect(code).To(BeZero(), failure)
	Expect(out).To(And(ContainSubstring("Person: Profile/sus"), ContainSubstring("no: suspended"), ContainSubstring("They keep the shop."), Not(ContainSubstring("@"))))
	out, failure, code = ask(ctx, w, user, "access", "ann@acme.example")
	Expect(code).To(BeZero(), failure)
	Expect(out).To(And(MatchRegexp(`account shop +SSH +not yet \(Scheduled\) +`+w.Namespace+`/later`), MatchRegexp(`account shop +Sites, TechnicalContact +yes`), Not(ContainSubstring("@"))))
	_, failure, code = ask(ctx, w, reader(ctx, w, "hostgrant-viewer"), "access", "ann@acme.example")
	Expect(code).To(Equal(1))
	Expect(failure).To(ContainSubstring("forbidden"), "who may not read AccessRecords is told nothing")
}

// evidence has one line for all that each row holds at one place in one way.
func evidence(ctx SpecContext, w *world.World, user string) {
	GinkgoHelper()
	out, failure, code := ask(ctx, w, user, "review", "-o", "csv", "--show-addresses")
	Expect(code).To(BeZero(), failure)
	lines, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	Expect(err).NotTo(HaveOccurred())
	rows, err := w.Provider.Rows(ctx, world.Owner)
	Expect(err).NotTo(HaveOccurred())
	held := map[string]int{}
	for _, line := range lines[1:] {
		held[line[0]] += len(strings.Split(line[2], ", "))
		Expect(line[4]).To(Equal(map[bool]string{true: "no", false: "yes"}[line[0] == "hand@acme.example"]), "declared: %v", line)
	}
	for _, row := range rows {
		count := len(row.Overall)
		for _, places := range []map[string][]string{row.Accounts, row.Servers} {
			for _, permissions := range places {
				count += len(permissions)
			}
		}
		if row.RequireTwoFactor {
			count++
		}
		Expect(held).To(HaveKeyWithValue(row.Email, count))
	}
	Expect(held).To(HaveLen(len(rows)))
	Expect(out).To(And(ContainSubstring("They keep the shop."), ContainSubstring(",due,2026-11-02 by ann")))
}

// permissionNames of all scopes, each once.
func permissionNames() (names []string) {
	for _, p := range hosting.Catalogue() {
		if p.Scope != hosting.ScopeFlag && !slices.Contains(names, p.Name) {
			names = append(names, p.Name)
		}
	}
	return names
}

// lets says whether somebody may do it at a place, by an answer and by where the accounts are.
func (got answered) lets(email string, scope hosting.Scope, place string) bool {
	kind := strings.ToLower(string(scope))
	for _, a := range got.Answers {
		if a.Person != email || a.State != "Effective" || a.Scope != string(scope) {
			continue
		}
		server := located[place]
		switch a.Place {
		case strings.TrimSpace(kind + " " + place), "all " + kind + "s":
			return true
		case "accounts of all servers", "accounts of server " + server:
			if a.IfThere && server != "" {
				return true
			}
		}
	}
	return false
}
