package apivalidation_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/argocd"
)

var _ = Describe("The health script for Argo CD", func() {
	It("is put into Argo CD's settings by the command of its README, beside what is there", func(ctx SpecContext) {
		settings := &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: "argocd", Name: "argocd-cm", Labels: map[string]string{"app.kubernetes.io/part-of": "argocd"}},
			Data:       map[string]string{"url": "https://argocd.example.com"},
		}
		Expect(k8s.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: settings.Namespace}})).To(Succeed())
		Expect(k8s.Create(ctx, settings)).To(Succeed())
		_, err := testkit.Kubectl(ctx, kubeconfig, "--namespace", "argocd", "patch", "configmap", "argocd-cm", "--patch-file", argocd.Folder+"/argocd-cm.yaml")
		Expect(err).NotTo(HaveOccurred())
		Expect(k8s.Get(ctx, client.ObjectKeyFromObject(settings), settings)).To(Succeed())
		Expect(settings.Data).To(And(HaveLen(2), HaveKey("url"), HaveKeyWithValue("resource.customizations", HavePrefix("hostgrant.io/*:\n"))))
	})
})
