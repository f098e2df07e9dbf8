package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// NamespacesFrom says which namespaces a rule is for.
//
// +kubebuilder:validation:Enum=Same;All;Selector
type NamespacesFrom string

const (
	// NamespacesSame is the backend's own namespace.
	NamespacesSame NamespacesFrom = "Same"
	// NamespacesAll is every namespace.
	NamespacesAll NamespacesFrom = "All"
	// NamespacesSelector is those with certain labels.
	NamespacesSelector NamespacesFrom = "Selector"
)

// RuleNamespaces are the namespaces a rule is for.
//
// +kubebuilder:validation:XValidation:rule="self.from == 'Selector' ? has(self.selector) : !has(self.selector)",message="set selector if from is Selector, and leave it out otherwise"
type RuleNamespaces struct {
	// from says which namespaces. It has no default.
	From NamespacesFrom `json:"from"`

	// selector of namespaces by a label.
	//
	// +optional
	Selector *RuleSelector `json:"selector,omitempty"`
}

// RuleSelector selects namespaces by one label. (Of several, a template could lose one, and the
// rule would be for more namespaces.)
type RuleSelector struct {
	// matchLabels is the one label, with its value.
	//
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=1
	MatchLabels map[string]LabelValue `json:"matchLabels"`
}

// LabelValue is the value of a label, 1 to 63 bytes.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
type LabelValue string

// RulePermissions are the permissions that a rule allows. What is not listed is not allowed.
// (omitzero: a list that is empty is there.)
//
// +kubebuilder:validation:XValidation:rule="has(self.all) != (has(self.overall) || has(self.perAccount) || has(self.perServer))",message="write either {all: true} or at least one of the lists overall, perAccount and perServer; what is not listed is not allowed"
type RulePermissions struct {
	// all: true allows all permissions of every scope, also those that a later version adds.
	//
	// +optional
	// +kubebuilder:validation:Enum=true
	All *bool `json:"all,omitempty"`

	// overall permissions that may be given; absent or empty: none.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=8
	Overall []OverallPermission `json:"overall,omitzero"`

	// perAccount permissions that may be given on any account; absent or empty: none.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	PerAccount []AccountPermission `json:"perAccount,omitzero"`

	// perServer permissions that may be given on any server; absent or empty: none.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	PerServer []ServerPermission `json:"perServer,omitzero"`
}

// AnyDomain stands for every domain in a rule's emailDomains.
const AnyDomain DomainName = "*"

// DomainName is the part of an address after the @, or "*" for any. A subdomain is another one.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="self == '*' || (!self.contains('@') && !self.contains('*') && !self.contains(' '))",message="must be a domain, for instance agency.example, without @ and wildcards, or '*' alone for any"
type DomainName string

// GrantRule says what grants of some namespaces may give. A grant needs one rule that allows all of
// it. A rule without namespaces, permissions or emailDomains allows nothing. The other fields restrict
// it further where they are set.
//
// +kubebuilder:validation:XValidation:rule="has(self.namespaces)",fieldPath=".namespaces",reason=FieldValueRequired,message="write {from: Same}, {from: All} or {from: Selector, selector: {matchLabels: {LABEL: VALUE}}}"
// +kubebuilder:validation:XValidation:rule="has(self.permissions)",fieldPath=".permissions",reason=FieldValueRequired,message="write {all: true}, or the lists overall, perAccount and perServer; what is not listed is not allowed"
// +kubebuilder:validation:XValidation:rule="has(self.emailDomains)",fieldPath=".emailDomains",reason=FieldValueRequired,message="list the domains of the people, for instance [agency.example], or ['*'] for any"
type GrantRule struct {
	// name of the rule: 1 to 63 characters. Messages about what the rule refuses contain it.
	//
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`

	// namespaces the rule is for; required.
	//
	// +optional
	Namespaces RuleNamespaces `json:"namespaces,omitzero"`

	// permissions that may be given; required.
	//
	// +optional
	Permissions RulePermissions `json:"permissions,omitzero"`

	// emailDomains of the people who may be given something, or "*" alone for any; required.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:XValidation:rule="self.size() == 1 || !self.exists(d, d == '*')",message="'*' allows any domain, so write it alone, or leave it out"
	EmailDomains []DomainName `json:"emailDomains,omitempty"`

	// maxDuration from the beginning of a grant (its notBefore, or when it was created) to its
	// end, which it must have then; up to 87600h.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^([0-9]{1,6}(\.[0-9]{1,3})?[smh])+$') && duration(self) > duration('0s') && duration(self) <= duration('87600h')`,message="must be a duration up to 87600h, for instance 2160h for 90 days"
	MaxDuration *metav1.Duration `json:"maxDuration,omitempty"`

	// maxPeople is how many people all grants of one namespace together may name by this rule: 1 to
	// 100000. A grant that names more gives nothing to new people. Each person counts once, for the first
	// rule that allows what they are given. Absent: 500 for each namespace other than the backend's own,
	// and no limit for its own.
	//
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 100000",message="must be from 1 to 100000 people; to allow nobody, remove the rule"
	MaxPeople int32 `json:"maxPeople,omitempty"`

	// requireTwoFactor: true allows only grants that require a second factor.
	//
	// +optional
	RequireTwoFactor bool `json:"requireTwoFactor,omitempty"`

	// adopt: true lets grants take over permissions that people already hold: they are taken away together
	// with the grant. It also lets grants require a second factor of people who hold permissions that
	// others gave. Absent: true for grants of the backend's own namespace, false for others.
	//
	// +optional
	Adopt *bool `json:"adopt,omitempty"`

	// offboarding: true lets a Profile of these namespaces that is suspended or has expired withhold what
	// grants of all namespaces give on this backend, not only those of its own namespace.
	//
	// +optional
	Offboarding bool `json:"offboarding,omitempty"`
}
