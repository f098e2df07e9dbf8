package e2e_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// Metrics as an installation serves them: over TLS, to those alone who are bound to the role for it.
var _ = It("metrics are for those who may read them", func(ctx SpecContext) {
	w := cluster.New()
	address, err := testkit.FreeAddress()
	Expect(err).NotTo(HaveOccurred())
	cluster.StartManager(world.NoLeaderElection, "--metrics-bind-address="+address)

	Eventually(asked).WithContext(ctx).WithArguments(http.MethodGet, address, "").Should(Equal("401 Unauthorized"))
	Expect(asked(ctx, http.MethodGet, address, "Bearer nobody's")).To(Equal("401 Unauthorized"))
	Expect(asked(ctx, http.MethodGet, address, "Basic YTpi")).To(Equal("401 Unauthorized"))

	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: "collector"}}
	w.Create(account)
	request := &authenticationv1.TokenRequest{}
	Expect(cluster.K8s.SubResource("token").Create(ctx, account, request)).To(Succeed())
	token := "Bearer " + request.Status.Token
	Expect(asked(ctx, http.MethodGet, address, token)).To(Equal("403 Forbidden"))

	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: w.Namespace},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: readersRole(ctx)},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: w.Namespace, Name: account.Name}},
	}
	Expect(cluster.K8s.Create(ctx, binding)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(cluster.K8s.Delete(ctx, binding)).To(Succeed()) })
	Eventually(asked).WithContext(ctx).WithArguments(http.MethodGet, address, token).Should(ContainSubstring("controller_runtime_reconcile_total"))
	Expect(asked(ctx, http.MethodPost, address, token)).To(Equal("403 Forbidden"), "they may get them, and nothing else")
})

// readersRole is the name that the installation gives to the role for whatever collects metrics.
func readersRole(ctx context.Context) string {
	GinkgoHelper()
	roles := &rbacv1.ClusterRoleList{}
	Expect(cluster.K8s.List(ctx, roles)).To(Succeed())
	for _, role := range roles.Items {
		if strings.HasSuffix(role.Name, "hostgrant-metrics-reader") {
			return role.Name
		}
	}
	Fail("the installation has no role for those who read metrics")
	return ""
}

// asked is the answer to a request for the metrics: its status, or the metrics.
func asked(ctx context.Context, method, address, authorization string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, method, "https://"+address+"/metrics", http.NoBody)
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", authorization)
	own := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true, // the manager signs its certificate itself
	}}
	answer, err := own.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return answer.Status, nil
	}
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}
