package plan

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

// minNotice is how long an end has to have been on record to be one that somebody meant: a date in
// the past that was written by mistake must not get around the removal limit.
const minNotice = time.Hour

// recheckInterval is the longest that a record with an end to come goes without a look at the
// clock, which may have been set, or have gone on while the machine slept.
const recheckInterval = 10 * time.Minute

// Term is what Profiles and dates do to one contribution.
type Term struct {
	Contribution *v1alpha1.Contribution
	// Suspended by a Profile; Relinquished by the person.
	Suspended, Relinquished bool
	// End is the earliest that holds, nil for none, and Since is since when it has been on record.
	End   *v1alpha1.End
	Since metav1.Time
	// Cause of what the contribution no longer gives; empty where it counts.
	Cause v1alpha1.OwedCause
}

// TermsOf lists the terms of all contributions of a record, in their order.
func TermsOf(in Inputs) []Term {
	terms := make([]Term, len(in.Record.Spec.Contributions))
	for i := range terms {
		terms[i] = termOf(in, &in.Record.Spec.Contributions[i])
	}
	return terms
}

func termOf(in Inputs, c *v1alpha1.Contribution) Term {
	t := Term{Contribution: c, End: c.End, Relinquished: gaveUp(in, *c)}
	for i := range in.Profiles {
		profile := &in.Profiles[i]
		if !in.reaches(profile.Namespace, c.Grant.Namespace) {
			continue
		}
		t.Suspended = t.Suspended || profile.Spec.State == v1alpha1.ProfileSuspended
		if at := profile.Spec.ExpiresAt; at != nil && (t.End == nil || at.Before(&t.End.At)) {
			t.End = &v1alpha1.End{At: *at, Cause: v1alpha1.CausePersonExpired}
		}
	}
	t.Since = onRecordSince(in, *c, t.End)
	t.Cause = t.cause(in.Now)
	return t
}

// reaches says whether a Profile of one namespace acts on what grants of another give.
func (in Inputs) reaches(profile, grant string) bool {
	return profile == grant || in.Offboards[profile]
}

// gaveUp says whether the person gave up what a contribution gives, as it is (I11): it was seen to
// happen, or happens now.
func gaveUp(in Inputs, c v1alpha1.Contribution) bool {
	echo, known := in.echoed(c)
	return known && echo.Digest == c.Digest &&
		(echo.State == v1alpha1.ContributionRelinquished || in.vanished() && echo.State != v1alpha1.ContributionWithheld)
}

// onRecordSince is since when an end has been on record; now, where it is new.
func onRecordSince(in Inputs, c v1alpha1.Contribution, end *v1alpha1.End) metav1.Time {
	echo, known := in.echoed(c)
	if known && end != nil && echo.End != nil && echo.End.At.Equal(&end.At) && echo.EndSince != nil {
		return *echo.EndSince
	}
	return in.Now
}

func (t Term) ended(now metav1.Time) bool { return t.End != nil && !now.Before(&t.End.At) }

func (t Term) cause(now metav1.Time) v1alpha1.OwedCause {
	switch {
	case t.Suspended:
		return v1alpha1.CauseSuspended
	case t.Relinquished:
		return v1alpha1.CauseChanged
	case !t.ended(now):
		return ""
	case t.End.At.Sub(t.Since.Time) < minNotice:
		return v1alpha1.CauseEndedAtOnce
	}
	return t.End.Cause
}

// reason why the contribution does not count.
func (t Term) reason() string {
	switch {
	case t.Suspended:
		return v1alpha1.ReasonPersonSuspended
	case t.Relinquished:
		return v1alpha1.ReasonRelinquished
	}
	return string(t.End.Cause)
}

// suspends says whether suspended Profiles reach all that a debt is about: whatever else it came
// of, it then goes with the person.
func suspends(in Inputs, debt access.Debt) bool {
	reached := func(namespace string) bool {
		return slices.ContainsFunc(in.Profiles, func(profile v1alpha1.Profile) bool {
			return profile.Spec.State == v1alpha1.ProfileSuspended && in.reaches(profile.Namespace, namespace)
		})
	}
	for _, namespace := range debt.Namespaces {
		if !reached(namespace) {
			return false
		}
	}
	return len(debt.Namespaces) > 0
}

// active are the contributions that count and are given: those that there is no room for are not.
func (d Desired) active() (active []v1alpha1.Contribution) {
	for _, t := range d.Terms {
		if t.Cause == "" && !d.Full[t.Contribution.UID] {
			active = append(active, *t.Contribution)
		}
	}
	return active
}

// relinquished counts the contributions that the person gave up.
func (d Desired) relinquished() (count int) {
	for _, t := range d.Terms {
		if t.Relinquished && !t.Suspended {
			count++
		}
	}
	return count
}

// gaveUp says whether the person gave up a contribution, and nothing else takes it away.
func (d Desired) gaveUp(uid types.UID) bool {
	return slices.ContainsFunc(d.Terms, func(t Term) bool { return t.Contribution.UID == uid && t.Relinquished && !t.Suspended })
}

// untilEnd is how long until the next contribution ends, at most the interval in which the clock is
// looked at; 0 for none.
func (d Desired) untilEnd(now metav1.Time) (next time.Duration) {
	for _, t := range d.Terms {
		if t.End == nil || t.ended(now) {
			continue
		}
		if left := t.End.At.Sub(now.Time); next == 0 || left < next {
			next = left
		}
	}
	return min(next, recheckInterval)
}

// lastEnd is when all that is given ends; zero where something does not.
func (d Desired) lastEnd() time.Time {
	var last metav1.Time
	for _, t := range d.Terms {
		switch {
		case t.Cause != "" || d.Full[t.Contribution.UID]:
		case t.End == nil:
			return time.Time{}
		case last.Before(&t.End.At):
			last = t.End.At
		}
	}
	return last.Time
}
