package preview

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// Person is somebody who has a record, or whom a grant names.
type Person struct {
	// Inputs are what decisions about the person depend on. Nothing was decided yet.
	plan.Inputs
	// Named is what grants name for the person of which the record holds nothing, in the order of the grants.
	Named []handover.Named
}

// People are those of one backend, in the order of their records. The error is the context's.
func People(ctx context.Context, in Inputs, of types.NamespacedName) ([]Person, error) {
	w, err := newWorld(ctx, in)
	if err != nil {
		return nil, err
	}
	named := map[types.NamespacedName][]handover.Named{}
	for _, grant := range w.grants {
		if grant.Spec.BackendRef.Key(grant.Namespace) != of {
			continue
		}
		list, err := w.namedBy(ctx, grant)
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			if key := (types.NamespacedName{Namespace: of.Namespace, Name: one.Name}); !one.Held {
				named[key] = append(named[key], one)
			}
		}
	}
	for key, list := range named {
		if w.people[key] == nil {
			w.addRecord(contribute.NewRecord(w.backends[of].HostingBackend, list[0].Address))
		}
	}
	var people []Person
	for _, key := range w.inOrder() {
		if p := w.people[key]; p.change.Backend == of {
			people = append(people, Person{p.inputs(w.now), named[key]})
		}
	}
	return people, nil
}

// namedBy lists whom a grant names, also where it is suspended.
func (w *world) namedBy(ctx context.Context, grant *v1alpha1.PermissionGrant) ([]handover.Named, error) {
	acting := grant.DeepCopy()
	acting.Spec.Suspend = false
	in, err := w.observe(ctx, acting)
	if err != nil {
		return nil, err
	}
	in.Grant = grant
	return handover.NamedBy(in, w.excess(in, handover.Compute(in).Demands)), nil
}
