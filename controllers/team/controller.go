// Package team reconciles Teams: it says whether everyone in a team is known.
package team

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
	"github.com/hostgrant/hostgrant/internal/status"
)

// +kubebuilder:rbac:groups=hostgrant.io,resources=teams;profiles,verbs=get;list;watch
// +kubebuilder:rbac:groups=hostgrant.io,resources=teams/status,verbs=get;patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch

// maxUnresolved is how many unresolved members a status names; the CRD bounds it.
const maxUnresolved = 10

// Reconciler reports on teams.
type Reconciler struct {
	client.Client
	Clock clock.PassiveClock

	written apply.Written
}

// SetupWithManager wires the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, options controller.Options) error {
	specs := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(mgr).
		Named("team").
		For(&v1alpha1.Team{}, specs).
		Watches(&v1alpha1.Profile{}, handler.EnqueueRequestsFromMapFunc(r.ofProfile), specs).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.ofSecret)).
		WithOptions(options).
		Complete(r)
}

// Reconcile writes the status of one team if it differs.
func (r *Reconciler) Reconcile(ctx context.Context, req ctrl.Request) (ctrl.Result, error) {
	team := &v1alpha1.Team{}
	if err := r.Get(ctx, req.NamespacedName, team); err != nil {
		r.written.Forget(req.NamespacedName)
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !team.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	people, err := resolve.Members(ctx, r.Client, team)
	if err != nil {
		return ctrl.Result{}, err
	}
	want := teamStatus(team, people, metav1.NewTime(r.Clock.Now().Truncate(time.Second)))
	_, err = apply.Status(ctx, r.Client, &r.written, team, &team.Status, &want, false)
	return ctrl.Result{}, client.IgnoreNotFound(err)
}

// teamStatus computes the whole status. It is pure.
func teamStatus(team *v1alpha1.Team, people handover.People, now metav1.Time) v1alpha1.TeamStatus {
	want := v1alpha1.TeamStatus{ObservedGeneration: team.Generation, Members: int32(len(people.Persons))} //nolint:gosec // bounded by the CRD
	o := status.Succeeded(v1alpha1.ReasonAsDeclared, "the addresses of all members are known: "+status.Count(want.Members, "person", "people"))
	for i, issue := range people.Issues {
		if i == 0 {
			o = status.Waiting(issue.Reason, fmt.Sprintf("%s: %s", issue.Subject, issue.Message))
			if issue.Missing == nil {
				o = status.NeedsAction(issue.Reason, fmt.Sprintf("%s: %s", issue.Subject, issue.Message))
			}
		}
		if issue.Missing != nil && len(want.Unresolved) < maxUnresolved {
			want.Unresolved = append(want.Unresolved, v1alpha1.ObjectName(issue.Missing.Name))
		}
	}
	want.Conditions = status.Conditions(team.Status.Conditions, team.Generation, now, o)
	return want
}

func (r *Reconciler) ofProfile(ctx context.Context, o client.Object) []ctrl.Request {
	teams := &v1alpha1.TeamList{}
	if err := r.List(ctx, teams, client.InNamespace(o.GetNamespace()), client.MatchingFields{index.TeamProfiles: o.GetName()}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list the Teams that name a Profile")
	}
	requests := make([]ctrl.Request, len(teams.Items))
	for i := range teams.Items {
		requests[i].NamespacedName = client.ObjectKeyFromObject(&teams.Items[i])
	}
	return requests
}

func (r *Reconciler) ofSecret(ctx context.Context, o client.Object) []ctrl.Request {
	profiles := &v1alpha1.ProfileList{}
	if err := r.List(ctx, profiles, client.InNamespace(o.GetNamespace()), client.MatchingFields{index.ProfileSecret: o.GetName()}); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "could not list the Profiles that use a Secret")
	}
	var requests []ctrl.Request
	for i := range profiles.Items {
		requests = append(requests, r.ofProfile(ctx, &profiles.Items[i])...)
	}
	return requests
}
