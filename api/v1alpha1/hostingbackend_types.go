package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// BackendMode says whether the controllers may write to the provider.
//
// +kubebuilder:validation:Enum=Observe;Enforce
type BackendMode string

const (
	// ModeObserve reads and reports; the client it uses has no write methods.
	ModeObserve BackendMode = "Observe"
	// ModeEnforce makes the provider's table match.
	ModeEnforce BackendMode = "Enforce"
)

// Authority says what happens to permissions that no grant names.
//
// +kubebuilder:validation:Enum=Additive;Authoritative
type Authority string

const (
	// AuthorityAdditive leaves alone whatever no grant ever named.
	AuthorityAdditive Authority = "Additive"
	// AuthorityAuthoritative takes away whatever no grant names; removalLimit holds back what looks like a
	// mistake.
	AuthorityAuthoritative Authority = "Authoritative"
)

// InventoryMode says how people whom no grant names are shown.
//
// +kubebuilder:validation:Enum=Counts;Records
type InventoryMode string

const (
	// InventoryCounts shows how many they are, in the backend's status.
	InventoryCounts InventoryMode = "Counts"
	// InventoryRecords keeps an AccessRecord for each of them as well.
	InventoryRecords InventoryMode = "Records"
)

// HostingBackendSpec is one owner profile at a hosting provider.
type HostingBackendSpec struct {
	// endpoint of the provider's API.
	Endpoint Endpoint `json:"endpoint"`

	// interval between two readings of the provider's permission table: 30s to 24h.
	//
	// +optional
	// +kubebuilder:default="5m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^([0-9]{1,5}(\.[0-9]{1,3})?[smh])+$') && duration(self) >= duration('30s') && duration(self) <= duration('24h')`,message="must be a duration from 30s to 24h, for instance 5m or 1h30m"
	Interval metav1.Duration `json:"interval,omitempty"`

	// mode: with Observe, Hostgrant only reports; it writes to the provider only with Enforce.
	//
	// +optional
	// +kubebuilder:default=Observe
	Mode BackendMode `json:"mode,omitempty"`

	// authority: Additive leaves alone whatever no grant ever named. Authoritative takes it away, as far
	// as removalLimit allows; look at what that would be in mode Observe first. Both leave alone "2FA
	// required", and permissions that the catalogue lacks.
	//
	// +optional
	// +kubebuilder:default=Additive
	Authority Authority `json:"authority,omitempty"`

	// grantRules say which namespaces' grants may give what: up to 32 rules. Absent: grants of the
	// backend's own namespace may give everything, and others nothing.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	GrantRules []GrantRule `json:"grantRules,omitempty"`

	// protectedEmails are people who never lose anything through this backend. The owner and the profile
	// that the key belongs to never do, either.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	ProtectedEmails []Email `json:"protectedEmails,omitempty"`

	// ownerMarker marks this installation's rows in the provider's table, so that another installation
	// which manages the same table is noticed. Absent: a digest of the cluster's id and of this object's
	// name.
	//
	// +optional
	OwnerMarker OwnerMark `json:"ownerMarker,omitempty"`

	// takeOverFrom lists the marks of installations that are gone: rows with these marks are treated as
	// this installation's.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	TakeOverFrom []OwnerMark `json:"takeOverFrom,omitempty"`

	// removalLimit holds back removals that look like a mistake.
	//
	// +optional
	// +kubebuilder:default={}
	RemovalLimit RemovalLimit `json:"removalLimit,omitempty"`

	// rateLimit is what the provider allows this key.
	//
	// +optional
	// +kubebuilder:default={}
	RateLimit RateLimit `json:"rateLimit,omitempty"`

	// invitations to people without a profile.
	//
	// +optional
	// +kubebuilder:default={"sender":"Provider"}
	Invitations Invitations `json:"invitations,omitempty"`

	// driftGrace is how long Hostgrant waits before it gives again what somebody took away at the
	// provider: 0s to 168h.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^([0-9]{1,5}(\.[0-9]{1,3})?[smh])+$') && duration(self) >= duration('0s') && duration(self) <= duration('168h')`,message="must be a duration from 0s to 168h, for instance 2h"
	DriftGrace *metav1.Duration `json:"driftGrace,omitempty"`

	// inventory says how people whom no grant names are shown: Counts in the status, or Records also as an
	// AccessRecord each. With authority Authoritative they all have records.
	//
	// +optional
	// +kubebuilder:default=Counts
	Inventory InventoryMode `json:"inventory,omitempty"`

	// suspend: true stops reading and writing on this backend; what the provider has stays as it is.
	//
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// Identity is the profile behind the key.
type Identity struct {
	// customerID is the provider's id of the owner.
	CustomerID int64 `json:"customerID"`

	// email of the owner.
	//
	// +kubebuilder:validation:MaxLength=254
	Email string `json:"email"`

	// holder is the address of the profile that the key belongs to, if it acts for another owner.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=254
	Holder string `json:"holder,omitempty"`

	// url at which the owner was first seen.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	URL string `json:"url,omitempty"`
}

// Feature is something a provider may or may not do.
//
// +kubebuilder:validation:Enum=Permissions;InvitationLink;InviteAgain;TwoFactor
type Feature string

const (
	// FeaturePermissions: the provider has the permission resource.
	FeaturePermissions Feature = "Permissions"
	// FeatureInvitationLink: the provider reveals the link by which a person sets up a profile.
	FeatureInvitationLink Feature = "InvitationLink"
	// FeatureInviteAgain: it counts what it mails, and can be asked to invite again.
	FeatureInviteAgain Feature = "InviteAgain"
	// FeatureTwoFactor: it tells whether people have a second factor.
	FeatureTwoFactor Feature = "TwoFactor"
)

// HostingBackendStatus is what is true of a backend now.
type HostingBackendStatus struct {
	// observedGeneration is the generation that this status is about; -1 before the first.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions: Ready, Reconciling, Stalled, UndeclaredAccess, RemovalHeld, ClockSkewed.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// identity behind the key.
	//
	// +optional
	Identity *Identity `json:"identity,omitempty"`

	// counts of people and places in the last good reading.
	//
	// +optional
	Counts *BackendCounts `json:"counts,omitempty"`

	// waiting people: the last of them waits for more than 10 s for their turn to be written to.
	//
	// +optional
	Waiting *WaitingPeople `json:"waiting,omitempty"`

	// tableChangedAt is when a reading last showed another table than the one before. It does
	// not move while nothing changes, nor when the manager restarts; the age of the last
	// reading is a metric.
	//
	// +optional
	TableChangedAt *metav1.Time `json:"tableChangedAt,omitempty"`

	// ownerMarker with which rows are marked.
	//
	// +optional
	OwnerMarker OwnerMark `json:"ownerMarker,omitempty"`

	// tableDoubt is present while so many people are missing from the provider's table that it looks
	// wrong.
	//
	// +optional
	TableDoubt *TableDoubt `json:"tableDoubt,omitempty"`

	// heldRemovals are batches of removals that wait for an approval, or are approved and not done yet: at
	// most 64.
	//
	// +optional
	// +listType=map
	// +listMapKey=digest
	// +kubebuilder:validation:MaxItems=64
	HeldRemovals []HeldRemoval `json:"heldRemovals,omitempty"`

	// features that the provider was seen to have.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	Features []Feature `json:"features,omitempty"`
}

// HostingBackend is one owner profile at a hosting provider: where its API is, which key to use, and
// what Hostgrant may do there.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=hbackend,categories=hostgrant
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.spec.mode`
// +kubebuilder:printcolumn:name="Managed",type=integer,JSONPath=`.status.counts.managed`
// +kubebuilder:printcolumn:name="Undeclared",type=integer,JSONPath=`.status.counts.undeclared`
// +kubebuilder:printcolumn:name="Invited",type=integer,JSONPath=`.status.counts.invited`
// +kubebuilder:printcolumn:name="Held",type=string,JSONPath=`.status.conditions[?(@.type=="RemovalHeld")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Waiting",type=integer,JSONPath=`.status.waiting.people`,priority=1
// +kubebuilder:printcolumn:name="Minutes",type=integer,JSONPath=`.status.waiting.minutes`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name.size() <= 63",message="metadata.name must have at most 63 characters, because records carry it in a label"
type HostingBackend struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	Spec HostingBackendSpec `json:"spec"`

	// status is what is true now.
	//
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status HostingBackendStatus `json:"status,omitempty"`
}

// HostingBackendList is a list of HostingBackends.
//
// +kubebuilder:object:root=true
type HostingBackendList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []HostingBackend `json:"items"`
}

// GetConditions returns the conditions of the status.
func (b *HostingBackend) GetConditions() []metav1.Condition { return b.Status.Conditions }
