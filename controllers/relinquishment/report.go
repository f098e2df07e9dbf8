package relinquishment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// Bounds of a status; the CRD has them too.
const (
	maxHeld    = 256
	maxAddress = 254
)

// show enters a list into a status: all of it is counted, the first are named.
func show(want *v1alpha1.RelinquishmentStatus, holdings *provider.Holdings, protected func(hosting.Holding) bool) {
	total := int32(len(holdings.List)) //nolint:gosec // no list comes near what an int32 holds
	want.Holder, want.Total, want.Held = clip(holdings.Holder), &total, nil
	for _, h := range holdings.List[:min(maxHeld, len(holdings.List))] {
		permissions := h.Rights.Len()
		if h.Rights.Has(hosting.TwoFactorRight) {
			permissions--
		}
		want.Held = append(want.Held, v1alpha1.Holding{
			ID: h.ID, Owner: clip(h.Owner), OwnerID: h.OwnerID, Protected: protected(h),
			Permissions: int32(permissions), //nolint:gosec // as above
		})
	}
}

// clip bounds an address of the provider's; what is longer than mail can carry is only shown.
func clip(address string) string {
	return strings.ToValidUTF8(address[:min(maxAddress, len(address))], "")
}

// finish computes the whole status from what a reconcile made of it and its outcome. It is pure.
// What is complete stays listed as results only.
func finish(rel *v1alpha1.Relinquishment, want v1alpha1.RelinquishmentStatus, o status.Outcome, now metav1.Time) v1alpha1.RelinquishmentStatus {
	want.ObservedGeneration = rel.Generation
	complete := status.Fact(v1alpha1.ConditionComplete, false, o.Reason, "spec.confirm is empty, so nothing is given up")
	switch {
	case done(want.Results):
		want.CompletedAt, want.Held, want.Total = &now, nil, nil
		complete = status.Fact(v1alpha1.ConditionComplete, true, v1alpha1.ReasonComplete, "everything in spec.confirm is done or refused; Hostgrant reads and changes nothing for this object any more")
	case len(rel.Spec.Confirm) > 0:
		complete.Message = "not everything in spec.confirm is done yet"
	}
	want.Summary = summary(want)
	want.Conditions = status.Conditions(rel.Status.Conditions, rel.Generation, now, o, complete)
	return want
}

// done says whether all that was confirmed is done or refused.
func done(results []v1alpha1.DropResult) bool {
	return len(results) > 0 && !slices.ContainsFunc(results, open)
}

// summary is what a reader of a list of Relinquishments wants to know.
func summary(s v1alpha1.RelinquishmentStatus) string {
	if len(s.Results) == 0 {
		return heldSummary(s)
	}
	var parts []string
	for _, group := range []struct {
		title  string
		states []v1alpha1.DropState
	}{
		{"to give up", []v1alpha1.DropState{v1alpha1.DropPending, v1alpha1.DropIntended}},
		{"given up", []v1alpha1.DropState{v1alpha1.DropDropped}},
		{"gone before", []v1alpha1.DropState{v1alpha1.DropAlreadyGone}},
		{"refused", []v1alpha1.DropState{v1alpha1.DropRefused}},
	} {
		var ids []string
		for _, r := range s.Results {
			if slices.Contains(group.states, r.State) {
				ids = append(ids, fmt.Sprint(r.ID))
			}
		}
		if len(ids) > 0 {
			parts = append(parts, group.title+": "+status.Brief(ids))
		}
	}
	return strings.Join(parts, "; ")
}

func heldSummary(s v1alpha1.RelinquishmentStatus) string {
	if s.Total == nil {
		return ""
	}
	var ids []string
	for _, h := range s.Held {
		ids = append(ids, fmt.Sprint(h.ID))
	}
	switch *s.Total {
	case 0:
		return "nothing held"
	case 1:
		return "held on 1 profile, id " + ids[0]
	}
	return fmt.Sprintf("held on %d profiles, ids %s", *s.Total, status.Brief(ids))
}

// listed is the outcome where nothing was confirmed and the list is known.
func listed(s v1alpha1.RelinquishmentStatus) status.Outcome {
	switch {
	case s.Total == nil || *s.Total == 0:
		return status.Succeeded(v1alpha1.ReasonNothingHeld, "the key's own profile holds nothing on other owners' profiles; there is nothing to confirm")
	case int(*s.Total) > len(s.Held):
		return status.Succeeded(v1alpha1.ReasonAwaitingConfirmation, fmt.Sprintf("status.held lists the first %d of %d; write the ids that you want to give up into spec.confirm", len(s.Held), *s.Total))
	}
	return status.Succeeded(v1alpha1.ReasonAwaitingConfirmation, "write the ids of status.held that you want to give up into spec.confirm; each stands for everything that is held on one profile")
}

// concluded is the outcome where all that was confirmed is done or refused.
func concluded(results []v1alpha1.DropResult) status.Outcome {
	for _, r := range results {
		if r.State == v1alpha1.DropRefused {
			return status.NeedsAction(r.Reason, fmt.Sprintf("id %d was left alone: %s", r.ID, refusals[r.Reason]))
		}
	}
	return status.Succeeded(v1alpha1.ReasonComplete, "everything in spec.confirm is gone")
}

// refusals say why an id was left alone, and what to do.
var refusals = map[string]string{
	v1alpha1.ReasonProtected:     "a HostingBackend acts for its owner, and giving it up could lock the manager out; if you want that, do it in the provider's administration",
	v1alpha1.ReasonNotListed:     "this Relinquishment had not listed it before it was confirmed; make another Relinquishment, look at its list, then confirm",
	v1alpha1.ReasonOwnerChanged:  "it belongs to another owner than when it was listed; make another Relinquishment, look at its list, then confirm",
	v1alpha1.ReasonNotConverging: fmt.Sprintf("the provider said %d times that it was given up, and still lists it; try it in the provider's administration", maxTries),
}

// obstacle is why nothing can be asked of the provider now; nil where it can. It is pure.
func (v *scope) obstacle() *status.Outcome {
	var o status.Outcome
	switch {
	case v.backend == nil:
		o = status.Waiting(v1alpha1.ReasonBackendNotFound, "spec.backendRef: this namespace has no HostingBackend of this name, so nothing is given up; create it, or make another Relinquishment")
	case v.backend.Spec.Suspend:
		o = status.NeedsAction(v1alpha1.ReasonSuspended, "the HostingBackend is suspended (spec.suspend); Hostgrant reads and changes nothing")
	case v.health.Err != nil:
		o = v.failed(v.health.Err, v.health.Read, v.connection.Due()+unread)
	case v.snapshot == nil:
		o = status.Waiting(v1alpha1.ReasonBackendNotReady, "Hostgrant has not read the provider yet; if this lasts, see the conditions of the HostingBackend").In(unread)
	default:
		return nil
	}
	return &o
}

// idle is the outcome where something is confirmed and this is not the moment to do it.
func (v *scope) idle() status.Outcome {
	switch {
	case v.backend.Spec.Mode != v1alpha1.ModeEnforce:
		return status.NeedsAction(v1alpha1.ReasonObserveOnly, "nothing is given up while the HostingBackend's mode is Observe; to give up what spec.confirm names, set mode: Enforce")
	case !v.connection.View().CanWrite:
		return status.Waiting(v1alpha1.ReasonBackendNotReady, "Hostgrant has not read the provider with the present key yet").In(unread)
	}
	return status.Waiting(v1alpha1.ReasonProgressing, "waiting for a turn at the provider").In(turnTimeout)
}

// failed is the outcome of a call that went wrong; lately is when one last went well.
func (v *scope) failed(err error, lately time.Time, backoff time.Duration) status.Outcome {
	if hosting.ClassOf(err) == hosting.ClassUnsupported && v.health.Err == nil {
		return status.NeedsAction(v1alpha1.ReasonRelinquishmentUnsupported, "the provider cannot list what the key's own profile holds on other owners' profiles; use its menu My Permissions").In(v.wait())
	}
	if status.Terminal(err) {
		backoff = v.wait()
	}
	return status.Failed(err, v.standing(lately), backoff)
}

// standing is what was listed last, while nothing is confirmed and that is recent enough.
func (v *scope) standing(lately time.Time) *status.Outcome {
	if len(v.rel.Spec.Confirm) > 0 || v.want.Total == nil || status.StandsFor(lately, v.backend.Spec.Interval.Duration, v.now.Time) == 0 {
		return nil
	}
	o := listed(v.want)
	return &o
}

// wait is how long until a failure that somebody has to mend is looked at again.
func (v *scope) wait() time.Duration { return timing.Jitter(v.backend.Spec.Interval.Duration) }
