package bench_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
	"github.com/hostgrant/hostgrant/test/bench/result"
)

// bench is one run.
type bench struct {
	ctx     context.Context //nolint:containedctx // a test's own
	grants  int
	world   *world.World
	emails  []string
	backend *v1alpha1.HostingBackend
	manager *testkit.Process
	pprof   string // address of its profiles

	mu sync.Mutex
	// seen is by grant the generation that is Ready, wanted the one that is waited for, and behind who has not got there.
	// Counting all grants at each look would cost more with each grant.
	seen, wanted map[string]int64
	behind       map[string]bool
	// held are the records whose removal is held.
	held map[string]bool
	// times of single things in the phase that is under way.
	times []time.Duration
	// perGrant is the floor: what one grant costs a bare client.
	perGrant time.Duration
	result   result.Grants
}

// follow watches the grants: to list them in a loop would be most of what the API server does.
func (b *bench) follow() {
	GinkgoHelper()
	b.mu.Lock()
	b.seen, b.wanted, b.behind = map[string]int64{}, map[string]int64{}, map[string]bool{}
	b.mu.Unlock()
	namespace := b.world.Namespace
	b.world.Follow(watching(), &v1alpha1.PermissionGrantList{}, func(o client.Object) {
		g := o.(*v1alpha1.PermissionGrant)
		ready := meta.FindStatusCondition(g.Status.Conditions, v1alpha1.ConditionReady)
		b.mu.Lock()
		defer b.mu.Unlock()
		if ready != nil && ready.Status == metav1.ConditionTrue && b.world.Namespace == namespace {
			b.seen[g.Name] = ready.ObservedGeneration
			b.updateBehind(g.Name)
		}
	})
}

// followHeld watches whose removal is held: a HostingBackend lists 64 batches, and there may be more.
func (b *bench) followHeld() {
	GinkgoHelper()
	b.mu.Lock()
	b.held = map[string]bool{}
	b.mu.Unlock()
	b.world.Follow(watching(), &v1alpha1.AccessRecordList{}, func(o client.Object) {
		held := meta.IsStatusConditionTrue(o.(*v1alpha1.AccessRecord).Status.Conditions, v1alpha1.ConditionRemovalHeld)
		b.mu.Lock()
		defer b.mu.Unlock()
		setMember(b.held, o.GetName(), held)
	})
}

// peopleHeld counts whose removal is held.
func (b *bench) peopleHeld() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.held)
}

func watching() client.WithWatch {
	GinkgoHelper()
	c, err := client.NewWithWatch(cluster.Admin, client.Options{Scheme: controllers.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	return c
}

// expect says which generation of a grant is waited for.
func (b *bench) expect(grant string, generation int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wanted[grant] = generation
	b.updateBehind(grant)
}

// updateBehind compares a grant with what is waited for; the caller holds mu.
func (b *bench) updateBehind(grant string) {
	setMember(b.behind, grant, b.seen[grant] < b.wanted[grant])
}

// setMember puts a name into a set, or takes it out.
func setMember(set map[string]bool, name string, in bool) {
	if delete(set, name); in {
		set[name] = true
	}
}

// ready waits until every expected grant is Ready.
func (b *bench) ready() {
	GinkgoHelper()
	Eventually(func() int {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.behind)
	}).Should(BeZero())
}

// each does something for every grant, some at a time.
func (b *bench) each(do func(i int) error) {
	GinkgoHelper()
	var group errgroup.Group
	group.SetLimit(together)
	for i := range b.grants {
		group.Go(func() error { return do(i) })
	}
	Expect(group.Wait()).To(Succeed())
}

func (b *bench) took(d time.Duration) { b.times = append(b.times, d) }

// phase measures what something costs that concerns so many grants.
func (b *bench) phase(name string, grants int, do func()) {
	GinkgoHelper()
	b.times = nil
	writes, calls := cluster.KubernetesWrites(b.ctx), b.world.Provider.Counters()
	everybody, took := grants > single, time.Duration(0)
	if everybody {
		took = b.profile(name, do)
	} else {
		took = timed(do)
	}
	p := b.cost(name, grants, writes, calls)
	p.Seconds = seconds(took)
	if everybody {
		p.OverFloor = float64(took) / float64(b.perGrant*time.Duration(grants))
	}
	if slices.Sort(b.times); len(b.times) > 0 {
		p.P50, p.P95 = seconds(b.times[len(b.times)/2]), seconds(b.times[len(b.times)*95/100])
	}
	b.add(p)
}

// idle waits for what is under way, and measures the next interval, in which nothing is to be done.
func (b *bench) idle() {
	GinkgoHelper()
	b.world.Relists(1)
	b.phase("idle", 1, func() { b.world.Relists(1) })
}

func (b *bench) cost(name string, grants int, writes map[string]int, calls reference.Counters) result.Phase {
	GinkgoHelper()
	after, now := cluster.KubernetesWrites(b.ctx), b.world.Provider.Counters()
	per := func(n int64) float64 { return float64(n*100/int64(grants)) / 100 }
	p := result.Phase{Name: name, Reads: per(now.Reads - calls.Reads), Changes: per(now.Writes - calls.Writes), WritesBy: map[string]float64{}}
	sum := 0
	for resource, count := range after {
		if count -= writes[resource]; count > 0 {
			p.WritesBy[resource] = per(int64(count))
			sum += count
		}
	}
	p.Writes = per(int64(sum))
	resident, most, err := b.manager.Memory()
	Expect(err).NotTo(HaveOccurred())
	p.MemoryMiB, p.MaxMemoryMiB = resident>>20, most>>20
	return p
}

func (b *bench) add(p result.Phase) {
	b.result.Phases = append(b.result.Phases, p)
	var by []string
	for _, resource := range slices.Sorted(maps.Keys(p.WritesBy)) {
		by = append(by, fmt.Sprintf("%s %.2f", resource, p.WritesBy[resource]))
	}
	fmt.Fprintf(os.Stderr, "%-28s %7.2f s  %5.1f x  p50 %.2f p95 %.2f  kubernetes %.2f (%s)  provider %.2f + %.2f  %d MiB (%d)\n",
		p.Name, p.Seconds, p.OverFloor, p.P50, p.P95, p.Writes, strings.Join(by, ", "), p.Changes, p.Reads, p.MemoryMiB, p.MaxMemoryMiB)
}

func (b *bench) report() {
	GinkgoHelper()
	body, err := json.Marshal(b.result)
	Expect(err).NotTo(HaveOccurred())
	if file := os.Getenv(reportVariable); file != "" {
		Expect(os.WriteFile(file, append(body, '\n'), 0o600)).To(Succeed())
	}
}

func seconds(d time.Duration) float64 { return float64(d.Milliseconds()) / 1000 }
