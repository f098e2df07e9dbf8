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
