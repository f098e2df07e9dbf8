package index

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// Bounds says whether a Profile takes something from what others grant, now or later.
func Bounds(profile *v1alpha1.Profile) bool {
	return profile.Spec.State == v1alpha1.ProfileSuspended || profile.Spec.ExpiresAt != nil
}

// BoundingProfiles lists a person's Profiles that suspend them or have an end, wherever they
// are.
func BoundingProfiles(ctx context.Context, reader client.Reader, address string) ([]v1alpha1.Profile, error) {
	return profilesOf(ctx, reader, address, ProfileBounds, Bounds)
}

// ProfilesIn lists a person's Profiles of one namespace.
func ProfilesIn(ctx context.Context, reader client.Reader, namespace, address string) ([]v1alpha1.Profile, error) {
	return profilesOf(ctx, reader, address, ProfileEmail, func(*v1alpha1.Profile) bool { return true }, client.InNamespace(namespace))
}

// profilesOf finds those that hold the address themselves, and by way of the Secrets that hold
// it those that name one of these: the cache of Secrets is the index, so that neither can be
// out of step with the other, and no address is written down anywhere else.
func profilesOf(ctx context.Context, reader client.Reader, address, field string, counts func(*v1alpha1.Profile) bool, where ...client.ListOption) ([]v1alpha1.Profile, error) {
	list := &v1alpha1.ProfileList{}
	if err := reader.List(ctx, list, append(where, client.MatchingFields{field: access.AddressDigest(address)})...); err != nil {
		return nil, fmt.Errorf("list Profiles: %w", err)
	}
	found := list.Items
	secrets := &corev1.SecretList{}
	if err := reader.List(ctx, secrets, append(where, client.MatchingFields{SecretAddress: access.AddressDigest(address)}, client.UnsafeDisableDeepCopy)...); err != nil {
		return nil, fmt.Errorf("list Secrets: %w", err)
	}
	for i := range secrets.Items {
		secret := &secrets.Items[i]
		naming := &v1alpha1.ProfileList{}
		if err := reader.List(ctx, naming, client.InNamespace(secret.Namespace), client.MatchingFields{ProfileSecret: secret.Name}); err != nil {
			return nil, fmt.Errorf("list Profiles of a Secret: %w", err)
		}
		for j := range naming.Items {
			profile := &naming.Items[j]
			held, issue, err := resolve.Email(ctx, reader, profile)
			if err != nil {
				return nil, err
			}
			if issue == nil && access.SameAddress(held, address) && counts(profile) {
				found = append(found, *profile)
			}
		}
	}
	return found, nil
}

func profileEmail(o client.Object) []string {
	profile, ok := o.(*v1alpha1.Profile)
	if !ok || profile.Spec.EmailFrom != nil {
		return nil
	}
	return []string{access.AddressDigest(string(profile.Spec.Email))}
}

func profileBounds(o client.Object) []string {
	profile, ok := o.(*v1alpha1.Profile)
	if !ok || !Bounds(profile) {
		return nil
	}
	return profileEmail(o)
}

// secretAddress lists every address in a Secret: which key counts is said by those who name it.
func secretAddress(o client.Object) []string {
	secret, ok := o.(*corev1.Secret)
	if !ok || secret.Type != v1alpha1.SecretTypeAddress {
		return nil
	}
	var keys []string
	for _, value := range secret.Data {
		if address, err := access.NormalizeAddress(string(value)); err == nil {
			keys = append(keys, access.AddressDigest(address))
		}
	}
	return keys
}
