package preview

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Key names one object.
type Key struct{ Kind, Namespace, Name string }

// String is the form used in messages: "Team hosting/agency".
func (k Key) String() string { return fmt.Sprintf("%s %s/%s", k.Kind, k.Namespace, k.Name) }

// Objects are Hostgrant's objects and what they refer to: HostingBackends, PermissionGrants, Profiles,
// Teams, PermissionSets, Namespaces, and Secrets with addresses.
type Objects map[Key]client.Object

// KeyOf names an object; false where it is of a kind that a preview does not know.
func KeyOf(object client.Object) (Key, bool) {
	kind := ""
	switch object.(type) {
	case *v1alpha1.HostingBackend, *v1alpha1.PermissionGrant, *v1alpha1.Profile, *v1alpha1.Team, *v1alpha1.PermissionSet, *corev1.Namespace, *corev1.Secret:
		kind = reflect.TypeOf(object).Elem().Name()
	case *metav1.PartialObjectMetadata:
		kind = object.GetObjectKind().GroupVersionKind().Kind
	}
	return Key{kind, object.GetNamespace(), object.GetName()}, kind != ""
}

// Over is these objects, and those of others that they do not replace.
func (o Objects) Over(others Objects) Objects {
	all := maps.Clone(others)
	maps.Copy(all, o)
	return all
}

// Get reads an object as a Kubernetes client does. It serves internal/resolve.
func (o Objects) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	into.SetNamespace(key.Namespace)
	into.SetName(key.Name)
	named, _ := KeyOf(into)
	object, there := o[named]
	if !there {
		return apierrors.NewNotFound(schema.GroupResource{Resource: strings.ToLower(named.Kind) + "s"}, key.Name)
	}
	if meta, ok := into.(*metav1.PartialObjectMetadata); ok {
		meta.Labels = maps.Clone(object.GetLabels())
		return nil
	}
	reflect.ValueOf(into).Elem().Set(reflect.ValueOf(object.DeepCopyObject()).Elem())
	return nil
}

// of lists the objects of one type, in order.
func of[T client.Object](o Objects) (list []T) {
	for _, object := range o {
		if one, ok := object.(T); ok {
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b T) int {
		return strings.Compare(a.GetNamespace()+"/"+a.GetName(), b.GetNamespace()+"/"+b.GetName())
	})
	return list
}
