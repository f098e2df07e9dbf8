package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// inventoryOptions say of which backend something is asked, and from where the answer is known.
type inventoryOptions struct {
	providerOptions
	backend string
	files   []string
}

func (o *inventoryOptions) addFlags(command *cobra.Command) {
	o.addSourceFlags(command)
	command.Flags().StringVar(&o.backend, "backend", "", "the HostingBackend that is asked about; may be left out if there is only one")
}

// addSourceFlags are the flags of commands that name the backend as an argument.
func (o *inventoryOptions) addSourceFlags(command *cobra.Command) {
	o.providerOptions.addFlags(command)
	command.Flags().StringSliceVarP(&o.files, "filename", "f", nil, "with --backend-url or --table: the manifests that say why, as files, folders, kustomizations or - for a stream")
}

// questionOptions are those of a command that answers a question about one backend.
type questionOptions struct {
	inventoryOptions
	outputOptions
}

// answer finds out who has what, and prints what there is to tell of it.
func (o *questionOptions) answer(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams, formats formats[answer], tell func(teller) (answer, error)) error {
	render, err := formats.named(o.format)
	if err != nil {
		return err
	}
	inv, err := o.read(ctx, config, streams)
	if err != nil {
		return err
	}
	told, err := tell(teller{inv, o.shows(streams)})
	if err != nil {
		return err
	}
	return o.print(streams, render, told)
}

// read finds out who has what on one backend.
func (o *inventoryOptions) read(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) (inventory.Inventory, error) {
	if o.withoutCluster() {
		return o.fromProvider(ctx, config, streams)
	}
	if len(o.files) > 0 {
		return inventory.Inventory{}, errors.New("-f: a cluster has its own manifests; give -f together with --backend-url or --table")
	}
	return o.fromCluster(ctx, config)
}

// only is the backend that is asked about: the one that is named, or the only one there is. Of several of that name the
// one in the namespace is meant.
func (o *inventoryOptions) only(backends []types.NamespacedName, namespace string) (types.NamespacedName, error) {
	var fit, here []types.NamespacedName
	names := make([]string, 0, len(backends))
	for _, key := range backends {
		names = append(names, key.String())
		if o.backend != "" && key.Name != o.backend {
			continue
		}
		fit = append(fit, key)
		if key.Namespace == namespace {
			here = append(here, key)
		}
	}
	slices.Sort(names)
	none := types.NamespacedName{}
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case o.backend != "" && len(here) == 1:
		return here[0], nil
	case len(backends) == 0:
		return none, fmt.Errorf("there is no HostingBackend in namespace %s: name another with --namespace", namespace)
	case o.backend == "":
		return none, fmt.Errorf("there are several HostingBackends: name one with --backend (%s)", strings.Join(names, ", "))
	case len(fit) > 1:
		return none, fmt.Errorf("--backend %q: there are several of this name: name one's namespace with --namespace (%s)", o.backend, strings.Join(names, ", "))
	}
	return none, fmt.Errorf("--backend %q: there is no such HostingBackend; there are %s", o.backend, strings.Join(names, ", "))
}

// fill asks for everybody with a record, or whom a grant names, what is known of them. Given are the table, and what
// the source knows of it.
func fill(ctx context.Context, in preview.Inputs, known inventory.Inputs) (inventory.Inventory, error) {
	people, err := preview.People(ctx, in, known.Backend)
	if err != nil {
		return inventory.Inventory{}, err //nolint:wrapcheck // it is the context's
	}
	for _, p := range people {
		known.Records = append(known.Records, inventory.Record{Inputs: p.Inputs, Named: p.Named})
	}
	known.Table, known.Profiles = in.Tables[known.Backend], map[types.NamespacedName]string{}
	for key, object := range in.Objects {
		profile, ok := object.(*v1alpha1.Profile)
		if !ok {
			continue
		}
		address, issue, err := resolve.Email(ctx, in.Objects, profile)
		if err != nil {
			return inventory.Inventory{}, fmt.Errorf("read the Profiles: %w", err)
		}
		if issue == nil && !known.Unnamed[address] {
			known.Profiles[types.NamespacedName{Namespace: key.Namespace, Name: key.Name}] = address
		}
	}
	return inventory.Of(known), nil
}

// grantsOf are the PermissionGrants among objects.
func grantsOf(objects preview.Objects) map[types.NamespacedName]*v1alpha1.PermissionGrant {
	grants := map[types.NamespacedName]*v1alpha1.PermissionGrant{}
	for key, object := range objects {
		if grant, ok := object.(*v1alpha1.PermissionGrant); ok {
			grants[types.NamespacedName{Namespace: key.Namespace, Name: key.Name}] = grant
		}
	}
	return grants
}

// standIns lets placeholders stand in for addresses in Secrets that are not at hand, and tells which of them no record
// knows either.
func standIns(objects preview.Objects, records []v1alpha1.AccessRecord, note func(string, ...any)) map[string]bool {
	placed, unknown := placeholders(objects, records)
	for _, profile := range unknown {
		note("%s: the Secret with the address is not at hand; which row is the person's is not known", profile)
	}
	known, unnamed := map[string]bool{}, map[string]bool{}
	for _, address := range addressesOf(records) {
		known[address] = true
	}
	for address := range placed {
		if !known[address] {
			unnamed[address] = true
		}
	}
	return unnamed
}
