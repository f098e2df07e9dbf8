package apivalidation_test

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

// One control plane serves the suite, with config/default installed and no manager running.
var (
	environment *envtest.Environment
	admin       *rest.Config
	k8s         client.Client // as an administrator
	manager     client.Client // as the manager's service account
	kubeconfig  string
)

const namespace = "validation"

func TestAPIValidation(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(30 * time.Second)
	RunSpecs(t, "API validation")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	ctrl.SetLogger(zap.New(zap.WriteTo(GinkgoWriter)))
	var err error
	environment, admin, err = testkit.StartControlPlane(testkit.ControlPlane{})
	Expect(err).NotTo(HaveOccurred())
	admin.QPS, admin.Burst = 500, 1000
	kubeconfig = GinkgoT().TempDir() + "/kubeconfig"
	Expect(testkit.WriteKubeconfig(admin, kubeconfig)).To(Succeed())
	rights, err := testkit.Installed.Install(ctx, admin)
	Expect(err).NotTo(HaveOccurred())
	k8s, manager = as(admin), as(rights)
	Expect(k8s.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
})

var _ = AfterSuite(func() {
	if environment != nil {
		Expect(environment.Stop()).To(Succeed())
	}
})

// as makes a client that has unknown fields refused, as kubectl does.
func as(config *rest.Config) client.Client {
	GinkgoHelper()
	c, err := client.New(config, client.Options{Scheme: controllers.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	return client.WithFieldValidation(c, metav1.FieldValidationStrict)
}
