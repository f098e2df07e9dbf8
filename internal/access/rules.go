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
var ownNamespace = []v1alpha1.GrantRule{{
	Namespaces:   v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesSame},
	Permissions:  v1alpha1.RulePermissions{All: new(true)},
	EmailDomains: []v1alpha1.DomainName{v1alpha1.AnyDomain},
}}

func rulesOf(backend *v1alpha1.HostingBackend) []v1alpha1.GrantRule {
	if len(backend.Spec.GrantRules) == 0 {
		return ownNamespace
	}
	return backend.Spec.GrantRules
}

// maxReasons is how many rules a refusal names; the rest is counted.
const maxReasons = 3

// Permit says what a backend's rules make of a contribution to somebody, whose address is
// normalised. One rule has to allow it whole; the refusal names each rule for the namespace, and
// the field that refuses.
func Permit(backend *v1alpha1.HostingBackend, from Origin, c v1alpha1.Contribution, email string) Permission {
	var reasons []string
	permission, allowed := Permission{}, false
	for i, rule := range rulesOf(backend) {
		if !concerns(rule, backend.Namespace, from) {
			continue
		}
		if why := refuses(rule, from, c, email); why != "" {
			name := fmt.Sprintf("rule %q", rule.Name)
			if len(reasons) == 0 {
				name = nameOf(backend, i)
			}
			reasons = append(reasons, name+" "+why)
			continue
		}
		if !allowed {
			permission.Rule = i
		}
		allowed = true
		permission.Adopt = permission.Adopt || adopts(rule, backend.Namespace, from.Namespace)
	}
	switch more := len(reasons) - maxReasons; {
	case allowed:
		return permission
	case len(reasons) == 0:
		return Permission{Refusal: fmt.Sprintf("HostingBackend %s/%s takes no grants of namespace %s: no rule in its spec.grantRules is for that namespace; ask whoever runs the backend for a rule", backend.Namespace, backend.Name, from.Namespace)}
	case more > 0:
		reasons = append(reasons[:maxReasons], fmt.Sprintf("rules that refuse it as well: %d", more))
	}
	return Permission{Refusal: strings.Join(reasons, "; ") + "; change the grant, or ask whoever runs the backend to change a rule"}
}

// nameOf a rule, which is named by its place, as a message says it.
func nameOf(backend *v1alpha1.HostingBackend, rule int) string {
	return fmt.Sprintf("rule %q of HostingBackend %s/%s", rulesOf(backend)[rule].Name, backend.Namespace, backend.Name)
}

// Offboards says whether Profiles of a namespace act on what grants of others give.
func Offboards(backend *v1alpha1.HostingBackend, from Origin) bool {
	return slices.ContainsFunc(backend.Spec.GrantRules, func(rule v1alpha1.GrantRule) bool {
		return rule.Offboarding && concerns(rule, backend.Namespace, from)
	})
}

// concerns says whether a rule is for a namespace; one that does not say which is for none.
func concerns(rule v1alpha1.GrantRule, own string, from Origin) bool {
	switch rule.Namespaces.From {
	case v1alpha1.NamespacesAll:
		return true
	case v1alpha1.NamespacesSame:
		return from.Namespace == own
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
	return false
}

func adopts(rule v1alpha1.GrantRule, own, namespace string) bool {
	if rule.Adopt == nil {
		return own == namespace
	}
	return *rule.Adopt
}

// refuses says what a rule has against a contribution, by the rule's field; empty where it
// allows it. What a rule does not say it does not allow, also where the API server let it pass.
func refuses(rule v1alpha1.GrantRule, from Origin, c v1alpha1.Contribution, email string) string {
	switch name := beyond(rule.Permissions, c); {
	case name != "":
		return "does not allow " + name
	case rule.RequireTwoFactor && !c.RequireTwoFactor && Gives(c):
		return "has requireTwoFactor: the grant must set requireTwoFactor"
	case !slices.ContainsFunc(rule.EmailDomains, func(d v1alpha1.DomainName) bool { return d == v1alpha1.AnyDomain || ofDomain(email, string(d)) }):
		return "does not allow addresses of this domain in emailDomains"
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
		return fmt.Sprintf("has maxDuration: the grant must set expiresAt, at most %s after it begins", longest)
	}
	if end.At.Sub(from.Begins.Time) > longest {
		latest := metav1.NewTime(from.Begins.Add(longest))
		date, _ := latest.MarshalQueryParameter() // it never fails
		return fmt.Sprintf("has maxDuration: the grant may end at most %s after it begins, by %s", longest, date)
	}
	if c.Retain {
		return "has maxDuration: the grant must not set deletionPolicy: Retain, because what it gives has to end"
	}
	return ""
}

// beyond names a permission that a rule does not allow; empty where there is none.
func beyond(allowed v1alpha1.RulePermissions, c v1alpha1.Contribution) string {
	if allowed.All != nil && *allowed.All {
		return ""
	}
	if name, beyond := first(c.Overall, allowed.Overall); beyond {
		return "overall permission " + string(name)
	}
	for _, a := range c.Accounts {
		if name, beyond := first(a.Permissions, allowed.PerAccount); beyond {
			return "perAccount permission " + string(name)
		}
	}
	for _, s := range c.Servers {
		if name, beyond := first(s.Permissions, allowed.PerServer); beyond {
			return "perServer permission " + string(name)
		}
	}
	return ""
}

// first is the first of some permissions that is not among those allowed.
func first[P ~string](given, allowed []P) (P, bool) {
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
