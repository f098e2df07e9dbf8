package handover

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// I13: a deleted grant waits while its record may still revoke what only it gave, and for nothing else.
func TestWhatADeletionWaitsFor(t *testing.T) {
	now, ship := metav1.NewTime(time.Unix(1_800_000_000, 0)), timing.Timing{}.Shipped()
	owed := func(ago time.Duration) func(*v1alpha1.AccessRecord, *v1alpha1.HostingBackend) {
		return func(record *v1alpha1.AccessRecord, _ *v1alpha1.HostingBackend) {
			record.Status.Owed = []v1alpha1.OwedRights{{By: []types.UID{"u"}, Since: metav1.NewTime(now.Add(-ago))}}
		}
	}
	with := func(first, then func(*v1alpha1.AccessRecord, *v1alpha1.HostingBackend)) func(*v1alpha1.AccessRecord, *v1alpha1.HostingBackend) {
		return func(record *v1alpha1.AccessRecord, backend *v1alpha1.HostingBackend) {
			first(record, backend)
			then(record, backend)
		}
	}
	condition := func(kind, reason string, holds metav1.ConditionStatus) func(*v1alpha1.AccessRecord, *v1alpha1.HostingBackend) {
		return func(record *v1alpha1.AccessRecord, _ *v1alpha1.HostingBackend) {
			record.Status.Conditions = []metav1.Condition{{Type: kind, Status: holds, Reason: reason}}
		}
	}
	for what, c := range map[string]struct {
		change  func(*v1alpha1.AccessRecord, *v1alpha1.HostingBackend)
		deleted time.Duration
		want    bool
	}{
		"it contributes": {func(r *v1alpha1.AccessRecord, _ *v1alpha1.HostingBackend) {
			r.Spec.Contributions = []v1alpha1.Contribution{{UID: "u"}}
		}, time.Hour, true},
		"the record has not looked": {func(r *v1alpha1.AccessRecord, _ *v1alpha1.HostingBackend) {
			r.Status.Contributions = []v1alpha1.ContributionStatus{{UID: "u"}}
		}, 0, true},
		"the record does not look": {func(r *v1alpha1.AccessRecord, _ *v1alpha1.HostingBackend) {
			r.Status.Contributions = []v1alpha1.ContributionStatus{{UID: "u"}}
		}, ship.RecordTimeout, false},
		"nothing is owed":           {func(*v1alpha1.AccessRecord, *v1alpha1.HostingBackend) {}, 0, false},
		"it is owed":                {owed(0), time.Hour, true},
		"it has been owed for long": {owed(ship.FinalizerTimeout), 0, false},
		"it is owed by another's doing": {func(r *v1alpha1.AccessRecord, _ *v1alpha1.HostingBackend) {
			r.Status.Owed = []v1alpha1.OwedRights{{By: []types.UID{"v"}, Since: now}}
		}, 0, false},
		"it is held":                 {with(owed(0), condition(v1alpha1.ConditionRemovalHeld, "x", metav1.ConditionTrue)), 0, false},
		"it is looked for once more": {with(owed(0), condition(v1alpha1.ConditionReady, v1alpha1.ReasonWriteUnanswered, metav1.ConditionFalse)), 0, false},
		"the backend is suspended":   {with(owed(0), func(_ *v1alpha1.AccessRecord, b *v1alpha1.HostingBackend) { b.Spec.Suspend = true }), 0, false},
		"the backend is observed":    {with(owed(0), func(_ *v1alpha1.AccessRecord, b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeObserve }), 0, false},
	} {
		grant, record, backend := &v1alpha1.PermissionGrant{}, &v1alpha1.AccessRecord{}, &v1alpha1.HostingBackend{}
		grant.UID, grant.DeletionTimestamp, backend.Spec.Mode = "u", &metav1.Time{Time: now.Add(-c.deleted)}, v1alpha1.ModeEnforce
		c.change(record, backend)
		in := Deletion{Grant: grant, Now: now, FinalizerTimeout: ship.FinalizerTimeout, RecordTimeout: ship.RecordTimeout}
		if got := awaits(in, record, backend); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// A deleted grant takes back what it gave once the records know its deletion policy, or do not look for long.
func TestRelease(t *testing.T) {
	retain := func(w *world) { w.Grant.Spec.DeletionPolicy = v1alpha1.DeletionRetain }
	unknown := func(w *world) { w.Records[0].Status.Contributions[0].Digest = "before" }
	ending := v1alpha1.GrantRule{MaxDuration: &metav1.Duration{Duration: time.Hour}}
	ends := func(w *world) { w.Grant.Spec.ExpiresAt = &metav1.Time{Time: now.Add(time.Minute)} }
	for what, c := range map[string]struct {
		w       *world
		ago     time.Duration
		gone    bool
		written string
		waits   bool
	}{
		"nothing is left":                   {someone(), 0, false, "", false},
		"two people":                        {someone().holds(ann).holds(bob), 0, false, "withdraw ann, withdraw bob", true},
		"it came to be retained":            {someone().holds(ann).with(retain), 0, false, "policy ann-retain", true},
		"it is retained":                    {someone().with(retain).holds(ann), 0, false, "withdraw ann", true},
		"it came to be revoked":             {someone().holds(ann, retained), 0, false, "policy ann-revoke", true},
		"of one of two people":              {someone().holds(ann).holds(bob, retained), 0, false, "policy bob-revoke", true},
		"a record does not know":            {someone().holds(ann).with(unknown), 0, false, "", true},
		"and does not for long":             {someone().holds(ann).with(unknown), 30 * time.Second, false, "withdraw ann", true},
		"and is not told for long":          {someone().holds(ann, retained), time.Hour, false, "policy ann-revoke", true},
		"it has to end, and is retained":    {someone().with(retain).with(ends).holds(ann).from("x", ending), 0, false, "policy ann-revoke", true},
		"the backend is gone":               {someone().holds(ann), 0, true, "withdraw ann", false},
		"it is retained, without a backend": {someone().with(retain).with(ends).holds(ann).from("x", ending), 0, true, "withdraw ann", false},
		"a record with an earlier name":     {someone().holds(ann).with(func(w *world) { w.Records[0].Name = "b-earlier" }), 0, false, "", true},
	} {
		ship := timing.Timing{}.Shipped()
		c.w.Grant.DeletionTimestamp = &metav1.Time{Time: now.Add(-c.ago)}
		in := Deletion{Grant: c.w.Grant, Now: now, Origin: c.w.Origin, Records: c.w.Records,
			FinalizerTimeout: ship.FinalizerTimeout, RecordTimeout: ship.RecordTimeout, Retry: ship.Retry}
		if !c.gone {
			in.Backends = map[types.NamespacedName]*v1alpha1.HostingBackend{{Namespace: "ns", Name: "b"}: c.w.Backend}
		}
		actions, waits := Release(in)
		if got := written(actions); got != c.written || waits != c.waits {
			t.Errorf("%s: %q, waits %v", what, got, waits)
		}
		if report := Terminating(in); report.Outcome.After != ship.Retry || report.Outcome.Reason != v1alpha1.ReasonTerminating {
			t.Errorf("%s: %+v", what, report)
		}
	}
}
