// Package property_test lets manifests, the owner in the provider's console, a failing
// network and restarts of the manager do what they like, at random and all at once, with the
// running reference provider as the judge of who may do what.
package property_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/chaos"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// What the environment may say: how many rounds, and which random numbers.
const (
	roundsVariable = "PROPERTY_ROUNDS"
	seedVariable   = "PROPERTY_SEED"
)

// In each round so much happens at each of so many sites at once; then faults end, and the
// table has to be as declared within a few readings.
const (
	fewRounds = 3
	sites     = 3
	events    = 12
	interval  = 30 * time.Second
	bound     = 3 * interval
)

var cluster = world.Cluster{Fast: true}

func TestProperty(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(time.Minute)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	suite, reporter := chaos.Patient()
	RunSpecs(t, "Property", suite, reporter)
}

var _ = cluster.Register(controllers.Scheme())

// disturbances are the ways a provider fails here. Those that lie about writes for ever are
// left out: what never takes effect converges never. Only a row that is made comes late: a change
// that comes late would undo what the console did meanwhile.
func disturbances(random *rand.Rand) faults.Fault {
	list := []faults.Fault{
		{Kind: faults.Refuse, Status: http.StatusServiceUnavailable},
		{Kind: faults.Refuse, Status: http.StatusTooManyRequests},
		{Kind: faults.Refuse, Status: http.StatusTooManyRequests, For: 2 * time.Second},
		{Kind: faults.Refuse, Status: http.StatusInternalServerError, Method: http.MethodGet},
		{Kind: faults.Cut}, {Kind: faults.Cut, Method: http.MethodPost}, {Kind: faults.Hang}, {Kind: faults.LoseAnswer},
		{Kind: faults.Late, Method: http.MethodPost}, {Kind: faults.LoseAnswer, Method: http.MethodPost}, {Kind: faults.LoseAnswer, Method: http.MethodPut},
		{Kind: faults.Delay, For: 700 * time.Millisecond}, {Kind: faults.Truncate, Method: http.MethodGet},
		{Kind: faults.Empty, Method: http.MethodGet}, {Kind: faults.Shorten, Method: http.MethodGet},
		{Kind: faults.OtherCase, Method: http.MethodGet}, {Kind: faults.Page, Method: http.MethodGet},
	}
	f := list[random.IntN(len(list))]
	f.Times = 1 + random.IntN(6)
	return f
}

// run is one run of the whole.
type run struct {
	random  *rand.Rand
	sites   []*chaos.Site
	manager *testkit.Process
	story   []string
}

var _ = It("Whatever happens, the table becomes what is declared, and nobody loses what they keep (I2, I3, I4, I8)", func() {
	rounds, seed := chaos.Number(roundsVariable, fewRounds), chaos.Number(seedVariable, int(time.Now().UnixNano()&0xffff))
	r := &run{random: rand.New(rand.NewPCG(uint64(seed), 2))}
	for range sites {
		s := chaos.Enter(&cluster, r.random)
		s.Backend(func(b *v1alpha1.HostingBackend) {
			b.Spec.Interval = metav1.Duration{Duration: interval}
			b.Spec.DriftGrace = &metav1.Duration{}
		})
		r.sites = append(r.sites, s)
	}
	r.manager = cluster.StartManager(world.NoLeaderElection)
	for round := range rounds {
		r.story = []string{fmt.Sprintf("seed %d, round %d", seed, round+1)}
		for range events {
			r.happens()
		}
		for _, s := range r.sites {
			s.Fails()
		}
		r.rests()
		GinkgoWriter.Println(strings.Join(r.story, "\n  "))
	}
})

// happens lets one thing happen at each site, or to the manager, and a moment pass.
func (r *run) happens() {
	GinkgoHelper()
	for i, s := range r.sites {
		told := ""
		switch n := r.random.IntN(10); {
		case n < 5:
			told = s.Edit()
		case n < 7:
			told = s.Console()
		default:
			f := disturbances(r.random)
			s.Fails(f)
			told = fmt.Sprintf("the provider fails: %+v", f)
		}
		r.story = append(r.story, fmt.Sprintf("site %d: %s", i, told))
	}
	if r.random.IntN(6) == 0 {
		r.manager.Kill()
		r.manager = cluster.StartManager(world.NoLeaderElection)
		r.story = append(r.story, "the manager is killed and started")
	}
	r.watch(time.Duration(r.random.IntN(1500))*time.Millisecond, func() bool { return false })
}

// rests waits until every table is as declared.
func (r *run) rests() {
	GinkgoHelper()
	since := time.Now()
	r.watch(bound, func() bool {
		for _, s := range r.sites {
			if !s.Rests() {
				return false
			}
		}
		return true
	})
	for _, s := range r.sites {
		Expect(s.Rests()).To(BeTrue(), "after %s\n%s\nwanted:\n%v\n%s", bound, r.tell(), s.Union().Lines(), s.Describe())
	}
	r.story = append(r.story, fmt.Sprintf("at rest after %s", time.Since(since).Round(time.Second)))
}

// watch looks at every table again and again until it is enough or the time is over: whoever
// held something at the last rest, and was to hold it ever since, holds it.
func (r *run) watch(atMost time.Duration, enough func() bool) {
	GinkgoHelper()
	over := time.After(atMost)
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !enough() {
		for i, s := range r.sites {
			seen, doubled := chaos.Parse(s.Rows())
			Expect(doubled).To(BeZero(), "site %d\n%s", i, r.tell())
			Expect(s.Stable().Lacks(seen)).To(BeEmpty(), "lost at site %d\n%s", i, r.tell())
		}
		select {
		case <-over:
			return
		case <-ticker.C:
		}
	}
}

func (r *run) tell() string { return strings.Join(r.story, "\n  ") }
