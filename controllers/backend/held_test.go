package backend

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/gate"
)

// Whoever makes a status full of batches keeps nobody else from naming theirs.
func TestABatchThatIsNotListedCanBeNamed(t *testing.T) {
	var batches []gate.Batch
	var all []v1alpha1.HeldRemoval
	for i := range maxHeld + 6 {
		digest := fmt.Sprintf("%02d", i)
		batches = append(batches, gate.Batch{Digest: digest, Namespace: "ns"})
		all = append(all, v1alpha1.HeldRemoval{Digest: digest})
	}
	b := &v1alpha1.HostingBackend{}
	b.Status.HeldRemovals = listed(all)
	b.Annotations = map[string]string{v1alpha1.AnnotationReleaseRemovals: "69,gone"}
	if got := approvedBatches(b, batches); !slices.Equal(got, []string{"69"}) {
		t.Error(got)
	}
	all[69].Released = true
	b.Status.HeldRemovals, b.Annotations = listed(all), nil
	if got := approvedBatches(b, nil); len(b.Status.HeldRemovals) != maxHeld || !slices.Equal(got, []string{"69"}) {
		t.Error("forgotten by a restart", got)
	}
}
