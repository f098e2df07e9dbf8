// Package resolve turns the references of grants into people and permissions. It reads
// Kubernetes objects and nothing else.
package resolve

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

// Kinds of references.
const (
	KindProfile       = "Profile"
	KindTeam          = "Team"
	KindPermissionSet = "PermissionSet"
)

// Reference names an object of the grant's namespace.
type Reference struct{ Kind, Name string }

// String is the form used in contributions and messages: "Team/agency".
func (r Reference) String() string { return r.Kind + "/" + r.Name }

// Person is somebody a grant names.
type Person struct {
	// Address they are written to: where several notations are one person's, the first.
	Address string
	// Via names the ways they were reached, in order: "email", "Profile/x", "Team/x" or
	// "Team/x/Profile/y".
	Via         []string
	DisplayName string
	Language    v1alpha1.Language
}

// Issue is why a part of a grant cannot be resolved.
type Issue struct {
	Subject, Reason, Message string
	// Missing is the object that is not there, or that no longer gives an address. What it
	// gave earlier is not proof of an end.
	Missing *Reference
}

// People is everyone some subjects stand for, each once, by address.
type People struct {
	Persons []Person
	Issues  []Issue
}

// collector gathers people; the first to give a name or language wins.
type collector struct {
	ctx       context.Context //nolint:containedctx // lives for one call of Subjects or Members
	reader    client.Reader
	namespace string
	persons   map[string]*Person // by what tells people apart
	issues    []Issue
}

// Subjects resolves the subjects of a grant. An error means that Kubernetes could not be
// asked; everything else is an issue.
func Subjects(ctx context.Context, reader client.Reader, namespace string, subjects []v1alpha1.Subject) (People, error) {
	c := &collector{ctx: ctx, reader: reader, namespace: namespace, persons: map[string]*Person{}}
	for _, s := range subjects {
		var err error
		switch {
		case s.TeamRef != nil:
			err = c.team(string(s.TeamRef.Name))
		case s.ProfileRef != nil:
			err = c.profile(string(s.ProfileRef.Name), "")
		default:
			c.email(string(s.Email), "email", "")
		}
		if err != nil {
			return People{}, err
		}
	}
	return c.people(), nil
}

// Members resolves the members of a team.
func Members(ctx context.Context, reader client.Reader, team *v1alpha1.Team) (People, error) {
	c := &collector{ctx: ctx, reader: reader, namespace: team.Namespace, persons: map[string]*Person{}}
	if err := c.members(team); err != nil {
		return People{}, err
	}
	return c.people(), nil
}

func (c *collector) people() People {
	people := People{Issues: c.issues}
	for person := range maps.Values(c.persons) {
		slices.Sort(person.Via)
		person.Via = slices.Compact(person.Via)
		people.Persons = append(people.Persons, *person)
	}
	slices.SortFunc(people.Persons, func(a, b Person) int { return cmp.Compare(a.Address, b.Address) })
	slices.SortStableFunc(people.Issues, func(a, b Issue) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Reason, b.Reason))
	})
	return people
}

func (c *collector) team(name string) error {
	team := &v1alpha1.Team{}
	err := c.reader.Get(c.ctx, types.NamespacedName{Namespace: c.namespace, Name: name}, team)
	if apierrors.IsNotFound(err) {
		c.missing(Reference{KindTeam, name}, v1alpha1.ReasonReferenceNotFound, "there is no Team of this name in the namespace")
		return nil
	}
	if err != nil {
		return fmt.Errorf("get Team: %w", err)
	}
	return c.members(team)
}

func (c *collector) members(team *v1alpha1.Team) error {
	via := Reference{KindTeam, team.Name}.String()
	for _, m := range team.Spec.Members {
		if m.ProfileRef == nil {
			c.email(string(m.Email), via, "")
			continue
		}
		if err := c.profile(string(m.ProfileRef.Name), via+"/"); err != nil {
			return err
		}
	}
	return nil
}

func (c *collector) profile(name, prefix string) error {
	reference := Reference{KindProfile, name}
	profile := &v1alpha1.Profile{}
	err := c.reader.Get(c.ctx, types.NamespacedName{Namespace: c.namespace, Name: name}, profile)
	if apierrors.IsNotFound(err) {
		c.missing(reference, v1alpha1.ReasonReferenceNotFound, "there is no Profile of this name in the namespace")
		return nil
	}
	if err != nil {
		return fmt.Errorf("get Profile: %w", err)
	}
	email, issue, err := Email(c.ctx, c.reader, profile)
	switch {
	case err != nil:
		return err
	case issue != nil:
		issue.Missing = &reference
		c.issues = append(c.issues, *issue)
	default:
		c.add(email, prefix+reference.String(), profile.Spec.DisplayName, profile.Spec.Language)
	}
	return nil
}

func (c *collector) missing(reference Reference, reason, message string) {
	c.issues = append(c.issues, Issue{Subject: reference.String(), Reason: reason, Message: message, Missing: &reference})
}

func (c *collector) email(raw, via, displayName string) {
	address, err := access.DeliveryAddress(raw)
	if err != nil {
		c.issues = append(c.issues, Issue{Subject: via, Reason: v1alpha1.ReasonAddressInvalid, Message: err.Error()})
		return
	}
	c.add(address, via, displayName, "")
}

func (c *collector) add(address, via, displayName string, language v1alpha1.Language) {
	key := access.AddressDigest(address)
	person, ok := c.persons[key]
	if !ok {
		person = &Person{Address: address}
		c.persons[key] = person
	}
	person.Via = append(person.Via, via)
	person.DisplayName = cmp.Or(person.DisplayName, displayName)
	person.Language = cmp.Or(person.Language, language)
}

// Email is the address that a profile's person is written to, from its spec or from the Secret it names.
// An issue never holds the address.
func Email(ctx context.Context, reader client.Reader, profile *v1alpha1.Profile) (string, *Issue, error) {
	subject := Reference{KindProfile, profile.Name}.String()
	raw := string(profile.Spec.Email)
	if from := profile.Spec.EmailFrom; from != nil {
		secret := &corev1.Secret{}
		err := reader.Get(ctx, types.NamespacedName{Namespace: profile.Namespace, Name: string(from.SecretKeyRef.Name)}, secret)
		if err != nil && !apierrors.IsNotFound(err) {
			return "", nil, fmt.Errorf("get Secret: %w", err)
		}
		value, ok := secret.Data[from.SecretKeyRef.Key]
		if err != nil || !ok || secret.Type != v1alpha1.SecretTypeAddress {
			return "", &Issue{Subject: subject, Reason: v1alpha1.ReasonAddressNotFound, Message: fmt.Sprintf(
				"emailFrom.secretKeyRef: Secret %q must exist, have the type %s and hold the key %q",
				from.SecretKeyRef.Name, v1alpha1.SecretTypeAddress, from.SecretKeyRef.Key)}, nil
		}
		raw = string(value)
	}
	address, err := access.DeliveryAddress(raw)
	if err != nil {
		return "", &Issue{Subject: subject, Reason: v1alpha1.ReasonAddressInvalid, Message: err.Error()}, nil
	}
	return address, nil, nil
}
