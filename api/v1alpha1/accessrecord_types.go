package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// GrantReference names the grant a contribution comes from.
type GrantReference struct {
	// namespace of the PermissionGrant.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace"`
	// name of the PermissionGrant.
	Name ObjectName `json:"name"`
}

// Contribution is what one grant gives one person, with references resolved and names of
// places as written.
type Contribution struct {
	// uid of the grant.
	//
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	UID types.UID `json:"uid"`

	// grant it comes from.
	Grant GrantReference `json:"grant"`

	// digest of this contribution's content; the status echoes it.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Digest string `json:"digest"`

	// via names the subjects of the grant the person comes from: "email", "Profile/name"
	// or "Team/name".
	//
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=264
	Via []string `json:"via"`

	// overall permissions.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=8
	Overall []OverallPermission `json:"overall,omitempty"`

	// accounts and the permissions on them, grouped by equal permissions.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Accounts []AccountPermissions `json:"accounts,omitempty"`

	// servers and the permissions on them, grouped by equal permissions.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	Servers []ServerPermissions `json:"servers,omitempty"`

	// requireTwoFactor checks the "2FA required" box.
	//
	// +optional
	RequireTwoFactor bool `json:"requireTwoFactor,omitempty"`

	// retain: the grant's deletionPolicy is Retain.
	//
	// +optional
	Retain bool `json:"retain,omitempty"`

	// displayName greets the person in mails.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	DisplayName string `json:"displayName,omitempty"`

	// language of mails to the person.
	//
	// +optional
	Language Language `json:"language,omitempty"`
}

// AccessRecordSpec is one person on one backend, and what every grant gives them.
type AccessRecordSpec struct {
	// backendRef names the HostingBackend, in the same namespace.
	//
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="is fixed; another backend has its own record"
	BackendRef LocalReference `json:"backendRef"`

	// email of the person, normalised.
	//
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="is fixed; another person has their own record"
	Email Email `json:"email"`

	// contributions, one per grant that names the person.
	//
	// +optional
	// +listType=map
	// +listMapKey=uid
	// +kubebuilder:validation:MaxItems=64
	Contributions []Contribution `json:"contributions,omitempty"`
}

// Scope is where a permission applies.
//
// +kubebuilder:validation:Enum=Overall;Account;Server;Flag
type Scope string

const (
	// ScopeOverall is everything an owner has.
	ScopeOverall Scope = "Overall"
	// ScopeAccount is one account.
	ScopeAccount Scope = "Account"
	// ScopeServer is one server.
	ScopeServer Scope = "Server"
	// ScopeFlag holds the "2FA required" box.
	ScopeFlag Scope = "Flag"
)

// Rights are equal permissions on some places, by the provider's ids.
type Rights struct {
	// scope of the permissions.
	Scope Scope `json:"scope"`

	// ids of the accounts or servers; absent for Overall and Flag.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10000
	IDs []int64 `json:"ids,omitempty"`

	// permissions in the catalogue's words; one the catalogue lacks is written
	// "wire:<key>".
	//
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=64
	Permissions []string `json:"permissions"`
}

// AppliedRights is memory: rights this record's contributions put in the provider's table,
// or found there and adopted. Entered before the provider is written to.
type AppliedRights struct {
	Rights `json:",inline"`

	// adopted: the person had them before any grant named them.
	//
	// +optional
	Adopted bool `json:"adopted,omitempty"`

	// retain: every grant that names them says deletionPolicy Retain.
	//
	// +optional
	Retain bool `json:"retain,omitempty"`
}

// OwedCause says why rights are to be taken away.
//
// +kubebuilder:validation:Enum=ContributionChanged;ContributionRemoved
type OwedCause string

const (
	// CauseChanged: a grant still names the person, but no longer these rights.
	CauseChanged OwedCause = "ContributionChanged"
	// CauseRemoved: a grant no longer names the person, or is gone.
	CauseRemoved OwedCause = "ContributionRemoved"
)

// OwedRights is memory: a revocation that is due and not yet read back.
type OwedRights struct {
	Rights `json:",inline"`

	// cause of the revocation.
	Cause OwedCause `json:"cause"`

	// by names the grants whose leaving or change caused it, by UID.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	By []types.UID `json:"by,omitempty"`

	// since when it is due.
	Since metav1.Time `json:"since"`
}

// PlacePin is memory: the provider's id a name had when it was first resolved. A name that
// comes to mean another id is not followed.
type PlacePin struct {
	// scope Account or Server.
	//
	// +kubebuilder:validation:Enum=Account;Server
	Scope Scope `json:"scope"`
	// name as written in grants.
	Name PlaceName `json:"name"`
	// id at the provider.
	ID int64 `json:"id"`
}

// ContributionState says whether one grant's contribution is what the provider has.
//
// +kubebuilder:validation:Enum=Live;Pending;Failed
type ContributionState string

const (
	// ContributionLive: read back and there.
	ContributionLive ContributionState = "Live"
	// ContributionPending: on its way, or waiting for the provider.
	ContributionPending ContributionState = "Pending"
	// ContributionFailed: needs somebody; see reason.
	ContributionFailed ContributionState = "Failed"
)

// ContributionStatus echoes one contribution.
type ContributionStatus struct {
	// uid of the grant.
	//
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	UID types.UID `json:"uid"`
	// digest of the contribution this speaks of.
	//
	// +kubebuilder:validation:MaxLength=64
	Digest string `json:"digest"`
	// state of the contribution.
	State ContributionState `json:"state"`
	// reason, where the state is not Live.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason,omitempty"`
	// message, where the state is not Live.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Message string `json:"message,omitempty"`
}

// InvitationState is how far the invitation of a person without a profile is.
//
// +kubebuilder:validation:Enum=Prepared;Intended;Deferred;Sent;Refused;Unknown;Unsupported;NotSent;Accepted
type InvitationState string

const (
	// InvitationPrepared: the row is about to be created quietly; no mail is intended yet.
	InvitationPrepared InvitationState = "Prepared"
	// InvitationIntended: about to be sent; entered before the act.
	InvitationIntended InvitationState = "Intended"
	// InvitationDeferred: the mail server put the message off before it took it; the same
	// intent is tried again.
	InvitationDeferred InvitationState = "Deferred"
	// InvitationSent: the provider created the row and mails, or the mail server took the
	// message.
	InvitationSent InvitationState = "Sent"
	// InvitationRefused: the mail server refused the message for good.
	InvitationRefused InvitationState = "Refused"
	// InvitationUnknown: whether a mail left cannot be known; it counts as sent.
	InvitationUnknown InvitationState = "Unknown"
	// InvitationUnsupported: sender SMTP, and the provider tells no link.
	InvitationUnsupported InvitationState = "Unsupported"
	// InvitationNotSent: sender None.
	InvitationNotSent InvitationState = "NotSent"
	// InvitationAccepted: the person has a profile.
	InvitationAccepted InvitationState = "Accepted"
)

// InvitationStatus is memory: what was sent, so that it is never sent twice.
type InvitationStatus struct {
	// state of the invitation.
	State InvitationState `json:"state"`

	// sender the intent was made for.
	Sender InvitationSender `json:"sender"`

	// ordinal of the last mail intended; the first is 1, 0 where none was.
	//
	// +optional
	Ordinal int32 `json:"ordinal,omitempty"`

	// intendedAt is when the last mail was decided on.
	//
	// +optional
	IntendedAt *metav1.Time `json:"intendedAt,omitempty"`

	// messageID of the last mail, for sender SMTP.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=320
	MessageID string `json:"messageID,omitempty"`

	// message says what the mail server answered, where it refused or put off.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Message string `json:"message,omitempty"`
}

// AccessRecordStatus is what is true of a person on a backend, and the memory needed to
// act safely on it.
type AccessRecordStatus struct {
	// observedGeneration is the generation this status speaks of; -1 before the first.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions: Ready, Reconciling, Stalled, Active, Declared.
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

	// rowID is the provider's id of the person's row.
	//
	// +optional
	RowID int64 `json:"rowID,omitempty"`

	// permissions the provider's row holds, counted.
	//
	// +optional
	Permissions int32 `json:"permissions,omitempty"`

	// live is what the provider's row held when last read.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Live []Rights `json:"live,omitempty"`

	// applied is what is the record's to take away again.
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

	// pins of place names to ids.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=2000
	Pins []PlacePin `json:"pins,omitempty"`

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

// AccessRecord answers who has what, and why, for one person on one backend. Only the
// manager writes it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=access,categories=hostgrant
// +kubebuilder:printcolumn:name="Email",type=string,JSONPath=`.spec.email`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Person",type=string,JSONPath=`.status.person`
// +kubebuilder:printcolumn:name="Permissions",type=integer,JSONPath=`.status.permissions`
// +kubebuilder:printcolumn:name="Grants",type=string,JSONPath=`.spec.contributions[*].grant.name`
// +kubebuilder:printcolumn:name="Invitation",type=string,JSONPath=`.status.invitation.state`
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
