package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/kubernetes"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

// progress is one line on what is waited for.
func progress(w world) string {
	line := fmt.Sprintf("%d of %d grants Ready, %d of %d mails", w.figures.Ready, w.figures.Grants, w.figures.Mails, w.figures.Invited)
	if len(w.waiting) == 0 {
		return line + "; waiting for mails"
	}
	return fmt.Sprintf("%s; %d of %d objects to go, among them %s (%s)", line, len(w.waiting), w.objects, w.waiting[0].name, w.waiting[0].why)
}

// verdict says what is not Ready when the time is over.
func verdict(w world, timeout time.Duration) string {
	text := &strings.Builder{}
	fmt.Fprintf(text, "not everything is Ready after %s:", timeout)
	for _, o := range w.waiting {
		fmt.Fprintf(text, "\n  %s  %s", o.name, o.why)
	}
	if w.figures.Mails < w.figures.Invited {
		fmt.Fprintf(text, "\n  %d mails arrived for %d people invited", w.figures.Mails, w.figures.Invited)
	}
	return text.String()
}

// show prints what became of the samples.
func (s *sandbox) show(ctx context.Context, figures Figures, settled bool) {
	for _, kind := range []string{"hostingbackends", "permissiongrants", "accessrecords", "profiles", "teams"} {
		fmt.Fprintf(s.Out, "\n$ kubectl get %s.%s --namespace %s\n", kind, v1alpha1.SchemeGroupVersion.Group, sampleNamespace)
		if err := s.printTable(ctx, kind); err != nil {
			s.console.say("%v", err)
		}
	}
	fmt.Fprintf(s.Out, "\nMails received:\n%s\n", mailTable(s.parts.mails.Mails()))
	if settled {
		s.console.say("everything is Ready after %.0f s: %d grants, %d people, %d invited; %d reads and %d writes at the provider",
			figures.Seconds, figures.Grants, figures.People, figures.Invited, figures.ProviderReads, figures.ProviderWrites)
	}
}

// printTable prints the objects of a kind as kubectl does.
func (s *sandbox) printTable(ctx context.Context, kind string) error {
	clientset, err := kubernetes.NewForConfig(s.parts.admin)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	version := v1alpha1.SchemeGroupVersion
	body, err := clientset.RESTClient().Get().AbsPath("apis", version.Group, version.Version, "namespaces", sampleNamespace, kind).SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("list %s: %w", kind, err)
	}
	table := &metav1.Table{}
	if err := json.Unmarshal(body, table); err != nil {
		return fmt.Errorf("list %s: %w", kind, err)
	}
	return printers.NewTablePrinter(printers.PrintOptions{}).PrintObj(table, s.Out)
}

// tell prints the figures as one line of JSON.
func (s *sandbox) tell(figures Figures) {
	if !s.JSON {
		return
	}
	line, err := json.Marshal(figures)
	if err != nil {
		s.console.say("%v", err)
		return
	}
	fmt.Fprintln(s.Out, string(line))
}

// mailTable lists mails as kubectl lists objects. The sandbox's people are made up.
func mailTable(mails []mailsink.Mail) string {
	text := &strings.Builder{}
	table := tabwriter.NewWriter(text, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "TO\tSUBJECT\tFIRST LINE")
	for _, mail := range mails {
		fmt.Fprintf(table, "%s\t%s\t%s\n", strings.Join(mail.To, ", "), mail.Subject, firstLine(mail.Text))
	}
	_ = table.Flush() // a strings.Builder takes everything
	return text.String()
}

func firstLine(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

// whatNext tells what can be done with a sandbox that stays up.
func (s *sandbox) whatNext() string {
	return fmt.Sprintf(`the sandbox stays up until Ctrl-C

  API server       %s
  hosting provider %s   (certificate authority: %s)
  its web pages    %s/   (as %s, password %s)
  mails            %s   (open a link in one to live through an invitation)
  manager's log    %s
  what was applied %s

Try:
  export KUBECONFIG=%s
  kubectl --namespace %s get accessrecords                  # who has what, and why
  kubectl --namespace %s delete permissiongrant accounting  # taken back before it returns
  kubectl --namespace %s delete permissiongrants --all      # so many people at once: held back
  curl --cacert %s -H "Authorization: Bearer %s" \
    -d '{"owner":"%s"}' %s/reference/rows                   # the provider's own table
  curl --cacert %s -H "Authorization: Bearer %s" \
    -d '{"email":"%s"}' %s/reference/code                   # the owner's code to log in with;
                                 # or give an authenticator app the key %s
kubectl %s`,
		s.parts.admin.Host, s.parts.provider.URL(), s.parts.provider.CAFile(), s.parts.provider.Origin(), s.owner(), s.parts.password,
		filepath.Join(s.State, "mails"), s.parts.manager.Log,
		filepath.Join(s.State, "company.yaml"), s.parts.kubeconfig, sampleNamespace, sampleNamespace, sampleNamespace,
		s.parts.provider.CAFile(), s.parts.operator, s.owner(), s.parts.provider.Origin(),
		s.parts.provider.CAFile(), s.parts.operator, s.owner(), s.parts.provider.Origin(), s.parts.secret, kubectl())
}

func (s *sandbox) owner() string {
	seed, err := readSeed()
	if err != nil {
		return ""
	}
	return seed.Owners[0].Email
}

// kubectl says where one is, or how to have one.
func kubectl() string {
	assets, _ := testkit.Assets() // empty where there are none, and then the PATH is searched
	for _, name := range []string{filepath.Join(assets, "kubectl"), "kubectl"} {
		if program, err := exec.LookPath(name); err == nil {
			return "is " + program
		}
	}
	return "is not on this machine: 'make controlplane' makes one in a minute"
}
