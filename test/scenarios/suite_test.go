// Package scenarios_test plays what went wrong with tools of this kind elsewhere, on
// everything real: API server, provider over HTTPS, mail over SMTP, and the manager as a
// process under the rights that are shipped. It asserts effects: who may open what, how many
// mails arrived, what the provider's table holds.
package scenarios_test

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var (
	cluster = world.Cluster{Fast: true}
	worlds  []*world.World // of the spec
)

func TestScenarios(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(time.Minute)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	SetDefaultConsistentlyPollingInterval(50 * time.Millisecond)
	RunSpecs(t, "Scenarios")
}

var _ = cluster.Register(controllers.Scheme())

var _ = BeforeEach(func() { worlds = nil })

// Each scenario ends with what tools make of the objects it leaves.
var _ = AfterEach(func() {
	for _, w := range worlds {
		w.ExpectKstatusConsistent()
	}
})

// begin makes a world whose provider knows some people, with the manager that scenarios share.
func begin(known ...string) *world.World {
	GinkgoHelper()
	w := enter(known...)
	cluster.ShareManager()
	return w
}

// enter makes a world.
func enter(known ...string) *world.World {
	GinkgoHelper()
	return enterAt(clock.RealClock{}, known...)
}

// enterAt makes a world whose provider lives by a clock of its own.
func enterAt(c clock.Clock, known ...string) *world.World {
	GinkgoHelper()
	w := cluster.NewAt(c, known...)
	worlds = append(worlds, w)
	return w
}

// start starts a manager of the scenario's own.
func start(flags ...string) *testkit.Process {
	GinkgoHelper()
	return cluster.StartManager(append(flags, world.NoLeaderElection)...)
}
