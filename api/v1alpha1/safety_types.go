package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// OwnerMark names one installation in the provider's table.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$`
type OwnerMark string

// RemovalLimit says how many people of one namespace may lose anything within 24 hours
// before somebody is asked.
type RemovalLimit struct {
	// percent of the people that a namespace managed 24 hours ago. 100 turns the limit off.
	//
	// +optional
	// +kubebuilder:default=25
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Percent int32 `json:"percent,omitempty"`

	// minimum number of people that may lose something whatever the percentage, as long as
	// they are neither all people of the namespace (of two or more) nor over half of them
	// (of three or more).
	//
	// +optional
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Minimum *int32 `json:"minimum,omitempty"`

	// settle is how long a removal waits, from its first sighting on, so that others
	// can be judged with it; 0s to 10m.
	//
	// +optional
	// +kubebuilder:default="15s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^([0-9]{1,5}(\.[0-9]{1,3})?[sm])+$') && duration(self) >= duration('0s') && duration(self) <= duration('10m')`,message="must be a duration from 0s to 10m, for instance 15s"
	Settle *metav1.Duration `json:"settle,omitempty"`
}

// TableDoubt is memory: a reading in which more people are missing than can have gone by
// themselves. Nothing is written while there is one, unless it is accepted.
type TableDoubt struct {
	// digest of the people missing. Annotating the backend with
	// hostgrant.io/accept-table: <digest> says that they were really removed. Once that was
	// said it is the digest of those who are still to be looked at.
	//
	// +kubebuilder:validation:MaxLength=64
	Digest string `json:"digest"`

	// people missing, counted.
	People int32 `json:"people"`

	// seen is how often in a row the same people were missing, up to 3. From 3 on the digest
	// may be named.
	Seen int32 `json:"seen"`

	// accepted: the digest was named.
	//
	// +optional
	Accepted bool `json:"accepted,omitempty"`
}

// HeldRemoval is a batch of removals that is held back as a whole.
type HeldRemoval struct {
	// digest of the batch. A RemovalApproval that names it lets those go that are still due.
	//
	// +kubebuilder:validation:MaxLength=64
	Digest string `json:"digest"`

	// namespace whose grants caused it.
	//
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace"`

	// people who would lose something.
	People int32 `json:"people"`

	// since when it is held.
	Since metav1.Time `json:"since"`

	// released: a RemovalApproval names the digest, and not everything is done yet.
	//
	// +optional
	Released bool `json:"released,omitempty"`

	// records of these people, by name, with what each would lose: as many as fit into 64 KiB
	// for all batches of the backend. The records themselves hold all of it.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=1000
	Records []HeldRecord `json:"records,omitempty"`

	// more people than records lists, counted.
	//
	// +optional
	More int32 `json:"more,omitempty"`
}

// HeldRecord is what one person would lose with a batch.
type HeldRecord struct {
	// name of the AccessRecord.
	Name ObjectName `json:"name"`

	// loses says what, a line for each place, for instance "account shop: Databases". Beyond
	// 32 lines the last says how many more there are.
	//
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=33
	// +kubebuilder:validation:items:MaxLength=1024
	Loses []string `json:"loses"`
}
