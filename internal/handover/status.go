package handover

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/status"
)

// maxIssues is how many issues a status names.
const maxIssues = 10

// Report is what a grant's status says, when to look again, and what is told once the status is written.
type Report struct {
	Status  v1alpha1.PermissionGrantStatus
	Outcome status.Outcome
	Events  []Event
	// Passing: the status only tells that something is on its way, and may be put off.
	Passing bool
}

// Event is a warning about a grant.
type Event struct{ Reason, Message string }

// Status says what comes of a decision, as far as the records tell.
func Status(in Inputs, d Decision) Report {
	if in.Grant.Spec.Suspend {
		return suspended(in)
	}
	t := count(in, d.Given)
	t.issues, t.notes = append(t.issues, d.Issues...), slices.Concat(d.Notes, t.notes)
	want := v1alpha1.PermissionGrantStatus{ObservedGeneration: in.Grant.Generation, Subjects: &t.SubjectCounts}
	issues := slices.Concat(t.issues, t.notes)
	for _, issue := range issues[:min(maxIssues, len(issues))] {
		want.Issues = append(want.Issues, v1alpha1.GrantIssue{Subject: issue.Subject, Reason: issue.Reason, Message: status.Clip(issue.Message)})
	}
	for _, l := range d.Lost[:min(maxLost, len(d.Lost))] {
		want.LostReferences = append(want.LostReferences, l.LostReference)
	}
	o := outcome(in, d, t)
	facts := append(dateFacts(in.Grant.Spec, in.Now), allActive(t))
	if t.WithoutTwoFactor > 0 {
		facts = append(facts, status.Fact(v1alpha1.ConditionTwoFactorMissing, true, v1alpha1.ReasonTwoFactorMissing,
			fmt.Sprintf("without the second factor that they must log in with: %d of %s; they can use nothing that was granted. Ask them to set one up (kubectl get accessrecords shows who)", t.WithoutTwoFactor, t.people())))
	}
	want.Conditions = status.Conditions(in.Grant.Status.Conditions, in.Grant.Generation, in.Now.Rfc3339Copy(), o, facts...)
	return Report{
		Status: want, Outcome: o.Within(d.Next), Events: reminders(in.Grant.Status.Conditions, want.Conditions),
		Passing: o.OnItsWay(in.Grant.Status.Conditions, in.Grant.Generation) && len(issues) == 0 &&
			equality.Semantic.DeepEqual(in.Grant.Status.LostReferences, want.LostReferences),
	}
}

// suspended is the status of a grant that is not acted on. It counts those who hold something of it.
func suspended(in Inputs) Report {
	report := unchanged(in.Grant, in.Now, status.NeedsAction(v1alpha1.ReasonSuspended, "suspend is set: what the grant gave stays as it is; to go on, set suspend: false"))
	if in.Backend == nil {
		return report
	}
	var holders []Given
	for i := range in.Records {
		if c := find(&in.Records[i], in.Grant.UID); c != nil {
			holders = append(holders, Given{*c, &in.Records[i]})
		}
	}
	t := count(in, holders)
	report.Status.Subjects = &t.SubjectCounts
	report.Status.Conditions = status.Conditions(in.Grant.Status.Conditions, in.Grant.Generation, in.Now.Rfc3339Copy(), report.Outcome, allActive(t))
	return report
}

// Terminating is the status of a deleted grant that waits for its release.
func Terminating(in Deletion) Report {
	return unchanged(in.Grant, in.Now, status.Waiting(v1alpha1.ReasonTerminating, "the grant is being deleted, and Hostgrant takes away what only this grant gave").In(in.Retry))
}

// unchanged is a status where nobody was looked at: what was counted last stands.
func unchanged(grant *v1alpha1.PermissionGrant, now metav1.Time, o status.Outcome) Report {
	want := grant.Status
	want.ObservedGeneration = grant.Generation
	want.Conditions = status.Conditions(grant.Status.Conditions, grant.Generation, now.Rfc3339Copy(), o)
	return Report{Status: want, Outcome: o}
}

// reminders tell once of dates that have come near or were missed.
func reminders(before, now []metav1.Condition) (events []Event) {
	for _, date := range []struct{ condition, event string }{
		{v1alpha1.ConditionExpiringSoon, v1alpha1.EventExpiringSoon}, {v1alpha1.ConditionReviewOverdue, v1alpha1.EventReviewOverdue},
	} {
		if fact := meta.FindStatusCondition(now, date.condition); fact != nil && !meta.IsStatusConditionTrue(before, date.condition) {
			events = append(events, Event{date.event, fact.Message})
		}
	}
	return events
}

// tally counts people by what their records say of this grant's contribution.
type tally struct {
	v1alpha1.SubjectCounts
	waiting int32
	// active people have what the grant gives, and a profile.
	active int32
	// idle: there is nothing to give to anybody.
	idle bool
	// gone counts those who answered none of their invitations.
	gone int32
	// reason why the last one waits.
	reason, message string
	// issues of people and of the grant; notes keep it from nothing.
	issues, notes []Issue
}

// people is how many the grant names, and progress how many of them have it, to read.
func (t tally) people() string { return status.Count(t.Total, "person", "people") }

func (t tally) progress() string {
	return fmt.Sprintf("what is declared is there for %d of %s", t.Effective, t.people())
}

// count asks the records. An echo of another digest speaks of an earlier wish, and one that is live
// while the grant is not in force of what was there before.
func count(in Inputs, people []Given) tally {
	t := tally{SubjectCounts: v1alpha1.SubjectCounts{Total: int32(len(people))}} //nolint:gosec // bounded by the CRD
	active := inForce(in.Grant.Spec, in.Now)
	for _, person := range people {
		t.idle = !access.Gives(person.Contribution)
		echo := echoOf(person.Record, person.Contribution.UID)
		t.invite(person.Record, echo)
		switch {
		case echo.Digest != person.Contribution.Digest, echo.State == v1alpha1.ContributionLive && !active:
			t.waiting++
		case echo.State == v1alpha1.ContributionLive:
			if !t.idle {
				t.Effective++
				t.note(person.Record)
			}
		case echo.State == v1alpha1.ContributionWithheld:
			t.Withheld++
		case echo.State == v1alpha1.ContributionPending:
			t.waiting++
			t.reason, t.message = echo.Reason, echo.Message
		default:
			t.Failed++
			t.issues = append(t.issues, Issue{Subject: "AccessRecord/" + person.Record.Name, Reason: echo.Reason, Message: echo.Message})
		}
	}
	return t
}

// invite counts somebody who is to have something, and has a row and no profile.
func (t *tally) invite(record *v1alpha1.AccessRecord, echo v1alpha1.ContributionStatus) {
	if invited(record) && !t.idle && echo.State != v1alpha1.ContributionWithheld {
		t.Invited++
	}
}

// invited says whether somebody has a row and no profile.
func invited(record *v1alpha1.AccessRecord) bool {
	return record != nil && record.Status.Person == v1alpha1.PersonInvited
}

// note counts what else is to be said of somebody who has what the grant gives.
func (t *tally) note(record *v1alpha1.AccessRecord) {
	if record.Status.TwoFactor == v1alpha1.TwoFactorMissing {
		t.WithoutTwoFactor++
	}
	if record.Status.Person == v1alpha1.PersonActive {
		t.active++
	}
	active := meta.FindStatusCondition(record.Status.Conditions, v1alpha1.ConditionActive)
	if !invited(record) || active == nil || active.Reason == v1alpha1.ReasonInvited || active.Reason == v1alpha1.ReasonMailQueued {
		return
	}
	if active.Reason == v1alpha1.ReasonInvitationUnanswered {
		t.gone++
	}
	t.notes = append(t.notes, Issue{Subject: "AccessRecord/" + record.Name, Reason: active.Reason, Message: active.Message})
}

// observed tells by name who differs from a grant on a backend that is only observed.
func (t tally) observed() string {
	var names []string
	for _, issue := range t.issues {
		if issue.Reason == v1alpha1.ReasonObserveOnly {
			names = append(names, fmt.Sprintf("%s: %s", issue.Subject, issue.Message))
		}
	}
	return fmt.Sprintf("the HostingBackend's mode is Observe, and %d of %s would change: %s", len(names), t.people(), status.BriefBy("; ", names))
}

// outcome decides what a grant's conditions say.
func outcome(in Inputs, d Decision, t tally) status.Outcome {
	switch {
	case in.Backend == nil:
		return status.Waiting(v1alpha1.ReasonBackendNotFound, fmt.Sprintf("spec.backendRef: HostingBackend %s does not exist; create it, or correct the name. What the grant gave stays as it is", in.Grant.Spec.BackendRef.Key(in.Grant.Namespace)))
	case len(d.Lost) > 0:
		message := "%s does not exist any more; what the grant gave through it stays for an hour. Create it again, or take it out of the grant"
		if d.Lost[0].Left == 0 {
			message = "%s has been missing for an hour; Hostgrant takes away what the grant gave through it. Create it again, or take it out of the grant"
		}
		return status.Waiting(v1alpha1.ReasonReferenceLost, fmt.Sprintf(message, d.Lost[0].reference()))
	case len(t.issues) > 0:
		return kept(t, d)
	case t.waiting > 0:
		return waiting(t)
	case !inForce(in.Grant.Spec, in.Now):
		return dated(in.Grant.Spec, in.Now)
	}
	return status.Succeeded(v1alpha1.ReasonAsDeclared, inPlace(t))
}

// kept is the outcome where something keeps the grant from being given.
func kept(t tally, d Decision) status.Outcome {
	reason, message := t.issues[0].Reason, fmt.Sprintf("%s: %s", t.issues[0].Subject, t.issues[0].Message)
	switch more := len(t.issues) - 1; {
	case reason == v1alpha1.ReasonObserveOnly:
		message = t.observed()
	case more > 0:
		message += fmt.Sprintf(" (%d more in status.issues)", more)
	}
	if t.Failed > 0 || slices.ContainsFunc(d.Issues, func(i Issue) bool { return i.Missing == nil }) {
		return status.NeedsAction(reason, message) // it does not go away by itself
	}
	return status.Waiting(reason, message)
}

// inPlace tells for whom all that is declared is there.
func inPlace(t tally) string {
	switch {
	case t.Total == 0:
		return nobodyKnown
	case t.idle:
		return nothingGiven
	case t.Withheld > 0:
		return t.progress() + "; withheld from " + status.Count(t.Withheld, "person whose Profile is suspended or has expired", "people whose Profiles are suspended or have expired")
	}
	return t.progress()
}

// waiting tells why people wait. What the provider does not answer is unknown, not untrue.
func waiting(t tally) status.Outcome {
	switch t.reason {
	case v1alpha1.ReasonProviderUnavailable, v1alpha1.ReasonTableImplausible, v1alpha1.ReasonRateLimited, v1alpha1.ReasonConflict:
		return status.Outcome{Ready: metav1.ConditionUnknown, Reason: t.reason, Message: t.message, Reconciling: true}
	case "":
		return status.Waiting(v1alpha1.ReasonProgressing, t.progress())
	}
	return status.Waiting(t.reason, t.progress()+"; waiting: "+t.message)
}

// What is told where there is nothing to do.
const (
	nobodyKnown  = "the grant names nobody whose address is known; see its subjects, and the members of its Teams"
	nothingGiven = "the grant gives nothing to anybody"
)

// allActive tells whether everybody can use what the grant gives.
func allActive(t tally) metav1.Condition {
	reason, message := v1alpha1.ReasonNobody, ""
	switch without := t.Total - t.Withheld - t.active; {
	case t.Total == 0:
		message = nobodyKnown
	case t.gone > 0:
		reason, message = v1alpha1.ReasonInvitationUnanswered, fmt.Sprintf("no profile yet: %d of %s; did not answer any invitation: %d (see status.issues)", t.Invited, t.people(), t.gone)
	case t.Invited > 0:
		reason, message = v1alpha1.ReasonInvited, fmt.Sprintf("no profile yet: %d of %s", t.Invited, t.people())
	case t.Withheld == t.Total:
		message = "everybody the grant names is suspended or has expired; see their Profiles"
	case t.idle:
		message = nothingGiven
	case t.Failed > 0:
		reason, message = t.issues[0].Reason, t.progress()
	case t.Effective+t.Withheld < t.Total:
		reason, message = v1alpha1.ReasonProgressing, t.progress()
	case without > 0:
		message = fmt.Sprintf("no row at the provider, because the grant gives them nothing now: %d of %s", without, t.people())
	default:
		return status.Fact(v1alpha1.ConditionAllActive, true, v1alpha1.ReasonActive, "everybody has a profile")
	}
	return status.Fact(v1alpha1.ConditionAllActive, false, reason, message)
}
