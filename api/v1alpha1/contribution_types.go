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

// End is when something ends, and why.
type End struct {
	// at is the time.
	At metav1.Time `json:"at"`
	// cause of the end: Expired, ReviewMissed or PersonExpired.
	Cause OwedCause `json:"cause"`
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

	// via names the ways the grant reaches the person: "email", "Profile/name", "Team/name"
	// or "Team/name/Profile/name". Several Profiles of a team may hold one address; the
	// bounds are beyond what 8 KiB hold.
	//
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=512
	// +kubebuilder:validation:items:MaxLength=530
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

	// requireTwoFactor ticks the box "2FA required".
	//
	// +optional
	RequireTwoFactor bool `json:"requireTwoFactor,omitempty"`

	// end is when the contribution ends, and why.
	//
	// +optional
	End *End `json:"end,omitempty"`

	// retain: the grant's deletionPolicy is Retain.
	//
	// +optional
	Retain bool `json:"retain,omitempty"`

	// adopt: a rule of the backend lets the grant take over what the person already holds.
	//
	// +optional
	Adopt bool `json:"adopt,omitempty"`

	// asked is the value of the grant's annotation hostgrant.io/ask-again: a new value gives it again to a
	// person who gave up what they had.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Asked string `json:"asked,omitempty"`

	// resend stands for the token in the grant's annotation hostgrant.io/resend-invitation, where that
	// means the person: another one invites somebody again who has no profile yet. It is not in the digest, for it changes
	// nothing of what is given.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Resend string `json:"resend,omitempty"`

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

// ContributionState says whether one grant's contribution is what the provider has.
//
// +kubebuilder:validation:Enum=Live;Pending;Failed;Withheld;Relinquished
type ContributionState string

const (
	// ContributionLive: read back and there.
	ContributionLive ContributionState = "Live"
	// ContributionPending: on its way, or waiting for the provider.
	ContributionPending ContributionState = "Pending"
	// ContributionFailed: needs somebody; see reason.
	ContributionFailed ContributionState = "Failed"
	// ContributionWithheld: it has ended, or the person is suspended, and nothing of it is left.
	ContributionWithheld ContributionState = "Withheld"
	// ContributionRelinquished: the person gave it up; memory, until it changes.
	ContributionRelinquished ContributionState = "Relinquished"
)

// ContributionStatus echoes one contribution.
type ContributionStatus struct {
	// uid of the grant.
	//
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	UID types.UID `json:"uid"`
	// grant it came from.
	//
	// +optional
	Grant *GrantReference `json:"grant,omitempty"`
	// digest of the contribution this speaks of.
	//
	// +kubebuilder:validation:MaxLength=64
	Digest string `json:"digest"`
	// end of the contribution, the earliest that holds for it.
	//
	// +optional
	End *End `json:"end,omitempty"`
	// endSince is since when that end has been on record.
	//
	// +optional
	EndSince *metav1.Time `json:"endSince,omitempty"`
	// resend is memory: the contribution's request that was carried out or dismissed last, or
	// the one it came with.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Resend string `json:"resend,omitempty"`
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
