package plan

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Desired is what grants, Profiles and dates want for a person, and what that means for the row,
// before the removal gate was asked.
type Desired struct {
	Terms []Term
	Want  access.Want
	// Full are contributions that the record has no room for.
	Full map[types.UID]bool
	// Plan against the row, and Memory as it is without a write.
	Plan   access.Plan
	Memory access.Memory
	// Drifted is what is missing that had been there, seen since DriftSince.
	Drifted    hosting.Rights
	DriftSince metav1.Time
	// Losses are what is due to go and Person what the gate is to know of them, in one order.
	Losses []access.RightPart[access.Debt]
	Person gate.Person
}

// Compute finds out what is wanted now and what the row lacks or has too much.
func Compute(in Inputs) Desired {
	memory := in.Memory.Until(in.Now)
	d := Desired{Terms: TermsOf(in), DriftSince: in.Now}
	if in.Provider.Known {
		d = d.onTable(in, memory)
	} else {
		// Names cannot be resolved. The pins tell what earlier ones meant, so that what left is
		// recorded as owed all the same.
		var departures access.Departures
		d, departures = d.unite(in, memory, access.PinsOf(in.Record.Status))
		d = d.keepEverywhere(memory)
		d.Memory = access.Remember(d.Want, memory, departures, in.Now)
	}
	d.Losses, d.Person = lossesOf(in, d)
	return d
}

// onTable compares with the row of a table that was read.
func (d Desired) onTable(in Inputs, memory access.Memory) Desired {
	if in.Row != nil {
		memory = memory.Shown(metav1.NewTime(in.Provider.Verified))
	}
	d, departures := d.unite(in, memory, in.Provider.Places)
	if in.authoritative() {
		memory = memory.Claim(d.Want, in.live(), in.Provider.Places, in.Record.Namespace, in.Now)
	} else {
		memory = memory.Disclaim()
	}
	if in.Fresh && in.enforced() {
		memory = memory.Adopt(d.Want, in.live())
	}
	d.Plan = access.Decide(d.Want, in.live(), memory, departures, in.Now).Spare(d.Want, in.live())
	d.Memory = d.Plan.Memory
	if in.Fresh {
		d.Memory = access.Settle(d.Memory, in.live(), in.Provider.Places, in.Now)
	}
	if in.protected() {
		d.Plan = d.Plan.Protect()
	}
	return d.drift(in)
}

// unite computes what is wanted, and what those give no longer who have ended.
func (d Desired) unite(in Inputs, memory access.Memory, places access.Places) (Desired, access.Departures) {
	counting := d.active()
	var ended []v1alpha1.Contribution
	for _, t := range d.Terms {
		if t.Cause != "" {
			ended = append(ended, *t.Contribution)
		}
	}
	pins := access.PinsOf(in.Record.Status)
	gone := access.Unite(ended, places, pins, memory.Named())
	d = d.takeIn(in, counting, access.Room{Memory: memory, Places: places, Pins: pins, Names: gone.Pins, Live: in.live()})
	departures := departuresOf(in.Record)
	for _, t := range d.Terms {
		if uid := t.Contribution.UID; t.Cause != "" {
			departures.Ended = append(departures.Ended, access.Ended{
				UID: uid, Namespace: t.Contribution.Grant.Namespace, Cause: t.Cause, Rights: gone.By[uid].Rights.Union(gone.Kept),
			})
		}
	}
	for key, id := range gone.Pins {
		d.Want.Pins[key] = id // a name keeps its meaning until its grant goes
	}
	return d, departures
}

// takeIn unites the contributions that count, as far as the record has room for them: what goes
// beyond fails the contribution that brought it, and never the record, for one that cannot be
// written revokes nothing any more.
func (d Desired) takeIn(in Inputs, counting []v1alpha1.Contribution, room access.Room) Desired {
	room.Settled = map[types.UID]bool{}
	for _, c := range counting {
		echo, known := in.echoed(c)
		room.Settled[c.UID] = known && echo.Digest == c.Digest && echo.Reason != v1alpha1.ReasonRecordFull
	}
	d.Want = access.Unite(counting, room.Places, room.Pins, room.Memory.Named())
	if d.Full = room.Full(d.Want, counting); len(d.Full) == 0 {
		return d
	}
	var taken, refused []v1alpha1.Contribution
	for _, c := range counting {
		if d.Full[c.UID] {
			refused = append(refused, c)
		} else {
			taken = append(taken, c)
		}
	}
	d.Want = room.Take(taken, refused)
	return d
}

// keepEverywhere keeps what 'all: true' gave on places that the pins do not know.
func (d Desired) keepEverywhere(memory access.Memory) Desired {
	active := d.active()
	d.Want.Kept = d.Want.Kept.Union(memory.Named().Minus(d.Want.Rights).Where(func(right hosting.Right) bool { return everywhere(active, right) }))
	return d
}

func everywhere(contributions []v1alpha1.Contribution, right hosting.Right) bool {
	return slices.ContainsFunc(contributions, func(c v1alpha1.Contribution) bool {
		switch right.Scope {
		case hosting.ScopeAccount:
			return slices.ContainsFunc(c.Accounts, func(a v1alpha1.AccountPermissions) bool {
				return a.All != nil && slices.Contains(a.Permissions, v1alpha1.AccountPermission(right.Name))
			})
		case hosting.ScopeServer:
			return slices.ContainsFunc(c.Servers, func(s v1alpha1.ServerPermissions) bool {
				return s.All != nil && slices.Contains(s.Permissions, v1alpha1.ServerPermission(right.Name))
			})
		}
		return false
	})
}

// departuresOf compares what the status echoes with what is contributed now.
func departuresOf(record *v1alpha1.AccessRecord) access.Departures {
	now := make(map[types.UID]string, len(record.Spec.Contributions))
	for _, c := range record.Spec.Contributions {
		now[c.UID] = c.Digest
	}
	var left access.Departures
	for _, echo := range record.Status.Contributions {
		one := access.Departure{UID: echo.UID, Namespace: record.Namespace}
		if echo.Grant != nil {
			one.Namespace = echo.Grant.Namespace
		}
		switch digest, there := now[echo.UID]; {
		case !there:
			left.Removed = append(left.Removed, one)
		case digest != echo.Digest:
			left.Changed = append(left.Changed, one)
		}
	}
	return left
}

// drift finds out what is missing that had been there: somebody took it away at the provider.
// Within the backend's grace it stays away. What we sent to be taken away, and is declared again, is no drift.
func (d Desired) drift(in Inputs) Desired {
	before := in.Record.Status
	was := access.LiveOf(before)
	if before.Drift != nil {
		was, d.DriftSince = was.Union(access.Unbundle(before.Drift.Rights)), *access.Past(&before.Drift.Since, in.Now)
	}
	d.Drifted = d.Plan.Add.Intersect(was).Minus(in.Memory.Unanswered())
	if d.graceLeft(in) > 0 {
		d.Plan = d.Plan.Defer(d.Drifted)
	}
	return d
}
