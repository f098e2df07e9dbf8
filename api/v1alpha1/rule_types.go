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
// +kubebuilder:validation:XValidation:rule="self.from == 'Selector' ? has(self.selector) : !has(self.selector)",message="'selector' goes with from: Selector, and only with it"
type RuleNamespaces struct {
	// from which namespaces.
	//
	// +optional
	// +kubebuilder:default=Same
	From NamespacesFrom `json:"from,omitempty"`

	// selector of namespaces by their labels. An empty one selects none.
	//
	// +optional
	Selector *RuleSelector `json:"selector,omitempty"`
}

// RuleSelector selects namespaces by labels that all have to be there.
type RuleSelector struct {
	// matchLabels are labels with their values.
	//
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=16
	MatchLabels map[string]LabelValue `json:"matchLabels"`
}

// LabelValue is the value of a label.
//
// +kubebuilder:validation:MaxLength=63
type LabelValue string

// DomainName is the part of an address after the @. A subdomain is another one.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=253
// +kubebuilder:validation:XValidation:rule="!self.contains('@') && !self.contains('*') && !self.contains(' ')",message="must be a domain, for instance agency.example, without @ and wildcards"
type DomainName string

// GrantRule says what grants of some namespaces may give. One rule has to allow a grant
// whole. (omitzero: an empty list says something else than none.)
type GrantRule struct {
	// namespaces the rule is for.
	//
	// +optional
	// +kubebuilder:default={"from":"Same"}
	Namespaces RuleNamespaces `json:"namespaces,omitempty"`

	// overall permissions that may be given; absent: all; empty: none.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=8
	Overall []OverallPermission `json:"overall,omitzero"`

	// account permissions that may be given; absent: all; empty: none.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Account []AccountPermission `json:"account,omitzero"`

	// server permissions that may be given; absent: all; empty: none.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=32
	Server []ServerPermission `json:"server,omitzero"`

	// emailDomains of the people who may be given something; absent: any.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	EmailDomains []DomainName `json:"emailDomains,omitempty"`

	// maxDuration from the beginning of a grant (its notBefore, or when it was created) to its
	// end, which it must have then; up to 87600h.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^([0-9]{1,6}(\.[0-9]{1,3})?[smh])+$') && duration(self) > duration('0s') && duration(self) <= duration('87600h')`,message="must be a duration up to 87600h, for instance 2160h for 90 days"
	MaxDuration *metav1.Duration `json:"maxDuration,omitempty"`

	// maxPeople is how many people the grants of one namespace may give something by this rule,
	// together, 1 to 100000; a grant that names more gives nothing to anybody new. Each person
	// counts once, for the first rule that allows what they are given. Absent: 500 for each
	// namespace that is not the backend's own, and any number for its own.
	//
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 100000",message="must be from 1 to 100000 people; a rule that is for nobody is left out"
	MaxPeople int32 `json:"maxPeople,omitempty"`

	// requireTwoFactor: only grants that require a second factor.
	//
	// +optional
	RequireTwoFactor bool `json:"requireTwoFactor,omitempty"`

	// adopt: what people held before a grant named it becomes the grant's, and goes with it;
	// and a second factor may be required of people who hold things of others. Absent: for
	// grants of the backend's own namespace only.
	//
	// +optional
	Adopt *bool `json:"adopt,omitempty"`

	// offboarding: a Profile that suspends or expires acts on what grants of all namespaces
	// give on this backend, not only those of its own.
	//
	// +optional
	Offboarding bool `json:"offboarding,omitempty"`
}
