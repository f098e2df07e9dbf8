package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/overview"
)

type statusOptions struct {
	outputOptions
	within days
	all    bool
}

func newStatusCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	o := statusOptions{within: days(7 * day)}
	command := &cobra.Command{
		Use:   "status",
		Short: "Show on one screen how the HostingBackends are, and what needs somebody",
		Long: `Show on one screen how the HostingBackends of a namespace are, and what needs somebody: removals that are held,
objects that go no further before somebody acts, ends and reviews that are near, invitations that did not arrive,
and people who are suspended or expired and still have access.

Reading AccessRecords is a role of its own (hostgrant-accessrecord-viewer): without it a note says what is not
known.`,
		Example: `  hostgrant status -n hosting
  hostgrant status -A --within 30d -o markdown`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), config, streams)
		},
	}
	flags := command.Flags()
	flags.Var(&o.within, "within", "how far ahead ends and reviews are told, for instance 7d or 12h")
	flags.BoolVarP(&o.all, "all-namespaces", "A", false, "look at all namespaces")
	o.addFlags(command, "table", answerFormats.names())
	return command
}

func (o statusOptions) run(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) error {
	render, err := answerFormats.named(o.format)
	if err != nil {
		return err
	}
	kube, namespace, err := connect(config)
	if err != nil {
		return err
	}
	if o.all {
		namespace = ""
	}
	in := overview.Inputs{Now: clock.RealClock{}.Now(), Within: o.within.Duration(), Addresses: o.shows(streams)}
	notes, err := readOverview(ctx, kube, namespace, &in)
	if err != nil {
		return err
	}
	summary := overview.Of(in)
	summary.Notes = append(summary.Notes, notes...)
	if len(summary.Backends) == 0 {
		where := "in namespace " + namespace + "; -A looks at all"
		if o.all {
			where = "in this cluster"
		}
		summary.Notes = append(summary.Notes, "there is no HostingBackend "+where)
	}
	return o.print(streams, render, statusOf{summary, in.Now})
}

// readOverview reads what an overview is made of; notes say what may not be read.
func readOverview(ctx context.Context, kube client.Client, namespace string, in *overview.Inputs) (notes []string, err error) {
	var (
		backends        v1alpha1.HostingBackendList
		grants          v1alpha1.PermissionGrantList
		profiles        v1alpha1.ProfileList
		teams           v1alpha1.TeamList
		approvals       v1alpha1.RemovalApprovalList
		relinquishments v1alpha1.RelinquishmentList
		records         v1alpha1.AccessRecordList
	)
	for _, kind := range []struct {
		list client.ObjectList
		name string
		lack string
	}{
		{&backends, "HostingBackends", ""},
		{&grants, "PermissionGrants", "which grants fail, end or are to be reviewed is not known"},
		{&profiles, "Profiles", "which of them fail or end, and who still has access, is not known"},
		{&teams, "Teams", "which of them fail is not known"},
		{&approvals, "RemovalApprovals", "which of them fail is not known"},
		{&relinquishments, "Relinquishments", "which of them fail is not known"},
		{&records, "AccessRecords", "who waits, and which invitations failed, is not known; the ClusterRole hostgrant-accessrecord-viewer lets you"},
	} {
		err := kube.List(ctx, kind.list, client.InNamespace(namespace))
		switch {
		case apierrors.IsForbidden(err) && kind.lack != "":
			notes = append(notes, fmt.Sprintf("you may not read %s: %s", kind.name, kind.lack))
		case err != nil:
			return nil, err //nolint:wrapcheck // Kubernetes says what went wrong
		}
	}
	in.Backends, in.Grants, in.Profiles, in.Teams = backends.Items, grants.Items, profiles.Items, teams.Items
	in.Approvals, in.Relinquishments, in.Records = approvals.Items, relinquishments.Items, records.Items
	return notes, nil
}
