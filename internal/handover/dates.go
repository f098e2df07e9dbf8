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
		return status.Succeeded(v1alpha1.ReasonScheduled, "the grant begins at "+utc(*spec.NotBefore)+" (notBefore)")
	}
	end := EndOf(spec)
	if end.Cause == v1alpha1.CauseReviewMissed {
		return status.Succeeded(v1alpha1.ReasonReviewMissed, "nobody reviewed the grant by "+utc(end.At)+" (reviewBy), so what only this grant gave was taken away; to give it again, set a later reviewBy")
	}
	return status.Succeeded(v1alpha1.ReasonExpired, "the grant ended at "+utc(end.At)+" (expiresAt), and what only this grant gave was taken away; to give it again, set a later expiresAt")
}

// endField is the field that ends a grant.
func endField(end v1alpha1.End) string {
	if end.Cause == v1alpha1.CauseReviewMissed {
		return "reviewBy"
	}
	return "expiresAt"
}

func utc(t metav1.Time) string { return t.UTC().Format(time.RFC3339) }

// dateFacts tell of dates that come near or were missed; there are none otherwise.
func dateFacts(spec v1alpha1.PermissionGrantSpec, now metav1.Time) []metav1.Condition {
	var facts []metav1.Condition
	if end := EndOf(spec); end != nil && now.Before(&end.At) && end.At.Sub(now.Time) <= expiryNotice {
		facts = append(facts, status.Fact(v1alpha1.ConditionExpiringSoon, true, v1alpha1.ReasonEndAhead, "the grant ends at "+utc(end.At)+" ("+endField(*end)+"); to go on after that, set a later date"))
	}
	if spec.ReviewBy != nil && !now.Before(spec.ReviewBy) {
		facts = append(facts, status.Fact(v1alpha1.ConditionReviewOverdue, true, v1alpha1.ReasonReviewMissed,
			fmt.Sprintf("the review of this grant was due by %s (reviewBy); review it, and set a later reviewBy or delete the grant", utc(*spec.ReviewBy))))
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
