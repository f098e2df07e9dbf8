package e2e_test

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// Every spec starts manager processes of its own, as they ship, under the rights of the service
// account that is shipped.
var cluster world.Cluster

func TestEndToEnd(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(time.Minute)
	SetDefaultEventuallyPollingInterval(100 * time.Millisecond)
	RunSpecs(t, "End to end")
}

// Those that take minutes begin first, so that no process works alone at the end.
const (
	longest = SpecPriority(2)
	long    = SpecPriority(1)
)

var _ = cluster.Register(controllers.Scheme(), "./cmd/sandbox", "./cmd/hostgrant")
