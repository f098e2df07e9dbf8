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
	// percent of the people whom the namespace's grants named 24 hours ago. 100 turns the limit off.
	//
	// +optional
	// +kubebuilder:default=25
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Percent int32 `json:"percent,omitempty"`

	// minimum is how many removals are always allowed, whatever percent says, unless they affect everyone
	// of the namespace (of 2 people or more) or more than half (of 3 or more).
	//
	// +optional
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000
	Minimum *int32 `json:"minimum,omitempty"`

	// settle is how long a removal waits from when it is first seen, so that others that come with it are
	// judged together: 0s to 10m.
	//
	// +optional
	// +kubebuilder:default="15s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^([0-9]{1,5}(\.[0-9]{1,3})?[sm])+$') && duration(self) >= duration('0s') && duration(self) <= duration('10m')`,message="must be a duration from 0s to 10m, for instance 15s"
	Settle *metav1.Duration `json:"settle,omitempty"`
}

// TableDoubt is memory: a reading in which so many people are missing that it looks wrong. Hostgrant
// writes nothing while there is one, unless somebody accepts it.
type TableDoubt struct {
	// digest of the missing people. The annotation hostgrant.io/accept-table: <digest> on the backend says
	// that they were really removed. Once it was set, this is the digest of those whose records Hostgrant
	// still has to look at.
	//
	// +kubebuilder:validation:MaxLength=64
	Digest string `json:"digest"`

	// people is how many are missing.
	People int32 `json:"people"`

	// seen is how often in a row the same people were missing, up to 3. At 3 the digest can be accepted.
	Seen int32 `json:"seen"`

	// accepted: somebody accepted the digest.
	//
	// +optional
	Accepted bool `json:"accepted,omitempty"`
}

// HeldRemoval is a batch of removals that is held back as a whole.
type HeldRemoval struct {
	// digest of the batch. A RemovalApproval with this digest releases the removals of the batch that are
	// still due.
	//
	// +kubebuilder:validation:MaxLength=64
	Digest string `json:"digest"`

	// namespace whose grants caused it.
	//
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace"`

	// people is how many would lose something.
	People int32 `json:"people"`

	// since when it is held.
	Since metav1.Time `json:"since"`

	// released: a RemovalApproval released the batch, and not everything of it is done yet.
	//
	// +optional
	Released bool `json:"released,omitempty"`

	// records of these people, by name, with what each would lose: as many as fit into 64 KiB for all
	// batches of the backend. status.owed of the AccessRecords has all of it.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=1000
	Records []HeldRecord `json:"records,omitempty"`

	// more is how many people records does not list.
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
