package status

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// maxMessage keeps a message readable in a terminal; the CRDs bound those outside conditions
// by it.
const maxMessage = 512

// Conditions computes the whole set of conditions of an object from an outcome and the
// facts particular to its kind. The old set only lends its transition times.
func Conditions(old []metav1.Condition, generation int64, now metav1.Time, o Outcome, facts ...metav1.Condition) []metav1.Condition {
	set := make([]metav1.Condition, 0, len(facts)+2)
	add := func(c metav1.Condition) {
		c.ObservedGeneration = generation
		c.Message = Clip(c.Message)
		c.LastTransitionTime = now
		if before := meta.FindStatusCondition(old, c.Type); before != nil && before.Status == c.Status {
			c.LastTransitionTime = before.LastTransitionTime
		}
		set = append(set, c)
	}
	add(metav1.Condition{Type: v1alpha1.ConditionReady, Status: o.Ready, Reason: o.Reason, Message: o.Message})
	if o.Reconciling {
		add(metav1.Condition{Type: v1alpha1.ConditionReconciling, Status: metav1.ConditionTrue, Reason: o.Reason, Message: o.Message})
	}
	if o.Stalled {
		add(metav1.Condition{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: o.Reason, Message: o.Message})
	}
	for _, fact := range facts {
		add(fact)
	}
	slices.SortFunc(set, func(a, b metav1.Condition) int { return strings.Compare(a.Type, b.Type) })
	return set
}

// Fact is a condition particular to a kind.
func Fact(kind string, holds bool, reason, message string) metav1.Condition {
	status := metav1.ConditionFalse
	if holds {
		status = metav1.ConditionTrue
	}
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
}

// Clip shortens a message to what conditions and issues hold.
func Clip(message string) string {
	if len(message) <= maxMessage {
		return message
	}
	return strings.ToValidUTF8(message[:maxMessage-3], "") + "…"
}
