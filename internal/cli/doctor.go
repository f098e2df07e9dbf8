package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/diagnose"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
)

type doctorOptions struct {
	providerOptions
	outputOptions
	managerNamespace string
}

func newDoctorCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	o := doctorOptions{}
	command := &cobra.Command{
		Use:   "doctor [BACKEND]",
		Short: "Check the installation, the key and the provider, and say how to mend what is wrong",
		Long: `Check one thing after another, and say of each what was found and how to mend it.

In a cluster: the custom resources, the manager, the clocks, the admission policies, what you may do, and what the
status of one HostingBackend, or of all in the namespace, tells of its key and its provider. No Secret is read.

With --backend-url the provider itself is asked, and no cluster: whether the URL is that of an API, whose the key is,
whether there is a permission resource, what the provider supports, and what time it has. A list of accounts, which
every provider has, is asked for first: so a provider without a permission resource, a key that is refused, and a
URL that is wrong are told apart. Nothing is written.

It ends with 0 where no check fails, and with 1 where one does.`,
		Example: `  hostgrant doctor -n hosting
  HOSTGRANT_TOKEN=... hostgrant doctor --backend-url https://api.example.com/v1/`,
		Args: takes("[BACKEND]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), config, streams, args)
		},
	}
	o.addURLFlags(command)
	o.outputOptions.addFlags(command, "table", doctorFormats.names())
	command.Flags().StringVar(&o.managerNamespace, "manager-namespace", "hostgrant-system", "namespace that the manager runs in")
	return command
}

// doctorFormats print a line for each check: what is said of one is too long for a column.
var doctorFormats = formats[[]diagnose.Check]{
	"table": doctorTable, "markdown": doctorMarkdown, "json": writeJSON[[]diagnose.Check], "yaml": writeYAML[[]diagnose.Check],
}

func (o doctorOptions) run(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams, args []string) error {
	render, err := doctorFormats.named(o.format)
	if err != nil {
		return err
	}
	o.addresses = o.shows(streams)
	var checks []diagnose.Check
	switch {
	case o.url != "" && len(args) > 0:
		return errors.New("--backend-url: the provider is asked and no cluster; leave out BACKEND, or the URL")
	case o.url != "":
		probe, err := o.probe(ctx, clock.RealClock{})
		if err != nil {
			return err
		}
		checks = diagnose.Provider(probe)
	default:
		cluster, err := o.examine(ctx, config, strings.Join(args, ""))
		if err != nil {
			return err
		}
		checks = diagnose.Installation(cluster)
	}
	if err := render(streams.Out, checks); err != nil {
		return err
	}
	if failed := diagnose.Failed(checks); failed > 0 {
		return fmt.Errorf("%d of %s failed", failed, status.Count(len(checks), "check", "checks"))
	}
	return nil
}

// probe asks a provider: first for accounts, which every provider lists.
func (o doctorOptions) probe(ctx context.Context, now clock.PassiveClock) (diagnose.Probe, error) {
	p := diagnose.Probe{Addresses: o.addresses}
	o.heard = func(date time.Time) { p.Ahead, p.Dated = now.Now().Sub(date).Truncate(time.Second), true }
	reader, err := o.reader()
	if err != nil {
		return p, err
	}
	accounts, err := reader.Accounts(ctx)
	if p.Control, p.Accounts = err, len(accounts); err != nil {
		return p, ctx.Err() //nolint:wrapcheck // what the call came to is judged
	}
	p.Who, p.Identity = reader.Identity(ctx)
	servers, err := reader.Servers(ctx)
	p.Servers, p.ServerCount = err, len(servers)
	rows, err := reader.Table(ctx)
	p.Permissions, p.People = err, len(rows)
	p.Features = provider.SnapshotOf(p.Who, access.PlacesOf(accounts, servers), rows, now.Now()).Features()
	return p, ctx.Err() //nolint:wrapcheck // it is the context's
}

// doctorTable prints a line for each check.
func doctorTable(out io.Writer, checks []diagnose.Check) error {
	for _, check := range checks {
		fmt.Fprintf(out, "%-4s  %s\n", check.Level, manifest.Plain(check.Name+": "+check.Found+mendOf(check)))
	}
	return nil
}

func doctorMarkdown(out io.Writer, checks []diagnose.Check) error {
	for _, check := range checks {
		fmt.Fprintf(out, "- **%s** %s\n", check.Level, code(check.Name+": "+check.Found+mendOf(check)))
	}
	return nil
}

func mendOf(check diagnose.Check) string {
	if check.Mend == "" {
		return ""
	}
	return "; " + check.Mend
}
