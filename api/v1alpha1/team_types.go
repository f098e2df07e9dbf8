package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	// members of the team. Somebody named twice counts once.
	//
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=500
	Members []TeamMember `json:"members"`
}

// TeamStatus is what is true of a team now.
type TeamStatus struct {
	// observedGeneration is the generation that this status is about; -1 before the first.
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
// +kubebuilder:resource:shortName=hteam,categories=hostgrant
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
