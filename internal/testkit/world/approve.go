package world

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// ApprovalBy is an approval of one batch of the backend "acme", to be created by a user.
func (w *World) ApprovalBy(user, digest string) *v1alpha1.RemovalApproval {
	return &v1alpha1.RemovalApproval{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, GenerateName: "meant-"},
		Spec: v1alpha1.RemovalApprovalSpec{
			BackendRef: v1alpha1.LocalReference{Name: backendName}, Digest: digest, ApprovedBy: v1alpha1.UserName(user), Reason: "It is meant.",
		},
	}
}

// Approve approves one batch in the name of the world's own client.
func (w *World) Approve(digest string) *v1alpha1.RemovalApproval {
	GinkgoHelper()
	approval := w.ApprovalBy(UserOf(w, w.K8s), digest)
	w.Create(approval)
	return approval
}

// UserOf is the user name of a client, as the API server knows it.
func UserOf(w *World, c client.Client) string {
	GinkgoHelper()
	review := &authenticationv1.SelfSubjectReview{}
	Expect(c.Create(w.Ctx, review)).To(Succeed())
	return review.Status.UserInfo.Username
}
