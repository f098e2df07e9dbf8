package handover

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Told is all that a record tells one grant.
type Told struct {
	Contribution v1alpha1.Contribution
	echo         v1alpha1.ContributionStatus
	person       v1alpha1.PersonState
	twoFactor    v1alpha1.TwoFactorState
	active       metav1.Condition
	deleted      bool
}

// ToldBy is what a record tells each grant that contributes to it, by UID.
func ToldBy(record *v1alpha1.AccessRecord) map[types.UID]Told {
	all := Told{person: record.Status.Person, twoFactor: record.Status.TwoFactor, deleted: record.DeletionTimestamp != nil}
	if active := meta.FindStatusCondition(record.Status.Conditions, v1alpha1.ConditionActive); active != nil {
		all.active = metav1.Condition{Reason: active.Reason, Message: active.Message}
	}
	told := make(map[types.UID]Told, len(record.Spec.Contributions))
	for _, c := range record.Spec.Contributions {
		one := all
		one.Contribution = c
		told[c.UID] = one
	}
	for _, echo := range record.Status.Contributions {
		if one, there := told[echo.UID]; there {
			one.echo = echo
			told[echo.UID] = one
		}
	}
	return told
}

// Equal says whether nothing is told that was not told before.
func (t Told) Equal(o Told) bool {
	return t.person == o.person && t.twoFactor == o.twoFactor && t.active == o.active && t.deleted == o.deleted &&
		equality.Semantic.DeepEqual(t.Contribution, o.Contribution) && equality.Semantic.DeepEqual(t.echo, o.echo)
}
