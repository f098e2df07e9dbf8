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

// ProfileState says whether a person may have anything.
//
// +kubebuilder:validation:Enum=Active;Suspended
type ProfileState string

const (
	// ProfileActive leaves it to the grants.
	ProfileActive ProfileState = "Active"
	// ProfileSuspended withholds everything that the Profile applies to.
	ProfileSuspended ProfileState = "Suspended"
)

// ProfileSpec is a person.
//
// +kubebuilder:validation:ExactlyOneOf=email;emailFrom
type ProfileSpec struct {
	// email of the person.
	//
	// +optional
	Email Email `json:"email,omitempty"`

	// emailFrom names a Secret that has the address.
	//
	// +optional
	EmailFrom *EmailSource `json:"emailFrom,omitempty"`

	// displayName of the person, used to greet them.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[\\\\p{L}\\\\p{M}\\\\p{N} .\\'’-]+$')",message="must have only letters, digits, spaces and . ' ’ -, because it is printed in mails"
	DisplayName string `json:"displayName,omitempty"`

	// language of mails to the person.
	//
	// +optional
	// +kubebuilder:default=en
	Language Language `json:"language,omitempty"`

	// state: Suspended withholds everything that grants of this namespace give the person, and, on
	// backends with a rule that has offboarding: true for this namespace, also what grants of other
	// namespaces give.
	//
	// +optional
	// +kubebuilder:default=Active
	State ProfileState `json:"state,omitempty"`

	// expiresAt is when all of that ends: from then on everything is withheld.
	//
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
}

// PersonState says how far a person is at the provider. A row in the permission table is not yet
// access: somebody who was only invited cannot log in.
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
	// namespace of the HostingBackend.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace"`
	// backend is the HostingBackend's name.
	Backend ObjectName `json:"backend"`
	// record is the AccessRecord's name.
	Record ObjectName `json:"record"`
	// person is the state at the provider.
	Person PersonState `json:"person"`
	// permissions is how many the provider's row holds.
	Permissions int32 `json:"permissions"`
}

// ProfileStatus is what is true of a person now.
type ProfileStatus struct {
	// observedGeneration is the generation that this status is about; -1 before the first.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions: Ready, Reconciling, Stalled, ResidualAccess.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// summary of access for people to read: the first three backends with the state there
	// and the number of permissions, then how many more.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=1000
	Summary string `json:"summary,omitempty"`

	// access the person has, per backend of the namespace; of a Profile that is suspended or
	// has an end also on backends elsewhere whose rules let it act there.
	//
	// +optional
	// +listType=map
	// +listMapKey=namespace
	// +listMapKey=backend
	// +kubebuilder:validation:MaxItems=64
	Access []ProfileAccess `json:"access,omitempty"`
}

// Profile is a person.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=hprofile,categories=hostgrant
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Name",type=string,JSONPath=`.spec.displayName`
// +kubebuilder:printcolumn:name="State",type=string,JSONPath=`.spec.state`
// +kubebuilder:printcolumn:name="Access",type=string,JSONPath=`.status.summary`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Expires",type=string,JSONPath=`.spec.expiresAt`,priority=1
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
