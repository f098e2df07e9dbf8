// Package resolve turns the references of grants into people and permissions. It reads
// Kubernetes objects and nothing else.
package resolve

import (
	"cmp"
	"context"
	"fmt"
	"path"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/handover"
)

// Reader reads one object, as a Kubernetes client does.
type Reader interface {
	Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error
}

// Sets reads the PermissionSets a grant names. Those that are missing are issues.
func Sets(ctx context.Context, reader Reader, namespace string, refs []v1alpha1.LocalReference) (sets []v1alpha1.PermissionSet, issues []handover.Issue, err error) {
	for _, ref := range refs {
		set := v1alpha1.PermissionSet{}
		issue, err := get(ctx, reader, namespace, handover.Reference{Kind: handover.KindPermissionSet, Name: string(ref.Name)}, &set)
		switch {
		case err != nil:
			return nil, nil, err
		case issue != nil:
			issues = append(issues, *issue)
		default:
			sets = append(sets, set)
		}
	}
	return sets, issues, nil
}

// Subjects resolves the subjects of a grant. An error means that Kubernetes could not be
// asked; everything else is an issue.
func Subjects(ctx context.Context, reader Reader, namespace string, subjects []v1alpha1.Subject) (handover.People, error) {
	var ways []handover.Way
	for _, s := range subjects {
		via, list := "", []v1alpha1.TeamMember{{Email: s.Email, ProfileRef: s.ProfileRef}}
		if s.TeamRef != nil {
			ref, team := handover.Reference{Kind: handover.KindTeam, Name: string(s.TeamRef.Name)}, &v1alpha1.Team{}
			issue, err := get(ctx, reader, namespace, ref, team)
			if err != nil {
				return handover.People{}, err
			}
			if issue != nil {
				ways = append(ways, handover.Way{Issue: issue})
			}
			via, list = ref.String(), team.Spec.Members
		}
		reached, err := members(ctx, reader, namespace, via, list)
		if err != nil {
			return handover.People{}, err
		}
		ways = append(ways, reached...)
	}
	return handover.Reached(ways), nil
}

// Members resolves the members of a team.
func Members(ctx context.Context, reader Reader, team *v1alpha1.Team) (handover.People, error) {
	ways, err := members(ctx, reader, team.Namespace, handover.Reference{Kind: handover.KindTeam, Name: team.Name}.String(), team.Spec.Members)
	return handover.Reached(ways), err
}

// members follows the members of a team, or what a grant names itself: then team is empty.
func members(ctx context.Context, reader Reader, namespace, team string, list []v1alpha1.TeamMember) ([]handover.Way, error) {
	var ways []handover.Way
	for _, m := range list {
		if m.ProfileRef == nil {
			address, issue := addressOf(string(m.Email), cmp.Or(team, "email"))
			ways = append(ways, handover.Way{Person: handover.Person{Address: address, Via: []string{cmp.Or(team, "email")}}, Issue: issue})
			continue
		}
		ref, profile, address := handover.Reference{Kind: handover.KindProfile, Name: string(m.ProfileRef.Name)}, &v1alpha1.Profile{}, ""
		issue, err := get(ctx, reader, namespace, ref, profile)
		if issue == nil && err == nil {
			address, issue, err = Email(ctx, reader, profile)
		}
		if err != nil {
			return nil, err
		}
		if issue != nil {
			issue.Missing = &ref
		}
		ways = append(ways, handover.Way{Issue: issue, Person: handover.Person{Address: address, Via: []string{path.Join(team, ref.String())},
			DisplayName: profile.Spec.DisplayName, Language: profile.Spec.Language}})
	}
	return ways, nil
}

// get reads what a grant refers to. Where it is missing, that is an issue.
func get(ctx context.Context, reader Reader, namespace string, ref handover.Reference, object client.Object) (*handover.Issue, error) {
	err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: ref.Name}, object)
	if apierrors.IsNotFound(err) {
		return handover.Missing(ref), nil
	}
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", ref.Kind, err)
	}
	return nil, nil
}

// addressOf is the address that somebody is written to. An issue never holds it.
func addressOf(raw, subject string) (string, *handover.Issue) {
	address, err := access.DeliveryAddress(raw)
	if err != nil {
		return "", &handover.Issue{Subject: subject, Reason: v1alpha1.ReasonAddressInvalid, Message: err.Error()}
	}
	return address, nil
}

// Email is the address that a profile's person is written to, from its spec or from the Secret it names.
func Email(ctx context.Context, reader Reader, profile *v1alpha1.Profile) (string, *handover.Issue, error) {
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
				"spec.emailFrom.secretKeyRef: Secret %q must exist, have the type %s and hold the key %q",
				from.SecretKeyRef.Name, v1alpha1.SecretTypeAddress, from.SecretKeyRef.Key)}, nil
		}
		raw = string(value)
	}
	address, issue := addressOf(raw, subject)
	return address, issue, nil
}

// NamespaceLabels are the labels of a namespace; none where it does not exist.
func NamespaceLabels(ctx context.Context, reader Reader, name string) (map[string]string, error) {
	namespace := &metav1.PartialObjectMetadata{}
	namespace.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	if err := reader.Get(ctx, types.NamespacedName{Name: name}, namespace); client.IgnoreNotFound(err) != nil {
		return nil, fmt.Errorf("get Namespace: %w", err)
	}
	return namespace.Labels, nil
}
