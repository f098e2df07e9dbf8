package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// UserName is the name of a user of the cluster, as the API server knows it.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=256
// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]+$`
type UserName string

// RemovalApprovalSpec names one batch of removals, and who approves it. It cannot be changed.
//
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cannot be changed, because an approval is for one batch and by one user; create another RemovalApproval"
type RemovalApprovalSpec struct {
	// backendRef names the HostingBackend, of the same namespace, that holds the batch.
	BackendRef LocalReference `json:"backendRef"`

	// digest of the batch, as in status.heldRemovals of the HostingBackend. It stands for who loses what:
	// a removal that becomes due later is in another batch.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[0-9a-f]+$`
	Digest string `json:"digest"`

	// approvedBy is the name of the user who approves. An admission policy refuses any other name than
	// that of the user who creates this object, unless statedBy has that one.
	ApprovedBy UserName `json:"approvedBy"`

	// statedBy is the user name of an applier, for instance a GitOps controller, that creates this object
	// for somebody else. The installation lists the appliers that may do so.
	//
	// +optional
	StatedBy UserName `json:"statedBy,omitempty"`

	// reason says why these removals are wanted, for whoever reads it in a year.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason"`
}

// Approver names who approves, for people to read: a user, or "USER, stated by APPLIER".
func (s RemovalApprovalSpec) Approver() string {
	if s.StatedBy == "" {
		return string(s.ApprovedBy)
	}
	return string(s.ApprovedBy) + ", stated by " + string(s.StatedBy)
}

// ApprovalResult counts people of a batch, and names the records of up to 64 of them.
type ApprovalResult struct {
	// people counted.
	//
	// +optional
	People int32 `json:"people,omitempty"`

	// records of these people, by name: the first 64.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	Records []ObjectName `json:"records,omitempty"`
}

// RemovalApprovalStatus is what became of a RemovalApproval.
type RemovalApprovalStatus struct {
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

	// people who were in the batch when it was released.
	//
	// +optional
	People int32 `json:"people,omitempty"`

	// removed are the people who lost what the batch takes from them.
	//
	// +optional
	Removed *ApprovalResult `json:"removed,omitempty"`

	// spared are the people of the batch who lost nothing of it, because it was declared
	// again before it was their turn.
	//
	// +optional
	Spared *ApprovalResult `json:"spared,omitempty"`

	// completedAt is when nobody of the batch was left. This approval releases nothing after that.
	//
	// +optional
	CompletedAt *metav1.Time `json:"completedAt,omitempty"`
}

// RemovalApproval approves one batch of removals that a HostingBackend holds back, by its digest.
// Deleting it before it is complete withdraws it for the people who have lost nothing yet.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=happroval,categories=hostgrant
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Backend",type=string,JSONPath=`.spec.backendRef.name`
// +kubebuilder:printcolumn:name="Digest",type=string,JSONPath=`.spec.digest`
// +kubebuilder:printcolumn:name="Approved-By",type=string,JSONPath=`.spec.approvedBy`
// +kubebuilder:printcolumn:name="Removed",type=integer,JSONPath=`.status.removed.people`
// +kubebuilder:printcolumn:name="Spared",type=integer,JSONPath=`.status.spared.people`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type RemovalApproval struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is approved, and by whom.
	Spec RemovalApprovalSpec `json:"spec"`

	// status is what became of it.
	//
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status RemovalApprovalStatus `json:"status,omitempty"`
}

// RemovalApprovalList is a list of RemovalApprovals.
//
// +kubebuilder:object:root=true
type RemovalApprovalList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []RemovalApproval `json:"items"`
}

// GetConditions returns the conditions of the status.
func (a *RemovalApproval) GetConditions() []metav1.Condition { return a.Status.Conditions }
