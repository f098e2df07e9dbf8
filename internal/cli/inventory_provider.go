package cli

import (
	"context"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// unnamedBackend is what a provider is called that no manifest names.
const unnamedBackend = "provider"

// fromProvider asks the provider, and manifests for the reasons.
func (o *inventoryOptions) fromProvider(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) (inventory.Inventory, error) {
	none := inventory.Inventory{}
	namespace, err := namespaceOf(config)
	if err != nil {
		return none, err
	}
	r, objects := report{}, preview.Objects{}
	if len(o.files) == 0 {
		r.note("no manifests were given with -f: everything counts as given by no grant, and why somebody has it is not known")
	} else {
		set, err := planOptions{files: o.files}.read(ctx, namespace, streams)
		if err != nil {
			return none, err
		}
		objects = set.Objects
	}
	key, err := o.declared(objects, namespace)
	if err != nil {
		return none, err
	}
	table, err := o.table(ctx)
	if err != nil {
		return none, err
	}
	for _, note := range o.notes {
		r.note("%s", note)
	}
	return ofTable(ctx, key, table, objects, r)
}

// ofTable finds out who has what by a table that lists everybody, and manifests that say why; objects are changed.
func ofTable(ctx context.Context, key types.NamespacedName, table *provider.Snapshot, objects preview.Objects, r report) (inventory.Inventory, error) {
	grants := grantsOf(objects) // as they are written: when they were created is not known
	assumeBackends(ctx, objects, &r)
	now := metav1.NewTime(table.Began)
	identify(objects, preview.Objects{}, now)
	unnamed := standIns(objects, nil, r.note)
	in := preview.Inputs{
		Objects: objects, Now: now, ReferenceGrace: timing.Timing{}.Shipped().ReferenceGrace,
		Tables: map[types.NamespacedName]*provider.Snapshot{key: table},
	}
	return fill(ctx, in, inventory.Inputs{Backend: key, Complete: true, AsOf: table.Began, Grants: grants, Unnamed: unnamed, Notes: r.Notes})
}

// declared is the backend that is asked about, of those that manifests name. Grants on others are left out.
func (o *inventoryOptions) declared(objects preview.Objects, namespace string) (types.NamespacedName, error) {
	backends := backendsOf(objects)
	for key := range objects {
		if key.Kind == "HostingBackend" {
			backends[types.NamespacedName{Namespace: key.Namespace, Name: key.Name}] = true
		}
	}
	if len(backends) == 0 {
		name := o.backend
		if name == "" {
			name = unnamedBackend
		}
		return types.NamespacedName{Namespace: namespace, Name: name}, nil
	}
	key, err := o.only(slices.Collect(maps.Keys(backends)), namespace)
	maps.DeleteFunc(objects, func(at preview.Key, _ client.Object) bool {
		grant, ok := objects[at].(*v1alpha1.PermissionGrant)
		return ok && grant.Spec.BackendRef.Key(grant.Namespace) != key
	})
	return key, err
}
