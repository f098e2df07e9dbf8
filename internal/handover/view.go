package handover

import (
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// View is all that one grant sees of a record.
type View struct {
	Contribution v1alpha1.Contribution
	echo         v1alpha1.ContributionStatus
	person       v1alpha1.PersonState
	twoFactor    v1alpha1.TwoFactorState
	active       metav1.Condition
	deleted      bool
}

// ViewsOf are what each grant sees of a record that it contributes to, by UID.
func ViewsOf(record *v1alpha1.AccessRecord) map[types.UID]View {
	all := View{person: record.Status.Person, twoFactor: record.Status.TwoFactor, deleted: record.DeletionTimestamp != nil}
	if active := meta.FindStatusCondition(record.Status.Conditions, v1alpha1.ConditionActive); active != nil {
		all.active = metav1.Condition{Reason: active.Reason, Message: active.Message}
	}
	views := make(map[types.UID]View, len(record.Spec.Contributions))
	for _, c := range record.Spec.Contributions {
		one := all
		one.Contribution = c
		views[c.UID] = one
	}
	for _, echo := range record.Status.Contributions {
		if one, there := views[echo.UID]; there {
			one.echo = echo
			views[echo.UID] = one
		}
	}
	return views
}

// Equal says whether a grant sees the same.
func (v View) Equal(o View) bool {
	return v.person == o.person && v.twoFactor == o.twoFactor && v.active == o.active && v.deleted == o.deleted &&
		equality.Semantic.DeepEqual(v.Contribution, o.Contribution) && equality.Semantic.DeepEqual(v.echo, o.echo)
}
