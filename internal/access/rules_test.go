package access

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

func TestWhatHasToEndIsNotRetained(t *testing.T) {
	backend := &v1alpha1.HostingBackend{}
	backend.Spec.GrantRules = []v1alpha1.GrantRule{{
		Namespaces: v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesAll}, MaxDuration: &metav1.Duration{Duration: time.Hour},
	}}
	c := gives("u", "ns", "Billing")
	c.End = &v1alpha1.End{At: metav1.NewTime(now.Add(time.Hour)), Cause: v1alpha1.CauseExpired}
	from := Origin{Namespace: "ns", Begins: now}
	if refusal := Permit(backend, from, c, "ann@acme.example").Refusal; refusal != "" {
		t.Error(refusal)
	}
	c.Retain = true
	if refusal := Permit(backend, from, c, "ann@acme.example").Refusal; !strings.Contains(refusal, "spec.grantRules[0]") || !strings.Contains(refusal, "deletionPolicy: Retain") {
		t.Error(refusal)
	}
}
