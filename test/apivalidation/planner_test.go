package apivalidation_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/internal/cli"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

// planning is what a plan reads and shows: a person by an address in a Secret, and one by an address.
const planning = `apiVersion: hostgrant.io/v1alpha1
kind: HostingBackend
metadata: {name: planned}
spec:
  endpoint: {url: "https://api.example.com/v1/", credentialsSecretRef: {name: key}}
---
apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: hidden}
spec: {emailFrom: {secretKeyRef: {name: hidden, key: email}}}
---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: planned}
spec:
  backendRef: {name: planned}
  subjects: [{email: ann@acme.example}, {profileRef: {name: hidden}}]
  overall: [Billing]
`

// asPlanner runs hostgrant as a user of an own namespace.
func asPlanner(ctx SpecContext, user, namespace string, args ...string) (code int, out, failure string) {
	var stdout, stderr bytes.Buffer
	code = cli.Run(ctx, "hostgrant", append([]string{"--kubeconfig", kubeconfig, "--as", user, "--namespace", namespace}, args...),
		genericiooptions.IOStreams{In: strings.NewReader(planning), Out: &stdout, ErrOut: &stderr})
	return code, stdout.String(), stderr.String()
}

var _ = Describe("The role for planning", func() {
	It("plans with the role that is shipped for it, and with no Secret", func(ctx SpecContext) {
		const of = "planning"
		Expect(k8s.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: of}})).To(Succeed())
		Expect(k8s.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: of, Name: "hidden"}, Type: "hostgrant.io/address", StringData: map[string]string{"email": "hidden@acme.example"}})).To(Succeed())
		code, _, failure := asPlanner(ctx, "planner", of, "plan", "-f", "-")
		Expect(code).To(Equal(1))
		Expect(failure).To(ContainSubstring("forbidden"))

		Expect(k8s.Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: of, Name: "planner"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "hostgrant-planner"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "planner"}},
		})).To(Succeed())
		var out string
		Eventually(func() int {
			code, out, failure = asPlanner(ctx, "planner", of, "plan", "-f", "-")
			return code
		}).Should(Equal(2), func() string { return failure })
		Expect(out).To(And(
			ContainSubstring("Profile/hidden"), ContainSubstring("Profile/hidden: the Secret with the address is not at hand"),
			ContainSubstring("+ overall: Billing (for planning/planned)"), Not(ContainSubstring("labels of namespace")), Not(ContainSubstring("@")),
		))
		code, _, failure = asPlanner(ctx, "planner", "default", "plan", "-f", "-")
		Expect(code).To(Equal(1))
		Expect(failure).To(ContainSubstring("forbidden"))
	})

	It("lists what is read, and reads no Secret", func(ctx SpecContext) {
		role := &rbacv1.ClusterRole{}
		Expect(k8s.Get(ctx, client.ObjectKey{Name: "hostgrant-planner"}, role)).To(Succeed())
		for _, rule := range role.Rules {
			Expect(rule.Verbs).To(HaveEach(BeElementOf("get", "list")))
			Expect(rule.Resources).NotTo(ContainElement(Or(Equal("*"), HavePrefix("secrets"))))
		}
		for label := range role.Labels {
			Expect(label).NotTo(ContainSubstring("aggregate-to"))
		}
	})
})

// guideBlock is a block of YAML of a page, with the indentation of the list that it stands in.
var guideBlock = regexp.MustCompile("(?ms)^( *)```yaml\n(.*?)^ *```$")

var _ = It("The manifests of the GitOps guide are taken by an API server", func(ctx SpecContext) {
	root, err := testkit.Root()
	Expect(err).NotTo(HaveOccurred())
	pages, err := filepath.Glob(filepath.Join(root, "docs", "gitops", "*.md"))
	Expect(err).NotTo(HaveOccurred())
	taken := 0
	for _, page := range pages {
		body, err := os.ReadFile(page)
		Expect(err).NotTo(HaveOccurred())
		for _, block := range guideBlock.FindAllStringSubmatch(string(body), -1) {
			for document := range strings.SplitSeq(strings.ReplaceAll("\n"+block[2], "\n"+block[1], "\n"), "\n---\n") {
				o := &unstructured.Unstructured{}
				Expect(yaml.Unmarshal([]byte(document), &o.Object)).To(Succeed(), page)
				group, _, _ := strings.Cut(o.GetAPIVersion(), "/")
				if group != "hostgrant.io" && group != "v1" && group != rbacv1.GroupName {
					continue
				}
				taken++
				o.SetNamespace(namespace)
				o.SetName(fmt.Sprintf("%s-%d", o.GetName(), taken))
				Expect(k8s.Create(ctx, o, client.DryRunAll)).To(Succeed(), "%s:\n%s", page, document)
			}
		}
	}
	Expect(taken).To(BeNumerically(">=", 14))
})
