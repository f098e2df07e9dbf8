package e2e_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// randomGrants are some grants to some people of whom some have a profile.
func randomGrants(random *rand.Rand, w *world.World, people []string) []*v1alpha1.PermissionGrant {
	var grants []*v1alpha1.PermissionGrant
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		if random.IntN(4) == 0 {
			continue
		}
		g := world.GrantFor(name)
		g.Namespace = w.Namespace
		for _, i := range random.Perm(len(people))[:1+random.IntN(3)] {
			g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{Email: v1alpha1.Email(people[i])})
		}
		overall := []v1alpha1.OverallPermission{"Billing", "AccountManagement"}
		world.Overall(g, overall[random.IntN(2)])
		for _, account := range []string{"shop", "blog"}[:random.IntN(3)] {
			world.OnAccount(g, account, []v1alpha1.AccountPermission{"Sites", "Databases", "Domains"}[random.IntN(3)])
		}
		if random.IntN(2) == 0 {
			world.OnServer(g, []string{"web1", "web2"}[random.IntN(2)], []v1alpha1.ServerPermission{"SSHUsers", "FirewallRules"}[random.IntN(2)])
		}
		g.Spec.RequireTwoFactor = random.IntN(5) == 0
		if random.IntN(4) == 0 {
			g.Spec.DeletionPolicy = v1alpha1.DeletionRetain
		}
		grants = append(grants, g)
	}
	return grants
}

// folderOf writes manifests. The HostingBackend is among them: without a cluster nothing else tells of it.
func folderOf(b *v1alpha1.HostingBackend, grants []*v1alpha1.PermissionGrant) string {
	dir := GinkgoT().TempDir()
	Expect(os.WriteFile(filepath.Join(dir, "backend.yaml"), manifestOf(b), 0o600)).To(Succeed())
	for _, g := range grants {
		Expect(os.WriteFile(filepath.Join(dir, g.Name+".yaml"), manifestOf(g), 0o600)).To(Succeed())
	}
	return dir
}

// manifestOf is what somebody would keep in Git.
func manifestOf(o client.Object) []byte {
	GinkgoHelper()
	body, err := json.Marshal(o)
	Expect(err).NotTo(HaveOccurred())
	object := map[string]any{}
	Expect(json.Unmarshal(body, &object)).To(Succeed())
	delete(object, "status")
	object["metadata"] = map[string]string{"namespace": o.GetNamespace(), "name": o.GetName()}
	gvk, err := apiutil.GVKForObject(o, controllers.Scheme())
	Expect(err).NotTo(HaveOccurred())
	object["apiVersion"], object["kind"] = gvk.GroupVersion().String(), gvk.Kind
	body, err = yaml.Marshal(object)
	Expect(err).NotTo(HaveOccurred())
	return body
}

// byHand gives somebody a permission in the provider's console that they do not have, and that no manifest names, and waits
// until the manager has seen it.
func byHand(ctx SpecContext, w *world.World, random *rand.Rand, people []string) {
	GinkgoHelper()
	email, permission := people[random.IntN(len(people))], []string{"Sites", "Databases", "SSH"}[random.IntN(3)]
	place := []string{"shop", "blog", "intranet"}[random.IntN(3)]
	before := held(ctx, w)
	if before[email+"|account "+place+"|"+permission] {
		return
	}
	tick := func(row *reference.Row) { row.Accounts[place] = append(row.Accounts[place], permission) }
	if before.of(email) == 0 {
		w.Has(reference.Row{Email: email, Accounts: map[string][]string{place: {permission}}})
	} else {
		w.Edits(email, tick)
	}
	w.TriggerRefresh()
	Eventually(func() int {
		record := w.Record(email)
		if record == nil {
			return 0
		}
		return len(access.LiveOf(record.Status).Sorted())
	}).Should(Equal(before.of(email)+1), "the manager sees what was ticked by hand")
	Eventually(func() error { return atRest(ctx, w) }).Should(Succeed())
}

// Everybody who is drawn, of whom the provider knows some.
var (
	profiled = []string{"ann@acme.example", "bob@acme.example", "cyd@acme.example"}
	drawn    = append(slices.Clone(profiled), "new@acme.example", "own@acme.example", "old@acme.example")
)

var _ = It("What a plan says is what happens, from a cluster, a provider or a table file", long, func(ctx SpecContext) {
	w := cluster.New(profiled...)
	b := w.Backend(func(b *v1alpha1.HostingBackend) {
		b.Spec.RemovalLimit.Settle = &metav1.Duration{Duration: time.Second}
		b.Spec.Inventory = v1alpha1.InventoryRecords
	})
	cluster.StartManager(world.NoLeaderElection)
	w.ExpectReady(b, "True/Listed")
	p, before, today := planners{ctx, w, GinkgoT().TempDir()}, GinkgoT().TempDir(), map[string]*v1alpha1.PermissionGrant{}
	p.write("ca.pem", w.Provider.CABundle())
	p.write("token", []byte(world.Token))
	sum := tally{}
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		grants := randomGrants(random, w, drawn)
		if len(grants) == 0 {
			continue
		}
		dir := folderOf(b, grants)
		byHand(ctx, w, random, drawn)
		had, mails := held(ctx, w), map[string]int{}
		plans := p.all(dir, before)
		plans.expectSame(seed, had, len(today) == 0)
		said := plans.cluster
		for person, one := range said.byPerson() {
			mails[person] = one.mails + w.Mailed(person)
			sum.count(one)
		}
		var gone []*v1alpha1.PermissionGrant
		kubectl(ctx, w, "apply", "--server-side", "--force-conflicts", "-f", dir)
		for name, g := range today {
			if !slices.ContainsFunc(grants, func(other *v1alpha1.PermissionGrant) bool { return other.Name == name }) {
				w.Delete(g)
				gone = append(gone, g)
				delete(today, name)
			}
		}
		for _, g := range grants {
			today[g.Name] = g
		}
		done := func() []string { return held(ctx, w).differs(had) }
		Eventually(done).Should(Equal(said.changes()), func() string { return fmt.Sprintf("seed %d: %+v\n%s", seed, said, w.Describe()) })
		Eventually(func() error { return atRest(ctx, w) }).Should(Succeed())
		Expect(done()).To(Equal(said.changes()), "seed %d", seed)
		for person, count := range mails {
			if !slices.Contains(profiled, person) {
				Eventually(w.Mailed).WithArguments(person).Should(Equal(count), "seed %d: mails to %s", seed, person)
			}
		}
		for _, g := range gone {
			w.ExpectDeleted(g)
		}
		after := p.fromCluster(dir)
		Expect(after.changes()).To(BeEmpty(), func() string {
			return fmt.Sprintf("seed %d: applied, and still to do: %+v; said was %+v\n%s", seed, after, said, w.Describe())
		})
		before = dir
	}
	GinkgoWriter.Println("compared:", sum)
	sum.expectEnough()
})

// atRest says what is still under way.
func atRest(ctx SpecContext, w *world.World) error {
	records := &v1alpha1.AccessRecordList{}
	if err := w.K8s.List(ctx, records); err != nil {
		return fmt.Errorf("list: %w", err)
	}
	for _, record := range records.Items {
		if record.Namespace != w.Namespace {
			continue
		}
		for _, condition := range record.Status.Conditions {
			if record.Status.ObservedGeneration != record.Generation || condition.Type == v1alpha1.ConditionReconciling && condition.Status == metav1.ConditionTrue {
				return fmt.Errorf("%s: %s", record.Name, condition.Message)
			}
		}
	}
	return nil
}
