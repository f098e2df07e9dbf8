package diagnose

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/status"
)

// about is what a reason of a HostingBackend's condition Ready is about, and how to mend it.
type about struct{ check, mend string }

// reasons of a HostingBackend that need somebody.
var reasons = map[string]about{
	v1alpha1.ReasonCredentialsNotFound:      {"key", "create the Secret with type hostgrant.io/credentials and the keys token and url"},
	v1alpha1.ReasonCredentialsRefused:       {"key", "give the Secret the type hostgrant.io/credentials, and in its key url the same URL as endpoint.url"},
	v1alpha1.ReasonCredentialsRejected:      {"key", "put a valid token of the owner into the Secret"},
	v1alpha1.ReasonForbidden:                {"key", "use a token of the owner, or allow the manager's address for it"},
	v1alpha1.ReasonIdentityChanged:          {"key", "put a token of the same owner into the Secret, or make a HostingBackend of another name for another owner"},
	v1alpha1.ReasonEndpointRefused:          {"url", "correct spec.endpoint, or let the manager talk to it (--allowed-hosts, --allow-private-endpoints)"},
	v1alpha1.ReasonProviderUnavailable:      {"url", "check the URL and the network; hostgrant doctor --backend-url tells more"},
	v1alpha1.ReasonPermissionAPIUnavailable: {"permission resource", "hostgrant doctor --backend-url tells whether the provider has no permission API, or the URL is wrong"},
	v1alpha1.ReasonTableImplausible:         {"table", "wait: it is read again"},
	v1alpha1.ReasonTableUnconfirmed:         {"table", "look at the provider whether these people were really removed; if so, annotate the backend as docs/annotations.md says"},
	v1alpha1.ReasonOwnedElsewhere:           {"table", "stop the other installation, or name its mark in takeOverFrom"},
	v1alpha1.ReasonRateLimited:              {"table", "wait, or lower rateLimit"},
}

// backend judges a HostingBackend by its status: its Secret is not read. addresses: they may be told.
func backend(b *v1alpha1.HostingBackend, addresses bool) []Check {
	if b.Spec.Suspend {
		return []Check{{Warn, of("backend", b), "it is suspended: nothing is read or written", "take suspend away when that is over"}}
	}
	ready := meta.FindStatusCondition(b.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || b.Status.ObservedGeneration != b.Generation {
		return []Check{{Fail, of("backend", b), "the manager has not looked at it as it is now", "wait a moment; if it stays so, the manager does not run, or does not look at this namespace"}}
	}
	if ready.Status != metav1.ConditionTrue {
		return []Check{unready(b, *ready, addresses)}
	}
	return known(b, addresses)
}

// of names a check of one backend.
func of(check string, b *v1alpha1.HostingBackend) string {
	return fmt.Sprintf("%s of %s/%s", check, b.Namespace, b.Name)
}

// unready says what keeps a backend from being Ready.
func unready(b *v1alpha1.HostingBackend, ready metav1.Condition, addresses bool) Check {
	matter, known := reasons[ready.Reason]
	if !known {
		matter = about{"backend", "see docs/runbook.md, " + ready.Reason}
	}
	level := Warn
	if meta.IsStatusConditionTrue(b.Status.Conditions, v1alpha1.ConditionStalled) {
		level = Fail
	}
	found := ready.Reason + ": " + ready.Message
	if !addresses {
		found = status.WithoutAddresses(found)
	}
	return Check{level, of(matter.check, b), found, matter.mend}
}

// known tells what the status of a backend that is Ready knows.
func known(b *v1alpha1.HostingBackend, addresses bool) (checks []Check) {
	if who := b.Status.Identity; who != nil {
		found := fmt.Sprintf("it works, for the owner with id %d", who.CustomerID)
		if addresses {
			found += ", " + who.Email
		}
		checks = append(checks, Check{Level: OK, Name: of("key", b), Found: found})
	}
	if counts := b.Status.Counts; counts != nil {
		checks = append(checks, Check{Level: OK, Name: of("permission resource", b), Found: fmt.Sprintf("the table was read, with %d people managed and %d undeclared; mode %s", counts.Managed, counts.Undeclared, b.Spec.Mode)})
		one := features(b.Status.Features, counts.Managed+counts.Undeclared > 0)
		one.Name = of("features", b)
		checks = append(checks, one)
	}
	if skewed := meta.FindStatusCondition(b.Status.Conditions, v1alpha1.ConditionClockSkewed); skewed != nil && skewed.Status == metav1.ConditionTrue {
		checks = append(checks, Check{Fail, of("clock", b), skewed.Message, "synchronise the clock that is wrong"})
	}
	return checks
}
