package contribute

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// grantsCRD is the name of the PermissionGrant's CustomResourceDefinition.
const grantsCRD = "permissiongrants.hostgrant.io"

// Home is what grants of one namespace live in: the namespace and their CRD. While either
// is being removed, or after it was, that a grant is deleted or not found says nothing of
// anybody's wish.
type Home struct {
	// InUse: both exist and neither is being removed.
	InUse bool
	// Since when both exist.
	Since metav1.Time
}

// HomeOf reads past any cache: live has to be a direct reader.
func HomeOf(ctx context.Context, live client.Reader, namespace string) (Home, error) {
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := live.Get(ctx, types.NamespacedName{Name: grantsCRD}, crd); err != nil {
		return Home{}, client.IgnoreNotFound(err)
	}
	ns := &corev1.Namespace{}
	if err := live.Get(ctx, types.NamespacedName{Name: namespace}, ns); err != nil {
		return Home{}, client.IgnoreNotFound(err)
	}
	home := Home{
		InUse: established(crd) && ns.DeletionTimestamp.IsZero() && ns.Status.Phase != corev1.NamespaceTerminating,
		Since: crd.CreationTimestamp,
	}
	if home.Since.Before(&ns.CreationTimestamp) {
		home.Since = ns.CreationTimestamp
	}
	return home, nil
}

func established(crd *apiextensionsv1.CustomResourceDefinition) bool {
	holds := map[apiextensionsv1.CustomResourceDefinitionConditionType]bool{}
	for _, condition := range crd.Status.Conditions {
		holds[condition.Type] = condition.Status == apiextensionsv1.ConditionTrue
	}
	return crd.DeletionTimestamp.IsZero() && holds[apiextensionsv1.Established] && !holds[apiextensionsv1.Terminating]
}
