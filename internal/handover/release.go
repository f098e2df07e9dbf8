package handover

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

// Deletion is everything that the release of a deleted grant depends on.
type Deletion struct {
	Grant *v1alpha1.PermissionGrant
	Now   metav1.Time
	// Abandoned: the kind or the namespace is being removed, so nobody asked to revoke the grant. Then
	// nothing else was read.
	Abandoned bool
	Origin    access.Origin
	// Records hold, echo or owe something of the grant.
	Records []v1alpha1.AccessRecord
	// Backends of the records, as BackendOf names them; nil for those that are gone.
	Backends map[types.NamespacedName]*v1alpha1.HostingBackend
	// FinalizerTimeout is how long a grant waits for a revocation that is recorded as owed, and
	// RecordTimeout for a record to record it; meanwhile it is looked at again after Retry.
	FinalizerTimeout, RecordTimeout, Retry time.Duration
}

// BackendOf names a record's backend.
func BackendOf(record *v1alpha1.AccessRecord) types.NamespacedName {
	return types.NamespacedName{Namespace: record.Namespace, Name: string(record.Spec.BackendRef.Name)}
}

// Release takes back everything that a deleted grant gave, once the records know its deletion policy as
// it is now. The finalizer waits until that is revoked, or was owed for a while. Correctness does not
// depend on it: the records remember.
func Release(in Deletion) (actions []Action, waits bool) {
	settled, overdue := true, in.Now.Sub(in.Grant.DeletionTimestamp.Time) >= in.FinalizerTimeout
	var withdraw []Action
	for i := range in.Records {
		record := &in.Records[i]
		backend := in.Backends[BackendOf(record)]
		waits = waits || awaits(in, record, backend)
		c := find(record, in.Grant.UID)
		if c == nil {
			continue
		}
		if retain := mayRetain(in, record, *c, backend); c.Retain != retain {
			actions = append(actions, Action{Record: record, Contribution: withPolicy(*c, retain), Disposition: Withdraw})
			settled = false
		}
		settled = settled && (overdue || knows(record, *c))
		if !Misnamed(record) { // else it hands over what it holds to another record, where it is met again
			withdraw = append(withdraw, Action{Record: record, Disposition: Withdraw})
		}
	}
	if settled {
		return withdraw, waits
	}
	return actions, waits
}

// mayRetain says whether what a deleted grant gave is to stay: its policy says so, and no
// rule has anything against it. Where the backend is gone, nothing is revoked.
func mayRetain(in Deletion, record *v1alpha1.AccessRecord, c v1alpha1.Contribution, backend *v1alpha1.HostingBackend) bool {
	c.Retain = in.Grant.Spec.DeletionPolicy == v1alpha1.DeletionRetain
	return c.Retain && (backend == nil || access.Permit(backend, in.Origin, c, string(record.Spec.Email)).Refusal == "")
}

// awaits says whether a deletion still waits for a record, which may take back what only the grant gave.
// It will not where the backend is gone, suspended or only observed, or where removals are held back:
// nothing is revoked there now, and the debt, if any, is on the record. Nor will it where all is revoked,
// and is only looked for once more.
func awaits(in Deletion, record *v1alpha1.AccessRecord, backend *v1alpha1.HostingBackend) bool {
	if backend == nil {
		return false
	}
	uid := in.Grant.UID
	if find(record, uid) != nil {
		return true
	}
	if echoOf(record, uid).UID == uid {
		return in.Now.Sub(in.Grant.DeletionTimestamp.Time) < in.RecordTimeout
	}
	held := meta.IsStatusConditionTrue(record.Status.Conditions, v1alpha1.ConditionRemovalHeld)
	ready := meta.FindStatusCondition(record.Status.Conditions, v1alpha1.ConditionReady)
	done := ready != nil && ready.Reason == v1alpha1.ReasonWriteUnanswered
	if held || done || backend.Spec.Suspend || backend.Spec.Mode != v1alpha1.ModeEnforce {
		return false
	}
	return slices.ContainsFunc(record.Status.Owed, func(o v1alpha1.OwedRights) bool {
		return slices.Contains(o.By, uid) && in.Now.Sub(o.Since.Time) < in.FinalizerTimeout
	})
}
