// Package index names the cache indexes the controllers look things up by.
package index

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/handover"
)

// The indexes. References are written "Kind/name" and looked up within a namespace.
const (
	// GrantReferences: PermissionGrants by what they name.
	GrantReferences = "grant.references"
	// GrantBackend: PermissionGrants by their backend, as namespace/name.
	GrantBackend = "grant.backend"
	// TeamProfiles: Teams by the Profiles they name.
	TeamProfiles = "team.profiles"
	// ProfileSecret: Profiles by the Secret their address is in.
	ProfileSecret = "profile.secret"
	// ProfileEmail: Profiles by access.AddressDigest, but for those whose address is in a Secret.
	ProfileEmail = "profile.email"
	// ProfileBounds: Profiles that suspend their person or have an end, as ProfileEmail.
	ProfileBounds = "profile.bounds"
	// SecretAddress: Secrets of the type for addresses by access.AddressDigest of each address in them.
	SecretAddress = "secret.address"
	// BackendSecrets: HostingBackends by the Secrets they name.
	BackendSecrets = "backend.secrets"
	// RecordGrants: AccessRecords by the UIDs of grants they contain, echo or owe to.
	RecordGrants = "record.grants"
	// RecordBackend: AccessRecords by their backend's name.
	RecordBackend = "record.backend"
	// RecordSource: AccessRecords by their backend and each namespace whose grants name the
	// person, as Source writes it.
	RecordSource = "record.source"
	// RecordEmail: AccessRecords by access.AddressDigest.
	RecordEmail = "record.email"
	// RelinquishmentBackend: Relinquishments that are not complete, by their backend's name.
	RelinquishmentBackend = "relinquishment.backend"
	// ApprovalBackend: RemovalApprovals that are not complete, by their backend's name.
	ApprovalBackend = "approval.backend"
)

// Setup registers every index.
func Setup(ctx context.Context, indexer client.FieldIndexer) error {
	for _, i := range []struct {
		object client.Object
		name   string
		keys   client.IndexerFunc
	}{
		{&v1alpha1.PermissionGrant{}, GrantReferences, grantReferences},
		{&v1alpha1.PermissionGrant{}, GrantBackend, one(func(g *v1alpha1.PermissionGrant) string { return g.Spec.BackendRef.Key(g.Namespace).String() })},
		{&v1alpha1.Team{}, TeamProfiles, teamProfiles},
		{&v1alpha1.Profile{}, ProfileSecret, profileSecret},
		{&v1alpha1.Profile{}, ProfileEmail, profileEmail},
		{&v1alpha1.Profile{}, ProfileBounds, profileBounds},
		{&corev1.Secret{}, SecretAddress, secretAddress},
		{&v1alpha1.HostingBackend{}, BackendSecrets, backendSecrets},
		{&v1alpha1.AccessRecord{}, RecordGrants, recordGrants},
		{&v1alpha1.AccessRecord{}, RecordBackend, one(func(r *v1alpha1.AccessRecord) string { return string(r.Spec.BackendRef.Name) })},
		{&v1alpha1.AccessRecord{}, RecordSource, recordSource},
		{&v1alpha1.AccessRecord{}, RecordEmail, one(func(r *v1alpha1.AccessRecord) string { return access.AddressDigest(string(r.Spec.Email)) })},
		{&v1alpha1.Relinquishment{}, RelinquishmentBackend, relinquishmentBackend},
		{&v1alpha1.RemovalApproval{}, ApprovalBackend, approvalBackend},
	} {
		if err := indexer.IndexField(ctx, i.object, i.name, i.keys); err != nil {
			return fmt.Errorf("index %s: %w", i.name, err)
		}
	}
	return nil
}

func one[T client.Object](key func(T) string) client.IndexerFunc {
	return func(o client.Object) []string {
		object, ok := o.(T)
		if !ok {
			return nil
		}
		return []string{key(object)}
	}
}

func grantReferences(o client.Object) []string {
	grant, ok := o.(*v1alpha1.PermissionGrant)
	if !ok {
		return nil
	}
	var keys []string
	for _, s := range grant.Spec.Subjects {
		if s.ProfileRef != nil {
			keys = append(keys, handover.Reference{Kind: handover.KindProfile, Name: string(s.ProfileRef.Name)}.String())
		}
		if s.TeamRef != nil {
			keys = append(keys, handover.Reference{Kind: handover.KindTeam, Name: string(s.TeamRef.Name)}.String())
		}
	}
	for _, ref := range grant.Spec.PermissionSetRefs {
		keys = append(keys, handover.Reference{Kind: handover.KindPermissionSet, Name: string(ref.Name)}.String())
	}
	return keys
}

func teamProfiles(o client.Object) []string {
	team, ok := o.(*v1alpha1.Team)
	if !ok {
		return nil
	}
	var keys []string
	for _, m := range team.Spec.Members {
		if m.ProfileRef != nil {
			keys = append(keys, string(m.ProfileRef.Name))
		}
	}
	return keys
}

func profileSecret(o client.Object) []string {
	profile, ok := o.(*v1alpha1.Profile)
	if !ok || profile.Spec.EmailFrom == nil {
		return nil
	}
	return []string{string(profile.Spec.EmailFrom.SecretKeyRef.Name)}
}

func backendSecrets(o client.Object) []string {
	backend, ok := o.(*v1alpha1.HostingBackend)
	if !ok {
		return nil
	}
	keys := []string{string(backend.Spec.Endpoint.CredentialsSecretRef.Name)}
	if smtp := backend.Spec.Invitations.SMTP; smtp != nil && smtp.CredentialsSecretRef != nil {
		keys = append(keys, string(smtp.CredentialsSecretRef.Name))
	}
	return keys
}

// Source is a key of RecordSource: no name holds a slash.
func Source(backend, namespace string) string { return backend + "/" + namespace }

func recordSource(o client.Object) []string {
	record, ok := o.(*v1alpha1.AccessRecord)
	if !ok {
		return nil
	}
	var keys []string
	for _, c := range record.Spec.Contributions {
		keys = append(keys, Source(string(record.Spec.BackendRef.Name), c.Grant.Namespace))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func recordGrants(o client.Object) []string {
	record, ok := o.(*v1alpha1.AccessRecord)
	if !ok {
		return nil
	}
	var keys []string
	for _, c := range record.Spec.Contributions {
		keys = append(keys, string(c.UID))
	}
	for _, c := range record.Status.Contributions {
		keys = append(keys, string(c.UID))
	}
	for _, owed := range record.Status.Owed {
		for _, uid := range owed.By {
			keys = append(keys, string(uid))
		}
	}
	return keys
}

func relinquishmentBackend(o client.Object) []string {
	rel, ok := o.(*v1alpha1.Relinquishment)
	if !ok || rel.Status.CompletedAt != nil {
		return nil
	}
	return []string{string(rel.Spec.BackendRef.Name)}
}

func approvalBackend(o client.Object) []string {
	approval, ok := o.(*v1alpha1.RemovalApproval)
	if !ok || approval.Status.CompletedAt != nil {
		return nil
	}
	return []string{string(approval.Spec.BackendRef.Name)}
}
