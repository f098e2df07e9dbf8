package inventory

import (
	"cmp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// personOf is what is known of somebody with a record.
func (in Inputs) personOf(record plan.Inputs) Person {
	status := record.Record.Status
	p := Person{
		Address: string(record.Record.Spec.Email), Record: record.Record.Name, State: stateOf(record.Row), Invitation: status.Invitation,
		TwoFactor: cmp.Or(status.TwoFactor, access.TwoFactorOf(record.Row)), Shortened: status.LiveDigest != "",
	}
	desired := plan.Compute(record)
	terms := slices.Clone(desired.Terms)
	slices.SortFunc(terms, func(a, b plan.Term) int {
		return strings.Compare(nameOf(a).String(), nameOf(b).String())
	})
	contributions := make([]v1alpha1.Contribution, 0, len(terms))
	for _, term := range terms {
		p.Grants = append(p.Grants, in.grantOf(term, status))
		p.Profile = cmp.Or(p.Profile, profileOf(*term.Contribution))
		contributions = append(contributions, *term.Contribution)
	}
	wants := access.Unite(contributions, record.Provider.Places, access.PinsOf(status), record.Memory.Named()).By
	named := make([]hosting.Rights, 0, len(terms))
	for _, c := range contributions {
		named = append(named, wants[c.UID].Rights)
	}
	live := hosting.Rights{}
	if record.Row != nil {
		live = record.Row.Rights
	}
	p.hold(live, named, desired.Memory)
	return p
}

func nameOf(term plan.Term) types.NamespacedName {
	grant := term.Contribution.Grant
	return types.NamespacedName{Namespace: grant.Namespace, Name: string(grant.Name)}
}

// profileOf is the first Profile by which a grant names somebody.
func profileOf(c v1alpha1.Contribution) string {
	for _, via := range c.Via {
		if name, ok := handover.ProfileOf(via); ok {
			return c.Grant.Namespace + "/" + name
		}
	}
	return ""
}

// grantOf is what one grant says of the person.
func (in Inputs) grantOf(term plan.Term, status v1alpha1.AccessRecordStatus) Grant {
	g := Grant{NamespacedName: nameOf(term), Via: term.Contribution.Via, Counts: term.Cause == "", End: term.End}
	switch {
	case term.Suspended:
		g.State = Suspended
	case term.Relinquished:
		g.State = Relinquished
	case !g.Counts:
		g.State = Expired
	case failed(status, term.Contribution.UID):
		g.State = Failed
	}
	if grant := in.Grants[g.NamespacedName]; grant != nil {
		g.Known, g.Reason, g.Since, g.ReviewBy = true, grant.Spec.Reason, grant.CreationTimestamp, grant.Spec.ReviewBy
		g.ReviewedAt = grant.Annotations[v1alpha1.AnnotationReviewedAt]
	}
	return g
}

func failed(status v1alpha1.AccessRecordStatus, uid types.UID) bool {
	return slices.ContainsFunc(status.Contributions, func(echo v1alpha1.ContributionStatus) bool {
		return echo.UID == uid && echo.State == v1alpha1.ContributionFailed
	})
}

// hold enters what the row holds and what the person's grants name, in their order.
func (p *Person) hold(live hosting.Rights, named []hosting.Rights, memory access.Memory) {
	all := live.Clone()
	by := map[hosting.Right][]int{}
	for at, rights := range named {
		for right := range rights {
			all.Add(right)
			by[right] = append(by[right], at)
		}
	}
	p.Holdings = make([]Holding, 0, len(all))
	for _, right := range all.Sorted() {
		h := Holding{Right: right, Grants: by[right]}
		h.State = p.state(right, live.Has(right), h.Grants)
		if debt, owed := memory.Owed[right]; owed && live.Has(right) {
			h.Leaving, h.Held = debt.Cause, debt.Batch != ""
		}
		p.Holdings = append(p.Holdings, h)
	}
}

// state of what a person holds, or what grants name for them.
func (p *Person) state(right hosting.Right, live bool, grants []int) State {
	notified, _ := hosting.ByName(right.Scope, right.Name)
	switch {
	case live && p.State != v1alpha1.PersonActive:
		return NoProfile
	case live && p.TwoFactor == v1alpha1.TwoFactorMissing && right != hosting.TwoFactorRight && !notified.Has(hosting.TraitNotification):
		return NoSecondFactor
	case live:
		return Effective
	}
	best := State("")
	for _, at := range grants {
		switch g := p.Grants[at]; {
		case g.Counts && g.State == "":
			return Pending
		case best == "" || g.State == Failed:
			best = g.State
		}
	}
	return best
}
