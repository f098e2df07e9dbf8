package apivalidation_test

import (
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// holder is somebody with one of the shipped roles in the suite's namespace.
func holder(ctx SpecContext, role string) client.Client {
	GinkgoHelper()
	Expect(k8s.Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: role},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "with-" + role}},
	})).To(Succeed())
	config := rest.CopyConfig(admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: "with-" + role}
	return as(config)
}

var _ = Describe("Reading AccessRecords, which hold everybody's addresses", func() {
	It("is a role of its own", func(ctx SpecContext) {
		reader, viewer := holder(ctx, "hostgrant-accessrecord-viewer"), holder(ctx, "hostgrant-viewer")
		list := func(c client.Client, into client.ObjectList) error {
			return c.List(ctx, into, client.InNamespace(namespace))
		}
		Eventually(func() error { return list(reader, &v1alpha1.AccessRecordList{}) }).Should(Succeed())
		Eventually(func() error { return list(viewer, &v1alpha1.PermissionGrantList{}) }).Should(Succeed())
		Expect(list(viewer, &v1alpha1.AccessRecordList{})).To(MatchError(ContainSubstring("forbidden")))
		Expect(list(reader, &v1alpha1.PermissionGrantList{})).To(MatchError(ContainSubstring("forbidden")))
	})

	It("is no part of the cluster's own view, edit and admin", func(ctx SpecContext) {
		roles, added := &rbacv1.ClusterRoleList{}, 0
		Expect(k8s.List(ctx, roles, client.MatchingLabels{"app.kubernetes.io/name": "hostgrant"})).To(Succeed())
		for _, role := range roles.Items {
			for label := range role.Labels {
				if !strings.HasPrefix(label, "rbac.authorization.k8s.io/aggregate-to-") {
					continue
				}
				added++
				for _, rule := range role.Rules {
					Expect(slices.ContainsFunc(rule.Resources, func(r string) bool { return r == "*" || strings.HasPrefix(r, "accessrecords") })).To(BeFalse(), role.Name)
				}
			}
		}
		Expect(added).To(BeNumerically(">=", 6))
	})
})
