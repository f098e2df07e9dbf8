package e2e_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// steps are the blocks of a page: what is typed and what is printed, or a manifest that is to be saved.
var steps = regexp.MustCompile("(?ms)^```(console|yaml)\n(.*?)^```$")

// shell runs commands as a person would: in a folder, with the programs on the path and a kubeconfig of their own.
type shell struct{ folder, namespace string }

func newShell(w *world.World) *shell {
	GinkgoHelper()
	s := &shell{GinkgoT().TempDir(), w.Namespace}
	assets, err := testkit.Assets()
	Expect(err).NotTo(HaveOccurred())
	body, err := os.ReadFile(cluster.File("admin.kubeconfig"))
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(s.folder+"/.kubeconfig", body, 0o600)).To(Succeed())
	Expect(os.Mkdir(s.folder+"/.bin", 0o700)).To(Succeed())
	Expect(os.Symlink(filepath.Join(assets, "kubectl"), s.folder+"/.bin/kubectl")).To(Succeed())
	Expect(os.Symlink(cluster.Program("hostgrant"), s.folder+"/.bin/hostgrant")).To(Succeed())
	return s
}

// run gives what a command prints, with the namespace as the page has it. It may end with 0, or with 2: a plan with changes.
func (s *shell) run(ctx SpecContext, line string) string {
	GinkgoHelper()
	line = regexp.MustCompile(`--namespace hosting\b`).ReplaceAllString(line, "--namespace "+s.namespace)
	command := exec.CommandContext(ctx, "bash", "-c", "exec 2>&1; "+line)
	command.Dir = s.folder
	command.Env = append(os.Environ(), "KUBECONFIG="+s.folder+"/.kubeconfig", "PATH="+s.folder+"/.bin:"+os.Getenv("PATH"), "LC_ALL=C")
	out, err := command.Output()
	if err != nil && command.ProcessState.ExitCode() != 2 {
		Fail(fmt.Sprintf("%s: %v\n%s", line, err, out))
	}
	return strings.ReplaceAll(string(out), s.namespace, "hosting")
}

// follow does what a page says, step by step, and compares what is printed. before is asked ahead of each command.
func follow(ctx SpecContext, s *shell, page string, manifest func(string) string, before func(command string)) {
	GinkgoHelper()
	root, err := testkit.Root()
	Expect(err).NotTo(HaveOccurred())
	file := filepath.Join(root, filepath.FromSlash(page))
	body, err := os.ReadFile(file)
	Expect(err).NotTo(HaveOccurred())
	text, followed := string(body), 0
	for _, step := range steps.FindAllStringSubmatch(text, -1) {
		if step[1] == "yaml" {
			Expect(os.WriteFile(s.folder+"/backend.yaml", []byte(manifest(step[2])), 0o600)).To(Succeed())
			continue
		}
		printed := ""
		for command := range strings.SplitSeq(strings.TrimPrefix("\n"+step[2], "\n$ "), "\n$ ") {
			line, _, _ := strings.Cut(command, "\n")
			By(line)
			before(line)
			printed += "$ " + line + "\n"
			if out := s.run(ctx, line); !strings.HasPrefix(line, "kubectl config") {
				printed += out
			}
			followed++
		}
		if os.Getenv("WRITE_DOCUMENTS") != "" {
			text = strings.Replace(text, step[0], "```console\n"+printed+"```", 1)
			continue
		}
		Expect(printed).To(Equal(step[2]), "WRITE_DOCUMENTS=1 writes the page anew")
	}
	Expect(followed).To(BeNumerically(">", 10))
	if os.Getenv("WRITE_DOCUMENTS") != "" {
		Expect(os.WriteFile(file, []byte(text), 0o600)).To(Succeed())
	}
}

var _ = It("An existing account is adopted as docs/gitops/adopt.md says", func(ctx SpecContext) {
	w := cluster.New("achim@acme.example", "director@acme.example", "ines@agency.example", "nadia@acme.example")
	agency := map[string][]string{"shop": {"Sites", "Databases", "SSLCertificates"}, "blog": {"Sites", "Databases", "SSLCertificates"}}
	for _, row := range []reference.Row{
		{Email: "achim@acme.example", Overall: []string{"Billing"}},
		{Email: "director@acme.example", Overall: []string{"Billing", "AccountManagement"}},
		{Email: "ines@agency.example", RequireTwoFactor: true, Accounts: agency},
		{Email: "ivan@agency.example", RequireTwoFactor: true, Accounts: agency},
		{Email: "nadia@acme.example", Accounts: map[string][]string{"intranet": {"Sites", "Databases", "SSLCertificates"}}, Servers: map[string][]string{"web1": {"FirewallRules", "SSHUsers"}}},
	} {
		w.Has(row)
	}
	w.Create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "owner-key"}, Type: v1alpha1.SecretTypeCredentials,
		StringData: map[string]string{"token": world.Token, "url": w.Provider.URL()},
	})
	cluster.StartManager(world.NoLeaderElection)
	s := newShell(w)
	w.Provider.ResetCounters()
	changed := false
	follow(ctx, s, "docs/gitops/adopt.md", func(backend string) string {
		backend = strings.Replace(backend, "namespace: hosting", "namespace: "+w.Namespace, 1)
		return strings.Replace(backend, "    url: https://hosting.example.com/v1/\n", "    url: "+w.Provider.URL()+"\n    caBundle: "+base64.StdEncoding.EncodeToString(w.Provider.CABundle())+"\n", 1)
	}, func(command string) {
		if strings.HasPrefix(command, "kubectl get accessrecords") {
			Eventually(func(g Gomega) {
				records := &v1alpha1.AccessRecordList{}
				g.Expect(w.K8s.List(ctx, records, client.InNamespace(w.Namespace))).To(Succeed())
				g.Expect(records.Items).To(And(HaveLen(5), HaveEach(HaveField("Status.RowID", Not(BeZero())))))
			}).Should(Succeed())
		}
		if strings.HasPrefix(command, "sed -i '/SSHUsers") {
			b := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Name: "owner", Namespace: w.Namespace}}
			w.ExpectReady(b, "True/Listed")
			Expect(b.Spec.Mode).To(Equal(v1alpha1.ModeEnforce))
			Eventually(func(g Gomega) {
				records := &v1alpha1.AccessRecordList{}
				g.Expect(w.K8s.List(ctx, records, client.InNamespace(w.Namespace))).To(Succeed())
				for _, record := range records.Items {
					g.Expect(record.Status.Applied).To(HaveLen(min(1, len(record.Spec.Contributions))), "what grants name is adopted, and nothing else")
				}
			}).Should(Succeed())
			changed = true
		}
		if !changed {
			Expect(w.Writes()).To(BeZero(), "before %s", command)
		}
	})
	Expect(changed).To(BeTrue())
	Eventually(w.Rows).Should(Equal([]string{
		"achim@acme.example: Billing", "director@acme.example: AccountManagement Billing",
		"ines@agency.example: blog/Databases blog/Sites blog/SSLCertificates shop/Databases shop/Sites shop/SSLCertificates 2FA",
		"ivan@agency.example: blog/Databases blog/Sites blog/SSLCertificates shop/Databases shop/Sites shop/SSLCertificates 2FA",
		"nadia@acme.example: intranet/Databases intranet/Sites intranet/SSLCertificates web1/FirewallRules",
	}))
	Expect(w.Writes()).To(BeEquivalentTo(1))
	Expect(len(w.Mails.Mails())).To(BeZero())
})
