package access

import (
	"cmp"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// anything is a rule that, for all namespaces, allows what it does not limit itself.
func anything(rule v1alpha1.GrantRule) v1alpha1.GrantRule {
	rule.Namespaces.From = cmp.Or(rule.Namespaces.From, v1alpha1.NamespacesAll)
	if rule.EmailDomains == nil {
		rule.EmailDomains = []v1alpha1.DomainName{v1alpha1.AnyDomain}
	}
	if rule.Permissions.Overall == nil {
		rule.Permissions.All = new(true)
	}
	return rule
}

func TestWhatHasToEndIsNotRetained(t *testing.T) {
	backend := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: "own", Name: "acme"}}
	backend.Spec.GrantRules = []v1alpha1.GrantRule{anything(v1alpha1.GrantRule{Name: "tenants", MaxDuration: &metav1.Duration{Duration: time.Hour}})}
	c := gives("u", "ns", "Billing")
	c.End = &v1alpha1.End{At: metav1.NewTime(now.Add(time.Hour)), Cause: v1alpha1.CauseExpired}
	from := Origin{Namespace: "ns", Begins: now}
	if refusal := Permit(backend, from, c, "ann@acme.example").Refusal; refusal != "" {
		t.Error(refusal)
	}
	c.Retain = true
	if refusal := Permit(backend, from, c, "ann@acme.example").Refusal; !strings.Contains(refusal, `rule "tenants" of HostingBackend own/acme has maxDuration`) || !strings.Contains(refusal, "deletionPolicy: Retain") {
		t.Error(refusal)
	}
}

// A rule allows only what it says, also one that the API server did not check: it was stored before
// the CRD asked for these fields.
func TestARuleThatLacksAFieldAllowsNothing(t *testing.T) {
	whole := anything(v1alpha1.GrantRule{Name: "all"})
	for what, lose := range map[string]func(*v1alpha1.GrantRule){
		"":             func(*v1alpha1.GrantRule) {},
		"namespaces":   func(r *v1alpha1.GrantRule) { r.Namespaces = v1alpha1.RuleNamespaces{} },
		"permissions":  func(r *v1alpha1.GrantRule) { r.Permissions = v1alpha1.RulePermissions{} },
		"emailDomains": func(r *v1alpha1.GrantRule) { r.EmailDomains = nil },
		"labels": func(r *v1alpha1.GrantRule) {
			r.Namespaces = v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesSelector, Selector: &v1alpha1.RuleSelector{}}
		},
	} {
		backend, rule := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: "own", Name: "acme"}}, whole
		lose(&rule)
		backend.Spec.GrantRules = []v1alpha1.GrantRule{rule}
		for _, c := range []v1alpha1.Contribution{
			gives("u", "own", "Billing"),
			{Accounts: []v1alpha1.AccountPermissions{{Permissions: []v1alpha1.AccountPermission{"Sites"}}}},
			{Servers: []v1alpha1.ServerPermissions{{Permissions: []v1alpha1.ServerPermission{"SSHUsers"}}}},
		} {
			if refusal := Permit(backend, Origin{Namespace: "own"}, c, "ann@acme.example").Refusal; (refusal == "") != (what == "") {
				t.Errorf("without %q: %q", what, refusal)
			}
		}
	}
}

// A refusal names each rule that is for the namespace, and the field that refuses.
func TestARefusalNamesRuleAndField(t *testing.T) {
	backend := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: "own", Name: "acme"}}
	same, next := v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesSame}, "; change the grant, or ask whoever runs the backend to change a rule"
	backend.Spec.GrantRules = []v1alpha1.GrantRule{
		anything(v1alpha1.GrantRule{Name: "own", Namespaces: same}),
		anything(v1alpha1.GrantRule{Name: "agency", Permissions: v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{}}}),
	}
	backend.Spec.GrantRules[1].Permissions.PerAccount = []v1alpha1.AccountPermission{"Sites"}
	databases := v1alpha1.Contribution{Accounts: []v1alpha1.AccountPermissions{{Permissions: []v1alpha1.AccountPermission{"Sites", "Databases"}}}}
	refused := func(namespace, want string) {
		t.Helper()
		if got := Permit(backend, Origin{Namespace: namespace}, databases, "ann@acme.example").Refusal; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	first := `rule "agency" of HostingBackend own/acme does not allow perAccount permission Databases`
	refused("own", "")
	refused("other", first+next)
	backend.Spec.GrantRules = append(backend.Spec.GrantRules,
		anything(v1alpha1.GrantRule{Name: "locked", RequireTwoFactor: true}),
		anything(v1alpha1.GrantRule{Name: "ends", MaxDuration: &metav1.Duration{Duration: time.Hour}}),
		anything(v1alpha1.GrantRule{Name: "elsewhere", EmailDomains: []v1alpha1.DomainName{"other.example"}}),
	)
	refused("other", first+`; rule "locked" has requireTwoFactor: the grant must set requireTwoFactor; rule "ends" has maxDuration: the grant must set expiresAt, at most 1h0m0s after it begins; rules that refuse it as well: 1`+next)
	backend.Spec.GrantRules = backend.Spec.GrantRules[4:]
	refused("other", `rule "elsewhere" of HostingBackend own/acme does not allow addresses of this domain in emailDomains`+next)
	backend.Spec.GrantRules = nil
	refused("other", "HostingBackend own/acme takes no grants of namespace other: no rule in its spec.grantRules is for that namespace; ask whoever runs the backend for a rule")
}
