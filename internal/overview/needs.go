package overview

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/status"
)

// object is one with conditions.
type object interface {
	client.Object
	GetConditions() []metav1.Condition
}

// named is an object as Kind namespace/name.
func named(kind string, o client.Object) string {
	return kind + " " + o.GetNamespace() + "/" + o.GetName()
}

// redacted is a message, without addresses where they are not to be told.
func (in Inputs) redacted(message string) string {
	if in.Addresses {
		return message
	}
	return status.WithoutAddresses(message)
}

// failure is the condition that says that an object goes no further before somebody acts.
func failure(o object) (metav1.Condition, bool) {
	if stalled := meta.FindStatusCondition(o.GetConditions(), v1alpha1.ConditionStalled); stalled != nil && stalled.Status == metav1.ConditionTrue {
		return *stalled, true
	}
	ready := meta.FindStatusCondition(o.GetConditions(), v1alpha1.ConditionReady)
	if ready == nil || ready.Status != metav1.ConditionFalse || meta.IsStatusConditionTrue(o.GetConditions(), v1alpha1.ConditionReconciling) {
		return metav1.Condition{}, false
	}
	return *ready, true
}

// failing are all objects that go no further before somebody acts: backends first, then by kind and name.
func failing(in Inputs) (list []Failure) {
	add := func(kind string, o object) {
		if c, fails := failure(o); fails {
			list = append(list, Failure{named(kind, o), c.Reason, in.redacted(c.Message)})
		}
	}
	for i := range in.Backends {
		add("HostingBackend", &in.Backends[i])
	}
	for i := range in.Grants {
		add("PermissionGrant", &in.Grants[i])
	}
	for i := range in.Profiles {
		add("Profile", &in.Profiles[i])
	}
	for i := range in.Approvals {
		add("RemovalApproval", &in.Approvals[i])
	}
	for i := range in.Relinquishments {
		add("Relinquishment", &in.Relinquishments[i])
	}
	for i := range in.Teams {
		add("Team", &in.Teams[i])
	}
	slices.SortFunc(list, func(a, b Failure) int { return strings.Compare(a.Object, b.Object) })
	return list
}

// residual are the Profiles whose people still have access that is withheld from them.
func residual(in Inputs) (list []Failure) {
	for i := range in.Profiles {
		c := meta.FindStatusCondition(in.Profiles[i].Status.Conditions, v1alpha1.ConditionResidualAccess)
		if c != nil && c.Status == metav1.ConditionTrue {
			list = append(list, Failure{named("Profile", &in.Profiles[i]), c.Reason, in.redacted(c.Message)})
		}
	}
	slices.SortFunc(list, func(a, b Failure) int { return strings.Compare(a.Object, b.Object) })
	return list
}

// expiring are the grants and Profiles that end soon, the next first. A grant that a missed review withdraws is among the
// reviews.
func expiring(in Inputs) (list []Date) {
	soon := func(at *metav1.Time) bool {
		return at != nil && at.After(in.Now) && !at.After(in.Now.Add(in.Within))
	}
	for i := range in.Grants {
		if at := in.Grants[i].Spec.ExpiresAt; soon(at) {
			list = append(list, Date{named("PermissionGrant", &in.Grants[i]), *at})
		}
	}
	for i := range in.Profiles {
		if at := in.Profiles[i].Spec.ExpiresAt; soon(at) {
			list = append(list, Date{named("Profile", &in.Profiles[i]), *at})
		}
	}
	slices.SortFunc(list, func(a, b Date) int { return cmp.Or(a.At.Compare(b.At.Time), strings.Compare(a.Object, b.Object)) })
	return list
}

// reviews are those due soon and those overdue, the longest overdue first. Of a grant that has ended, none is due.
func reviews(in Inputs) (list []Review) {
	for i := range in.Grants {
		spec := in.Grants[i].Spec
		over := spec.ExpiresAt != nil && !spec.ExpiresAt.After(in.Now)
		if spec.ReviewBy == nil || over || spec.ReviewBy.After(in.Now.Add(in.Within)) {
			continue
		}
		list = append(list, Review{named("PermissionGrant", &in.Grants[i]), *spec.ReviewBy, !spec.ReviewBy.After(in.Now), cmp.Or(spec.OnMissedReview, v1alpha1.MissedReviewWarn)})
	}
	slices.SortFunc(list, func(a, b Review) int { return cmp.Or(a.At.Compare(b.At.Time), strings.Compare(a.Object, b.Object)) })
	return list
}

// needed are the states of an invitation in which nothing more happens by itself.
var needed = []v1alpha1.InvitationState{
	v1alpha1.InvitationUnanswered, v1alpha1.InvitationRefused, v1alpha1.InvitationUnknown, v1alpha1.InvitationUnsupported,
}

func invitations(in Inputs) (list []Invitation) {
	for i := range in.Records {
		record := &in.Records[i]
		invitation := record.Status.Invitation
		if invitation == nil || !slices.Contains(needed, invitation.State) || len(record.Spec.Contributions) == 0 {
			continue // nobody invites whom no grant names
		}
		list = append(list, Invitation{
			Namespace: record.Namespace, Backend: string(record.Spec.BackendRef.Name), Person: personOf(record, in.Addresses),
			Record: record.Name, State: invitation.State, Message: in.redacted(invitation.Message),
		})
	}
	slices.SortFunc(list, func(a, b Invitation) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Backend, b.Backend), strings.Compare(a.Person, b.Person), strings.Compare(a.Record, b.Record))
	})
	return list
}
