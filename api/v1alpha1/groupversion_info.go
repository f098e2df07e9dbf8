// Package v1alpha1 holds the kinds of hostgrant.io: what an organisation declares
// (HostingBackend, PermissionGrant, Profile, Team, PermissionSet,
// Relinquishment, RemovalApproval) and what the
// controllers keep (AccessRecord).
//
// Conventions: every list and string is bounded; an absent field is not managed, an
// empty list is refused; status defaults to observedGeneration -1 so that a new object
// never looks finished before a controller saw it.
//
// +kubebuilder:object:generate=true
// +kubebuilder:ac:generate=true
// +groupName=hostgrant.io
package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	// SchemeGroupVersion is the group and version of every kind in this package.
	SchemeGroupVersion = schema.GroupVersion{Group: "hostgrant.io", Version: "v1alpha1"}

	schemeBuilder = runtime.NewSchemeBuilder(addKnownTypes)

	// AddToScheme registers the kinds of this package.
	AddToScheme = schemeBuilder.AddToScheme
)

func addKnownTypes(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(SchemeGroupVersion,
		&HostingBackend{}, &HostingBackendList{},
		&PermissionGrant{}, &PermissionGrantList{},
		&Profile{}, &ProfileList{},
		&Team{}, &TeamList{},
		&PermissionSet{}, &PermissionSetList{},
		&AccessRecord{}, &AccessRecordList{},
		&Relinquishment{}, &RelinquishmentList{},
		&RemovalApproval{}, &RemovalApprovalList{},
	)
	metav1.AddToGroupVersion(scheme, SchemeGroupVersion)
	return nil
}
