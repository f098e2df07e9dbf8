package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Language of the mails a person gets.
//
// +kubebuilder:validation:Enum=en;fr
type Language string

// EmailSource is where an address is read from.
type EmailSource struct {
	// secretKeyRef names a Secret of type hostgrant.io/address, so that the address itself
	// need not be in Git.
	SecretKeyRef SecretKeyReference `json:"secretKeyRef"`
}

// ProfileSpec is a person.
//
// +kubebuilder:validation:ExactlyOneOf=email;emailFrom
type ProfileSpec struct {
	// email of the person.
	//
	// +optional
	Email Email `json:"email,omitempty"`

	// emailFrom reads the address from a Secret instead.
	//
	// +optional
	EmailFrom *EmailSource `json:"emailFrom,omitempty"`

	// displayName of the person, used to greet them.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[\\\\p{L}\\\\p{M}\\\\p{N} .\\'’-]+$')",message="may hold letters, digits, spaces and . ' ’ - only: it is printed in mails"
	DisplayName string `json:"displayName,omitempty"`

	// language of mails to the person.
	//
	// +optional
	// +kubebuilder:default=en
	Language Language `json:"language,omitempty"`
}

// PersonState says what a person is to a provider. A row in the permission table is not
// yet access: somebody who was only invited cannot log in.
//
// +kubebuilder:validation:Enum=Absent;Invited;Active
type PersonState string

const (
	// PersonAbsent has no row in the provider's table.
	PersonAbsent PersonState = "Absent"
	// PersonInvited has a row and no profile yet.
	PersonInvited PersonState = "Invited"
	// PersonActive has a row and a profile.
	PersonActive PersonState = "Active"
)

// ProfileAccess is what a person has on one backend of the same namespace.
type ProfileAccess struct {
	// backend is the HostingBackend's name.
	Backend ObjectName `json:"backend"`
	// record is the AccessRecord's name.
	Record ObjectName `json:"record"`
	// person is the state at the provider.
	Person PersonState `json:"person"`
	// permissions the provider's row holds.
	Permissions int32 `json:"permissions"`
}

// ProfileStatus is what is true of a person now.
type ProfileStatus struct {
	// observedGeneration is the generation this status speaks of; -1 before the first.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions: Ready, Reconciling, Stalled.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// access the person has, per backend.
	//
	// +optional
	// +listType=map
	// +listMapKey=backend
	// +kubebuilder:validation:MaxItems=64
	Access []ProfileAccess `json:"access,omitempty"`
}

// Profile is a person.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=hostgrant
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Name",type=string,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="Backends",type=string,JSONPath=`.status.access[*].backend`
// +kubebuilder:printcolumn:name="Person",type=string,JSONPath=`.status.access[*].person`
// +kubebuilder:printcolumn:name="Permissions",type=string,JSONPath=`.status.access[*].permissions`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Profile struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	Spec ProfileSpec `json:"spec"`

	// status is what is true now.
	//
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status ProfileStatus `json:"status,omitempty"`
}

// ProfileList is a list of Profiles.
//
// +kubebuilder:object:root=true
type ProfileList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Profile `json:"items"`
}

// GetConditions returns the conditions of the status.
func (p *Profile) GetConditions() []metav1.Condition { return p.Status.Conditions }

// TeamMember is one person of a team.
//
// +kubebuilder:validation:ExactlyOneOf=email;profileRef
type TeamMember struct {
	// email of the person.
	//
	// +optional
	Email Email `json:"email,omitempty"`

	// profileRef names a Profile of the same namespace.
	//
	// +optional
	ProfileRef *LocalReference `json:"profileRef,omitempty"`
}

// TeamSpec is a group of people.
type TeamSpec struct {
	// members of the team.
	//
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=500
	Members []TeamMember `json:"members"`
}

// TeamStatus is what is true of a team now.
type TeamStatus struct {
	// observedGeneration is the generation this status speaks of; -1 before the first.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions: Ready, Reconciling, Stalled.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// members whose address is known, each once.
	//
	// +optional
	Members int32 `json:"members,omitempty"`

	// unresolved members, the first ten: Profiles that are missing or without an address.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Unresolved []ObjectName `json:"unresolved,omitempty"`
}

// Team is a group of people whom grants name together.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=hostgrant
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Members",type=integer,JSONPath=`.status.members`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Team struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	Spec TeamSpec `json:"spec"`

	// status is what is true now.
	//
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status TeamStatus `json:"status,omitempty"`
}

// TeamList is a list of Teams.
//
// +kubebuilder:object:root=true
type TeamList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Team `json:"items"`
}

// GetConditions returns the conditions of the status.
func (t *Team) GetConditions() []metav1.Condition { return t.Status.Conditions }

// PermissionSetSpec is a named list of permissions per scope.
//
// +kubebuilder:validation:AtLeastOneOf=overall;account;server
type PermissionSetSpec struct {
	// overall permissions.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Overall []OverallPermission `json:"overall,omitempty"`

	// account permissions, given on each account a grant names.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Account []AccountPermission `json:"account,omitempty"`

	// server permissions, given on each server a grant names.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Server []ServerPermission `json:"server,omitempty"`
}

// PermissionSet is a named list of permissions that grants refer to. It has no status:
// nothing happens to it by itself.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:shortName=pset,categories=hostgrant
// +kubebuilder:printcolumn:name="Overall",type=string,JSONPath=`.spec.overall`
// +kubebuilder:printcolumn:name="Account",type=string,JSONPath=`.spec.account`
// +kubebuilder:printcolumn:name="Server",type=string,JSONPath=`.spec.server`
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
