package grant

import (
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/resolve"
	"github.com/hostgrant/hostgrant/internal/status"
)

// maxIssues is how many issues a status names.
const maxIssues = 10

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
	// over: what the grant gave shall not be there any more.
	over bool
	// first waiting reason and message, first failed issue.
	reason, message string
	issues          []v1alpha1.GrantIssue
	// notes are issues that keep the grant from nothing.
	notes []v1alpha1.GrantIssue
}

// people is how many the grant names, and progress how many of them have it, to read.
func (t tally) people() string { return status.Count(t.Total, "person", "people") }

func (t tally) progress() string {
	return fmt.Sprintf("what is declared is there for %d of %s", t.Effective, t.people())
}

func count(given *handover) tally {
	t := tally{SubjectCounts: v1alpha1.SubjectCounts{Total: int32(len(given.people))}, over: given.dated} //nolint:gosec // bounded by the CRD
	for _, person := range given.people {
		t.idle = !access.Gives(person.contribution)
		t.person(person)
	}
	t.issues, t.notes = append(t.issues, told(given.issues)...), append(t.notes, told(given.notes)...)
	return t
}

// told are issues as a grant's status tells them.
func told(issues []resolve.Issue) (list []v1alpha1.GrantIssue) {
	for _, issue := range issues {
		list = append(list, v1alpha1.GrantIssue{Subject: issue.Subject, Reason: issue.Reason, Message: issue.Message})
	}
	return list
}

// person adds one person. An echo of another digest speaks of an earlier wish.
func (t *tally) person(p handed) {
	for _, echo := range p.record.Status.Contributions {
		if echo.UID != p.contribution.UID || echo.Digest != p.contribution.Digest {
			continue
		}
		if t.over && echo.State == v1alpha1.ContributionLive {
			break // it was looked at before the end
		}
		switch echo.State {
		case v1alpha1.ContributionLive:
			if t.idle {
				return
			}
			t.Effective++
			t.note(p.record)
			return
		case v1alpha1.ContributionWithheld:
			t.Withheld++
			return
		case v1alpha1.ContributionFailed, v1alpha1.ContributionRelinquished:
			t.Failed++
			t.issues = append(t.issues, v1alpha1.GrantIssue{Subject: "AccessRecord/" + p.record.Name, Reason: echo.Reason, Message: echo.Message})
			return
		case v1alpha1.ContributionPending:
			t.reason, t.message = echo.Reason, echo.Message
		}
	}
	t.waiting++
}

// note counts what else is to be said of somebody who has what the grant gives.
func (t *tally) note(record *v1alpha1.AccessRecord) {
	if record.Status.TwoFactor == v1alpha1.TwoFactorMissing {
		t.WithoutTwoFactor++
	}
	if record.Status.Person == v1alpha1.PersonActive {
		t.active++
	}
	if record.Status.Person != v1alpha1.PersonInvited {
		return
	}
	t.Invited++
	active := meta.FindStatusCondition(record.Status.Conditions, v1alpha1.ConditionActive)
	if active == nil || active.Reason == v1alpha1.ReasonInvited || active.Reason == v1alpha1.ReasonMailQueued {
		return
	}
	if active.Reason == v1alpha1.ReasonInvitationUnanswered {
		t.gone++
	}
	t.notes = append(t.notes, v1alpha1.GrantIssue{Subject: "AccessRecord/" + record.Name, Reason: active.Reason, Message: status.Clip(active.Message)})
}

// outcome decides what a grant's conditions say, and when to look again: after fullRetry where a
// record was full, or a namespace has too many people. It is pure.
func outcome(grant *v1alpha1.PermissionGrant, given *handover, now metav1.Time, fullRetry time.Duration) status.Outcome {
	t := count(given)
	o := judge(given, t)
	if given.dated && o.Ready == metav1.ConditionTrue {
		o = dated(grant.Spec, now)
	}
	var full time.Duration
	if given.crowded || slices.ContainsFunc(given.issues, isFull) {
		full = fullRetry
	}
	return o.Within(full).Within(given.after()).Within(nextDate(grant.Spec, now))
}

func isFull(issue resolve.Issue) bool { return issue.Reason == v1alpha1.ReasonRecordFull }

func judge(given *handover, t tally) status.Outcome {
	switch {
	case given.missing != "":
		return status.Waiting(v1alpha1.ReasonBackendNotFound, fmt.Sprintf("spec.backendRef: there is no HostingBackend %s; create it, or correct the name; what the grant gave stays as it is", given.missing))
	case len(given.lost) > 0:
		l := given.lost[0]
		if l.left > 0 {
			return status.Waiting(v1alpha1.ReasonReferenceLost, fmt.Sprintf("%s is missing; what it gave stays for an hour", l.reference()))
		}
		return status.Waiting(v1alpha1.ReasonReferenceLost, fmt.Sprintf("%s has been missing for an hour; what it gave is taken back", l.reference()))
	case t.Failed > 0 || refused(given.issues):
		first := t.issues[0]
		return status.NeedsAction(first.Reason, fmt.Sprintf("%s: %s", first.Subject, first.Message))
	case len(given.issues) > 0:
		first := given.issues[0]
		return status.Waiting(first.Reason, fmt.Sprintf("%s: %s", first.Subject, first.Message))
	case t.waiting > 0:
		return waiting(t)
	}
	message := t.progress()
	if t.Withheld > 0 {
		message += fmt.Sprintf("; Profiles withhold it from %d", t.Withheld)
	}
	return status.Succeeded(v1alpha1.ReasonAsDeclared, message)
}

// waiting tells why people wait. What the provider does not answer is unknown, not untrue.
func waiting(t tally) status.Outcome {
	switch t.reason {
	case v1alpha1.ReasonProviderUnavailable, v1alpha1.ReasonRateLimited, v1alpha1.ReasonConflict:
		return status.Outcome{Ready: metav1.ConditionUnknown, Reason: t.reason, Message: t.message, Reconciling: true}
	case "":
		return status.Waiting(v1alpha1.ReasonProgressing, t.progress())
	}
	return status.Waiting(t.reason, t.message)
}

// refused says whether an issue will not go away by itself.
func refused(issues []resolve.Issue) bool {
	for _, issue := range issues {
		if issue.Missing == nil {
			return true
		}
	}
	return false
}

// grantStatus computes the whole status of a grant. It is pure.
func grantStatus(grant *v1alpha1.PermissionGrant, given *handover, o status.Outcome, now metav1.Time) v1alpha1.PermissionGrantStatus {
	want := v1alpha1.PermissionGrantStatus{ObservedGeneration: grant.Generation}
	if given == nil {
		// Nothing was looked at: what was counted last stands.
		want.Subjects, want.Issues, want.LostReferences = grant.Status.Subjects, grant.Status.Issues, grant.Status.LostReferences
		want.Conditions = status.Conditions(grant.Status.Conditions, grant.Generation, now, o)
		return want
	}
	t := count(given)
	want.Subjects = &t.SubjectCounts
	issues := slices.Concat(t.issues, t.notes)
	want.Issues = issues[:min(maxIssues, len(issues))]
	for _, l := range given.lost[:min(maxLost, len(given.lost))] {
		want.LostReferences = append(want.LostReferences, l.LostReference)
	}
	want.Conditions = status.Conditions(grant.Status.Conditions, grant.Generation, now, o, slices.Concat(dateFacts(grant.Spec, now), twoFactorFacts(t), []metav1.Condition{allActive(t)})...)
	return want
}

// twoFactorFacts tell of people who cannot use what they have.
func twoFactorFacts(t tally) []metav1.Condition {
	if t.WithoutTwoFactor == 0 {
		return nil
	}
	return []metav1.Condition{status.Fact(v1alpha1.ConditionTwoFactorMissing, true, v1alpha1.ReasonTwoFactorMissing,
		fmt.Sprintf("nothing opens for %d of %s: a second factor is required there, and none is set up", t.WithoutTwoFactor, t.people()))}
}

func allActive(t tally) metav1.Condition {
	switch {
	case t.Total == 0:
		return status.Fact(v1alpha1.ConditionAllActive, false, v1alpha1.ReasonNobody, "the grant names nobody who is known")
	case t.gone > 0:
		return status.Fact(v1alpha1.ConditionAllActive, false, v1alpha1.ReasonInvitationUnanswered,
			fmt.Sprintf("no profile yet: %d of %s; left alone after all invitations: %d", t.Invited, t.people(), t.gone))
	case t.Invited > 0:
		return status.Fact(v1alpha1.ConditionAllActive, false, v1alpha1.ReasonInvited, fmt.Sprintf("no profile yet: %d of %s", t.Invited, t.people()))
	case t.Withheld == t.Total:
		return status.Fact(v1alpha1.ConditionAllActive, false, v1alpha1.ReasonNobody, "everybody the grant names is withheld")
	case t.idle:
		return status.Fact(v1alpha1.ConditionAllActive, false, v1alpha1.ReasonNobody, "the grant gives nothing to anybody")
	case t.Effective+t.Withheld < t.Total:
		return status.Fact(v1alpha1.ConditionAllActive, false, v1alpha1.ReasonProgressing, "not everybody has what is declared yet")
	}
	if without := t.Total - t.Withheld - t.active; without > 0 {
		return status.Fact(v1alpha1.ConditionAllActive, false, v1alpha1.ReasonNobody, fmt.Sprintf("no row at the provider, for nothing is to be given now: %d of %s", without, t.people()))
	}
	return status.Fact(v1alpha1.ConditionAllActive, true, v1alpha1.ReasonActive, "everybody has a profile")
}
