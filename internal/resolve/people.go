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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/handover"
)

// collector gathers people; the first to give a name or language wins.
type collector struct {
	ctx       context.Context //nolint:containedctx // lives for one call of Subjects or Members
	reader    client.Reader
	namespace string
	persons   map[string]*handover.Person // by what tells people apart
	issues    []handover.Issue
}

// Sets reads the PermissionSets a grant names. Those that are missing are issues.
func Sets(ctx context.Context, reader client.Reader, namespace string, refs []v1alpha1.LocalReference) (sets []v1alpha1.PermissionSet, issues []handover.Issue, err error) {
	for _, ref := range refs {
		set := v1alpha1.PermissionSet{}
		err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: string(ref.Name)}, &set)
		if apierrors.IsNotFound(err) {
			missing := handover.Reference{Kind: handover.KindPermissionSet, Name: string(ref.Name)}
			issues = append(issues, handover.Issue{Subject: missing.String(), Reason: v1alpha1.ReasonReferenceNotFound,
				Message: "there is no PermissionSet of this name in the namespace", Missing: &missing})
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("get PermissionSet: %w", err)
		}
		sets = append(sets, set)
	}
	return sets, issues, nil
}

// Subjects resolves the subjects of a grant. An error means that Kubernetes could not be
// asked; everything else is an issue.
func Subjects(ctx context.Context, reader client.Reader, namespace string, subjects []v1alpha1.Subject) (handover.People, error) {
	c := &collector{ctx: ctx, reader: reader, namespace: namespace, persons: map[string]*handover.Person{}}
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
			return handover.People{}, err
		}
	}
	return c.people(), nil
}

// Members resolves the members of a team.
func Members(ctx context.Context, reader client.Reader, team *v1alpha1.Team) (handover.People, error) {
	c := &collector{ctx: ctx, reader: reader, namespace: team.Namespace, persons: map[string]*handover.Person{}}
	if err := c.members(team); err != nil {
		return handover.People{}, err
	}
	return c.people(), nil
}

func (c *collector) people() handover.People {
	people := handover.People{Issues: c.issues}
	for person := range maps.Values(c.persons) {
		slices.Sort(person.Via)
		person.Via = slices.Compact(person.Via)
		people.Persons = append(people.Persons, *person)
	}
	slices.SortFunc(people.Persons, func(a, b handover.Person) int { return cmp.Compare(a.Address, b.Address) })
	slices.SortStableFunc(people.Issues, func(a, b handover.Issue) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Reason, b.Reason))
	})
	return people
}

func (c *collector) team(name string) error {
	team := &v1alpha1.Team{}
	err := c.reader.Get(c.ctx, types.NamespacedName{Namespace: c.namespace, Name: name}, team)
	if apierrors.IsNotFound(err) {
		c.missing(handover.Reference{Kind: handover.KindTeam, Name: name}, v1alpha1.ReasonReferenceNotFound, "there is no Team of this name in the namespace")
		return nil
	}
	if err != nil {
		return fmt.Errorf("get Team: %w", err)
	}
	return c.members(team)
}

func (c *collector) members(team *v1alpha1.Team) error {
	via := handover.Reference{Kind: handover.KindTeam, Name: team.Name}.String()
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
	reference := handover.Reference{Kind: handover.KindProfile, Name: name}
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

func (c *collector) missing(reference handover.Reference, reason, message string) {
	c.issues = append(c.issues, handover.Issue{Subject: reference.String(), Reason: reason, Message: message, Missing: &reference})
}

func (c *collector) email(raw, via, displayName string) {
	address, err := access.DeliveryAddress(raw)
	if err != nil {
		c.issues = append(c.issues, handover.Issue{Subject: via, Reason: v1alpha1.ReasonAddressInvalid, Message: err.Error()})
		return
	}
	c.add(address, via, displayName, "")
}

func (c *collector) add(address, via, displayName string, language v1alpha1.Language) {
	key := access.AddressDigest(address)
	person, ok := c.persons[key]
	if !ok {
		person = &handover.Person{Address: address}
		c.persons[key] = person
	}
	person.Via = append(person.Via, via)
	person.DisplayName = cmp.Or(person.DisplayName, displayName)
	person.Language = cmp.Or(person.Language, language)
}

// Email is the address that a profile's person is written to, from its spec or from the Secret it names.
// An issue never holds the address.
func Email(ctx context.Context, reader client.Reader, profile *v1alpha1.Profile) (string, *handover.Issue, error) {
	subject := handover.Reference{Kind: handover.KindProfile, Name: profile.Name}.String()
	raw := string(profile.Spec.Email)
	if from := profile.Spec.EmailFrom; from != nil {
		secret := &corev1.Secret{}
		err := reader.Get(ctx, types.NamespacedName{Namespace: profile.Namespace, Name: string(from.SecretKeyRef.Name)}, secret)
		if err != nil && !apierrors.IsNotFound(err) {
			return "", nil, fmt.Errorf("get Secret: %w", err)
		}
		value, ok := secret.Data[from.SecretKeyRef.Key]
		if err != nil || !ok || secret.Type != v1alpha1.SecretTypeAddress {
			return "", &handover.Issue{Subject: subject, Reason: v1alpha1.ReasonAddressNotFound, Message: fmt.Sprintf(
				"emailFrom.secretKeyRef: Secret %q must exist, have the type %s and hold the key %q",
				from.SecretKeyRef.Name, v1alpha1.SecretTypeAddress, from.SecretKeyRef.Key)}, nil
		}
		raw = string(value)
	}
	address, err := access.DeliveryAddress(raw)
	if err != nil {
		return "", &handover.Issue{Subject: subject, Reason: v1alpha1.ReasonAddressInvalid, Message: err.Error()}, nil
	}
	return address, nil, nil
}

// NamespaceLabels are the labels of a namespace; none where it does not exist.
func NamespaceLabels(ctx context.Context, reader client.Reader, name string) (map[string]string, error) {
	namespace := &metav1.PartialObjectMetadata{}
	namespace.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := reader.Get(ctx, types.NamespacedName{Name: name}, namespace); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("get Namespace: %w", err)
	}
	return namespace.Labels, nil
}
