package access

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// I10: a rule without a number is no way to 50,000 mails; whoever runs the backend may.
func TestMaxPeople(t *testing.T) {
	same, all := v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesSame}, v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesAll}
	backend := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: "own", Name: "acme"}}
	if got := MaxPeople(backend, 0, "own"); got != 0 {
		t.Error("without rules", got)
	}
	backend.Spec.GrantRules = []v1alpha1.GrantRule{{Namespaces: same}, {Namespaces: all}, {Namespaces: all, MaxPeople: 7}, {Namespaces: same, MaxPeople: 7}}
	for _, c := range []struct {
		rule      int
		namespace string
		want      int
	}{{0, "own", 0}, {1, "own", 0}, {1, "other", 500}, {2, "own", 7}, {2, "other", 7}, {3, "own", 7}} {
		if got := MaxPeople(backend, c.rule, c.namespace); got != c.want {
			t.Errorf("rule %d, namespace %s: %d, want %d", c.rule, c.namespace, got, c.want)
		}
	}
}

// A person counts for the first rule that allows what they are given, whenever the grant began.
func TestCountsFor(t *testing.T) {
	backend := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: "own", Name: "acme"}}
	backend.Spec.GrantRules = []v1alpha1.GrantRule{
		anything(v1alpha1.GrantRule{Namespaces: v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesSame}}),
		anything(v1alpha1.GrantRule{
			Permissions: v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{"Billing"}}, MaxDuration: &metav1.Duration{Duration: time.Hour},
		}),
		anything(v1alpha1.GrantRule{EmailDomains: []v1alpha1.DomainName{"acme.example"}}),
	}
	ends := gives("u", "other", "Billing")
	ends.End = &v1alpha1.End{At: now}
	for what, c := range map[string]struct {
		given v1alpha1.Contribution
		email string
		rule  int
		ok    bool
	}{
		"the first":           {ends, "ann@acme.example", 1, true},
		"one that never ends": {gives("u", "other", "Billing"), "ann@acme.example", 2, true},
		"something else":      {gives("u", "other", "AccountManagement"), "ann@acme.example", 2, true},
		"by no rule any more": {gives("u", "other", "AccountManagement"), "ann@other.example", 0, false},
	} {
		if rule, ok := CountsFor(backend, Origin{Namespace: "other"}, c.given, c.email); rule != c.rule || ok != c.ok {
			t.Errorf("%s: rule %d, %v", what, rule, ok)
		}
	}
}
