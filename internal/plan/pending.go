package plan

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/status"
)

// maxPending is what the lists of a pending change take together, in bytes of JSON: with counts and a
// reason, the whole stays below 16 KiB.
const maxPending = 15 << 10

// pending is what a reconcile would change at the provider, by names; nil where nothing is to be changed.
// What nobody knows of the row now, it is not told of either.
func (d Decision) pending(in Inputs, o status.Outcome) *v1alpha1.PendingChange {
	if in.Backend == nil || !in.Provider.Known || in.Provider.Ambiguous {
		return nil
	}
	if in.unproven() || in.failedUnread() && o.Ready == metav1.ConditionTrue {
		return in.Record.Status.Pending // what fails for a moment changes no status that stands
	}
	add := d.Desired.Want.Rights.Minus(in.live()) // also what is refused, or is to be added later
	remove := d.Plan.Remove.Union(d.Plan.Held).Intersect(in.live())
	invites := d.wouldInvite(in)
	if add.Empty() && remove.Empty() && !invites {
		return nil
	}
	out := &v1alpha1.PendingChange{AddCount: int32(add.Len()), RemoveCount: int32(remove.Len()), Invite: invites} //nolint:gosec // a row holds far fewer
	adds, removes := in.Provider.Names.Bundle(add), in.Provider.Names.Bundle(remove)
	out.Add = access.Fit(adds, maxPending/2)
	out.Remove = access.Fit(removes, maxPending-access.SizeOf(out.Add))
	out.Add = access.Fit(adds, maxPending-access.SizeOf(out.Remove))
	out.BlockedBy = d.blockedBy(in, o)
	return out
}

// failedUnread says whether something failed before the row was read by itself.
func (in Inputs) failedUnread() bool {
	return !in.Fresh && (in.Done.failure() != nil || in.Provider.Err != nil)
}

// wouldInvite says whether somebody is mailed once what is due is done.
func (d Decision) wouldInvite(in Inputs) bool {
	i, mailsLater := d.Invitation, false
	switch stateOf(i.BeforeWrite) {
	case v1alpha1.InvitationPrepared, v1alpha1.InvitationDeferred, v1alpha1.InvitationRenewing:
		mailsLater = in.Row == nil && !d.Plan.Add.Empty() && policyOf(in.Backend).Sender == v1alpha1.SenderSMTP
	}
	return i.Notify || mailsLater || i.Step.Act != invite.Nothing
}

// blockedBy is why nothing of a change is done now; empty where it is being done.
func (d Decision) blockedBy(in Inputs, o status.Outcome) string {
	switch {
	case o.Reason == v1alpha1.ReasonProgressing, o.Reason == v1alpha1.ReasonNotTakenEffect:
		return ""
	case o.Ready != metav1.ConditionTrue:
		return o.Reason
	case in.Backend.Spec.Mode != v1alpha1.ModeEnforce: // all that is missing is a mail
		return v1alpha1.ReasonObserveOnly
	case in.MailWait != nil:
		return v1alpha1.ReasonMailQueued
	}
	return ""
}

// reader is whom rights are told to: by the names of places that they may know, else by how many there are.
type reader struct {
	names access.Names
	all   bool
}

// ofRecord is whoever reads the record: they may know all places.
func (in Inputs) ofRecord() reader { return reader{in.Provider.Names, true} }

// ofGrant is whoever reads the status of the grant that a contribution is of. In another namespace than the
// backend's they know the places that the grant names: `all: true` tells nobody which others there are.
func (in Inputs) ofGrant(c *v1alpha1.Contribution) reader {
	if c.Grant.Namespace == in.Record.Namespace {
		return in.ofRecord()
	}
	r := reader{names: access.Names{}}
	learn := func(scope hosting.Scope, names []v1alpha1.PlaceName) {
		for _, name := range names {
			if id, ok := in.Provider.Places[access.PlaceKey{Scope: scope, Name: string(name)}]; ok {
				r.names[access.Place{Scope: scope, ID: id}] = string(name)
			}
		}
	}
	for _, a := range c.Accounts {
		learn(hosting.ScopeAccount, a.Names)
	}
	for _, s := range c.Servers {
		learn(hosting.ScopeServer, s.Names)
	}
	return r
}

// differs tells what a row lacks or has too much; else only that it is observed.
func (r reader) differs(add, remove hosting.Rights) string {
	if add.Empty() && remove.Empty() {
		return observedMessage
	}
	var parts []string
	if !add.Empty() {
		parts = append(parts, "to add: "+r.tell(add))
	}
	if !remove.Empty() {
		parts = append(parts, "to take away: "+r.tell(remove))
	}
	return strings.Join(parts, "; ")
}

// tell tells of rights for people to read: of each list at most three, then how many more.
func (r reader) tell(rights hosting.Rights) string {
	bundles := access.Bundle(rights)
	items := make([]string, len(bundles))
	for i, b := range bundles {
		items[i] = status.Brief(b.Permissions)
		if len(b.IDs) > 0 {
			items[i] = r.places(hosting.Scope(b.Scope), b.IDs) + ": " + items[i]
		}
	}
	return status.BriefBy("; ", items)
}

// places are accounts or servers by their names, and those that the reader may not know by their number.
func (r reader) places(scope hosting.Scope, ids []int64) string {
	kind, known := strings.ToLower(string(scope)), []string{}
	for _, id := range ids {
		right := hosting.Right{Scope: scope, ID: id}
		if _, ok := r.names[access.Place{Scope: scope, ID: id}]; ok || r.all {
			known = append(known, r.names.Of(right))
		}
	}
	slices.Sort(known)
	hidden := len(ids) - len(known)
	switch {
	case hidden == 0:
		return kind + " " + status.Brief(known)
	case len(known) == 0:
		return status.Count(hidden, kind, kind+"s")
	}
	return fmt.Sprintf("%s %s, and %s that the grant does not name", kind, status.Brief(known), status.Count(hidden, kind, kind+"s"))
}

// owedTo lists what of a row is due to go by a contribution's doing.
func (d Decision) owedTo(in Inputs, term Term) hosting.Rights {
	by := d.Memory.Owed.Where(func(debt access.Debt) bool { return slices.Contains(debt.By, term.Contribution.UID) })
	return by.Intersect(in.live())
}
