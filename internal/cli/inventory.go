package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// inventoryOptions say of which backend something is asked, and from where the answer is known.
type inventoryOptions struct {
	providerOptions
	backend string
	files   []string
}

func (o *inventoryOptions) addFlags(command *cobra.Command) {
	o.providerOptions.addFlags(command)
	flags := command.Flags()
	flags.StringVar(&o.backend, "backend", "", "the HostingBackend that is asked about, if there are several")
	flags.StringSliceVarP(&o.files, "filename", "f", nil, "with --backend-url: the manifests that say why, as files, folders, kustomizations or - for a stream")
}

// read finds out who has what on one backend.
func (o *inventoryOptions) read(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) (inventory.Inventory, error) {
	if o.url != "" {
		return o.fromProvider(ctx, config, streams)
	}
	if len(o.files) > 0 {
		return inventory.Inventory{}, errors.New("-f: a cluster has its manifests; give -f with --backend-url")
	}
	return o.fromCluster(ctx, config)
}

// fromProvider asks the provider, and manifests for the reasons.
func (o *inventoryOptions) fromProvider(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) (inventory.Inventory, error) {
	namespace, _, err := config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return inventory.Inventory{}, fmt.Errorf("find the namespace: %w", err)
	}
	r, objects := report{}, preview.Objects{}
	if len(o.files) > 0 {
		set, err := planOptions{files: o.files}.read(ctx, namespace, streams)
		if err != nil {
			return inventory.Inventory{}, err
		}
		objects = set.Objects
	}
	key, err := o.only(slices.Collect(maps.Keys(backendsOf(objects))), types.NamespacedName{Namespace: namespace, Name: "provider"})
	if err != nil {
		return inventory.Inventory{}, err
	}
	table, err := o.table(ctx)
	if err != nil {
		return inventory.Inventory{}, err
	}
	now := metav1.NewTime(clock.RealClock{}.Now())
	assumeBackends(ctx, objects, &r)
	identify(objects, preview.Objects{}, now)
	unnamed, unknown := placeholders(objects, nil)
	for _, profile := range unknown {
		r.note("%s: the Secret with the address is not at hand; which row is the person's is not known", profile)
	}
	in := preview.Inputs{
		Objects: objects, Now: now, ReferenceGrace: timing.Timing{}.Shipped().ReferenceGrace,
		Tables: map[types.NamespacedName]*provider.Snapshot{key: table},
	}
	if in.Records, err = preview.Assume(ctx, in); err != nil {
		return inventory.Inventory{}, err //nolint:wrapcheck // it is the context's
	}
	inv, err := inventoryOf(ctx, key, in, r.Notes)
	for at := range inv.People {
		if _, placed := unnamed[inv.People[at].Address]; placed {
			inv.People[at].Address = "" // it stood in for one that is not known
		}
	}
	return inv, err
}

// only is the backend that is asked about: the one that is named, or the only one there is.
func (o *inventoryOptions) only(backends []types.NamespacedName, none types.NamespacedName) (types.NamespacedName, error) {
	names := make([]string, 0, len(backends))
	for _, key := range backends {
		if key.Name == o.backend {
			return key, nil
		}
		names = append(names, key.Name)
	}
	slices.Sort(names)
	switch {
	case len(backends) == 0 && o.backend == "" && none.Name != "":
		return none, nil
	case len(backends) == 1 && o.backend == "":
		return backends[0], nil
	case len(backends) == 0:
		return none, fmt.Errorf("there is no HostingBackend in namespace %s: name another with --namespace", none.Namespace)
	case o.backend == "":
		return none, fmt.Errorf("there are several HostingBackends: name one with --backend (%s)", strings.Join(names, ", "))
	}
	return none, fmt.Errorf("--backend %q: there is no such HostingBackend; there are %s", o.backend, strings.Join(names, ", "))
}

// fromCluster asks the records of a backend, and the grants that they name.
func (o *inventoryOptions) fromCluster(ctx context.Context, config *genericclioptions.ConfigFlags) (inventory.Inventory, error) {
	kube, namespace, err := connect(config)
	if err != nil {
		return inventory.Inventory{}, err
	}
	backends := &v1alpha1.HostingBackendList{}
	if err := kube.List(ctx, backends, client.InNamespace(namespace)); err != nil {
		return inventory.Inventory{}, err //nolint:wrapcheck // Kubernetes says what is not allowed
	}
	keys := make([]types.NamespacedName, 0, len(backends.Items))
	for i := range backends.Items {
		keys = append(keys, client.ObjectKeyFromObject(&backends.Items[i]))
	}
	key, err := o.only(keys, types.NamespacedName{Namespace: namespace})
	if err != nil {
		return inventory.Inventory{}, err
	}
	at := slices.Index(keys, key)
	backend := &backends.Items[at]
	records := &v1alpha1.AccessRecordList{}
	if err := kube.List(ctx, records, client.InNamespace(namespace), client.MatchingFields{"spec.backendRef.name": key.Name}); err != nil {
		return inventory.Inventory{}, err //nolint:wrapcheck // Kubernetes says what is not allowed
	}
	c := cluster{objects: preview.Objects{}, records: records.Items}
	c.add(backend)
	if err := c.readReasons(ctx, kube, backend); err != nil {
		return inventory.Inventory{}, err
	}
	table, _ := preview.TableOf(backend, c.records, c.objects, clock.RealClock{}.Now())
	in := preview.Inputs{
		Objects: c.objects, Records: c.records, Now: metav1.NewTime(clock.RealClock{}.Now()), Read: map[string]bool{},
		Tables: map[types.NamespacedName]*provider.Snapshot{key: table},
	}
	return inventoryOf(ctx, key, in, append(c.notes, unknownOf(backend)...))
}

// readReasons reads the grants that records name, and the Profiles beside them.
func (c *cluster) readReasons(ctx context.Context, kube client.Client, backend *v1alpha1.HostingBackend) error {
	namespaces := map[string]bool{backend.Namespace: true}
	for i := range c.records {
		for _, contribution := range c.records[i].Spec.Contributions {
			namespaces[contribution.Grant.Namespace] = true
		}
	}
	for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
		for _, list := range []client.ObjectList{&v1alpha1.PermissionGrantList{}, &v1alpha1.ProfileList{}} {
			err := kube.List(ctx, list, client.InNamespace(namespace))
			switch {
			case apierrors.IsForbidden(err):
				c.notes = append(c.notes, fmt.Sprintf("namespace %s may not be read: what its manifests say of reasons, reviews and suspended people is not known here", namespace))
			case err != nil:
				return err //nolint:wrapcheck // Kubernetes says what is wrong
			default:
				if err := c.addList(list); err != nil {
					return err
				}
			}
		}
	}
	c.notes = slices.Compact(c.notes)
	return nil
}

// unknownOf is what the records of a backend do not tell.
func unknownOf(backend *v1alpha1.HostingBackend) (notes []string) {
	counts := backend.Status.Counts
	switch {
	case counts == nil:
		return []string{"the provider's table has not been read yet"}
	case counts.Undeclared > 0 && !access.ListsEverybody(backend):
		notes = append(notes, fmt.Sprintf("not known here: what %s have whom no grant names; inventory: Records on the HostingBackend lists them",
			status.Count(counts.Undeclared, "person", "people")))
	}
	if ready := meta.FindStatusCondition(backend.Status.Conditions, v1alpha1.ConditionReady); ready != nil && ready.Status != metav1.ConditionTrue {
		notes = append(notes, fmt.Sprintf("the table is as it was last read: HostingBackend %s is not Ready (%s)", backend.Name, ready.Reason))
	}
	return notes
}

// inventoryOf asks for everybody with a record whether what names them counts.
func inventoryOf(ctx context.Context, backend types.NamespacedName, in preview.Inputs, notes []string) (inventory.Inventory, error) {
	people, err := preview.People(ctx, in)
	if err != nil {
		return inventory.Inventory{}, err //nolint:wrapcheck // it is the context's
	}
	grants := map[types.NamespacedName]*v1alpha1.PermissionGrant{}
	for key, object := range in.Objects {
		if grant, ok := object.(*v1alpha1.PermissionGrant); ok {
			grants[types.NamespacedName{Namespace: key.Namespace, Name: key.Name}] = grant
		}
	}
	people = slices.DeleteFunc(people, func(p plan.Inputs) bool { return handover.BackendOf(p.Record) != backend })
	return inventory.Of(inventory.Inputs{Backend: backend, Table: in.Tables[backend], Records: people, Grants: grants, Notes: notes}), nil
}
