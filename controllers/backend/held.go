package backend

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/metrics"
	"github.com/hostgrant/hostgrant/internal/status"
)

// maxHeld is how many batches a status lists; the CRD bounds it.
const maxHeld = 64

// release lets batches of removals go that somebody has named, or had named before a
// restart, and wakes those in them.
func (r *Reconciler) release(ctx context.Context, v *scope) {
	for _, digest := range approvedBatches(v.backend, v.connection.Guard().Batches()) {
		if v.connection.Guard().Approve(digest) {
			r.wake(ctx, v.backend, func(record *v1alpha1.AccessRecord) bool { return inBatch(record, digest) })
		}
	}
}

// approvedBatches lists the batches that were named: among those that there are, for a status has no
// room for all, and those that were listed, for a ledger that has just been begun knows none.
func approvedBatches(backend *v1alpha1.HostingBackend, batches []gate.Batch) []string {
	var digests []string
	for _, batch := range batches {
		if names(backend, v1alpha1.AnnotationReleaseRemovals, batch.Digest) {
			digests = append(digests, batch.Digest)
		}
	}
	for _, held := range backend.Status.HeldRemovals {
		if held.Released || names(backend, v1alpha1.AnnotationReleaseRemovals, held.Digest) {
			digests = append(digests, held.Digest)
		}
	}
	return digests
}

// listed are the batches that a status has room for: those that were released first, for
// nothing else remembers it.
func listed(held []v1alpha1.HeldRemoval) []v1alpha1.HeldRemoval {
	slices.SortStableFunc(held, func(a, b v1alpha1.HeldRemoval) int {
		switch {
		case a.Released == b.Released:
			return 0
		case a.Released:
			return -1
		}
		return 1
	})
	return held[:min(maxHeld, len(held))]
}

func inBatch(record *v1alpha1.AccessRecord, digest string) bool {
	for _, owed := range record.Status.Owed {
		if owed.Batch == digest {
			return true
		}
	}
	return false
}

// heldRemovals lists the batches as they are now. Until everybody was looked at since the
// start, what was listed stands.
func (r *Reconciler) heldRemovals(v *scope, records []v1alpha1.AccessRecord) []v1alpha1.HeldRemoval {
	guard := v.connection.Guard()
	if !guard.Complete() {
		guard.MarkComplete(contribute.Names(records))
	}
	if !guard.Complete() {
		return v.backend.Status.HeldRemovals
	}
	before := map[string]v1alpha1.HeldRemoval{}
	for _, held := range v.backend.Status.HeldRemovals {
		before[held.Digest] = held
	}
	var list []v1alpha1.HeldRemoval
	people := 0
	for _, batch := range guard.Batches() {
		held := v1alpha1.HeldRemoval{Digest: batch.Digest, Namespace: batch.Namespace, People: int32(batch.People), Since: metav1.NewTime(batch.Since.Truncate(time.Second)), Released: batch.Released} //nolint:gosec // far fewer people
		known, listed := before[batch.Digest]
		if listed {
			held.Since = known.Since
		} else if !held.Released {
			r.Events.Eventf(v.backend, nil, corev1.EventTypeWarning, v1alpha1.EventRemovalHeld, "Hold",
				"%s would lose something by what happened in namespace %s: held back; annotate with %s=%s if it is meant", status.Count(held.People, "person", "people"), held.Namespace, v1alpha1.AnnotationReleaseRemovals, held.Digest)
		}
		if !held.Released {
			people += batch.People
		}
		list = append(list, held)
	}
	metrics.RemovalsHeld(client.ObjectKeyFromObject(v.backend), people)
	return listed(list)
}

// heldFact tells of batches that wait for somebody; there is none where none does.
func heldFact(held []v1alpha1.HeldRemoval) []metav1.Condition {
	var batches []string
	for _, h := range held {
		if !h.Released {
			batches = append(batches, fmt.Sprintf("%s (%s, by namespace %s)", h.Digest, status.Count(h.People, "person", "people"), h.Namespace))
		}
	}
	if len(batches) == 0 {
		return nil
	}
	return []metav1.Condition{status.Fact(v1alpha1.ConditionRemovalHeld, true, v1alpha1.ReasonRemovalLimit,
		"so many people would lose something that it looks like a mistake; declare it again, or annotate with "+v1alpha1.AnnotationReleaseRemovals+"=DIGEST: "+status.Brief(batches))}
}

// clockFact tells that nothing is taken away because of a clock that is wrong; there is none where
// the clocks agree.
func clockFact(ahead time.Duration) []metav1.Condition {
	if ahead == 0 {
		return nil
	}
	return []metav1.Condition{status.Fact(v1alpha1.ConditionClockSkewed, true, v1alpha1.ReasonClockSkewed, status.Skewed(ahead))}
}

// heldChanged says whether what is held of a person is another than before.
func heldChanged(before, after *v1alpha1.AccessRecord) bool {
	b := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionRemovalHeld)
	a := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionRemovalHeld)
	return (a == nil) != (b == nil) || a != nil && a.Message != b.Message
}
