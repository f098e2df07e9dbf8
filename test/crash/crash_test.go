// Package crash_test kills the manager again and again, at points in its work chosen on
// purpose and at random ones, while manifests change, and looks at what the provider's
// table and the mail boxes hold all the while.
package crash_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/chaos"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// What the environment may say: how often to kill, with which random numbers, and into
// which file the report goes.
const (
	killsVariable  = "CRASH_KILLS"
	seedVariable   = "CRASH_SEED"
	reportVariable = "CRASH_REPORT"
)

// fewKills are enough to see that everything works together.
const fewKills = 24

// patience is how long a manager works before it is killed wherever it is.
const patience = 4 * time.Second

var cluster world.Cluster

func TestCrash(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(time.Minute)
	SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	suite, reporter := chaos.Patient()
	RunSpecs(t, "Crash", suite, reporter)
}

var _ = cluster.Register(controllers.Scheme())

// run is one run of the whole.
type run struct {
	trap       *trap
	kubeconfig string
	log        string
	random     *rand.Rand
	sites      []*site
	findings   findings
	kills      map[point]int
	rests      int
}

var _ = It("Killed at every point: the same table, nothing twice, nothing lost (I3, I7)", func() {
	kills, seed := chaos.Number(killsVariable, fewKills), chaos.Number(seedVariable, int(time.Now().UnixNano()&0xffff))
	r := &run{trap: &trap{}, kills: map[point]int{}, random: rand.New(rand.NewPCG(uint64(seed), 1))}
	r.kubeconfig, r.log = kubernetes(r.trap), cluster.File("manager.log")
	r.sites = []*site{
		newSite(r.trap, r.random),
		newSite(r.trap, r.random, func(w *world.World, b *v1alpha1.HostingBackend) { w.BySMTP(b) }),
	}
	began := time.Now()
	for i := range kills {
		r.round()
		if (i+1)%10 == 0 {
			r.rest()
		}
		if (i+1)%100 == 0 {
			GinkgoWriter.Printf("%d kills in %s, seed %d\n", i+1, time.Since(began).Round(time.Second), seed)
		}
	}
	r.rest()
	r.everybodyTold()
	r.report(kills, seed, time.Since(began))
	Expect(r.findings.any()).To(BeFalse(), strings.Join(r.findings.told, "\n"))
})

// round changes manifests while a manager runs, and kills it.
func (r *run) round() {
	GinkgoHelper()
	at, passes := anywhere, 0
	if i := r.random.IntN(len(chosen) + 1); i < len(chosen) {
		at, passes = chosen[i], r.random.IntN(3)
	}
	manager := r.start()
	sprung := r.trap.set(at, passes, manager.Kill)
	if at == anywhere {
		r.edit()
		r.waits(sprung, time.Duration(r.random.IntN(1500))*time.Millisecond)
	} else {
		for tries := 0; tries < 4 && !r.waits(sprung, patience); tries++ {
			r.edit()
		}
	}
	if r.trap.disarm() {
		at = anywhere
		manager.Kill()
	}
	r.kills[at]++
	r.look()
}

func (r *run) edit() {
	GinkgoHelper()
	for range 1 + r.random.IntN(3) {
		r.sites[r.random.IntN(len(r.sites))].Edit()
		r.look()
	}
}

// waits looks on until the trap has sprung, which it says, or everything is at rest, or time
// is up.
func (r *run) waits(sprung <-chan struct{}, wait time.Duration) bool {
	GinkgoHelper()
	deadline := time.After(wait)
	for {
		select {
		case <-sprung:
			return true
		case <-deadline:
			return false
		case <-time.After(20 * time.Millisecond):
			r.look()
			if !slices.ContainsFunc(r.sites, func(s *site) bool { return !s.Rests() }) {
				return false
			}
		}
	}
}

func (r *run) look() {
	for _, s := range r.sites {
		s.look(&r.findings)
	}
}

// rest lets a manager work until all is done, and sees that the table is what it should be.
func (r *run) rest() {
	GinkgoHelper()
	manager := r.start()
	for _, s := range r.sites {
		s.Settles()
	}
	manager.Kill()
	r.look()
	r.rests++
}

func (r *run) start() *testkit.Process {
	GinkgoHelper()
	manager, err := testkit.StartManager(cluster.Program("manager"), r.kubeconfig, r.log, "--health-probe-bind-address=0", world.NoLeaderElection)
	Expect(err).NotTo(HaveOccurred())
	return manager
}

// everybodyTold sees that nobody waits for a mail that nothing tells of: each person without
// a profile got one for their row, or their record says that nobody knows.
func (r *run) everybodyTold() {
	GinkgoHelper()
	for _, s := range r.sites {
		r.findings.rows += s.rows.duplicates()
		table := s.Union()
		for i := chaos.Known; i < chaos.People; i++ {
			email := chaos.Person(i)
			if table[email] == nil || s.Mailed(email) == s.rows.of(email) {
				continue
			}
			Expect(s.Invitation(email)).To(Or(Equal(v1alpha1.InvitationUnknown), Equal(v1alpha1.InvitationSent)), "%s got %d mails for %d rows", email, s.Mailed(email), s.rows.of(email))
		}
	}
	said, err := os.ReadFile(r.log)
	Expect(err).NotTo(HaveOccurred())
	Expect(string(said)).NotTo(ContainSubstring("panic:"))
}

func (r *run) report(kills, seed int, took time.Duration) {
	GinkgoHelper()
	lines := []string{fmt.Sprintf("seed %d, %s, %d grants made; %d times at rest with the table as declared", seed, took.Round(time.Second), r.sites[0].Made()+r.sites[1].Made(), r.rests)}
	for _, at := range append(slices.Clone(chosen), anywhere) {
		lines = append(lines, fmt.Sprintf("%6d  %s", r.kills[at], at))
	}
	lines = append(append(lines, r.findings.told...), r.findings.summary(kills))
	text := strings.Join(lines, "\n") + "\n"
	GinkgoWriter.Print(text)
	if file := os.Getenv(reportVariable); file != "" {
		Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
	}
}
