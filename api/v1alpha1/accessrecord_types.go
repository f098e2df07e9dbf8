package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AccessRecordSpec is one person on one backend, and what every grant gives them.
type AccessRecordSpec struct {
	// backendRef names the HostingBackend, in the same namespace.
	//
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cannot be changed; each backend has records of its own"
	BackendRef LocalReference `json:"backendRef"`

	// email of the person, normalised.
	//
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cannot be changed; each person has a record of their own"
	Email Email `json:"email"`

	// contributions, one per grant that names the person.
	//
	// +optional
	// +listType=map
	// +listMapKey=uid
	// +kubebuilder:validation:MaxItems=64
	Contributions []Contribution `json:"contributions,omitempty"`
}

// TwoFactorState says whether somebody has the second factor that is required of them.
//
// +kubebuilder:validation:Enum=NotRequired;Enabled;Missing;Unknown
type TwoFactorState string

// The states of a second factor.
const (
	// TwoFactorNotRequired: the box "2FA required" is not ticked, or there is no row.
	TwoFactorNotRequired TwoFactorState = "NotRequired"
	// TwoFactorEnabled: it is required, and the person has set one up.
	TwoFactorEnabled TwoFactorState = "Enabled"
	// TwoFactorMissing: it is required, and the person has none: nothing that was granted opens.
	TwoFactorMissing TwoFactorState = "Missing"
	// TwoFactorUnknown: it is required, and the person has no profile yet, or the provider
	// does not tell.
	TwoFactorUnknown TwoFactorState = "Unknown"
)

// AccessRecordStatus is what is true of a person on a backend, and the memory needed to
// act safely on it.
type AccessRecordStatus struct {
	// observedGeneration is the generation that this status is about; -1 before the first.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions: Ready, Reconciling, Stalled, Active, Declared, RemovalHeld, TwoFactorMissing.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// person is the state at the provider.
	//
	// +optional
	Person PersonState `json:"person,omitempty"`

	// twoFactor says whether the person has the second factor that they have to log in with.
	//
	// +optional
	TwoFactor TwoFactorState `json:"twoFactor,omitempty"`

	// rowID is the provider's id of the person's row.
	//
	// +optional
	RowID int64 `json:"rowID,omitempty"`

	// permissions is how many the provider's row holds.
	//
	// +optional
	Permissions int32 `json:"permissions,omitempty"`

	// pending is what would change at the provider, or is about to. Absent: nothing is to be changed.
	//
	// +optional
	Pending *PendingChange `json:"pending,omitempty"`

	// live is what the provider's row held when last read; with liveDigest, only what of it is in
	// applied or owed.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Live []LiveRights `json:"live,omitempty"`

	// liveDigest stands for what the row held where that is too much to be listed.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	LiveDigest string `json:"liveDigest,omitempty"`

	// applied is what grants gave through this record: what Hostgrant may take away again.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Applied []AppliedRights `json:"applied,omitempty"`

	// owed is what is due to be taken away.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Owed []OwedRights `json:"owed,omitempty"`

	// writeIntendedAt is memory: when something was last written to the provider that was not read
	// back. It may still be done: nothing leaves applied and owed for five minutes after it.
	//
	// +optional
	WriteIntendedAt *metav1.Time `json:"writeIntendedAt,omitempty"`

	// removalIntendedAt is memory: when the whole row was last removed at the provider, and that was not
	// read back. A row that is gone then was not given up by the person. It stays until the row is seen
	// to be there more than five minutes later.
	//
	// +optional
	RemovalIntendedAt *metav1.Time `json:"removalIntendedAt,omitempty"`

	// pins of place names to ids.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=2000
	Pins []PlacePin `json:"pins,omitempty"`

	// drift is memory: what somebody took away at the provider that grants still name.
	//
	// +optional
	Drift *Drift `json:"drift,omitempty"`

	// sources are the namespaces whose grants name the person, or did within a day.
	//
	// +optional
	// +listType=map
	// +listMapKey=namespace
	// +kubebuilder:validation:MaxItems=256
	Sources []SourceNamespace `json:"sources,omitempty"`

	// history: the last changes at the provider, the latest first.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=20
	History []Change `json:"history,omitempty"`

	// grants that name the person, for people to read: at most three names, then how many
	// more.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=800
	Grants string `json:"grants,omitempty"`

	// contributions echoed.
	//
	// +optional
	// +listType=map
	// +listMapKey=uid
	// +kubebuilder:validation:MaxItems=64
	Contributions []ContributionStatus `json:"contributions,omitempty"`

	// invitation of a person without a profile.
	//
	// +optional
	Invitation *InvitationStatus `json:"invitation,omitempty"`
}

// AccessRecord tells what one person has on one backend, and through which grants. Only the manager
// writes it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=access,categories=hostgrant
// +kubebuilder:selectablefield:JSONPath=`.spec.email`
// +kubebuilder:selectablefield:JSONPath=`.spec.backendRef.name`
// +kubebuilder:printcolumn:name="Email",type=string,JSONPath=`.spec.email`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Person",type=string,JSONPath=`.status.person`
// +kubebuilder:printcolumn:name="Permissions",type=integer,JSONPath=`.status.permissions`
// +kubebuilder:printcolumn:name="Grants",type=string,JSONPath=`.status.grants`
// +kubebuilder:printcolumn:name="Invitation",type=string,JSONPath=`.status.invitation.state`
// +kubebuilder:printcolumn:name="2FA",type=string,JSONPath=`.status.twoFactor`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type AccessRecord struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	Spec AccessRecordSpec `json:"spec"`

	// status is what is true now.
	//
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status AccessRecordStatus `json:"status,omitempty"`
}

// AccessRecordList is a list of AccessRecords.
//
// +kubebuilder:object:root=true
type AccessRecordList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []AccessRecord `json:"items"`
}

// GetConditions returns the conditions of the status.
func (r *AccessRecord) GetConditions() []metav1.Condition { return r.Status.Conditions }
