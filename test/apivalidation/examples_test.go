package apivalidation_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/internal/testkit"
)

var example = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")

// examples are those of the pages of the kinds that people write, in a namespace.
func examples(namespace string) (found []*unstructured.Unstructured) {
	GinkgoHelper()
	root, err := testkit.Root()
	Expect(err).NotTo(HaveOccurred())
	pages, err := filepath.Glob(filepath.Join(root, "docs", "kinds", "*.md"))
	Expect(err).NotTo(HaveOccurred())
	for _, page := range pages {
		body, err := os.ReadFile(page)
		Expect(err).NotTo(HaveOccurred())
		for _, block := range example.FindAllStringSubmatch(string(body), -1) {
			for text := range strings.SplitSeq(block[1], "\n---\n") {
				o := &unstructured.Unstructured{}
				Expect(yaml.Unmarshal([]byte(text), &o.Object)).To(Succeed(), page)
				if o.GetKind() != "Secret" && o.GetKind() != accessRecord.name {
					o.SetNamespace(namespace)
					o.SetName(fmt.Sprintf("%s-%d", o.GetName(), len(found)))
					found = append(found, o)
				}
			}
		}
	}
	return found
}

// applied are the examples as the administrator applies them: approvals in their own name.
func applied(namespace string) []*unstructured.Unstructured {
	GinkgoHelper()
	all := examples(namespace)
	for _, o := range all {
		if spec, ok := o.Object["spec"].(map[string]any); ok && o.GetKind() == removalApproval.name {
			spec["approvedBy"] = "admin"
			delete(spec, "statedBy")
		}
	}
	return all
}

// exampleFile has the examples as one file, in a new namespace.
func exampleFile(ctx context.Context, namespace string) string {
	GinkgoHelper()
	Expect(k8s.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
	documents := []string{}
	for _, o := range applied(namespace) {
		body, err := yaml.Marshal(o.Object)
		Expect(err).NotTo(HaveOccurred())
		documents = append(documents, string(body))
	}
	file := filepath.Join(GinkgoT().TempDir(), "examples.yaml")
	Expect(os.WriteFile(file, []byte(strings.Join(documents, "---\n")), 0o600)).To(Succeed())
	return file
}

// kubectl runs it as the administrator.
func kubectl(ctx context.Context, args ...string) string {
	GinkgoHelper()
	out, err := testkit.Kubectl(ctx, kubeconfig, args...)
	Expect(err).NotTo(HaveOccurred())
	return out
}

// fields are the paths of all fields that a value sets.
func fields(path string, value any, set map[string]bool) {
	set[path] = true
	switch v := value.(type) {
	case map[string]any:
		for name, part := range v {
			fields(path+"."+name, part, set)
		}
	case []any:
		for _, part := range v {
			fields(path+"[]", part, set)
		}
	}
}

var _ = Describe("The examples with every field", func() {
	It("set every field that there is", func() {
		set := map[string]bool{}
		for _, o := range examples(namespace) {
			fields(o.GetKind()+".spec", o.Object["spec"], set)
		}
		missing := []string{}
		for kind, schema := range schemas(GinkgoTB()) {
			visit(kind+".spec", schema.Properties["spec"], func(path string, _ apiextensionsv1.JSONSchemaProps) {
				// Labels and expressions are Kubernetes' own.
				if kind != accessRecord.name && !set[path] && !strings.HasSuffix(path, "[]") && !strings.Contains(path, ".selector.") {
					missing = append(missing, path)
				}
			})
		}
		Expect(missing).To(BeEmpty())
	})

	for name, flag := range map[string]string{"client": "--server-side=false", "server": "--server-side=true"} {
		It("apply twice without a difference, on the side of the "+name, func(ctx SpecContext) {
			namespace := "examples-" + name
			file := exampleFile(ctx, namespace)
			state := func() string {
				return kubectl(ctx, "--namespace", namespace, "get", "hostgrant", "--output",
					`jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{"\n"}{end}`)
			}
			kubectl(ctx, "apply", flag, "-f", file)
			// The controllers' part: until then, any write stores the defaults of the status.
			all := applied(namespace)
			for _, o := range all {
				if o.GetKind() != permissionSet.name {
					seen := client.RawPatch(types.MergePatchType, []byte(`{"status":{"observedGeneration":1}}`))
					Expect(k8s.Status().Patch(ctx, o, seen)).To(Succeed())
				}
			}
			before := state()
			Expect(strings.Count(before, "\n")).To(Equal(len(all)))
			Expect(kubectl(ctx, "diff", flag, "-f", file)).To(BeEmpty())
			again := kubectl(ctx, "apply", flag, "-f", file)
			Expect(state()).To(Equal(before), again)
			if name == "client" {
				Expect(strings.Count(again, " unchanged\n")).To(Equal(len(all)), again)
			}
		})
	}
})
