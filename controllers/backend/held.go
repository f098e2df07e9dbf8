package backend

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/metrics"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/status"
)

const (
	// maxHeld is how many batches a status lists, and maxRecords how many records of each; the CRD
	// bounds them.
	maxHeld, maxRecords = 64, 1000
	// maxLosses is how many bytes the losses of all batches have room for, maxLines and maxLine how many
	// lines those of one person, and how many bytes each.
	maxLosses, maxLines, maxLine = 64 << 10, 32, 1024
)

// heldRemovals lists the batches as they are now. Until everybody was looked at since the
// start, what was listed stands.
func (r *Reconciler) heldRemovals(v *scope, records []v1alpha1.AccessRecord) []v1alpha1.HeldRemoval {
	guard, snapshot := v.connection.Guard(), v.connection.View().Snapshot
	if !guard.Complete() {
		guard.MarkComplete(contribute.Names(records))
	}
	if !guard.Complete() || snapshot == nil {
		return v.backend.Status.HeldRemovals
	}
	before := map[string]v1alpha1.HeldRemoval{}
	for _, held := range v.backend.Status.HeldRemovals {
		before[held.Digest] = held
	}
	list, people := heldOf(guard, snapshot.Names), 0
	for i, held := range list {
		known, listed := before[held.Digest]
		if listed {
			list[i].Since = known.Since
		} else if !held.Released && i < maxHeld { // of what no status lists it would be told again and again
			r.Events.Eventf(v.backend, nil, corev1.EventTypeWarning, v1alpha1.EventRemovalHeld, "Hold", "%s", heldMessage(v.backend, held))
		}
		if !held.Released {
			people += int(held.People)
		}
	}
	metrics.RemovalsHeld(client.ObjectKeyFromObject(v.backend), people)
	return list[:min(maxHeld, len(list))]
}

// heldOf lists batches with what each person would lose, as far as there is room.
func heldOf(guard *gate.Guard, names access.Names) []v1alpha1.HeldRemoval {
	batches := guard.Batches()
	if len(batches) == 0 {
		return nil
	}
	list, name, room := make([]v1alpha1.HeldRemoval, len(batches)), namer(names), maxLosses
	for i, batch := range batches {
		held := v1alpha1.HeldRemoval{Digest: batch.Digest, Namespace: batch.Namespace, People: int32(batch.People), Since: metav1.NewTime(batch.Since.Truncate(time.Second)), Released: batch.Released} //nolint:gosec // far fewer people
		for _, member := range guard.Members(batch.Digest, maxRecords) {
			one := v1alpha1.HeldRecord{Name: v1alpha1.ObjectName(member.Name), Loses: losses(plan.RightsOf(member.Rights), name)}
			if room -= access.SizeOf(one) + 1; room < 0 {
				break
			}
			held.Records = append(held.Records, one)
		}
		held.More = held.People - int32(len(held.Records)) //nolint:gosec // as above
		list[i] = held
	}
	return list
}

// losses says what rights are, a line for each place; a right that has no label stands by its own name.
func losses(rights hosting.Rights, name func(hosting.Right) string) []string {
	var other []string
	for _, right := range rights.Sorted() {
		if right == hosting.TwoFactorRight {
			other = append(other, "the requirement of a second factor")
		} else if len(hosting.English.Describe(hosting.NewRights(right), name, 1)) == 0 {
			other = append(other, strings.TrimSpace(name(right)+" "+right.Name))
		}
	}
	lines := append(hosting.English.Describe(rights, name, rights.Len()), other...)
	if len(lines) > maxLines {
		lines = append(lines[:maxLines], fmt.Sprintf("and %d more", len(lines)-maxLines))
	}
	for i, line := range lines {
		lines[i] = strings.ToValidUTF8(line[:min(maxLine, len(line))], "")
	}
	return lines
}

// namer names the place of a right as the provider's table does, or by its id where that lists none.
func namer(names access.Names) func(hosting.Right) string {
	return func(right hosting.Right) string {
		if right.ID == 0 {
			return ""
		}
		return cmp.Or(names[access.Place{Scope: right.Scope, ID: right.ID}], fmt.Sprintf("id %d", right.ID))
	}
}

// heldMessage tells of one batch, and what to do about it.
func heldMessage(b *v1alpha1.HostingBackend, held v1alpha1.HeldRemoval) string {
	limit := b.Spec.RemovalLimit
	return fmt.Sprintf("Removal held: %s in namespace %s would lose access (limit: %d, or %d%% where that is more, and never over half). Review: kubectl get hostingbackend %s -n %s -o yaml; approve: create a RemovalApproval with digest %s",
		status.Count(held.People, "person", "people"), held.Namespace, ptr.Deref(limit.Minimum, 0), limit.Percent, b.Name, b.Namespace, held.Digest)
}

// heldFact tells of batches that wait for somebody; there is none where none does.
func heldFact(b *v1alpha1.HostingBackend, held []v1alpha1.HeldRemoval) []metav1.Condition {
	held = slices.DeleteFunc(slices.Clone(held), func(h v1alpha1.HeldRemoval) bool { return h.Released })
	if len(held) == 0 {
		return nil
	}
	message := heldMessage(b, held[0])
	if len(held) > 1 {
		message += ". status.heldRemovals lists " + status.Count(len(held)-1, "more batch", "more batches")
	}
	return []metav1.Condition{status.Fact(v1alpha1.ConditionRemovalHeld, true, v1alpha1.ReasonRemovalLimit, message)}
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
