package e2e_test

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// One control plane serves the whole suite, with config/default installed. Every spec starts
// manager processes of its own, under the rights of the service account that is shipped.
var stage world.Stage

func TestEndToEnd(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(time.Minute)
	SetDefaultEventuallyPollingInterval(100 * time.Millisecond)
	RunSpecs(t, "End to end")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter)))
	stage.Open(ctx, controllers.Scheme(), "-race")
	Expect(testkit.Build(ctx, "sandbox", stage.File("sandbox"))).To(Succeed())
})

var _ = AfterSuite(func() { stage.Close() })

// Nothing of a spec disturbs the next one: when its managers have ended, its objects go.
var _ = BeforeEach(OncePerOrdered, func() { DeferCleanup(stage.Clear) })
