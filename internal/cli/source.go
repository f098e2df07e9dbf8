package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/preview"
)

// cluster is what a cluster has in some namespaces.
type cluster struct {
	objects preview.Objects
	records []v1alpha1.AccessRecord
	// leaving are objects that are being deleted.
	leaving []preview.Key
	// notes are what could not be read, and what that means.
	notes []string
}

// readCluster reads everything of Hostgrant's in the namespaces that manifests are about.
func readCluster(ctx context.Context, kube client.Client, declared preview.Objects) (cluster, error) {
	c := cluster{objects: preview.Objects{}}
	for _, namespace := range slices.Sorted(maps.Keys(namespacesOf(declared))) {
		if err := c.read(ctx, kube, namespace); err != nil {
			return c, err
		}
	}
	return c, nil
}

// backendsOf are the HostingBackends that grants name.
func backendsOf(objects preview.Objects) map[types.NamespacedName]bool {
	backends := map[types.NamespacedName]bool{}
	for _, object := range objects {
		if grant, ok := object.(*v1alpha1.PermissionGrant); ok {
			backends[grant.Spec.BackendRef.Key(grant.Namespace)] = true
		}
	}
	return backends
}

// namespacesOf are the namespaces that objects are in, or refer to.
func namespacesOf(objects preview.Objects) map[string]bool {
	namespaces := map[string]bool{}
	for backend := range backendsOf(objects) {
		namespaces[backend.Namespace] = true
	}
	for key := range objects {
		namespaces[key.Namespace] = true
		if key.Kind == "Namespace" {
			namespaces[key.Name] = true
		}
	}
	delete(namespaces, "")
	return namespaces
}

// read reads everything of Hostgrant's in a namespace.
func (c *cluster) read(ctx context.Context, kube client.Client, name string) error {
	denied, err := c.readKinds(ctx, kube, name, append(reasons(), &v1alpha1.HostingBackendList{}, &v1alpha1.AccessRecordList{}))
	if err = cmp.Or(denied, err); err != nil {
		return err
	}
	c.readNamespace(ctx, kube, name)
	return nil
}

// reasons are the kinds that say why somebody has something.
func reasons() []client.ObjectList {
	return []client.ObjectList{&v1alpha1.PermissionGrantList{}, &v1alpha1.ProfileList{}, &v1alpha1.TeamList{}, &v1alpha1.PermissionSetList{}}
}

// readKinds reads objects of a namespace, or of all where that is empty. Denied is that some of them may not be read.
func (c *cluster) readKinds(ctx context.Context, kube client.Client, namespace string, lists []client.ObjectList) (denied, err error) {
	for _, list := range lists {
		switch err := kube.List(ctx, list, client.InNamespace(namespace)); {
		case apierrors.IsForbidden(err):
			denied = cmp.Or(denied, err)
		case err != nil:
			return nil, err //nolint:wrapcheck // Kubernetes says what went wrong
		default:
			if err := c.addList(list); err != nil {
				return nil, err
			}
		}
	}
	return denied, nil
}

// readNamespace reads the labels of a namespace.
func (c *cluster) readNamespace(ctx context.Context, kube client.Client, name string) {
	namespace := &corev1.Namespace{}
	switch err := kube.Get(ctx, types.NamespacedName{Name: name}, namespace); {
	case err == nil:
		c.add(namespace)
	case !apierrors.IsNotFound(err):
		c.notes = append(c.notes, fmt.Sprintf("the labels of namespace %s cannot be read: rules that select by labels are taken not to select it", name))
	}
}

// add takes in an object, but one that is being deleted: it gives nobody anything any more.
func (c *cluster) add(object client.Object) {
	key, known := preview.KeyOf(object)
	switch {
	case known && object.GetDeletionTimestamp() == nil:
		c.objects[key] = object
	case known:
		c.leaving = append(c.leaving, key)
	}
}

// addList takes in what a list holds.
func (c *cluster) addList(list client.ObjectList) error {
	return meta.EachListItem(list, func(item runtime.Object) error { //nolint:wrapcheck // lists of typed objects have items
		switch item := item.(type) {
		case *v1alpha1.AccessRecord:
			c.records = append(c.records, *item)
		case client.Object:
			c.add(item)
		}
		return nil
	})
}

// readSecrets reads the Secrets that Profiles take addresses from.
func (c *cluster) readSecrets(ctx context.Context, kube client.Client, objects preview.Objects) {
	for key, ref := range secretsOf(objects) {
		secret := &corev1.Secret{}
		err := kube.Get(ctx, types.NamespacedName{Namespace: key.Namespace, Name: ref}, secret)
		if err == nil {
			c.add(secret)
		}
	}
}

// secretsOf are the names of the Secrets that Profiles take addresses from, by Profile.
func secretsOf(objects preview.Objects) map[preview.Key]string {
	refs := map[preview.Key]string{}
	for key, object := range objects {
		if profile, ok := object.(*v1alpha1.Profile); ok && profile.Spec.EmailFrom != nil {
			refs[key] = string(profile.Spec.EmailFrom.SecretKeyRef.Name)
		}
	}
	return refs
}

// placeholders stand in for addresses in Secrets that are not at hand: their people are told of as their
// Profiles. It gives the Profile for each, and the Profiles of whom not even a record tells the address.
func placeholders(objects preview.Objects, records []v1alpha1.AccessRecord) (profiles map[string]string, unknown []string) {
	profiles = map[string]string{}
	addresses := addressesOf(records)
	for key, object := range objects {
		profile, ok := object.(*v1alpha1.Profile)
		if !ok || profile.Spec.EmailFrom == nil {
			continue
		}
		ref := profile.Spec.EmailFrom.SecretKeyRef
		at := preview.Key{Kind: "Secret", Namespace: key.Namespace, Name: string(ref.Name)}
		if _, there := objects[at]; there {
			continue
		}
		address := addresses[key]
		if address == "" {
			address = fmt.Sprintf("%s@%s.invalid", strings.ToLower(key.Name), key.Namespace)
			unknown = append(unknown, profileNamed(key.Name))
		}
		copied := profile.DeepCopy()
		copied.Spec.EmailFrom, copied.Spec.Email = nil, v1alpha1.Email(address)
		objects[key] = copied
		profiles[address] = profileNamed(key.Name)
	}
	slices.Sort(unknown)
	return profiles, unknown
}

// addressesOf are the addresses of Profiles, as the records of whom grants name by them have them.
func addressesOf(records []v1alpha1.AccessRecord) map[preview.Key]string {
	addresses := map[preview.Key]string{}
	for _, record := range records {
		for _, c := range record.Spec.Contributions {
			for _, via := range c.Via {
				if name, ok := handover.ProfileOf(via); ok {
					addresses[preview.Key{Kind: handover.KindProfile, Namespace: c.Grant.Namespace, Name: name}] = string(record.Spec.Email)
				}
			}
		}
	}
	return addresses
}

// identify gives each object what today's has and no manifest says: a grant its UID, creation time and status,
// or where it is new a UID that no other has; a backend its status; a namespace its labels.
func identify(objects, today preview.Objects, now metav1.Time) {
	for key, object := range objects {
		switch object := object.DeepCopyObject().(type) {
		case *v1alpha1.PermissionGrant:
			object.UID, object.CreationTimestamp = types.UID(key.String()), now
			if before, there := today[key].(*v1alpha1.PermissionGrant); there && before.UID != "" {
				object.UID, object.CreationTimestamp, object.Status = before.UID, before.CreationTimestamp, before.Status
				if object.Annotations == nil {
					object.Annotations = before.Annotations // an apply leaves alone what it does not name
				}
			}
			objects[key] = object
		case *v1alpha1.HostingBackend:
			if before, there := today[key].(*v1alpha1.HostingBackend); there {
				object.Status = before.Status
			}
			objects[key] = object
		case *corev1.Namespace:
			if before, there := today[key]; there {
				labels := maps.Clone(before.GetLabels())
				if labels == nil {
					labels = map[string]string{}
				}
				maps.Copy(labels, object.Labels)
				object.Labels = labels
			}
			objects[key] = object
		}
	}
}
