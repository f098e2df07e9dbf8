package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// DeletionPolicy says what becomes of permissions when the last grant that names them goes.
//
// +kubebuilder:validation:Enum=Revoke;Retain
type DeletionPolicy string

const (
	// DeletionRevoke takes them away.
	DeletionRevoke DeletionPolicy = "Revoke"
	// DeletionRetain leaves them in the provider's table and forgets them.
	DeletionRetain DeletionPolicy = "Retain"
)

// MissedReview says what happens when reviewBy has passed.
//
// +kubebuilder:validation:Enum=Warn;Withdraw
type MissedReview string

const (
	// MissedReviewWarn warns, and leaves the permissions.
	MissedReviewWarn MissedReview = "Warn"
	// MissedReviewWithdraw takes the permissions away.
	MissedReviewWithdraw MissedReview = "Withdraw"
)

// Subject is a person, or several.
//
// +kubebuilder:validation:ExactlyOneOf=email;profileRef;teamRef
type Subject struct {
	// email of one person.
	//
	// +optional
	Email Email `json:"email,omitempty"`

	// profileRef names a Profile of the same namespace.
	//
	// +optional
	ProfileRef *LocalReference `json:"profileRef,omitempty"`

	// teamRef names a Team of the same namespace: everyone in it.
	//
	// +optional
	TeamRef *LocalReference `json:"teamRef,omitempty"`
}

// PermissionGrantSpec mirrors the provider's form: who, and which boxes are ticked.
// What is absent is not managed.
//
// +kubebuilder:validation:XValidation:rule="has(self.overall) || has(self.accounts) || has(self.servers) || has(self.permissionSetRefs)",message="a grant must give something: set overall, accounts, servers or permissionSetRefs"
// +kubebuilder:validation:XValidation:rule="has(self.permissionSetRefs) || !has(self.accounts) || self.accounts.all(a, has(a.permissions))",message="accounts: each item needs permissions unless permissionSetRefs is set"
// +kubebuilder:validation:XValidation:rule="has(self.permissionSetRefs) || !has(self.servers) || self.servers.all(s, has(s.permissions))",message="servers: each item needs permissions unless permissionSetRefs is set"
// +kubebuilder:validation:XValidation:rule="!has(self.notBefore) || !has(self.expiresAt) || self.notBefore < self.expiresAt",message="expiresAt must be after notBefore"
type PermissionGrantSpec struct {
	// backendRef names the HostingBackend.
	BackendRef BackendReference `json:"backendRef"`

	// subjects are the people who get the permissions. Somebody named twice, or reached in
	// several ways, counts once.
	//
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=100
	Subjects []Subject `json:"subjects"`

	// permissionSetRefs name PermissionSets of the same namespace. The perAccount permissions of a set are
	// given on every item of accounts, its perServer permissions on every item of servers.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	PermissionSetRefs []LocalReference `json:"permissionSetRefs,omitempty"`

	// overall permissions.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Overall []OverallPermission `json:"overall,omitempty"`

	// accounts and the permissions on them.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Accounts []AccountPermissions `json:"accounts,omitempty"`

	// servers and the permissions on them.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Servers []ServerPermissions `json:"servers,omitempty"`

	// requireTwoFactor ticks the provider's box "2FA required": the person must log in with a second
	// factor to use anything that was granted. The provider has one box per person.
	//
	// +optional
	RequireTwoFactor bool `json:"requireTwoFactor,omitempty"`

	// notBefore is when the grant begins; absent: at once.
	//
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`

	// expiresAt is when the grant ends: what only this grant gives is taken away then. It can be changed
	// at any time, also after it has passed.
	//
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`

	// reviewBy is the date by which somebody has to review this grant and set a later date.
	//
	// +optional
	ReviewBy *metav1.Time `json:"reviewBy,omitempty"`

	// onMissedReview says what happens when reviewBy has passed.
	//
	// +optional
	// +kubebuilder:default=Warn
	OnMissedReview MissedReview `json:"onMissedReview,omitempty"`

	// deletionPolicy says what becomes of permissions that no other grant gives when this grant is deleted
	// or no longer names them: Revoke takes them away, Retain leaves them at the provider. It does not
	// apply when the grant expires.
	//
	// +optional
	// +kubebuilder:default=Revoke
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// reason says why this grant exists, for whoever reads it in a year. Hostgrant sends it nowhere.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason,omitempty"`

	// suspend: true stops all work on this grant; what it gave stays as it is.
	//
	// +optional
	Suspend bool `json:"suspend,omitempty"`
}

// SubjectCounts counts the people of a grant.
type SubjectCounts struct {
	// total people that the grant names, each once.
	Total int32 `json:"total"`
	// effective people have what this grant gives, as read back at the provider.
	Effective int32 `json:"effective"`
	// invited people have a row at the provider, and no profile yet.
	Invited int32 `json:"invited"`
	// withheld people get nothing, because their Profile is suspended or has expired.
	//
	// +optional
	Withheld int32 `json:"withheld,omitempty"`
	// withoutTwoFactor people are effective, must log in with a second factor and have not set one up.
	//
	// +optional
	WithoutTwoFactor int32 `json:"withoutTwoFactor,omitempty"`
	// failed people do not get what this grant gives before somebody acts; issues say why.
	Failed int32 `json:"failed"`
}

// GrantIssue is one thing that keeps a part of a grant from being given.
type GrantIssue struct {
	// subject is the reference, field or AccessRecord concerned; never an address from a Secret.
	//
	// +kubebuilder:validation:MaxLength=320
	Subject string `json:"subject"`

	// reason in one word, as in the conditions.
	//
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason"`

	// message says what happened and what to do.
	//
	// +kubebuilder:validation:MaxLength=512
	Message string `json:"message"`
}

// LostReference is memory: since when an object that once gave people or permissions is
// missing.
type LostReference struct {
	// kind of the missing object.
	//
	// +kubebuilder:validation:Enum=Profile;Team;PermissionSet
	Kind string `json:"kind"`
	// name of the missing object.
	Name ObjectName `json:"name"`
	// since when it has been missing.
	Since metav1.Time `json:"since"`
}

// PermissionGrantStatus is what is true of a grant now.
type PermissionGrantStatus struct {
	// observedGeneration is the generation that this status is about; -1 before the first.
	//
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// conditions: Ready, Reconciling, Stalled, AllActive, ExpiringSoon, ReviewOverdue,
	// TwoFactorMissing.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// subjects counts the people of the grant.
	//
	// +optional
	Subjects *SubjectCounts `json:"subjects,omitempty"`

	// issues: the first ten, in a fixed order.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=10
	Issues []GrantIssue `json:"issues,omitempty"`

	// lostReferences are missing objects through which the grant gave something. What was given stays for
	// an hour. Beyond 512, those that are not listed count from the latest that is.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=512
	LostReferences []LostReference `json:"lostReferences,omitempty"`
}

// PermissionGrant gives people permissions on the accounts and servers of one owner.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=hgrant,categories=hostgrant
// +kubebuilder:selectablefield:JSONPath=`.spec.backendRef.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Backend",type=string,JSONPath=`.spec.backendRef.name`
// +kubebuilder:printcolumn:name="People",type=integer,JSONPath=`.status.subjects.total`
// +kubebuilder:printcolumn:name="Effective",type=integer,JSONPath=`.status.subjects.effective`
// +kubebuilder:printcolumn:name="Invited",type=integer,JSONPath=`.status.subjects.invited`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:printcolumn:name="Expires",type=string,JSONPath=`.spec.expiresAt`,priority=1
// +kubebuilder:printcolumn:name="ReviewBy",type=string,JSONPath=`.spec.reviewBy`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type PermissionGrant struct {
	metav1.TypeMeta `json:",inline"`
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// spec is what is wanted.
	Spec PermissionGrantSpec `json:"spec"`

	// status is what is true now.
	//
	// +optional
	// +kubebuilder:default={"observedGeneration":-1}
	Status PermissionGrantStatus `json:"status,omitempty"`
}

// PermissionGrantList is a list of PermissionGrants.
//
// +kubebuilder:object:root=true
type PermissionGrantList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []PermissionGrant `json:"items"`
}

// GetConditions returns the conditions of the status.
func (g *PermissionGrant) GetConditions() []metav1.Condition { return g.Status.Conditions }
