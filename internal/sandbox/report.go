package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

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
	for _, kinds := range []string{"hostingbackends", "permissiongrants", "accessrecords", "hprofile,hteam"} {
		table, err := testkit.Kubectl(ctx, s.parts.kubeconfig, "get", kinds, "--namespace", sampleNamespace)
		if err != nil {
			s.console.say("%v", err)
			continue
		}
		fmt.Fprintf(s.Out, "\n$ kubectl get %s --namespace %s\n%s", kinds, sampleNamespace, table)
	}
	fmt.Fprintf(s.Out, "\nMails received:\n%s\n", mailTable(s.parts.mails.Mails()))
	if settled {
		s.console.say("everything is Ready after %.0f s: %d grants, %d people, %d invited; %d reads and %d writes at the provider",
			figures.Seconds, figures.Grants, figures.People, figures.Invited, figures.ProviderReads, figures.ProviderWrites)
	}
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
kubectl is %s`,
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

func kubectl() string {
	assets, err := testkit.Assets()
	if err != nil {
		return "kubectl"
	}
	return filepath.Join(assets, "kubectl")
}
