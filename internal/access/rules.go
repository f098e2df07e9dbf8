package access

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Origin is where a grant comes from.
type Origin struct {
	Namespace string
	// Labels of the namespace.
	Labels map[string]string
	// Begins is when the grant does.
	Begins metav1.Time
}

// Permission is what a backend's rules say of one contribution.
type Permission struct {
	// Adopt: what the person held before becomes the grant's.
	Adopt bool
	// Rule that allows it, the first one, by its place.
	Rule int
	// Refusal says why it may not be; empty where it may.
	Refusal string
}

// ownNamespace is what holds where a backend has no rules.
var ownNamespace = []v1alpha1.GrantRule{{Namespaces: v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesSame}}}

func rulesOf(backend *v1alpha1.HostingBackend) []v1alpha1.GrantRule {
	if len(backend.Spec.GrantRules) == 0 {
		return ownNamespace
	}
	return backend.Spec.GrantRules
}

// Permit says what a backend's rules make of a contribution to somebody, whose address is
// normalised. One rule has to allow it whole; the refusal is that of the first rule for the
// namespace.
func Permit(backend *v1alpha1.HostingBackend, from Origin, c v1alpha1.Contribution, email string) Permission {
	refusal := ""
	permission, allowed := Permission{}, false
	for i, rule := range rulesOf(backend) {
		if !concerns(rule, backend.Namespace, from) {
			continue
		}
		why := refuses(rule, from, c, email)
		if why == "" {
			if !allowed {
				permission.Rule = i
			}
			allowed = true
			permission.Adopt = permission.Adopt || adopts(rule, backend.Namespace, from.Namespace)
			continue
		}
		if refusal == "" {
			refusal = fmt.Sprintf("spec.grantRules[%d] of HostingBackend %s/%s: %s", i, backend.Namespace, backend.Name, why)
		}
	}
	switch {
	case allowed:
		return permission
	case refusal == "":
		refusal = fmt.Sprintf("HostingBackend %s/%s takes no grants of namespace %s: none of its spec.grantRules is for it", backend.Namespace, backend.Name, from.Namespace)
	}
	return Permission{Refusal: refusal}
}

// Offboards says whether Profiles of a namespace act on what grants of others give.
func Offboards(backend *v1alpha1.HostingBackend, from Origin) bool {
	return slices.ContainsFunc(backend.Spec.GrantRules, func(rule v1alpha1.GrantRule) bool {
		return rule.Offboarding && concerns(rule, backend.Namespace, from)
	})
}

// concerns says whether a rule is for a namespace.
func concerns(rule v1alpha1.GrantRule, own string, from Origin) bool {
	switch rule.Namespaces.From {
	case v1alpha1.NamespacesAll:
		return true
	case v1alpha1.NamespacesSelector:
		if rule.Namespaces.Selector == nil || len(rule.Namespaces.Selector.MatchLabels) == 0 {
			return false
		}
		for label, value := range rule.Namespaces.Selector.MatchLabels {
			if have, ok := from.Labels[label]; !ok || have != string(value) {
				return false
			}
		}
		return true
	}
	return from.Namespace == own
}

func adopts(rule v1alpha1.GrantRule, own, namespace string) bool {
	if rule.Adopt == nil {
		return own == namespace
	}
	return *rule.Adopt
}

// refuses says what a rule has against a contribution; empty where it allows it.
func refuses(rule v1alpha1.GrantRule, from Origin, c v1alpha1.Contribution, email string) string {
	switch name := beyond(rule, c); {
	case name != "":
		return name + " may not be given"
	case rule.RequireTwoFactor && !c.RequireTwoFactor && Gives(c):
		return "the grant must set requireTwoFactor"
	case len(rule.EmailDomains) > 0 && !slices.ContainsFunc(rule.EmailDomains, func(d v1alpha1.DomainName) bool { return ofDomain(email, string(d)) }):
		return "people with addresses of this domain may not be given anything"
	}
	return tooLong(rule, from, c)
}

// Gives says whether a contribution gives anything.
func Gives(c v1alpha1.Contribution) bool {
	return len(c.Overall)+len(c.Accounts)+len(c.Servers) > 0
}

// tooLong says what a rule has against when a contribution ends.
func tooLong(rule v1alpha1.GrantRule, from Origin, c v1alpha1.Contribution) string {
	if rule.MaxDuration == nil {
		return ""
	}
	longest, end := rule.MaxDuration.Duration, c.End
	if end == nil {
		return fmt.Sprintf("the grant must set expiresAt, at most %s after it begins", longest)
	}
	if end.At.Sub(from.Begins.Time) > longest {
		latest := metav1.NewTime(from.Begins.Add(longest))
		date, _ := latest.MarshalQueryParameter() // it never fails
		return fmt.Sprintf("the grant may end at most %s after it begins, by %s", longest, date)
	}
	if c.Retain {
		return "the grant must not set deletionPolicy: Retain, for what it gives has to end"
	}
	return ""
}

// beyond names a permission that a rule does not allow; empty where there is none.
func beyond(rule v1alpha1.GrantRule, c v1alpha1.Contribution) string {
	if name, beyond := first(c.Overall, rule.Overall); beyond {
		return "overall permission " + string(name)
	}
	for _, a := range c.Accounts {
		if name, beyond := first(a.Permissions, rule.Account); beyond {
			return "account permission " + string(name)
		}
	}
	for _, s := range c.Servers {
		if name, beyond := first(s.Permissions, rule.Server); beyond {
			return "server permission " + string(name)
		}
	}
	return ""
}

// first is the first of some permissions that is not among those allowed; nil allows all.
func first[P ~string](given, allowed []P) (P, bool) {
	if allowed == nil {
		return "", false
	}
	i := slices.IndexFunc(given, func(p P) bool { return !slices.Contains(allowed, p) })
	if i < 0 {
		return "", false
	}
	return given[i], true
}

// ofDomain says whether a normalised address has a domain, in whatever notation that is.
func ofDomain(email, domain string) bool {
	normalised, err := NormalizeAddress("x@" + domain)
	return err == nil && strings.HasSuffix(email, strings.TrimPrefix(normalised, "x"))
}
