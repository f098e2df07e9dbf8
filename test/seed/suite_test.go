package seed

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

var stage world.Stage

func TestPage(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(time.Minute)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	SetDefaultConsistentlyPollingInterval(50 * time.Millisecond)
	RunSpecs(t, "The provider's page of permissions")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter)))
	stage.Open(ctx, controllers.Scheme(), "-race")
})

var _ = AfterSuite(func() { stage.Close() })

// All rows share one world, so that the suite takes minutes: each has people of its own, and
// leaves nothing behind. One that fails keeps no other from being seen.
var _ = Describe("The page", Ordered, ContinueOnFailure, func() {
	s := &scene{}

	BeforeAll(func() { s.set() })
	AfterAll(func() { s.Sound() })

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
