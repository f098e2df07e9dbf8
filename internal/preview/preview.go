// Package preview finds out what manifests change before they are applied: whom they give what, what
// they take away and what of that is held, and who is mailed. It lets the functions that the
// controllers ask (internal/handover, internal/gate, internal/plan) act on a copy of what is, with a
// provider that does all it is asked for. It reads no clock and changes none of its inputs.
package preview

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// Inputs are everything that a preview depends on.
type Inputs struct {
	// Objects as they would be. A PermissionGrant that is there today has its UID, creation time and
	// status of today; what holds something of a grant that is not among them loses it.
	Objects Objects
	// Today are objects as they are today: of a grant that is not among Objects its deletion policy counts, which records
	// may not know yet. What is not among these either is known from the records alone.
	Today Objects
	// Read are the namespaces whose objects are known; nil: all. What grants of others give stays.
	Read map[string]bool
	// Records are what the manager remembers: nothing is taken away that they do not know.
	Records []v1alpha1.AccessRecord
	// Tables are what the providers have now, by backend.
	Tables map[types.NamespacedName]*provider.Snapshot
	Now    metav1.Time
	// ReferenceGrace is how long what a missing Team, Profile or PermissionSet gave is kept.
	ReferenceGrace time.Duration
	// Progress is told now and then how many of all people were decided on in a round; nil: nobody is told. Nothing
	// depends on it.
	Progress func(done, all int)
}

// Result is what would change.
type Result struct {
	// Changes, one per person and backend, in the order of backends and records.
	Changes []Change
	// Issues of grants that keep something from being given, in the order of the grants.
	Issues []GrantIssue
	// Batches of removals that would be held.
	Batches map[types.NamespacedName][]gate.Batch
	// Unread are backends of which no table is at hand: nothing is known of what would change there.
	Unread []types.NamespacedName
}

// Change is what would change for one person on one backend.
type Change struct {
	Backend types.NamespacedName
	// Record is the name of the person's AccessRecord, and Address whom it is for.
	Record, Address string
	// Via are the ways by which grants name the person: "email", "Profile/x", "Team/x/Profile/y".
	Via []string
	// Add and Remove are what would be added and taken away, with why.
	Add, Remove []Part
	// Held is what is due to go and would not, and HeldBecause the reason of a condition.
	Held        hosting.Rights
	HeldBecause string
	// Later is what is given again only after the backend's driftGrace.
	Later hosting.Rights
	// Mails is how many mails would be sent, if the person has no profile at the provider.
	Mails int
}

// Part is what is added or taken away for one reason.
type Part struct {
	Rights hosting.Rights
	// Grants that name it, or whose leaving or change takes it away; Causes of what is taken away.
	Grants string
	Causes []v1alpha1.OwedCause
	// Drift: somebody took it away at the provider.
	Drift bool
	// After is how long it takes until then: a missing reference keeps what it gave for a while.
	After time.Duration
}

// GrantIssue is an issue of one grant.
type GrantIssue struct {
	Grant types.NamespacedName
	handover.Issue
}

// maxRounds is how often grants and records are looked at in turn until nothing moves: what a rule
// takes back takes two.
const maxRounds = 5

// Of finds out what would change. The error is the context's.
func Of(ctx context.Context, in Inputs) (Result, error) {
	w, err := newWorld(ctx, in)
	if err != nil {
		return Result{}, err
	}
	for i := 0; i < len(w.waits); i++ {
		w.now = metav1.NewTime(w.now.Add(w.waits[i]))
		for range maxRounds {
			moved, err := w.round(ctx)
			if err != nil {
				return Result{}, err
			}
			if !moved {
				break
			}
		}
		if i == len(w.waits)-1 && w.lost > 0 {
			// What is missing is not gone yet: then it is.
			w.waits, w.lost = append(w.waits, w.lost, w.waits[1]), 0
		}
	}
	return w.result(), nil
}

func (w *world) round(ctx context.Context) (moved bool, err error) {
	if moved, err = w.handOver(ctx); err != nil {
		return false, err
	}
	wrote, err := w.decideAll(ctx)
	return moved || wrote, err
}
