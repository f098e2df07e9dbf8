package model

import (
	"slices"

	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// flaw is a way in which a machine is broken on purpose.
type flaw string

// The flaws. Each breaks one rule that some line of the deciding parts or of the shell keeps.
const (
	sound              flaw = ""
	neverSettles       flaw = "removes at once, without gathering what comes together"
	resumesAtOnce      flaw = "judges after a start what settled before, without gathering anew"
	ignoresTheGate     flaw = "does what is held"
	forgetsRemovals    flaw = "does not count what it removed a moment ago"
	countsAfterwards   flaw = "counts a removal when it is done, not before"
	remembersLate      flaw = "writes first and remembers after"
	paysTooEarly       flaw = "takes a debt for paid that it is about to pay"
	believesLost       flaw = "takes a write for done whose answer was lost"
	forgetsOnApply     flaw = "counts nothing of whom was named again"
	takesEverything    flaw = "takes what no grant names, whoever gave it"
	lastGrantOnly      flaw = "sees one grant of several"
	ignoresApply       flaw = "pays debts for what is declared again"
	approvesEverything flaw = "releases all that is ever held once one batch was named"
	neverReleases      flaw = "does not read what was released"
	holdsOthers        flaw = "judges all namespaces together"
	keepsEverything    flaw = "never takes anything"
	sendsFirst         flaw = "mails before the intent is remembered"
	mailsAgain         flaw = "takes a lost answer to a mail for none"
	mailsStrangers     flaw = "mails about rows that were there before"
	mailsNobody        flaw = "has its memory after the row, and mails nobody"
	remembersPlans     flaw = "remembers what it only plans"
	remembersRefusals  flaw = "remembers what the provider refused"
	adoptsWhatItSees   flaw = "takes what it finds for its own"
	forgetsLate        flaw = "takes a debt for paid that the row does not show, although a write may come"
	forgetsEarlier     flaw = "forgets a write that may come when another was answered"
	repeatsBlindly     flaw = "has the provider mail again whatever it counts"
	forgetsOrdinal     flaw = "forgets the ordinal when a link ends"
	resendsOnStart     flaw = "forgets at each start when it mailed last"
	neverStops         flaw = "counts no mails"
	neverRepeats       flaw = "takes the first mail for the last"
	answersLate        flaw = "takes a request for answered when it was carried out"
	answersAtOnce      flaw = "answers everybody who asks, whenever somebody was mailed last"
	hearsOldRequests   flaw = "takes what a grant came with for a request"
	ignoresEnds        flaw = "takes a link that has ended for one that works"
	seesNoProfiles     flaw = "does not see who has a profile"
	givesAgain         flaw = "takes what somebody gave up for what was lost"
)

// misread is what flawed machines make of inputs.
func (m *machine) misread(in plan.Inputs, v view) plan.Inputs {
	switch m.flaw {
	case takesEverything:
		in.Memory.Applied = in.Memory.Applied.With(access.RightPart[access.Entry]{Rights: rightsOf(in.Row).Minus(in.Memory.Named()), Value: access.Entry{Namespaces: m.namespaces[:1]}})
	case lastGrantOnly:
		in.Record = in.Record.DeepCopy()
		in.Record.Spec.Contributions = in.Record.Spec.Contributions[:min(1, len(in.Record.Spec.Contributions))]
	case ignoresApply:
		in.Record = in.Record.DeepCopy()
		in.Record.Spec.Contributions = slices.DeleteFunc(in.Record.Spec.Contributions, func(c v1alpha1.Contribution) bool {
			return !in.Memory.Due(m.gives[grantOf(c.UID)][v.who].rights()).Empty()
		})
	case forgetsOnApply:
		in.Record = in.Record.DeepCopy()
		for i := range in.Record.Status.Sources {
			if s := &in.Record.Status.Sources[i]; s.Until != nil && m.names(in.Record, s.Namespace) {
				s.Removed = nil
			}
		}
	case forgetsLate:
		in.Memory.Intended = nil
	case givesAgain:
		in.Record = in.Record.DeepCopy()
		in.Record.Status.Person = v1alpha1.PersonInvited
	case mailsStrangers:
		if in.Invitation == nil && in.Row != nil {
			in.Invitation = &v1alpha1.InvitationStatus{State: v1alpha1.InvitationPrepared, Sender: v1alpha1.SenderSMTP}
		}
	case hearsOldRequests:
		in.Record = in.Record.DeepCopy()
		for _, c := range in.Record.Spec.Contributions {
			known := slices.ContainsFunc(in.Record.Status.Contributions, func(echo v1alpha1.ContributionStatus) bool { return echo.UID == c.UID })
			if !known {
				in.Record.Status.Contributions = append(in.Record.Status.Contributions, v1alpha1.ContributionStatus{UID: c.UID, Digest: c.Digest, Grant: &c.Grant})
			}
		}
	default:
		return m.misremembered(in, v)
	}
	return in
}

// misremembered is what flawed machines make of the memory of an invitation.
func (m *machine) misremembered(in plan.Inputs, v view) plan.Inputs {
	if in.Invitation == nil {
		return in
	}
	memory := in.Invitation.DeepCopy()
	switch over := memory.State == v1alpha1.InvitationExpired || memory.State == v1alpha1.InvitationUnanswered; {
	case m.is(forgetsOrdinal) && over:
		memory.Ordinal = 1
	case m.is(answersAtOnce):
		memory.AskedAt = nil
	case m.is(resendsOnStart) && v.started && memory.IntendedAt != nil:
		memory.IntendedAt, memory.SentAt = ptr.To(moment(-100)), nil
		if memory.State == v1alpha1.InvitationSent {
			memory.State = v1alpha1.InvitationUnknown
		}
	case m.is(repeatsBlindly) && memory.ProviderMails != nil && in.Row != nil && in.Row.Invitation != nil:
		row, told := *in.Row, *in.Row.Invitation
		told.Mails = memory.ProviderMails
		row.Invitation, in.Row = &told, &row
	default:
		return in
	}
	in.Invitation = memory
	return in
}

func rightsOf(row *hosting.Row) hosting.Rights {
	if row == nil {
		return hosting.Rights{}
	}
	return row.Rights
}

// names says whether grants of a namespace name the person of a record.
func (m *machine) names(record *v1alpha1.AccessRecord, namespace string) bool {
	return slices.ContainsFunc(record.Spec.Contributions, func(c v1alpha1.Contribution) bool { return c.Grant.Namespace == namespace })
}

// misjudged is what flawed machines tell the gate.
func (m *machine) misjudged(_ plan.Inputs, told gate.Person) gate.Person {
	if !m.is(forgetsRemovals) && !m.is(holdsOthers) {
		return told
	}
	told.Sources, told.Losses = slices.Clone(told.Sources), slices.Clone(told.Losses)
	for i := range told.Sources {
		if m.is(forgetsRemovals) {
			told.Sources[i].Removed = moment(-10_000).Time
		} else {
			told.Sources[i].Namespace = "all"
		}
	}
	for i := range told.Losses {
		if m.is(holdsOthers) {
			told.Losses[i].Namespaces = []string{"all"}
		}
	}
	return told
}

// misheard is what flawed machines make of the gate's answer.
func (m *machine) misheard(list verdicts, released id) verdicts {
	for i := range list {
		switch {
		case m.is(ignoresTheGate) && list[i].Answer == gate.Hold, m.is(approvesEverything) && released != 0:
			list[i] = gate.Verdict{Answer: gate.AllowCounted}
		case m.is(keepsEverything):
			list[i] = gate.Verdict{Answer: gate.Defer}
		}
	}
	return list
}

// misdecided is what flawed machines make of a decision: what they remember, and what they persist
// before they act.
func (m *machine) misdecided(in plan.Inputs, d plan.Decision) plan.Decision {
	acts := d.Step == plan.Write
	switch {
	case m.is(countsAfterwards) && acts:
		d.Intent.Sources = d.Sources
	case m.is(remembersLate) && acts:
		d.Intent.Memory = in.Memory
	case m.is(paysTooEarly) && acts:
		d.Intent.Memory.Owed = d.Intent.Memory.Owed.Without(d.Change.Remove)
	case m.is(mailsNobody) && acts:
		d.Intent.Invitation = nil
	case m.is(sendsFirst) && (d.Step == plan.Mail || d.Step == plan.Ask):
		d.Intent.Invitation = in.Invitation
	case m.is(answersLate):
		d.Intent.Answered = false
	case m.is(remembersPlans) && in.Backend == m.backends[1]:
		d.Memory.Applied = d.Memory.Applied.With(access.RightPart[access.Entry]{Rights: d.Plan.Add, Value: access.Entry{}})
	case m.is(adoptsWhatItSees) && in.Backend == m.backends[1]:
		d.Memory.Applied = d.Memory.Applied.With(access.RightPart[access.Entry]{Rights: d.Desired.Want.Rights.Intersect(rightsOf(in.Row)), Value: access.Entry{}})
	}
	return d
}

// misconcluded is what flawed machines make of how a step ended.
func (m *machine) misconcluded(in plan.Inputs, d *decided, how failure) plan.Inputs {
	switch {
	case m.is(forgetsLate):
		in.Memory.Intended = nil
	case m.is(forgetsEarlier) && how == none && d.Step == plan.Write:
		in.Memory.Intended = nil
	case m.is(remembersRefusals) && how == isRefused:
		in.Memory = d.Intent.Memory
	case m.is(countsAfterwards) && d.Step == plan.Write:
		in.Record = in.Record.DeepCopy()
		in.Record.Status.Sources = d.sound.Intent.Sources
	case m.is(answersLate):
		in.Record = in.Record.DeepCopy()
		in.Record.Status.Contributions = d.sound.IntentStatus(in).Contributions
	}
	return in
}
