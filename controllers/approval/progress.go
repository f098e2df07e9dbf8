package approval

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/status"
)

const (
	// maxNamed is how many records a status names of the removed, and of the spared; the CRD bounds it.
	maxNamed = 64
	// proofCheck is when an approval that nothing proves is looked at again.
	proofCheck = time.Minute
	// page is how many records are listed at a time past the cache, maxGets how many are read one by one: to list all is
	// cheaper than more of these.
	page, maxGets = 500, 100
)

// names of records.
type names map[string]bool

// became computes the status of an approval as of now.
func (r *Reconciler) became(ctx context.Context, s *scope, approval *v1alpha1.RemovalApproval) (v1alpha1.RemovalApprovalStatus, status.Outcome, error) {
	want := *approval.Status.DeepCopy()
	want.ObservedGeneration = approval.Generation
	if o := s.obstacle(approval); o != nil {
		want.Conditions = status.Conditions(approval.Status.Conditions, approval.Generation, s.now, *o)
		return want, *o, nil
	}
	if !s.guard.Complete() && approval.Status.ObservedGeneration == approval.Generation {
		return approval.Status, status.Outcome{After: r.Timing.ReleaseCheck}, nil // what it said last stands
	}
	o, err := r.progress(ctx, s, approval, &want)
	want.Conditions = status.Conditions(approval.Status.Conditions, approval.Generation, s.now, o)
	return want, o, err
}

// obstacle is why an approval releases nothing, whatever it names; nil where it may.
func (s *scope) obstacle(approval *v1alpha1.RemovalApproval) *status.Outcome {
	var o status.Outcome
	switch refusal := s.proof.Refusal(approval); {
	case refusal != "":
		o = status.NeedsAction(v1alpha1.ReasonApprovalUnverified, refusal).In(proofCheck)
	case s.backend == nil:
		o = status.Waiting(v1alpha1.ReasonBackendNotFound, "spec.backendRef: this namespace has no HostingBackend "+s.key.Name+"; create it, or create a RemovalApproval for another one")
	default:
		return nil
	}
	return &o
}

// progress enters into a status who of the batch is gone, and whether anybody is left.
func (r *Reconciler) progress(ctx context.Context, s *scope, approval *v1alpha1.RemovalApproval, want *v1alpha1.RemovalApprovalStatus) (status.Outcome, error) {
	if !s.guard.Complete() {
		return starting().In(r.Timing.ReleaseCheck), nil
	}
	if err := r.list(ctx, s); err != nil {
		return status.Outcome{}, err
	}
	removed, left := s.sides[approval.Spec.Digest].copy()
	for _, member := range s.guard.Members(approval.Spec.Digest, math.MaxInt) {
		left[member.Name] = true
	}
	switch {
	case want.People == 0 && len(left) == 0:
		return s.unknown(approval), nil
	case want.People == 0:
		maps.Copy(left, removed)       // an approval before this one had begun
		want.People = int32(len(left)) //nolint:gosec // far fewer people
		r.see(s.key, approval, left)
		return s.underWay(want.People).In(r.Timing.ReleaseCheck), nil
	}
	all := r.see(s.key, approval, left, removed)
	if len(left) == 0 {
		live, err := r.live(ctx, s.key.Namespace, all, int(want.People))
		if err != nil {
			return status.Outcome{}, err
		}
		removed, left = sidesOf(live, s.key.Name)[approval.Spec.Digest].copy()
	}
	want.Removed = result(removed, int32(len(removed)), want.Removed) //nolint:gosec // far fewer people
	if len(left) > 0 {
		return s.underWay(want.People).In(r.Timing.ReleaseCheck), nil
	}
	spared := maps.Clone(all)
	maps.DeleteFunc(spared, func(name string, _ bool) bool { return removed[name] })
	want.Spared = result(spared, want.People-want.Removed.People, nil)
	want.CompletedAt = &s.now
	return approved(want.Removed.People, want.Spared.People), nil
}

// approved is the outcome where nobody of the batch is left.
func approved(removed, spared int32) status.Outcome {
	return status.Succeeded(v1alpha1.ReasonApproved, fmt.Sprintf("nobody of the batch is left. Lost access: %s; spared, because they were declared again before their turn: %d. This approval releases nothing any more",
		status.Count(removed, "person", "people"), spared))
}

// starting is the outcome before the gate knows everybody.
func starting() status.Outcome {
	return status.Waiting(v1alpha1.ReasonBackendNotReady, "the manager has not looked at everybody since it started; the approval takes effect after that")
}

// sides are the people of a batch: of whom something was taken away with it, and those who still are to lose
// something of it.
type sides struct{ removed, left names }

// copy is the caller's.
func (s sides) copy() (removed, left names) {
	removed, left = names{}, names{}
	maps.Copy(removed, s.removed)
	maps.Copy(left, s.left)
	return removed, left
}

// sidesOf finds them for all batches of a backend, in one pass.
func sidesOf(records []v1alpha1.AccessRecord, backend string) map[string]sides {
	all := map[string]sides{}
	of := func(digest string) sides {
		if _, known := all[digest]; !known {
			all[digest] = sides{names{}, names{}}
		}
		return all[digest]
	}
	for i := range records {
		record := &records[i]
		if string(record.Spec.BackendRef.Name) != backend {
			continue
		}
		for _, c := range record.Status.History {
			if c.Batch != "" {
				of(c.Batch).removed[record.Name] = true
			}
		}
		for _, o := range record.Status.Owed {
			if o.Batch != "" {
				of(o.Batch).left[record.Name] = true
			}
		}
	}
	return all
}

// result counts people and names the first of them. A record is kept for a day and 20 changes: who was
// counted once stays counted.
func result(people names, count int32, before *v1alpha1.ApprovalResult) *v1alpha1.ApprovalResult {
	list := slices.Sorted(maps.Keys(people))
	if before != nil {
		count = max(count, before.People)
		for _, name := range before.Records {
			list = append(list, string(name))
		}
		slices.Sort(list)
		list = slices.Compact(list)
		count = max(count, int32(len(list))) //nolint:gosec // far fewer people
	}
	out := &v1alpha1.ApprovalResult{People: max(0, count)}
	for _, name := range list[:min(maxNamed, len(list), int(out.People))] {
		out.Records = append(out.Records, v1alpha1.ObjectName(name))
	}
	return out
}

// see remembers who is or was in the batch of an approval, and returns all of them.
func (r *Reconciler) see(key types.NamespacedName, approval *v1alpha1.RemovalApproval, people ...names) names {
	value, _ := r.seen.LoadOrStore(key, map[types.UID]names{})
	of, ok := value.(map[types.UID]names) // one reconcile at a time has it: they are by backend
	if !ok {
		return names{}
	}
	if of[approval.UID] == nil {
		of[approval.UID] = names{}
	}
	for _, some := range people {
		maps.Copy(of[approval.UID], some)
	}
	return of[approval.UID]
}

// unknown is the outcome where no batch has the digest.
func (s *scope) unknown(approval *v1alpha1.RemovalApproval) status.Outcome {
	held := "nothing is held there now"
	var digests []string
	for _, batch := range s.guard.Batches() {
		if !batch.Released {
			digests = append(digests, batch.Digest)
		}
	}
	if len(digests) > 0 {
		held = "held there now: " + status.Brief(digests) + "; create a RemovalApproval with one of these digests"
	}
	return status.NeedsAction(v1alpha1.ReasonBatchUnknown, fmt.Sprintf("HostingBackend %s holds no batch with digest %s; %s", s.key.Name, approval.Spec.Digest, held))
}

// underWay is the outcome where people of the batch are left.
func (s *scope) underWay(people int32) status.Outcome {
	batch := "the batch of " + status.Count(people, "person", "people") + " is released"
	switch {
	case s.backend.Spec.Suspend:
		return status.NeedsAction(v1alpha1.ReasonSuspended, batch+", but the HostingBackend is suspended: nobody loses anything before you set suspend: false")
	case s.backend.Spec.Mode != v1alpha1.ModeEnforce:
		return status.NeedsAction(v1alpha1.ReasonObserveOnly, batch+", but the HostingBackend's mode is Observe: nobody loses anything before you set mode: Enforce")
	}
	return status.Waiting(v1alpha1.ReasonProgressing, batch+"; they lose access one after another, and whoever is declared again before their turn is spared")
}

// list finds the people of the backend's batches, once.
func (r *Reconciler) list(ctx context.Context, s *scope) error {
	if s.sides != nil {
		return nil
	}
	list := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, list, client.InNamespace(s.key.Namespace), client.MatchingFields{index.RecordBackend: s.key.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return fmt.Errorf("list AccessRecords: %w", err)
	}
	s.sides = sidesOf(list.Items, s.key.Name)
	return nil
}

// live reads the people of a batch past the cache, once for each approval that ends: the cache may show neither that
// somebody still loses something nor what they lost a moment ago. A small batch is read record by record, as a long
// removal makes many of them, if all are known who were in it when it began: a process that started since may have
// missed some. A record that is gone is left out.
func (r *Reconciler) live(ctx context.Context, namespace string, people names, began int) ([]v1alpha1.AccessRecord, error) {
	if len(people) < began || len(people) > maxGets {
		return r.listLive(ctx, namespace)
	}
	var all []v1alpha1.AccessRecord
	for name := range people {
		record := v1alpha1.AccessRecord{}
		err := r.Live.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, &record)
		switch {
		case err == nil:
			all = append(all, record)
		case !apierrors.IsNotFound(err):
			return nil, fmt.Errorf("get AccessRecord: %w", err)
		}
	}
	return all, nil
}

// listLive reads everybody's records past the cache.
func (r *Reconciler) listLive(ctx context.Context, namespace string) ([]v1alpha1.AccessRecord, error) {
	var all []v1alpha1.AccessRecord
	for next := ""; ; {
		list := &v1alpha1.AccessRecordList{}
		if err := r.Live.List(ctx, list, client.InNamespace(namespace), client.Limit(page), client.Continue(next)); err != nil {
			return nil, fmt.Errorf("list AccessRecords: %w", err)
		}
		all = append(all, list.Items...)
		if next = list.Continue; next == "" {
			return all, nil
		}
	}
}
