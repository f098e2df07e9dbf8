// Package apply writes the status of objects by server-side apply, where it differs.
package apply

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// Owner is the field owner of everything the manager applies but contributions.
const Owner = client.FieldOwner("hostgrant")

// Status applies a whole status if it differs from what the object
// has, or if the object was read from before the last write; it says whether it wrote. Fields
// that are left out are removed. With guarded, the write fails with a conflict if the object
// changed since it was read: so memory is written, which must never be based on an older one.
func Status[S any](ctx context.Context, c client.Client, written *Written, obj client.Object, have, want *S, guarded bool) (bool, error) {
	if equality.Semantic.DeepEqual(have, want) && !written.newer(obj) {
		return false, nil
	}
	gvk, err := apiutil.GVKForObject(obj, c.Scheme())
	if err != nil {
		return false, fmt.Errorf("kind of the object: %w", err)
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(want)
	if err != nil {
		return false, fmt.Errorf("status of the %s: %w", gvk.Kind, err)
	}
	patch := &unstructured.Unstructured{Object: map[string]any{"status": fields}}
	patch.SetGroupVersionKind(gvk)
	patch.SetNamespace(obj.GetNamespace())
	patch.SetName(obj.GetName())
	patch.SetUID(obj.GetUID())
	if guarded {
		patch.SetResourceVersion(obj.GetResourceVersion())
	}
	if err := c.Status().Apply(ctx, client.ApplyConfigurationFromUnstructured(patch), Owner, client.ForceOwnership); err != nil {
		return false, fmt.Errorf("write the %s's status: %w", gvk.Kind, err)
	}
	obj.SetResourceVersion(patch.GetResourceVersion())
	written.note(obj)
	*have = *want
	return true, nil
}

// Result is what a reconcile returns after Status: come back when the outcome says so, or as
// the queue's back-off says where the write failed. An object that is gone is no failure.
func Result(o status.Outcome, err error) (reconcile.Result, error) {
	if err := client.IgnoreNotFound(err); err != nil {
		return reconcile.Result{}, err
	}
	if o.Spread {
		o.After = timing.Jitter(o.After)
	}
	return reconcile.Result{RequeueAfter: o.After}, nil
}
