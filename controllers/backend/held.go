package backend

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/metrics"
	"github.com/hostgrant/hostgrant/internal/status"
)

// maxHeld is how many batches a status lists; the CRD bounds it.
const maxHeld = 64

// release lets batches of removals go that somebody has named, or had named before a
// restart, and wakes those in them.
func (r *Reconciler) release(ctx context.Context, v *visit) {
	for _, held := range v.backend.Status.HeldRemovals {
		named := names(v.backend, v1alpha1.AnnotationReleaseRemovals, held.Digest)
		if (named || held.Released) && v.session.Book().Release(held.Digest) {
			digest := held.Digest
			r.wake(ctx, v.backend, func(record *v1alpha1.AccessRecord) bool { return inBatch(record, digest) })
		}
	}
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
func (r *Reconciler) heldRemovals(v *visit, records []v1alpha1.AccessRecord) []v1alpha1.HeldRemoval {
	book := v.session.Book()
	if !book.Complete() {
		book.Expect(contribute.Names(records))
	}
	if !book.Complete() {
		return v.backend.Status.HeldRemovals
	}
	before := map[string]v1alpha1.HeldRemoval{}
	for _, held := range v.backend.Status.HeldRemovals {
		before[held.Digest] = held
	}
	var list []v1alpha1.HeldRemoval
	people := 0
	for _, batch := range book.Batches() {
		held := v1alpha1.HeldRemoval{Digest: batch.Digest, Namespace: batch.Namespace, People: int32(batch.People), Since: metav1.NewTime(batch.Since.Truncate(time.Second)), Released: batch.Released} //nolint:gosec // far fewer people
		known, listed := before[batch.Digest]
		if listed {
			held.Since = known.Since
		} else if !held.Released {
			r.Events.Eventf(v.backend, nil, corev1.EventTypeWarning, v1alpha1.EventRemovalHeld, "Hold",
				"%d people would lose something by what happened in namespace %s: held back; annotate with %s=%s if it is meant", held.People, held.Namespace, v1alpha1.AnnotationReleaseRemovals, held.Digest)
		}
		if !held.Released {
			people += batch.People
		}
		list = append(list, held)
	}
	metrics.RemovalsHeld(client.ObjectKeyFromObject(v.backend), people)
	return list[:min(maxHeld, len(list))]
}

// heldFact tells of batches that wait for somebody; there is none where none does.
func heldFact(held []v1alpha1.HeldRemoval) []metav1.Condition {
	var batches []string
	for _, h := range held {
		if !h.Released {
			batches = append(batches, fmt.Sprintf("%s (%d people, by namespace %s)", h.Digest, h.People, h.Namespace))
		}
	}
	if len(batches) == 0 {
		return nil
	}
	return []metav1.Condition{status.Fact(v1alpha1.ConditionRemovalHeld, true, v1alpha1.ReasonRemovalLimit,
		"so many people would lose something that it looks like a mistake; declare it again, or annotate with "+v1alpha1.AnnotationReleaseRemovals+"=DIGEST: "+status.Brief(batches))}
}

// heldChanged says whether what is held of a person is another than before.
func heldChanged(before, after *v1alpha1.AccessRecord) bool {
	b := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionRemovalHeld)
	a := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionRemovalHeld)
	return (a == nil) != (b == nil) || a != nil && a.Message != b.Message
}
