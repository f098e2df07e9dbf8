package preview

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/status"
)

// addWrite enters what one write changes for somebody.
func (w *world) addWrite(p *person, in plan.Inputs, d plan.Decision) {
	c, after := &p.change, w.now.Sub(w.Now.Time)
	drifted := d.Change.Add.Intersect(d.Desired.Drifted)
	for _, part := range []Part{{Rights: d.Change.Add.Minus(drifted)}, {Rights: drifted, Drift: true}} {
		if !part.Rights.Empty() {
			part.Grants, part.After = d.Givers(in, part.Rights), after
			c.Add = append(c.Add, part)
		}
	}
	if !d.Change.Remove.Empty() {
		causes, grants := d.WhyRevoked(in, d.Change.Remove)
		if names := w.namesOf(d.Memory.Debts(d.Change.Remove)); len(names) > 0 {
			grants = status.Brief(names)
		}
		c.Remove = append(c.Remove, Part{Rights: d.Change.Remove, Causes: causes, Grants: grants, After: after})
	}
	if d.Invitation.Notify {
		c.Mails++
	}
}

// namesOf are the grants by whose leaving or change debts arose, as far as they are known: a record
// forgets a grant's name with what it contributed.
func (w *world) namesOf(debts []access.RightPart[access.Debt]) []string {
	names := map[string]bool{}
	for _, debt := range debts {
		for _, uid := range debt.Value.By {
			if name := w.grantNames[uid]; name != "" {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// rest enters what stays undone.
func (c *Change) rest(in plan.Inputs, d plan.Decision) {
	c.Held, c.HeldBecause, c.Later = hosting.Rights{}, "", d.Plan.Later
	if !d.Plan.Held.Empty() && d.Gate.Worst.Answer != gate.Defer {
		c.Held, c.HeldBecause = d.Plan.Held, v1alpha1.ReasonProtected
		if d.Gate.Worst.Answer == gate.Hold {
			c.HeldBecause = v1alpha1.ReasonRemovalLimit
		}
	}
	c.Via = nil
	for _, contribution := range in.Record.Spec.Contributions {
		c.Via = append(c.Via, contribution.Via...)
	}
	slices.Sort(c.Via)
	c.Via = slices.Compact(c.Via)
}

// Empty says whether nothing would change, nor is held.
func (c *Change) Empty() bool {
	return len(c.Add)+len(c.Remove)+c.Mails == 0 && c.Held.Empty() && c.Later.Empty()
}

// Removed is all that would be taken away.
func (c *Change) Removed() hosting.Rights { return joined(c.Remove) }

// Added is all that would be added.
func (c *Change) Added() hosting.Rights { return joined(c.Add) }

func joined(parts []Part) hosting.Rights {
	all := hosting.Rights{}
	for _, part := range parts {
		all = all.Union(part.Rights)
	}
	return all
}

func (w *world) result() (r Result) {
	r.Batches = map[types.NamespacedName][]gate.Batch{}
	for _, key := range w.inOrder() {
		if p := w.people[key]; !p.change.Empty() {
			r.Changes = append(r.Changes, p.change)
		}
	}
	slices.SortStableFunc(r.Changes, func(a, b Change) int {
		return cmp.Or(strings.Compare(a.Backend.String(), b.Backend.String()), strings.Compare(a.Record, b.Record))
	})
	w.failures()
	for _, grant := range w.grants {
		r.Issues = append(r.Issues, w.issues[types.NamespacedName{Namespace: grant.Namespace, Name: grant.Name}]...)
	}
	for of, backend := range w.backends {
		if held := backend.ledger.Batches(); len(held) > 0 {
			r.Batches[of] = held
		}
		if w.Tables[of] == nil {
			r.Unread = append(r.Unread, of)
		}
	}
	slices.SortFunc(r.Unread, func(a, b types.NamespacedName) int { return strings.Compare(a.String(), b.String()) })
	return r
}

// failures are what keeps people from what grants give them: the same of several people is one.
func (w *world) failures() {
	for _, key := range w.inOrder() {
		for _, echo := range w.people[key].record.Status.Contributions {
			if echo.State != v1alpha1.ContributionFailed || echo.Grant == nil {
				continue
			}
			grant := types.NamespacedName{Namespace: echo.Grant.Namespace, Name: string(echo.Grant.Name)}
			one := GrantIssue{grant, handover.Issue{Subject: "people", Reason: echo.Reason, Message: echo.Message}}
			if !slices.Contains(w.issues[grant], one) {
				w.issues[grant] = append(w.issues[grant], one)
			}
		}
	}
}
