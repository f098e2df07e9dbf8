package grant

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/resolve"
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
	end := resolve.EndOf(spec)
	return end != nil && !now.Before(&end.At)
}

// finished says whether nothing is left at the provider of what an ended contribution gave.
func finished(record *v1alpha1.AccessRecord, uid types.UID) bool {
	return slices.ContainsFunc(record.Status.Contributions, func(echo v1alpha1.ContributionStatus) bool {
		return echo.UID == uid && echo.State == v1alpha1.ContributionWithheld
	})
}

// dated is the outcome of a grant that has not begun, or is over with nothing left of it.
// The dates are the spec's, so they do not move by themselves.
func dated(spec v1alpha1.PermissionGrantSpec, now metav1.Time) status.Outcome {
	if !begun(spec, now) {
		return status.Succeeded(v1alpha1.ReasonScheduled, "begins at "+tell(*spec.NotBefore))
	}
	end := resolve.EndOf(spec)
	if end.Cause == v1alpha1.CauseReviewMissed {
		return status.Succeeded(v1alpha1.ReasonReviewMissed, "nobody looked at it by "+tell(end.At)+"; what only it gave was taken away; move reviewBy on to give it again")
	}
	return status.Succeeded(v1alpha1.ReasonExpired, "ended at "+tell(end.At)+"; what only it gave was taken away")
}

func tell(t metav1.Time) string { return t.UTC().Format(time.RFC3339) }

// dateFacts tell of dates that come near or were missed; there are none otherwise.
func dateFacts(spec v1alpha1.PermissionGrantSpec, now metav1.Time) []metav1.Condition {
	var facts []metav1.Condition
	if end := resolve.EndOf(spec); end != nil && now.Before(&end.At) && end.At.Sub(now.Time) <= expiryNotice {
		facts = append(facts, status.Fact(v1alpha1.ConditionExpiringSoon, true, v1alpha1.ReasonEndAhead, "ends at "+tell(end.At)))
	}
	if spec.ReviewBy != nil && !now.Before(spec.ReviewBy) {
		facts = append(facts, status.Fact(v1alpha1.ConditionReviewOverdue, true, v1alpha1.ReasonReviewMissed,
			fmt.Sprintf("somebody was to look at this grant by %s; move reviewBy on, or delete the grant", tell(*spec.ReviewBy))))
	}
	return facts
}

// nextDate is how long until a date matters, at most a recheckInterval; 0 for none.
func nextDate(spec v1alpha1.PermissionGrantSpec, now metav1.Time) time.Duration {
	dates := []*metav1.Time{spec.NotBefore, spec.ReviewBy}
	if end := resolve.EndOf(spec); end != nil {
		warn := metav1.NewTime(end.At.Add(-expiryNotice))
		dates = append(dates, &end.At, &warn)
	}
	var next time.Duration
	for _, date := range dates {
		if date == nil || !now.Before(date) {
			continue
		}
		if left := date.Sub(now.Time); next == 0 || left < next {
			next = left
		}
	}
	return min(next, recheckInterval)
}
