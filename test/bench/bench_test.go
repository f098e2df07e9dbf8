// Package bench_test measures what Hostgrant costs: a real control plane, the manager as it ships, and the reference
// backend, 20 ms away. Each figure of time stands beside a floor that was measured in the same run.
package bench_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/chaos"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// What the environment may say: how many grants, each of one person, and into which file the result goes.
const (
	grantsVariable = "BENCH_GRANTS"
	reportVariable = "BENCH_REPORT"
)

const (
	// away is how long a call to the provider takes.
	away = 20 * time.Millisecond
	// together is how many things a client does at a time.
	together = 10
	// single is how many grants are added one by one.
	single = 20
	// hanging is how many other backends have a provider that does not answer.
	hanging = 10
	// backends is how many share the grants of the last phase, and onBackends how many grants that are at most.
	backends, onBackends = 50, 1000
)

var cluster world.Cluster

func TestBench(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(30 * time.Minute)
	SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	suite, reporter := chaos.Patient()
	RunSpecs(t, "Bench", suite, reporter)
}

var _ = cluster.Register(controllers.Scheme())

var _ = It("measures what grants cost", func(ctx SpecContext) {
	b := &bench{ctx: ctx, grants: chaos.Number(grantsVariable, 1000)}
	emails := make([]string, b.grants+3*single)
	for i := range emails {
		emails[i] = world.Name("p", i) + "@acme.example"
	}
	b.world, b.emails = cluster.New(emails...), emails
	b.world.Fails(faults.Fault{Kind: faults.Delay, For: away})
	b.follow()
	b.floor()

	b.backend = b.world.Backend(func(backend *v1alpha1.HostingBackend) {
		backend.Spec.Interval.Duration = time.Minute
		backend.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Settle: &metav1.Duration{Duration: time.Second}}
	})
	b.start()
	b.world.ExpectReady(b.backend, "True/Listed")
	b.phase("apply", b.grants, func() { b.each(b.create); b.ready() })
	b.idle()
	b.phase("one by one", single, func() { b.oneByOne(b.grants) })
	b.phase("second permission", b.grants, func() { b.each(b.change); b.ready() })
	b.phase("drift", single, b.drift)
	b.phase("restart", 1, b.restart)
	hang := b.hang()
	b.phase("one by one, others hanging", single, func() { b.oneByOne(b.grants + single) })
	b.end(hang...)
	before := b.deletions()
	b.followHeld()
	b.phase("removal judged", b.grants, func() { b.each(b.remove); b.judged(before) })
	b.phase("removal done", b.grants, func() { b.approved(before) })
	b.nothingLeft()
	b.manyBackends()
	b.report()
})

// start runs the manager as it ships.
func (b *bench) start() {
	GinkgoHelper()
	flags := []string{world.NoLeaderElection}
	if os.Getenv(profilesVariable) != "" {
		var err error
		b.pprof, err = testkit.FreeAddress()
		Expect(err).NotTo(HaveOccurred())
		flags = append(flags, "--pprof-bind-address="+b.pprof)
	}
	b.manager = cluster.StartManager(flags...)
}

// grant gives one person a permission on one account.
func (b *bench) grant(i int) *v1alpha1.PermissionGrant {
	return world.OnAccount(world.GrantFor(world.Name("g", i), b.emails[i]), "shop", "Sites")
}

func (b *bench) create(i int) error {
	grant := b.grant(i)
	grant.Namespace = b.world.Namespace
	return b.createAndExpect(grant)
}

func (b *bench) createAndExpect(grant *v1alpha1.PermissionGrant) error {
	err := cluster.K8s.Create(b.ctx, grant)
	b.expect(grant.Name, 1)
	return err
}

// change adds a permission to a grant.
func (b *bench) change(i int) error {
	grant := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Namespace: b.world.Namespace, Name: world.Name("g", i)}}
	patch := []byte(`{"spec":{"accounts":[{"names":["shop"],"permissions":["Sites","Databases"]}]}}`)
	err := cluster.K8s.Patch(b.ctx, grant, client.RawPatch("application/merge-patch+json", patch))
	b.expect(grant.Name, grant.Generation)
	return err
}

func (b *bench) remove(i int) error {
	grant := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Namespace: b.world.Namespace, Name: world.Name("g", i)}}
	return cluster.K8s.Delete(b.ctx, grant)
}

// oneByOne creates some grants, each when the one before is effective.
func (b *bench) oneByOne(from int) {
	GinkgoHelper()
	for i := from; i < from+single; i++ {
		began := time.Now()
		Expect(b.create(i)).To(Succeed())
		b.ready()
		b.took(time.Since(began))
	}
}

// drift has somebody take things away at the provider, and waits until they are given again.
func (b *bench) drift() {
	GinkgoHelper()
	for i := range single {
		b.world.Edits(b.emails[i], func(row *reference.Row) { row.Accounts = map[string][]string{"shop": {"Sites"}} })
	}
	// A backend whose spec changed is read at once.
	world.Update(b.world, b.backend, func(h *v1alpha1.HostingBackend) { h.Spec.Interval.Duration += time.Second })
	began := time.Now()
	for i := range single {
		Eventually(func() bool { return b.world.Opens(b.emails[i], "shop/Databases") }).Should(BeTrue())
	}
	b.took(time.Since(began))
}

// restart ends the manager, starts it again, and waits until a new grant is effective.
func (b *bench) restart() {
	GinkgoHelper()
	world.StopManager(b.ctx, b.manager)
	began := time.Now()
	b.start()
	Expect(b.create(b.grants + 3*single - 1)).To(Succeed())
	b.ready()
	b.took(time.Since(began))
}

// hang adds backends whose provider does not answer.
func (b *bench) hang() (all []*v1alpha1.HostingBackend) {
	GinkgoHelper()
	other := cluster.New()
	other.Fails(faults.Fault{Kind: faults.Hang})
	all = append(all, other.Backend())
	for i := 1; i < hanging; i++ {
		all = append(all, &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Name: world.Name("acme", i)}, Spec: all[0].Spec})
		other.Create(all[i])
	}
	Eventually(func() int64 { return other.Provider.Counters().Reads }).Should(BeNumerically(">", 0))
	return all
}

// end deletes backends that nobody needs any more.
func (b *bench) end(all ...*v1alpha1.HostingBackend) {
	GinkgoHelper()
	for _, backend := range all {
		Expect(cluster.K8s.Delete(b.ctx, backend)).To(Succeed())
	}
}

// deletions counts the calls that delete a row, whatever they are answered.
func (b *bench) deletions() int {
	return int(b.world.Provider.Counters().Operations["DeletePermission"])
}

// judged waits until everybody whose grant went is held, or the call that deletes their row was made: the first of them may go.
func (b *bench) judged(before int) {
	GinkgoHelper()
	Eventually(func() int { return b.peopleHeld() + b.deletions() - before }, 30*time.Minute, 50*time.Millisecond).Should(BeNumerically(">=", b.grants))
}

// approved has everything that is held taken away, as far as the HostingBackend lists it, until as many deletions were asked for as grants went.
func (b *bench) approved(before int) {
	GinkgoHelper()
	approvals := map[string]*v1alpha1.RemovalApproval{}
	Eventually(func() int {
		b.world.Conditions(b.backend)
		for _, batch := range b.backend.Status.HeldRemovals {
			if approvals[batch.Digest] == nil {
				approvals[batch.Digest] = b.world.Approve(batch.Digest)
			}
		}
		return b.deletions() - before
	}, 30*time.Minute, 200*time.Millisecond).Should(BeNumerically(">=", b.grants))
	for _, approval := range approvals {
		b.world.ExpectReady(approval, "True/Approved")
	}
}

// nothingLeft makes sure that whoever's grant went has no row, and some of them that the provider lets them in nowhere.
func (b *bench) nothingLeft() {
	GinkgoHelper()
	rows := map[string]bool{}
	for _, row := range b.world.Rows() {
		email, _, _ := strings.Cut(row, ":")
		rows[email] = true
	}
	for i := range b.grants {
		Expect(rows[b.emails[i]]).To(BeFalse(), b.emails[i])
	}
	for i := range single {
		Expect(b.world.Opens(b.emails[i], "shop/Sites")).To(BeFalse())
	}
}

// manyBackends has grants spread over many backends of another provider, each of which reads the table for itself.
func (b *bench) manyBackends() {
	GinkgoHelper()
	other := cluster.New(b.emails...)
	b.mu.Lock()
	b.world = other // what is still told of the grants before is not heard any more
	b.mu.Unlock()
	b.world.Fails(faults.Fault{Kind: faults.Delay, For: away})
	b.follow()
	all := []*v1alpha1.HostingBackend{b.world.Backend(func(backend *v1alpha1.HostingBackend) { backend.Spec.Interval.Duration = time.Minute })}
	for i := 1; i < backends; i++ {
		all = append(all, &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Name: world.Name("acme", i)}, Spec: all[0].Spec})
		b.world.Create(all[i])
	}
	for _, backend := range all {
		b.world.ExpectReady(backend, "True/Listed")
	}
	b.grants = min(b.grants, onBackends)
	b.phase(fmt.Sprint(backends, " backends"), b.grants, func() {
		b.each(func(i int) error {
			grant := b.grant(i)
			grant.Namespace, grant.Spec.BackendRef.Name = b.world.Namespace, v1alpha1.ObjectName(all[i%backends].Name)
			return b.createAndExpect(grant)
		})
		b.ready()
	})
}
