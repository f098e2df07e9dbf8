package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

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
	// "wire:<key>", with a key of up to 128 bytes.
	//
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=133
	Permissions []string `json:"permissions"`
}

// AppliedRights is memory: rights that were sent to the provider's table for this record's
// contributions, entered right before, or that were found in its row and adopted. What is only
// planned is not among them.
type AppliedRights struct {
	// rights that all of this is true of.
	//
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	Rights []Rights `json:"rights"`

	// adopted: the person had them before; a rule lets a grant that names them adopt them.
	//
	// +optional
	Adopted bool `json:"adopted,omitempty"`

	// retain: every grant that names them says deletionPolicy Retain.
	//
	// +optional
	Retain bool `json:"retain,omitempty"`

	// namespaces of the grants that name them: removals count against these namespaces only.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=63
	Namespaces []string `json:"namespaces,omitempty"`
}

// OwedCause says why rights are to be taken away.
//
// +kubebuilder:validation:Enum=ContributionChanged;ContributionRemoved;Expired;ReviewMissed;PersonExpired;EndedAtOnce;PersonSuspended;Undeclared
type OwedCause string

const (
	// CauseChanged: a grant still names the person, but no longer these rights.
	CauseChanged OwedCause = "ContributionChanged"
	// CauseRemoved: a grant no longer names the person, or is gone.
	CauseRemoved OwedCause = "ContributionRemoved"
	// CauseExpired: a grant's expiresAt passed, which had been on record for an hour.
	CauseExpired OwedCause = "Expired"
	// CauseReviewMissed: a grant's reviewBy passed with onMissedReview Withdraw, and had been
	// on record for an hour.
	CauseReviewMissed OwedCause = "ReviewMissed"
	// CausePersonExpired: the expiresAt of the person's Profile passed, which had been on
	// record for an hour.
	CausePersonExpired OwedCause = "PersonExpired"
	// CauseEndedAtOnce: an end passed that had been on record for less than an hour. It is
	// counted as any other change of a manifest.
	CauseEndedAtOnce OwedCause = "EndedAtOnce"
	// CauseSuspended: a Profile says that the person is suspended.
	CauseSuspended OwedCause = "PersonSuspended"
	// CauseUndeclared: no grant names them, and the backend's authority is Authoritative.
	CauseUndeclared OwedCause = "Undeclared"
)

// OwedRights is memory: a revocation that is due and not yet read back.
type OwedRights struct {
	// rights that all of this is true of.
	//
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=1000
	Rights []Rights `json:"rights"`

	// cause of the revocation.
	Cause OwedCause `json:"cause"`

	// by names the grants whose leaving, change or end caused it, by UID.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:Type=string
	// +kubebuilder:validation:items:MaxLength=64
	By []types.UID `json:"by,omitempty"`

	// namespaces of the grants whose leaving, change or end caused it.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=128
	// +kubebuilder:validation:items:MaxLength=63
	Namespaces []string `json:"namespaces,omitempty"`

	// since when it is due.
	Since metav1.Time `json:"since"`

	// batch it is held in, by digest; empty where it is not held.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Batch string `json:"batch,omitempty"`

	// approvedBy names who approved the batch: the user, or "USER, stated by APPLIER". Absent where
	// nobody did yet.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=600
	ApprovedBy string `json:"approvedBy,omitempty"`

	// intended: they were sent to be taken away, and what came of it was not read back.
	//
	// +optional
	Intended bool `json:"intended,omitempty"`
}

// SourceNamespace is memory: what the grants of one namespace have to do with the person.
type SourceNamespace struct {
	// namespace of the grants.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace"`

	// since when they name the person.
	Since metav1.Time `json:"since"`

	// until when they did; absent while they do.
	//
	// +optional
	Until *metav1.Time `json:"until,omitempty"`

	// removed is when something was last taken away that counts against this namespace's removalLimit.
	//
	// +optional
	Removed *metav1.Time `json:"removed,omitempty"`

	// suspended is when something was last taken away as one of the few suspensions that pass
	// within an hour.
	//
	// +optional
	Suspended *metav1.Time `json:"suspended,omitempty"`
}

// Drift is what is not as it was.
type Drift struct {
	// since when it was seen.
	Since metav1.Time `json:"since"`

	// rights that are missing.
	//
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=1000
	Rights []Rights `json:"rights"`
}

// ChangeKind is what was done at the provider.
//
// +kubebuilder:validation:Enum=Granted;Revoked;DriftCorrected
type ChangeKind string

// The kinds of changes.
const (
	// ChangeGranted: permissions were added.
	ChangeGranted ChangeKind = "Granted"
	// ChangeRevoked: permissions were taken away.
	ChangeRevoked ChangeKind = "Revoked"
	// ChangeDriftCorrected: permissions that somebody had taken away were added again.
	ChangeDriftCorrected ChangeKind = "DriftCorrected"
)

// Change is one line of a record's history.
type Change struct {
	// at is when it was read back.
	At metav1.Time `json:"at"`

	// kind of the change.
	Kind ChangeKind `json:"kind"`

	// permissions added or taken away, counted; places that lost or got the same count each.
	Permissions int32 `json:"permissions"`

	// causes of a revocation.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=8
	Causes []OwedCause `json:"causes,omitempty"`

	// grants that named what was added, or whose leaving took it away, as namespace/name
	// where they are known: at most three, then how many more.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=1000
	Grants string `json:"grants,omitempty"`

	// batch that held what was taken away, by digest; empty where none did.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Batch string `json:"batch,omitempty"`

	// approvedBy names who approved the batch: the user, or "USER, stated by APPLIER".
	//
	// +optional
	// +kubebuilder:validation:MaxLength=600
	ApprovedBy string `json:"approvedBy,omitempty"`
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
