package controllers_test

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/cli"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// heredoc is a manifest that the README has somebody apply.
var heredoc = regexp.MustCompile(`(?s)<<'YAML'\n(.*?)\n +YAML`)

// quoted is what would change, as the README quotes it from a record.
var quoted = regexp.MustCompile(`(?s)says what would change: "([^"]+)"`)

var _ = It("does what the README says of a first grant", func() {
	root, err := testkit.Root()
	Expect(err).NotTo(HaveOccurred())
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	Expect(err).NotTo(HaveOccurred())
	manifests, quote := heredoc.FindAllSubmatch(text, -1), quoted.FindSubmatch(text)
	Expect(manifests).To(HaveLen(2))
	Expect(quote).NotTo(BeNil())
	w := world.New(k8s)
	b, g := &v1alpha1.HostingBackend{}, &v1alpha1.PermissionGrant{}
	// apply creates a manifest as it is, so that the API server sets what it leaves out.
	apply := func(manifest []byte, o client.Object, change func(map[string]any)) {
		GinkgoHelper()
		fields := map[string]any{}
		Expect(yaml.UnmarshalStrict(manifest, &fields)).To(Succeed())
		change(fields)
		u := &unstructured.Unstructured{Object: fields}
		w.Create(u)
		Expect(k8s.Get(w.Ctx, client.ObjectKeyFromObject(u), o)).To(Succeed())
	}
	w.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "owner-key"}, Type: v1alpha1.SecretTypeCredentials,
		StringData: map[string]string{"token": world.Token, "url": w.Provider.URL()},
	})
	apply(manifests[0][1], b, func(fields map[string]any) {
		ca := base64.StdEncoding.EncodeToString(w.Provider.CABundle())
		Expect(unstructured.SetNestedField(fields, w.Provider.URL(), "spec", "endpoint", "url")).To(Succeed())
		Expect(unstructured.SetNestedField(fields, ca, "spec", "endpoint", "caBundle")).To(Succeed())
	})
	w.ExpectReady(b, "True/Listed")

	By("planning it")
	Expect(planned(w, string(manifests[1][1]))).To(Equal(shown(text, "$ bin/hostgrant plan -f accounting.yaml\n")))

	By("observing it")
	apply(manifests[1][1], g, func(map[string]any) {})
	w.ExpectReady(g, "False/ObserveOnly")
	records := &v1alpha1.AccessRecordList{}
	Expect(k8s.List(w.Ctx, records, client.InNamespace(w.Namespace))).To(Succeed())
	Expect(records.Items).To(HaveLen(1))
	Expect(records.Items[0].Status.Conditions).To(ContainElement(And(
		HaveField("Reason", v1alpha1.ReasonObserveOnly), HaveField("Message", ContainSubstring(strings.Join(strings.Fields(string(quote[1])), " "))))))
	Expect(w.Rows()).To(BeEmpty())

	By("enforcing it")
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeEnforce })
	w.ExpectReady(g, "True/AsDeclared")
	Expect(w.Rows()).To(ConsistOf("accountant@example.com: Billing"))
})

var _ = It("plans what the README shows first, and says who can do it then", func() {
	root, err := testkit.Root()
	Expect(err).NotTo(HaveOccurred())
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	Expect(err).NotTo(HaveOccurred())
	manifest := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(text)
	Expect(manifest).NotTo(BeNil())
	w := world.New(k8s, "ines@agency.example")
	b := w.Backend(func(b *v1alpha1.HostingBackend) { b.Name = "owner" })
	contact := world.OnAccount(world.OnAccount(world.GrantFor("contact", "nadia@acme.example"), "shop", "TechnicalContact"), "blog", "TechnicalContact")
	contact.Spec.BackendRef.Name = v1alpha1.ObjectName(b.Name)
	w.Create(contact)
	w.ExpectReady(contact, "True/AsDeclared")
	people := `
---
apiVersion: hostgrant.io/v1alpha1
kind: Team
metadata: {name: agency, namespace: hosting}
spec: {members: [{profileRef: {name: ines}}, {profileRef: {name: ivan}}]}
---
apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: ines, namespace: hosting}
spec: {email: ines@agency.example}
---
apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: ivan, namespace: hosting}
spec: {email: ivan@agency.example}
`
	plan := shown(text, "$ hostgrant plan -f hosting/\n")
	Expect(planned(w, string(manifest[1])+people)).To(Equal(plan))

	By("applying it")
	g := &v1alpha1.PermissionGrant{}
	for i, document := range strings.Split(string(manifest[1])+people, "---\n") {
		fields := map[string]any{}
		Expect(yaml.UnmarshalStrict([]byte(document), &fields)).To(Succeed())
		u := &unstructured.Unstructured{Object: fields}
		w.Create(u)
		if i == 0 {
			Expect(k8s.Get(w.Ctx, client.ObjectKeyFromObject(u), g)).To(Succeed())
		}
	}
	w.ExpectReady(g, "True/AsDeclared")
	const command = "who-can Sites --account shop"
	answer := printed(w, 0, append(strings.Fields(command), "--namespace", w.Namespace), "")
	columns := func(text string) string { return regexp.MustCompile(" {2,}").ReplaceAllString(text, "  ") } // the namespace had another length
	Expect(columns(answer)).To(Equal(columns(shown(text, "$ hostgrant "+command+"\n"))))
})

// planned is what the program prints on a terminal of manifests that name the namespace "hosting".
func planned(w *world.World, manifests string) string {
	GinkgoHelper()
	return printed(w, 2, []string{"plan", "-f", "-"}, strings.ReplaceAll(manifests, "namespace: hosting", "namespace: "+w.Namespace))
}

// printed is what the program prints on a terminal, as if the namespace were called "hosting".
func printed(w *world.World, code int, args []string, input string) string {
	GinkgoHelper()
	var out, failure bytes.Buffer
	args = append(args, "--show-addresses", "--kubeconfig", kubeconfig)
	ended := cli.Run(w.Ctx, "hostgrant", args, genericiooptions.IOStreams{In: strings.NewReader(input), Out: &out, ErrOut: &failure})
	Expect(ended).To(Equal(code), failure.String())
	return strings.ReplaceAll(out.String(), w.Namespace, "hosting")
}

// shown is what a document shows as printed by a command, without the indentation of the list that it stands in.
func shown(text []byte, command string) string {
	GinkgoHelper()
	before, printed, found := strings.Cut(string(text), command)
	Expect(found).To(BeTrue(), command)
	indent := before[strings.LastIndex(before, "\n"):]
	printed, _, _ = strings.Cut(printed, indent[1:]+"```")
	return strings.ReplaceAll("\n"+printed, indent, "\n")[1:]
}
