package inventory

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// offer is what one grant names for somebody, and what becomes of it.
type offer struct {
	plan.Term
	// named is nil where the record holds it.
	named *handover.Named
}

// personOf is what is known of somebody with a record, or whom a grant names.
func (in Inputs) personOf(record Record) Person {
	status := record.Record.Status
	p := Person{
		Address: string(record.Record.Spec.Email), Record: record.Record.Name, State: in.stateOf(record.Row), Invitation: status.Invitation,
		TwoFactor: cmp.Or(status.TwoFactor, access.TwoFactorOf(record.Row)), Shortened: status.LiveDigest != "",
	}
	if in.Unnamed[p.Address] {
		p.Address = ""
	}
	offers := offersOf(record)
	contributions := make([]v1alpha1.Contribution, 0, len(offers))
	for _, o := range offers {
		contributions = append(contributions, *o.Contribution)
	}
	wants := access.Unite(contributions, placesOf(record), access.PinsOf(status), record.Memory.Named()).By
	named := make([]hosting.Rights, 0, len(offers))
	for _, o := range offers {
		want := wants[o.Contribution.UID]
		g := in.grantOf(o, status)
		if g.Problems = want.Problems; len(g.Problems) > 0 && g.State == "" {
			g.State, g.Why = Failed, string(g.Problems[0].Kind)
		}
		p.Grants = append(p.Grants, g)
		p.addProfiles(*o.Contribution)
		named = append(named, want.Rights)
	}
	live := hosting.Rights{}
	if record.Row != nil {
		live = record.Row.Rights
	}
	p.hold(live, named)
	if record.mayLose(offers) {
		p.leave(plan.Compute(record.Inputs), live, in.Released)
	}
	return p
}

// mayLose says whether something may be due to be taken away: it is on record, or ended, or what no grant names is to go.
// To find out what that is takes longer than all else.
func (r Record) mayLose(offers []offer) bool {
	return len(r.Memory.Owed) > 0 || r.Backend != nil && r.Backend.Spec.Authority == v1alpha1.AuthorityAuthoritative ||
		slices.ContainsFunc(offers, func(o offer) bool { return o.named == nil && o.Cause != "" })
}

// offersOf lists what grants name for somebody, by the names of the grants.
func offersOf(record Record) []offer {
	all := record.Inputs
	all.Record = record.Record.DeepCopy()
	held := len(all.Record.Spec.Contributions)
	for _, n := range record.Named {
		all.Record.Spec.Contributions = append(all.Record.Spec.Contributions, n.Contribution)
	}
	offers := make([]offer, 0, held+len(record.Named))
	for i, term := range plan.TermsOf(all) {
		o := offer{Term: term}
		if i >= held {
			o.named = &record.Named[i-held]
		}
		offers = append(offers, o)
	}
	slices.SortStableFunc(offers, func(a, b offer) int { return strings.Compare(nameOf(a).String(), nameOf(b).String()) })
	return offers
}

// placesOf are the places as somebody's record knows them: a name keeps the meaning it had when it was first used.
func placesOf(record Record) access.Places {
	places, pins := record.Provider.Places, access.PinsOf(record.Record.Status)
	for key, id := range pins {
		if places[key] != id {
			places = maps.Clone(places)
			maps.Copy(places, pins)
			return places
		}
	}
	return places
}

func nameOf(o offer) types.NamespacedName {
	grant := o.Contribution.Grant
	return types.NamespacedName{Namespace: grant.Namespace, Name: string(grant.Name)}
}

// addProfiles enters the Profiles by which a grant names the person.
func (p *Person) addProfiles(c v1alpha1.Contribution) {
	for _, via := range c.Via {
		name, ok := handover.ProfileOf(via)
		profile := types.NamespacedName{Namespace: c.Grant.Namespace, Name: name}
		if ok && !slices.Contains(p.Profiles, profile) {
			p.Profiles = append(p.Profiles, profile)
		}
	}
}

// grantOf is what one grant says of the person.
func (in Inputs) grantOf(o offer, status v1alpha1.AccessRecordStatus) Grant {
	g := o.judged(echoOf(status, o.Contribution))
	g.NamespacedName, g.Via, g.End, g.Everywhere = nameOf(o), o.Contribution.Via, o.End, everywhere(*o.Contribution)
	if grant := in.Grants[g.NamespacedName]; grant != nil {
		g.Known, g.Reason, g.Since, g.ReviewBy = true, grant.Spec.Reason, grant.CreationTimestamp, grant.Spec.ReviewBy
		g.ReviewedAt = grant.Annotations[v1alpha1.AnnotationReviewedAt]
	}
	return g
}

// judged says whether what a grant names is given, and why not. A record that withholds it knows of Profiles that could
// not be read here.
func (o offer) judged(echo v1alpha1.ContributionStatus) Grant {
	withheld := echo.State == v1alpha1.ContributionWithheld
	switch {
	case o.Suspended || withheld && echo.Reason == v1alpha1.ReasonPersonSuspended:
		return Grant{State: Suspended, Why: v1alpha1.ReasonPersonSuspended}
	case o.Relinquished:
		return Grant{State: Relinquished, Why: v1alpha1.ReasonRelinquished}
	case o.Cause != "":
		return Grant{State: Expired, Why: string(o.End.Cause)}
	case o.named != nil && o.named.Reason != "":
		return Grant{State: stateFor(o.named.Reason), Why: o.named.Reason, Message: o.named.Message}
	case withheld:
		return Grant{State: Expired, Why: echo.Reason}
	}
	g := Grant{Counts: true, Why: echo.Reason, Message: echo.Message}
	if echo.State == v1alpha1.ContributionFailed {
		g.State = Failed
	}
	return g
}

// stateFor is the state of what a grant names, and gives nobody for a reason.
func stateFor(reason string) State {
	switch reason {
	case v1alpha1.ReasonScheduled:
		return Scheduled
	case v1alpha1.ReasonExpired, v1alpha1.ReasonReviewMissed:
		return Expired
	}
	return Failed
}

// echoOf is what a status says of a contribution as it is; zero for nothing.
func echoOf(status v1alpha1.AccessRecordStatus, c *v1alpha1.Contribution) v1alpha1.ContributionStatus {
	for _, echo := range status.Contributions {
		if echo.UID == c.UID && echo.Digest == c.Digest {
			return echo
		}
	}
	return v1alpha1.ContributionStatus{}
}

// everywhere is what a contribution names on all accounts or servers.
func everywhere(c v1alpha1.Contribution) hosting.Rights {
	rights := hosting.Rights{}
	for _, a := range c.Accounts {
		if a.All != nil {
			rights = rights.Union(hosting.RightsAt(hosting.ScopeAccount, []int64{0}, access.Words(a.Permissions)...))
		}
	}
	for _, s := range c.Servers {
		if s.All != nil {
			rights = rights.Union(hosting.RightsAt(hosting.ScopeServer, []int64{0}, access.Words(s.Permissions)...))
		}
	}
	return rights
}

// hold enters what the row holds, and what each of the person's grants names.
func (p *Person) hold(live hosting.Rights, named []hosting.Rights) {
	all, by := live, map[hosting.Right][]int{}
	for at, rights := range named {
		all = all.Union(rights)
		for right := range rights.All() {
			by[right] = append(by[right], at)
		}
	}
	p.Holdings = make([]Holding, 0, all.Len())
	for _, right := range all.Sorted() {
		p.Holdings = append(p.Holdings, Holding{Right: right, Grants: by[right], State: p.stateOf(right, live.Has(right), by[right])})
	}
}

// stateOf what a person holds, or what grants name for them.
func (p *Person) stateOf(right hosting.Right, live bool, grants []int) State {
	if live {
		return p.usable(right)
	}
	best := Expired
	for _, at := range grants {
		state := cmp.Or(p.Grants[at].State, Pending)
		if state.rank() < best.rank() {
			best = state
		}
	}
	if best == Pending && (p.Address == "" || p.Shortened) {
		return Unknown
	}
	return best
}

// usable says whether the person can use what the row holds. What opens no menu needs no second factor.
func (p *Person) usable(right hosting.Right) State {
	permission, _ := hosting.ByName(right.Scope, right.Name)
	open := right == hosting.TwoFactorRight || permission.Has(hosting.TraitNotification)
	switch {
	case p.State == "":
		return ProfileUnknown
	case p.State != v1alpha1.PersonActive:
		return NoProfile
	case !open && p.TwoFactor == v1alpha1.TwoFactorMissing:
		return NoSecondFactor
	case !open && p.TwoFactor == v1alpha1.TwoFactorUnknown:
		return SecondFactorUnknown
	}
	return Effective
}

// leave enters what is due to be taken away.
func (p *Person) leave(desired plan.Desired, live hosting.Rights, released map[string]bool) {
	for i := range p.Holdings {
		h := &p.Holdings[i]
		debt, owed := desired.Memory.Owed.Of(h.Right)
		if !owed || !live.Has(h.Right) {
			continue
		}
		h.Leaving, h.Protected = debt.Cause, desired.Plan.Held.Has(h.Right)
		h.Held = debt.Batch != "" && !released[debt.Batch] && !h.Protected
	}
}
