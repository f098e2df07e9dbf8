package backend

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
)

// inventory keeps a record for everyone in the table whom no grant names, where the backend
// asks for it. Records that are no longer needed are removed by the record controller.
func (r *Reconciler) inventory(ctx context.Context, v *scope) error {
	backend := v.backend
	view := v.connection.View()
	snapshot, health := view.Snapshot, view.Health
	if !access.ListsEverybody(backend) || snapshot == nil || health.Err != nil {
		return nil
	}
	for _, address := range snapshot.Addresses() {
		record := contribute.NewRecord(backend, address)
		err := r.Get(ctx, client.ObjectKeyFromObject(record), &v1alpha1.AccessRecord{})
		if !apierrors.IsNotFound(err) {
			if err != nil {
				return fmt.Errorf("get AccessRecord: %w", err)
			}
			continue
		}
		if err := controllerutil.SetOwnerReference(backend, record, r.Scheme()); err != nil {
			return fmt.Errorf("own the record: %w", err)
		}
		if err := r.Create(ctx, record, apply.Owner); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("create AccessRecord: %w", err)
		}
	}
	return nil
}

// wakeChanged has records looked at that the table, as it was read, concerns.
func (r *Reconciler) wakeChanged(ctx context.Context, v *scope) {
	now, view := metav1.NewTime(r.Clock.Now()), v.connection.View()
	r.wake(ctx, v.backend, func(record *v1alpha1.AccessRecord) bool {
		in := plan.Inputs{Record: record, Backend: v.backend, Now: now, Invitation: record.Status.Invitation}
		in.Provider, in.Row = view.Person(string(record.Spec.Email))
		return plan.Concerns(in)
	})
}

func (r *Reconciler) wakeAll(ctx context.Context, backend *v1alpha1.HostingBackend) {
	r.wake(ctx, backend, func(*v1alpha1.AccessRecord) bool { return true })
}

func (r *Reconciler) wake(ctx context.Context, backend *v1alpha1.HostingBackend, concerned func(*v1alpha1.AccessRecord) bool) {
	records := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, records, ofBackend(backend)...); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list the AccessRecords of a HostingBackend")
		return
	}
	for i := range records.Items {
		if concerned(&records.Items[i]) {
			r.Wake(ctx, client.ObjectKeyFromObject(&records.Items[i]))
		}
	}
}

// backendStatus computes the whole status. It is pure. Before the first good reading, and
// while readings fail, what was counted last stands.
func backendStatus(backend *v1alpha1.HostingBackend, snapshot *provider.Snapshot, records []v1alpha1.AccessRecord, held []v1alpha1.HeldRemoval, o status.Outcome, now metav1.Time, more ...metav1.Condition) v1alpha1.HostingBackendStatus {
	have := backend.Status
	want := v1alpha1.HostingBackendStatus{
		ObservedGeneration: backend.Generation,
		Identity:           have.Identity, Counts: have.Counts, TableChangedAt: have.TableChangedAt, Features: have.Features,
	}
	if snapshot != nil {
		want.Identity = identity(backend, snapshot.Identity)
		want.Counts = count(snapshot, records)
		want.TableChangedAt = changedAt(have.TableChangedAt, snapshot)
		want.Features = features(have.Features, snapshot)
	}
	want.HeldRemovals = held
	facts := append(heldFact(backend, held), more...)
	if want.Counts != nil {
		facts = append(facts, undeclared(*want.Counts, backend.Spec.Authority))
	}
	want.Conditions = status.Conditions(have.Conditions, backend.Generation, now, o, facts...)
	return want
}

func identity(backend *v1alpha1.HostingBackend, now hosting.Identity) *v1alpha1.Identity {
	identity := &v1alpha1.Identity{CustomerID: now.CustomerID, Email: now.Email, URL: backend.Spec.Endpoint.URL}
	if now.Holder != now.Email {
		identity.Holder = now.Holder
	}
	return identity
}

// changedAt is when the table was last seen to change: as it was known, where this process
// has only seen the one it found.
func changedAt(known *metav1.Time, snapshot *provider.Snapshot) *metav1.Time {
	at := snapshot.ChangedAt
	switch {
	case at.IsZero() && known != nil:
		return known
	case at.IsZero():
		at = snapshot.Began
	}
	changed := metav1.NewTime(at.Truncate(time.Second))
	return &changed
}

func count(snapshot *provider.Snapshot, records []v1alpha1.AccessRecord) *v1alpha1.BackendCounts {
	managed := 0
	undeclared := len(snapshot.Addresses())
	for i := range records {
		named := len(records[i].Spec.Contributions) > 0
		if !named && !leaving(&records[i]) {
			continue
		}
		if named {
			managed++
		}
		if _, exists := snapshot.Row(string(records[i].Spec.Email)); exists {
			undeclared--
		}
	}
	//nolint:gosec // no table comes near what an int32 holds
	return &v1alpha1.BackendCounts{
		Managed: int32(managed), Undeclared: int32(undeclared + snapshot.Unreadable()), Invited: int32(snapshot.Invited()),
		Accounts: int32(snapshot.Accounts), Servers: int32(snapshot.Servers),
	}
}

// leaving says whether a person whom no grant names any more still has something that grants
// gave: it is to be taken away, and may be held back.
func leaving(record *v1alpha1.AccessRecord) bool {
	return slices.ContainsFunc(record.Status.Owed, func(o v1alpha1.OwedRights) bool { return o.Cause != v1alpha1.CauseUndeclared })
}

// features lists what the provider was seen to have; an empty table tells nothing of its
// rows, so what was seen once stays, in the order in which a table tells it.
func features(before []v1alpha1.Feature, snapshot *provider.Snapshot) []v1alpha1.Feature {
	now := snapshot.Features()
	return slices.DeleteFunc([]v1alpha1.Feature{v1alpha1.FeaturePermissions, v1alpha1.FeatureInvitationLink, v1alpha1.FeatureInviteAgain, v1alpha1.FeatureTwoFactor},
		func(f v1alpha1.Feature) bool { return !slices.Contains(now, f) && !slices.Contains(before, f) })
}

func undeclared(counts v1alpha1.BackendCounts, authority v1alpha1.Authority) metav1.Condition {
	if counts.Undeclared == 0 {
		return status.Fact(v1alpha1.ConditionUndeclaredAccess, false, v1alpha1.ReasonAsDeclared, "grants name everybody in the provider's table")
	}
	fate := "Hostgrant leaves them alone"
	if authority == v1alpha1.AuthorityAuthoritative {
		fate = "status.pending of their AccessRecords lists what is to be taken away"
	}
	return status.Fact(v1alpha1.ConditionUndeclaredAccess, true, v1alpha1.ReasonUndeclared,
		fmt.Sprintf("no grant names %s in the provider's table; %s", status.Count(counts.Undeclared, "person", "people"), fate))
}

func (r *Reconciler) ofSecret(ctx context.Context, o client.Object) []ctrl.Request {
	backends := &v1alpha1.HostingBackendList{}
	if err := r.List(ctx, backends, client.InNamespace(o.GetNamespace()), client.MatchingFields{index.BackendSecrets: o.GetName()}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list the HostingBackends that use a Secret")
	}
	requests := make([]ctrl.Request, len(backends.Items))
	for i := range backends.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&backends.Items[i])
	}
	return requests
}

// stateOf a person's invitation; empty for none.
func stateOf(record *v1alpha1.AccessRecord) v1alpha1.InvitationState {
	if record.Status.Invitation == nil {
		return ""
	}
	return record.Status.Invitation.State
}

// states of invitations, told also where they are nobody's.
var states = []v1alpha1.InvitationState{
	v1alpha1.InvitationPrepared, v1alpha1.InvitationRenewing, v1alpha1.InvitationIntended, v1alpha1.InvitationDeferred, v1alpha1.InvitationSent,
	v1alpha1.InvitationExpired, v1alpha1.InvitationUnanswered, v1alpha1.InvitationRefused, v1alpha1.InvitationUnknown,
	v1alpha1.InvitationUnsupported, v1alpha1.InvitationNotSent, v1alpha1.InvitationNotNeeded, v1alpha1.InvitationAccepted,
}

// invitations counts people by how far their invitation is.
func invitations(records []v1alpha1.AccessRecord) map[string]int {
	counts := map[string]int{}
	for _, state := range states {
		counts[string(state)] = 0
	}
	for i := range records {
		if state := stateOf(&records[i]); state != "" {
			counts[string(state)]++
		}
	}
	return counts
}

// countsChanged lets through what can change a backend's counts.
var countsChanged = predicate.Funcs{
	UpdateFunc: func(e event.UpdateEvent) bool {
		before, ok1 := e.ObjectOld.(*v1alpha1.AccessRecord)
		after, ok2 := e.ObjectNew.(*v1alpha1.AccessRecord)
		return ok1 && ok2 && ((len(before.Spec.Contributions) == 0) != (len(after.Spec.Contributions) == 0) ||
			heldChanged(before, after) || stateOf(before) != stateOf(after) || before.Status.RowID != after.Status.RowID || before.Status.Person != after.Status.Person)
	},
}
