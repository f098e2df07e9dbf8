package access

import (
	"fmt"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// DefaultMaxPeople is how many people the grants of a namespace that is not the backend's own
// may give something where their rule names no number.
const DefaultMaxPeople = 500

// MaxPeople is how many people the grants of one namespace may give something by a rule of a
// backend, together; 0: any number. The rule is named by its place.
func MaxPeople(backend *v1alpha1.HostingBackend, rule int, namespace string) int {
	switch most := rulesOf(backend)[rule].MaxPeople; {
	case most > 0:
		return int(most)
	case namespace == backend.Namespace:
		return 0 // whoever writes there runs the backend
	}
	return DefaultMaxPeople
}

// CountsFor is the rule for which somebody counts who is given something already, by its place;
// false where none allows it any more. When the grant begins does not matter here.
func CountsFor(backend *v1alpha1.HostingBackend, from Origin, c v1alpha1.Contribution, email string) (rule int, ok bool) {
	if c.End != nil {
		from.Begins = c.End.At
	}
	permission := Permit(backend, from, c, email)
	return permission.Rule, permission.Refusal == ""
}

// TooManyPeople says that with a grant its namespace would name more people than a rule allows.
func TooManyPeople(backend *v1alpha1.HostingBackend, rule int, namespace string, people int) string {
	return fmt.Sprintf("%s has maxPeople: with this grant, namespace %s would name %d people, and the limit is %d; so the grant gives nothing to new people, and whoever has something of it keeps it. Name fewer people, or ask whoever runs the backend to raise maxPeople",
		nameOf(backend, rule), namespace, people, MaxPeople(backend, rule, namespace))
}
