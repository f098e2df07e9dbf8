package v1alpha1

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Email is a person's address as written in a manifest. Letter case and the notation of
// international domains do not matter: the controllers compare normalised addresses.
//
// +kubebuilder:validation:MinLength=3
// +kubebuilder:validation:MaxLength=254
// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[^@\s]+@[^@\s]+$')`,message="must be one address, for instance someone@example.org, without a name or spaces"
type Email string

// ObjectName is the name of a Kubernetes object.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
type ObjectName string

// PlaceName is the provider's name of an account or a server.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:Pattern=`^[A-Za-z0-9][A-Za-z0-9._-]*$`
type PlaceName string

// LocalReference names an object of the same namespace.
type LocalReference struct {
	// name of the object.
	Name ObjectName `json:"name"`
}

// BackendReference names a HostingBackend.
type BackendReference struct {
	// name of the HostingBackend.
	Name ObjectName `json:"name"`

	// namespace of the HostingBackend, whose grantRules have to allow the grant. Absent: the grant's own.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Namespace string `json:"namespace,omitempty"`
}

// Key of the HostingBackend that a grant of a namespace refers to.
func (r BackendReference) Key(namespace string) types.NamespacedName {
	return types.NamespacedName{Namespace: cmp.Or(r.Namespace, namespace), Name: string(r.Name)}
}

// SecretKeyReference names one key of a Secret of the same namespace.
type SecretKeyReference struct {
	// name of the Secret.
	Name ObjectName `json:"name"`

	// key inside the Secret.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key"`
}

const (
	// SecretTypeCredentials is the type that a Secret must have before Hostgrant sends anything in it
	// anywhere. Keys: "token" and "url" (the endpoint it may be sent to) for a hosting provider;
	// "username", "password" and "host" for SMTP.
	SecretTypeCredentials corev1.SecretType = "hostgrant.io/credentials"

	// SecretTypeAddress is the type a Secret must have before Hostgrant reads a
	// person's address from it. The usual key is "email".
	SecretTypeAddress corev1.SecretType = "hostgrant.io/address"
)

const (
	// LabelBackend on an AccessRecord names its HostingBackend.
	LabelBackend = "hostgrant.io/backend"

	// GrantFinalizer keeps a PermissionGrant until what only it gave is revoked, or is
	// recorded as owed and 30 seconds have passed. It is a courtesy to whoever waits for
	// `kubectl delete`; nothing depends on it.
	GrantFinalizer = "hostgrant.io/revoke"
)
