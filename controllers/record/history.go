package record

import (
	"context"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/status"
)

// maxHistory is how many changes a record remembers; the CRD bounds it.
const maxHistory = 20

// audit tells of each write in one line of the log, whatever came of it, without an address:
// what was to be added and removed, why, and for which grants.
func (r *Reconciler) audit(ctx context.Context, p *pass, failure error) {
	outcome := string(hosting.ClassOf(failure))
	switch {
	case failure != nil:
	case p.plan.Target.Equal(p.live()):
		outcome = v1alpha1.ReasonAsDeclared
	default:
		outcome = v1alpha1.ReasonNotTakenEffect
	}
	causes, leavers := p.whyRevoked(p.plan.Remove)
	ctrl.LoggerFrom(ctx).Info("wrote to the provider", "backend", backendKey(p.record).String(), "person", access.AddressDigest(string(p.record.Spec.Email)), "row", p.rowID(),
		"add", len(p.plan.Add), "for", listed(p.givers(p.plan.Add)), "remove", len(p.plan.Remove), "causes", causes, "of", leavers, "outcome", outcome)
}

// announce tells what was read back after a write, in the record's history and by an event.
func (r *Reconciler) announce(p *pass) {
	added, removed := p.plan.Add.Intersect(p.live()), p.plan.Remove.Minus(p.live())
	if len(added) > 0 {
		change := v1alpha1.Change{Kind: v1alpha1.ChangeGranted, Grants: listed(p.givers(added))}
		reason := v1alpha1.EventGranted
		if p.drifted.Contains(added) {
			change.Kind, reason = v1alpha1.ChangeDriftCorrected, v1alpha1.EventDriftCorrected
		}
		p.chronicle(change, len(added))
		r.Events.Eventf(p.record, nil, "Normal", reason, "Grant", "%s added at the provider, for %s", permissions(added), change.Grants)
	}
	if len(removed) > 0 {
		change := v1alpha1.Change{Kind: v1alpha1.ChangeRevoked}
		change.Causes, change.Grants = p.whyRevoked(removed)
		p.chronicle(change, len(removed))
		r.Events.Eventf(p.record, nil, "Normal", v1alpha1.EventRevoked, "Revoke", "%s taken away at the provider: %v of %s", permissions(removed), change.Causes, change.Grants)
	}
}

func (p *pass) chronicle(change v1alpha1.Change, permissions int) {
	change.At, change.Permissions = p.now, int32(permissions) //nolint:gosec // a row holds far fewer
	p.history = slices.Concat([]v1alpha1.Change{change}, p.history)
	p.history = p.history[:min(maxHistory, len(p.history))]
}

// givers names the grants that ask for any of these rights.
func (p *pass) givers(rights hosting.Rights) []string {
	var names []string
	for _, c := range p.record.Spec.Contributions {
		if len(p.want.By[c.UID].Rights.Intersect(rights)) > 0 {
			names = append(names, nameOf(c.Grant))
		}
	}
	return names
}

// whyRevoked tells the causes of debts that were paid, and the grants by whose leaving or
// change they arose.
func (p *pass) whyRevoked(rights hosting.Rights) ([]v1alpha1.OwedCause, string) {
	known := map[types.UID]string{}
	for _, echo := range p.record.Status.Contributions {
		if echo.Grant != nil {
			known[echo.UID] = nameOf(*echo.Grant)
		}
	}
	for _, c := range p.record.Spec.Contributions {
		known[c.UID] = nameOf(c.Grant)
	}
	causes, grants := map[v1alpha1.OwedCause]bool{}, map[string]bool{}
	for _, debt := range p.due.Debts(rights) {
		causes[debt.Cause] = true
		for _, uid := range debt.By {
			name, ok := known[uid]
			if !ok {
				name = "grants of namespaces " + listed(slices.Clone(debt.Namespaces)) + " that are gone"
			}
			grants[name] = true
		}
	}
	return slices.Sorted(maps.Keys(causes)), listed(slices.Collect(maps.Keys(grants)))
}

func nameOf(grant v1alpha1.GrantReference) string { return grant.Namespace + "/" + string(grant.Name) }

// remembered is how long a record without a purpose is still kept, for its history and for
// the removal limit; 0 where there is nothing to remember.
func (p *pass) remembered() time.Duration {
	var latest metav1.Time
	if len(p.history) > 0 {
		latest = p.history[0].At
	}
	for _, s := range p.sources() {
		if s.Removed != nil && latest.Before(s.Removed) {
			latest = *s.Removed
		}
	}
	return max(0, gate.Day-p.now.Sub(latest.Time))
}

// undeclared is how an undeclared person's record ends.
func (p *pass) undeclared() status.Outcome {
	if p.listed() || p.remembered() == 0 {
		return status.Succeeded(v1alpha1.ReasonUndeclared, "no grant names this person; they are left alone")
	}
	return status.Succeeded(v1alpha1.ReasonUndeclared, "no grant names this person any more; the record is kept for a day after the last change").In(p.remembered())
}

// listed says whether the person has a record for being in the table alone.
func (p *pass) listed() bool {
	return p.row != nil && (p.backend.Spec.Inventory == v1alpha1.InventoryRecords || p.authoritative())
}
