package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// replaceGrantsCRD deletes the CRD of grants, and with it every grant, and creates it again. The
// manager starts again when the spec ends: its client waits twice as long before each list of a kind that is
// gone, up to a minute, and begins anew only after two minutes without a failure.
func replaceGrantsCRD(w *world.World) {
	GinkgoHelper()
	replaceManagerAfterwards()
	crd := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: "permissiongrants.hostgrant.io"}}
	key := client.ObjectKeyFromObject(crd)
	Expect(k8s.Get(w.Ctx, key, crd)).To(Succeed())
	again := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: crd.Name, Annotations: crd.Annotations}, Spec: crd.Spec}
	Expect(k8s.Delete(w.Ctx, crd)).To(Succeed())
	Eventually(func() bool {
		return apierrors.IsNotFound(k8s.Get(w.Ctx, key, &apiextensionsv1.CustomResourceDefinition{}))
	}).Should(BeTrue(), "the CRD goes, so no finalizer holds it")
	Expect(k8s.Create(w.Ctx, again)).To(Succeed())
	Eventually(func() error { return k8s.List(w.Ctx, &v1alpha1.PermissionGrantList{}) }).Should(Succeed())
}
