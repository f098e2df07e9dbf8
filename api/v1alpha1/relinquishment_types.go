package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// RelinquishmentSpec says what the key's own profile gives up.
//
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.confirm) || self == oldSelf",message="cannot be changed once it is set, because it is carried out once; make another Relinquishment"
type RelinquishmentSpec struct {
	// backendRef names the HostingBackend, of the same namespace, whose key belongs to the
	// profile. It cannot be changed.
	//
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cannot be changed, because ids are those of one HostingBackend; make another Relinquishment"
	BackendRef LocalReference `json:"backendRef"`

	// confirm lists the ids of status.held that are to be given up. It is set once, after somebody looked
	// at the list: an id that the list did not show before is refused. Absent: nothing is given up.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:Minimum=1
	Confirm []int64 `json:"confirm,omitempty"`

	// reason says why this is given up, for whoever reads it in a year. Hostgrant sends it nowhere.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason,omitempty"`
}

// Holding is everything that the key's own profile holds on one other owner's profile.
type Holding struct {
	// id of the holding at the provider.
	ID int64 `json:"id"`

	// owner is the address of the other profile.
	//
	// +kubebuilder:validation:MaxLength=254
	Owner string `json:"owner"`

	// ownerID is the provider's id of the other profile.
	OwnerID int64 `json:"ownerID"`

	// permissions held there.
	Permissions int32 `json:"permissions"`

	// protected: true if a HostingBackend of the cluster acts for this owner. Giving it up could lock the
	// manager out, so it is refused.
	//
	// +optional
	Protected bool `json:"protected,omitempty"`
}

// DropState is what became of an id that was confirmed.
//
// +kubebuilder:validation:Enum=Pending;Intended;Dropped;AlreadyGone;Refused
type DropState string

const (
	// DropPending: its turn comes.
	DropPending DropState = "Pending"
	// DropIntended: it is being given up, or was and nobody has looked yet.
	DropIntended DropState = "Intended"
	// DropDropped: it was given up, and a list read afterwards shows it no more.
	DropDropped DropState = "Dropped"
	// DropAlreadyGone: a list did not show it before anything was done.
	DropAlreadyGone DropState = "AlreadyGone"
	// DropRefused: it was left alone; the reason says why.
	DropRefused DropState = "Refused"
)

// DropResult is what became of one id that was confirmed.
type DropResult struct {
	// id as confirmed.
	ID int64 `json:"id"`

	// owner is the address of the other profile as the list showed it before; empty where it
	// did not.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=254
	Owner string `json:"owner,omitempty"`

	// ownerID is the provider's id of the other profile as the list showed it before.
	//
	// +optional
	OwnerID int64 `json:"ownerID,omitempty"`

	// state it is in.
	State DropState `json:"state"`

	// reason why it was refused, as in the conditions.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`

	// tries that the provider answered and that had no effect.
	//
	// +optional
	Tries int32 `json:"tries,omitempty"`

	// at is when the state was entered.
	At metav1.Time `json:"at"`
}

// RelinquishmentStatus is what is true of a Relinquishment now.
type RelinquishmentStatus struct {
	// observedGeneration is the generation that this status is about; -1 before the first.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions: Ready, Reconciling, Stalled, Complete.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// summary of what is held, or what became of it, for people to read.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Summary string `json:"summary,omitempty"`

	// holder is the address of the profile that the key belongs to.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=254
	Holder string `json:"holder,omitempty"`

	// total is how many holdings the list showed; held has the first 256.
	//
	// +optional
	Total *int32 `json:"total,omitempty"`

	// held is what the profile holds on other owners' profiles. It stays as it is from when
	// something is confirmed until all of that is done.
	//
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=256
	Held []Holding `json:"held,omitempty"`

	// results of what was confirmed.
	//
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=64
	Results []DropResult `json:"results,omitempty"`

	// completedAt is when everything in spec.confirm was done or refused. Hostgrant reads and writes
	// nothing for this object after that.
	//
	// +optional
	CompletedAt *metav1.Time `json:"completedAt,omitempty"`
}

// Relinquishment gives up what the profile that a HostingBackend's key belongs to holds on other
// owners' profiles, as the provider's menu My Permissions does. It lists what there is, and gives up,
// once, what spec.confirm names. The provider can only give up everything that is held on one owner's
// profile.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=hrelinquish,categories=hostgrant
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Backend",type=string,JSONPath=`.spec.backendRef.name`
// +kubebuilder:printcolumn:name="Complete",type=string,JSONPath=`.status.conditions[?(@.type=="Complete")].status`
// +kubebuilder:printcolumn:name="What",type=string,JSONPath=`.status.summary`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Relinquishment struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	Spec RelinquishmentSpec `json:"spec"`

	// status is what is true now.
	//
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status RelinquishmentStatus `json:"status,omitempty"`
}

// RelinquishmentList is a list of Relinquishments.
//
// +kubebuilder:object:root=true
type RelinquishmentList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Relinquishment `json:"items"`
}

// GetConditions returns the conditions of the status.
func (r *Relinquishment) GetConditions() []metav1.Condition { return r.Status.Conditions }
