package seed

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var cluster = world.Cluster{Fast: true}

func TestPage(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(time.Minute)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	SetDefaultConsistentlyPollingInterval(50 * time.Millisecond)
	RunSpecs(t, "The provider's page of permissions")
}

var _ = cluster.Register(controllers.Scheme())

// All rows share one world, so that the suite takes minutes: each has people of its own, and
// leaves nothing behind. One that fails keeps no other from being seen.
var _ = Describe("The page", Ordered, ContinueOnFailure, func() {
	s := &scene{}

	BeforeAll(func() { s.set() })
	AfterAll(func() { s.ExpectKstatusConsistent() })

	for _, row := range Rows {
		It(row.Spec(), func() { proofs[row.Proof](s, row) })
	}
})

// proofs are the specs of each kind.
var proofs = map[Proof]func(*scene, Row){
	OpensMenu:        func(s *scene, row Row) { s.opensMenu(row, nil) },
	TellsBilling:     (*scene).tellsBilling,
	OpensLevel:       (*scene).opensLevel,
	TellsContacts:    (*scene).tellsContacts,
	ReachesAccounts:  (*scene).reachesAccounts,
	AsksSecondFactor: (*scene).asksSecondFactor,
	RemovesAll:       (*scene).removesAll,
	Invites:          (*scene).invites,
}
