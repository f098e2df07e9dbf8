package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// fromCluster asks the records of a backend, and the grants that name it.
func (o *inventoryOptions) fromCluster(ctx context.Context, config *genericclioptions.ConfigFlags) (inventory.Inventory, error) {
	none := inventory.Inventory{}
	kube, namespace, err := connect(config)
	if err != nil {
		return none, err
	}
	name := o.backend
	if name == "" {
		if name, err = o.onlyIn(ctx, kube, namespace); err != nil {
			return none, err
		}
	}
	backend, records, err := readBackend(ctx, kube, client.ObjectKey{Namespace: namespace, Name: name})
	if err != nil {
		return none, err
	}
	return ofCluster(ctx, kube, backend, records, clock.RealClock{}.Now())
}

// ofCluster finds out who has what by the records of a backend, and by what the cluster has of manifests.
func ofCluster(ctx context.Context, kube client.Client, backend *v1alpha1.HostingBackend, records []v1alpha1.AccessRecord, now time.Time) (inventory.Inventory, error) {
	c := cluster{objects: preview.Objects{}, records: records}
	c.add(backend)
	if err := c.readReasons(ctx, kube, backend); err != nil {
		return inventory.Inventory{}, err
	}
	r := report{Notes: append(c.notes, unknownOf(backend)...)}
	unnamed := standIns(c.objects, c.records, r.note)
	table, _ := preview.TableOf(backend, c.records, c.objects, now)
	key := client.ObjectKeyFromObject(backend)
	in := preview.Inputs{
		Objects: c.objects, Records: c.records, Now: metav1.NewTime(now), Read: map[string]bool{}, ReferenceGrace: timing.Timing{}.Shipped().ReferenceGrace,
		Tables: map[types.NamespacedName]*provider.Snapshot{key: table},
	}
	released := map[string]bool{}
	for _, batch := range backend.Status.HeldRemovals {
		released[batch.Digest] = batch.Released
	}
	return fill(ctx, in, inventory.Inputs{Backend: key, Grants: grantsOf(c.objects), Unnamed: unnamed, Released: released, Notes: r.Notes})
}

// onlyIn is the name of the only backend of a namespace.
func (o *inventoryOptions) onlyIn(ctx context.Context, kube client.Client, namespace string) (string, error) {
	backends := &v1alpha1.HostingBackendList{}
	if err := kube.List(ctx, backends, client.InNamespace(namespace)); err != nil {
		return "", err //nolint:wrapcheck // Kubernetes says what is not allowed
	}
	keys := make([]types.NamespacedName, 0, len(backends.Items))
	for i := range backends.Items {
		keys = append(keys, client.ObjectKeyFromObject(&backends.Items[i]))
	}
	key, err := o.only(keys, namespace)
	return key.Name, err
}

// readReasons reads the grants that name a backend, and what they refer to: of all namespaces where that is allowed, else
// of the backend's own and of those whose grants records name.
func (c *cluster) readReasons(ctx context.Context, kube client.Client, backend *v1alpha1.HostingBackend) error {
	namespaces := map[string]bool{backend.Namespace: true}
	for i := range c.records {
		for _, contribution := range c.records[i].Spec.Contributions {
			namespaces[contribution.Grant.Namespace] = true
		}
	}
	denied, err := c.readKinds(ctx, kube, "", reasons())
	if err != nil {
		return err
	}
	if denied != nil {
		c.notes = append(c.notes, fmt.Sprintf("only namespaces %s are read, not all: what grants of others name and do not give is not known", strings.Join(slices.Sorted(maps.Keys(namespaces)), ", ")))
		for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
			if denied, err = c.readKinds(ctx, kube, namespace, reasons()); err != nil {
				return err
			}
			if denied == nil {
				continue
			}
			c.notes = append(c.notes, fmt.Sprintf("namespace %s cannot be read: the reasons, reviews and suspended people of its manifests are not known", namespace))
		}
	}
	c.leaveOut(client.ObjectKeyFromObject(backend), namespaces)
	if len(backend.Spec.GrantRules) > 0 { // which may select by labels
		c.readLabels(ctx, kube)
	}
	c.readSecrets(ctx, kube, c.withoutAddress())
	return nil
}

// leaveOut drops what has nothing to do with a backend: grants on others, and what is in namespaces without one on it,
// but Profiles that suspend somebody or end.
func (c *cluster) leaveOut(backend types.NamespacedName, namespaces map[string]bool) {
	for key, object := range c.objects {
		if grant, ok := object.(*v1alpha1.PermissionGrant); ok {
			if grant.Spec.BackendRef.Key(grant.Namespace) != backend {
				delete(c.objects, key)
				continue
			}
			namespaces[key.Namespace] = true
		}
	}
	maps.DeleteFunc(c.objects, func(key preview.Key, object client.Object) bool {
		profile, ok := object.(*v1alpha1.Profile)
		bounds := ok && index.Bounds(profile)
		return !bounds && !namespaces[key.Namespace]
	})
}

// readLabels reads the labels of the namespaces that there are objects of.
func (c *cluster) readLabels(ctx context.Context, kube client.Client) {
	namespaces := map[string]bool{}
	for key := range c.objects {
		namespaces[key.Namespace] = true
	}
	delete(namespaces, "")
	for _, name := range slices.Sorted(maps.Keys(namespaces)) {
		c.readNamespace(ctx, kube, name)
	}
}

// withoutAddress are the Profiles with an address in a Secret that no record tells.
func (c *cluster) withoutAddress() preview.Objects {
	known, objects := addressesOf(c.records), preview.Objects{}
	for key, object := range c.objects {
		if profile, ok := object.(*v1alpha1.Profile); ok && profile.Spec.EmailFrom != nil && known[key] == "" {
			objects[key] = object
		}
	}
	return objects
}

// unknownOf is what the records of a backend do not tell.
func unknownOf(backend *v1alpha1.HostingBackend) (notes []string) {
	counts := backend.Status.Counts
	switch {
	case counts == nil:
		return []string{"the provider's table has not been read yet"}
	case counts.Undeclared > 0 && !access.ListsEverybody(backend):
		notes = append(notes, fmt.Sprintf("not looked at: %s in the table whom no grant names; inventory: Records on the HostingBackend lists them",
			status.Count(counts.Undeclared, "person", "people")))
	}
	ready := meta.FindStatusCondition(backend.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case backend.Spec.Suspend:
		notes = append(notes, fmt.Sprintf("HostingBackend %s is suspended: the table is as it was last read, and nothing is given or taken away", backend.Name))
	case ready != nil && ready.Status != metav1.ConditionTrue:
		notes = append(notes, fmt.Sprintf("HostingBackend %s is not Ready (%s): the table is as it was last read", backend.Name, ready.Reason))
	}
	if backend.Spec.Mode != v1alpha1.ModeEnforce {
		notes = append(notes, fmt.Sprintf("HostingBackend %s has mode Observe: nothing is given or taken away", backend.Name))
	}
	return notes
}
