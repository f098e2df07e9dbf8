package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// PermissionSetSpec is a named list of permissions per scope.
//
// +kubebuilder:validation:AtLeastOneOf=overall;perAccount;perServer
type PermissionSetSpec struct {
	// overall permissions.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Overall []OverallPermission `json:"overall,omitempty"`

	// perAccount permissions, given on each account a grant names.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	PerAccount []AccountPermission `json:"perAccount,omitempty"`

	// perServer permissions, given on each server a grant names.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	PerServer []ServerPermission `json:"perServer,omitempty"`
}

// PermissionSet is a named list of permissions that grants refer to. It has no status:
// nothing happens to it by itself.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:shortName=hset,categories=hostgrant
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type PermissionSet struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	Spec PermissionSetSpec `json:"spec"`
}

// PermissionSetList is a list of PermissionSets.
//
// +kubebuilder:object:root=true
type PermissionSetList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PermissionSet `json:"items"`
}
