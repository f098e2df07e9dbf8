package handover

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/status"
)

// expiryNotice is how long before its end a grant says so.
const expiryNotice = 7 * 24 * time.Hour

// recheckInterval is the longest that a grant with dates goes without a look at the clock, which may
// have been set.
const recheckInterval = 10 * time.Minute

// begun says whether a grant has begun.
func begun(spec v1alpha1.PermissionGrantSpec, now metav1.Time) bool {
	return spec.NotBefore == nil || !now.Before(spec.NotBefore)
}

// ended says whether a grant is over.
func ended(spec v1alpha1.PermissionGrantSpec, now metav1.Time) bool {
	end := EndOf(spec)
	return end != nil && !now.Before(&end.At)
}

func inForce(spec v1alpha1.PermissionGrantSpec, now metav1.Time) bool {
	return begun(spec, now) && !ended(spec, now)
}

// dated is the outcome of a grant that has not begun, or is over with nothing left of it.
// The dates are the spec's, so they do not move by themselves.
func dated(spec v1alpha1.PermissionGrantSpec, now metav1.Time) status.Outcome {
	if !begun(spec, now) {
		return status.Succeeded(v1alpha1.ReasonScheduled, "begins at "+utc(*spec.NotBefore))
	}
	end := EndOf(spec)
	if end.Cause == v1alpha1.CauseReviewMissed {
		return status.Succeeded(v1alpha1.ReasonReviewMissed, "nobody looked at it by "+utc(end.At)+"; what only it gave was taken away; move reviewBy on to give it again")
	}
	return status.Succeeded(v1alpha1.ReasonExpired, "ended at "+utc(end.At)+"; what only it gave was taken away")
}

func utc(t metav1.Time) string { return t.UTC().Format(time.RFC3339) }

// dateFacts tell of dates that come near or were missed; there are none otherwise.
func dateFacts(spec v1alpha1.PermissionGrantSpec, now metav1.Time) []metav1.Condition {
	var facts []metav1.Condition
	if end := EndOf(spec); end != nil && now.Before(&end.At) && end.At.Sub(now.Time) <= expiryNotice {
		facts = append(facts, status.Fact(v1alpha1.ConditionExpiringSoon, true, v1alpha1.ReasonEndAhead, "ends at "+utc(end.At)))
	}
	if spec.ReviewBy != nil && !now.Before(spec.ReviewBy) {
		facts = append(facts, status.Fact(v1alpha1.ConditionReviewOverdue, true, v1alpha1.ReasonReviewMissed,
			fmt.Sprintf("somebody was to look at this grant by %s; move reviewBy on, or delete the grant", utc(*spec.ReviewBy))))
	}
	return facts
}

// nextDate is how long until a date matters, at most the recheckInterval; 0 for none.
func nextDate(spec v1alpha1.PermissionGrantSpec, now metav1.Time) time.Duration {
	dates := []*metav1.Time{spec.NotBefore, spec.ReviewBy}
	if end := EndOf(spec); end != nil {
		warn := metav1.NewTime(end.At.Add(-expiryNotice))
		dates = append(dates, &end.At, &warn)
	}
	var next time.Duration
	for _, date := range dates {
		if date != nil {
			next = soonest(next, date.Sub(now.Time))
		}
	}
	return min(next, recheckInterval)
}

// soonest is the shortest of some waits; 0 or less is none.
func soonest(waits ...time.Duration) (next time.Duration) {
	for _, wait := range waits {
		if wait > 0 && (next == 0 || wait < next) {
			next = wait
		}
	}
	return next
}
