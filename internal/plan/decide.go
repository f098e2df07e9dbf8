package plan

import (
	"fmt"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
)

// MaxAttempts is how often the same is written that never takes effect.
const MaxAttempts = 5

// Step is what is to be done next at the provider, or by mail.
type Step int

// The steps. Before Write, Ask and Mail the decision's Intent is persisted.
const (
	// Rest: there is nothing to do now.
	Rest Step = iota
	// Prove: the row is to be read by itself, and no more.
	Prove
	// Write the row once.
	Write
	// Ask the provider for a link that works, or to mail again.
	Ask
	// Mail an invitation.
	Mail
)

// Decision is what follows from inputs, what they desire, and what the removal gate says.
type Decision struct {
	Desired  Desired
	Verdicts []gate.Verdict
	Gate     GateResult
	// Plan is what may change now, and Memory what is remembered without a write.
	Plan       access.Plan
	Memory     access.Memory
	Sources    []v1alpha1.SourceNamespace
	Invitation Invitation
	Step       Step
	// Change is the write of this step, Intent what has to be persisted before the step.
	Change access.Plan
	Intent Intent
	// nextPart is the part after Change, where the whole was refused.
	nextPart int
	// Stuck: what is written never takes effect. RetryIn is how long nothing is tried.
	Stuck   bool
	RetryIn time.Duration
}

// Intent is what is persisted right before a step, so that whoever finds it without a result knows
// what may have been done.
type Intent struct {
	Memory     access.Memory
	Invitation *v1alpha1.InvitationStatus
	Pins       access.Places
	Sources    []v1alpha1.SourceNamespace
	// Answered: whoever asked for another mail is heard with this.
	Answered bool
}

// GateResult is what the removal gate says of a person (I5).
type GateResult struct {
	// Worst of all verdicts.
	Worst gate.Verdict
	// Counted and Suspended are the namespaces on whose account something goes now: against the
	// limit, or as one of the few suspensions of an hour.
	Counted, Suspended map[string]bool
	// Skewed: nothing goes, for it is not known what time it is.
	Skewed bool
}

// Judged says whether the gate is to judge what the person is about to lose. While our clock and the
// provider's are far apart nothing is: ends, the settling time and what was done within a day all
// go by a clock that may be wrong. Then nothing goes, and nothing is counted or put into a batch.
func (in Inputs) Judged() bool { return in.Provider.Known && in.Provider.Ahead == 0 }

// Decide finds out what is to be done. verdicts answer for the losses of d in their order; there are
// none where the gate did not judge.
func Decide(in Inputs, d Desired, verdicts []gate.Verdict) Decision {
	out := Decision{Desired: d, Verdicts: verdicts, Plan: d.Plan, Memory: d.Memory, Sources: sourcesOf(in)}
	if in.Provider.Known {
		out = out.applyGate(in)
	}
	out.Invitation = invitationOf(in, out)
	out.Step, out.Change, out.nextPart = nextStep(in, out)
	out.Intent = intentOf(in, out)
	attempt := out.Attempt(in)
	out.Stuck = out.Step == Write && in.Retry.Count >= MaxAttempts && in.Retry.Tried == attempt
	if in.Retry.Failed == attempt.Cause {
		out.RetryIn = max(0, in.Retry.Until.Sub(in.Now.Time))
	}
	return out
}

// applyGate takes out of the plan what may not go now. Batches are remembered with the debts.
func (d Decision) applyGate(in Inputs) Decision {
	d.Gate = GateResult{Counted: map[string]bool{}, Suspended: map[string]bool{}}
	held := hosting.Rights{}
	if !in.Judged() {
		d.Gate.Skewed = !d.Plan.Remove.Empty()
		held = d.Plan.Remove
	}
	for i, verdict := range d.Verdicts {
		loss := d.Desired.Losses[i]
		d.Gate.note(loss, verdict)
		if verdict.Batch != "" { // whoever finds the intent knows what was approved
			d.Memory = d.Memory.InBatch(loss.Rights, verdict.Batch, verdict.ApprovedBy)
		}
		if verdict.Answer < gate.Defer {
			continue
		}
		held = held.Union(loss.Rights)
		d.Memory = d.Memory.InBatch(loss.Rights, verdict.Batch, "")
		if verdict.Answer == gate.Hold && loss.Value.Cause == v1alpha1.CauseSuspended {
			d.Memory = asSuspension(d.Memory, loss.Rights)
		}
	}
	d.Plan = d.Plan.Hold(held).Stay()
	return d
}

func (g *GateResult) note(loss access.RightPart[access.Debt], verdict gate.Verdict) {
	if verdict.Answer > g.Worst.Answer || verdict.Until.After(g.Worst.Until) {
		g.Worst = verdict
	}
	if verdict.Answer >= gate.Defer {
		return
	}
	for _, namespace := range loss.Value.Namespaces {
		g.Counted[namespace] = g.Counted[namespace] || verdict.Answer == gate.AllowCounted
		g.Suspended[namespace] = g.Suspended[namespace] || verdict.Suspension
	}
}

// asSuspension is the memory in which debts that are held as a suspension are remembered as such:
// from then on they go when their batch is named, and not an hour later with the next few.
func asSuspension(memory access.Memory, rights hosting.Rights) access.Memory {
	memory.Owed = memory.Owed.ChangedAt(rights, func(d access.Debt) access.Debt { d.Cause = v1alpha1.CauseSuspended; return d })
	return memory
}

// nextStep is what is done next, and the write where it is one. The row is written to once in a
// reconcile; what the provider refuses as a whole is tried part by part, so that one grant which it
// cannot take holds up no other, and no revocation.
func nextStep(in Inputs, d Decision) (step Step, change access.Plan, nextPart int) {
	if !in.readable() || in.Done.Failure != nil {
		return Rest, access.Plan{}, 0
	}
	change, nextPart = d.change(in)
	switch {
	case in.enforced() && change.Pending() && !d.waitsToCreate(in):
		return Write, change, nextPart
	case d.invites(in) && d.Invitation.Step.Act == invite.Mail:
		return Mail, access.Plan{}, 0
	case d.invites(in):
		return Ask, access.Plan{}, 0
	case !in.Fresh && d.wantsProof(in):
		return Prove, access.Plan{}, 0
	}
	return Rest, access.Plan{}, 0
}

// invites says whether something is done about the invitation now. That a part of a write was
// refused holds up no mail.
func (d Decision) invites(in Inputs) bool {
	return in.enforced() && d.Invitation.Step.Act != invite.Nothing && in.MailWait == nil && (in.Done.Refusal == nil || in.Done.Written)
}

// NeedsProvider says whether there is something to do at the provider that may take effect.
func (d Decision) NeedsProvider() bool { return d.Step != Rest && !d.Stuck }

// Wait is how long nothing is done, nor published; 0 where something is.
func (d Decision) Wait(in Inputs) time.Duration {
	switch {
	case in.TooEarly():
		return wakeTimeout // also where something is to be written: an old table proves neither a name nor that a row is missing
	case d.Step != Rest:
		return d.RetryIn
	case d.finished(in):
		return in.untilHandedOver()
	}
	return 0
}

// change is what is written next, and the part after it where the whole was refused.
func (d Decision) change(in Inputs) (change access.Plan, next int) {
	switch {
	case in.Done.Refusal != nil:
		for i := in.Done.NextPart; i <= len(in.Record.Spec.Contributions); i++ {
			if part := d.part(in, i); part.Pending() {
				return part, i + 1
			}
		}
	case !in.Done.Written:
		return d.Plan, 0
	}
	return access.Plan{}, 0
}

// part is what one contribution is to be given now, by its place; after the last one, what is to
// go: last, as in one write, so that nobody's row is taken away who is still given something.
func (d Decision) part(in Inputs, i int) access.Plan {
	live := in.live()
	if contributions := in.Record.Spec.Contributions; i < len(contributions) {
		add := d.Desired.Want.By[contributions[i].UID].Rights.Intersect(d.Plan.Add)
		return access.Plan{Add: add, Target: live.Union(add)}
	}
	return access.Plan{Remove: d.Plan.Remove, Target: live.Minus(d.Plan.Remove)}
}

// parts counts the parts that a refused change has.
func (d Decision) parts(in Inputs) (count int) {
	for i := range len(in.Record.Spec.Contributions) + 1 {
		if d.part(in, i).Pending() {
			count++
		}
	}
	return count
}

// wantsProof says whether a debt looks paid, something can be adopted, or a row is gone, and the row
// has not been read by itself to prove it.
func (d Decision) wantsProof(in Inputs) bool {
	looksPaid := d.Memory.Owed.Len() > d.Plan.Remove.Len()+d.Plan.Held.Len() && d.Memory.Late(in.Now) == 0
	return looksPaid || d.adopts(in) || in.unproven()
}

// adopts says whether the row has to be read by itself for something in it to become the record's
// own: once for each, for it is remembered then.
func (d Decision) adopts(in Inputs) bool {
	return in.enforced() && !d.Memory.Adoptable(d.Desired.Want, in.live()).Empty()
}

func intentOf(in Inputs, d Decision) Intent {
	intent := Intent{Memory: d.Memory, Pins: d.Desired.Want.Pins, Sources: d.Sources, Invitation: d.Invitation.Memory}
	switch d.Step {
	case Write:
		intent.Memory = d.Memory.Intend(d.Desired.Want, d.Change, in.Now)
		intent.Sources = d.Gate.charged(d.Sources, in.Now)
		intent.Invitation, intent.Answered = d.Invitation.BeforeWrite, d.Invitation.BeginsAnew
	case Ask, Mail:
		intent.Invitation, intent.Answered = d.Invitation.Step.Intent, d.Invitation.Step.Answered
	}
	return intent
}

// Attempt is what a write now would come of.
func (d Decision) Attempt(in Inputs) Attempt {
	cause := Cause{Generation: in.Record.Generation, Configuration: in.Provider.Configuration, Removes: !d.Plan.Remove.Empty()}
	return Attempt{Cause: cause, Row: fmt.Sprint(access.Bundle(in.live()))}
}
