package argocd

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	ours "github.com/hostgrant/hostgrant/internal/status"
)

var at = metav1.NewTime(time.Date(2031, 5, 1, 9, 0, 0, 0, time.UTC))

// state is what a pass made of an object: an outcome, and facts beside it.
type state struct {
	name    string
	outcome ours.Outcome
	facts   []metav1.Condition
	want    string
}

func held(reason string) []metav1.Condition {
	return []metav1.Condition{ours.Fact(v1alpha1.ConditionRemovalHeld, true, reason, "12 people would lose something")}
}

// states are all that the conditions of our kinds may say.
func states() []state {
	var list []state
	add := func(want string, outcome ours.Outcome, facts ...metav1.Condition) {
		name := fmt.Sprintf("%s/%s", outcome.Ready, outcome.Reason)
		if len(facts) > 0 {
			name += " " + facts[0].Type
		}
		list = append(list, state{name, outcome, facts, want})
	}
	for _, reason := range []string{
		v1alpha1.ReasonAsDeclared, v1alpha1.ReasonListed, v1alpha1.ReasonScheduled, v1alpha1.ReasonExpired, v1alpha1.ReasonReviewMissed,
		v1alpha1.ReasonUndeclared, v1alpha1.ReasonNothingHeld, v1alpha1.ReasonAwaitingConfirmation, v1alpha1.ReasonComplete,
	} {
		add(Healthy, ours.Succeeded(reason, "what is declared is there"))
	}
	add(Healthy, ours.Succeeded(v1alpha1.ReasonAsDeclared, "there"), ours.Fact(v1alpha1.ConditionAllActive, false, v1alpha1.ReasonInvited, "one has no profile"))
	for _, reason := range []string{
		v1alpha1.ReasonProgressing, v1alpha1.ReasonTerminating, v1alpha1.ReasonReferenceLost, v1alpha1.ReasonBackendNotFound, v1alpha1.ReasonRemovalSettling,
		v1alpha1.ReasonMailQueued, v1alpha1.ReasonDrifted, v1alpha1.ReasonNotTakenEffect, v1alpha1.ReasonSuspended,
	} {
		add(Progressing, ours.Waiting(reason, "on its way"))
	}
	add(Progressing, ours.Outcome{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonProgressing, Message: "Ready, and on its way to more", Reconciling: true})
	for _, reason := range []string{v1alpha1.ReasonSuspended, v1alpha1.ReasonObserveOnly, v1alpha1.ReasonRemovalLimit} {
		add(Suspended, ours.NeedsAction(reason, "waits for somebody"))
	}
	for _, reason := range []string{
		v1alpha1.ReasonPlaceUnknown, v1alpha1.ReasonRefusedByRule, v1alpha1.ReasonProtected, v1alpha1.ReasonForeignPermissions, v1alpha1.ReasonNotConverging,
		v1alpha1.ReasonRelinquished, v1alpha1.ReasonEndpointRefused, v1alpha1.ReasonCredentialsNotFound, v1alpha1.ReasonRecordFull,
	} {
		add(Degraded, ours.NeedsAction(reason, "somebody has to act"))
	}
	// Held: nothing is wrong, and somebody has to decide. What is wrong besides comes first.
	add(Suspended, ours.Succeeded(v1alpha1.ReasonListed, "listed"), held(v1alpha1.ReasonRemovalLimit)...)
	add(Suspended, ours.NeedsAction(v1alpha1.ReasonRemovalLimit, "held"), held(v1alpha1.ReasonRemovalLimit)...)
	add(Suspended, ours.NeedsAction(v1alpha1.ReasonProtected, "held"), held(v1alpha1.ReasonProtected)...)
	add(Degraded, ours.NeedsAction(v1alpha1.ReasonCredentialsRejected, "no key"), held(v1alpha1.ReasonRemovalLimit)...)
	add(Progressing, ours.Waiting(v1alpha1.ReasonProgressing, "writing"), held(v1alpha1.ReasonRemovalLimit)...)
	standing := ours.Succeeded(v1alpha1.ReasonAsDeclared, "verified lately")
	for _, class := range []hosting.Class{
		hosting.ClassNotFound, hosting.ClassUnauthorized, hosting.ClassForbidden, hosting.ClassInvalid, hosting.ClassConflict, hosting.ClassRateLimited,
		hosting.ClassUnavailable, hosting.ClassUnsupported, hosting.ClassIdentityChanged, hosting.ClassImplausible, hosting.ClassUnconfirmed,
		hosting.ClassUnopened, hosting.ClassOwned,
	} {
		err := &hosting.Error{Class: class, Op: "list permissions"}
		if ours.Terminal(err) {
			add(Degraded, ours.Failed(err, &standing, time.Minute))
			continue
		}
		add(Healthy, ours.Failed(err, &standing, time.Minute))
		add(Progressing, ours.Failed(err, nil, time.Minute))
	}
	return list
}

// kinds are ours, with whether they have conditions.
func kinds(t *testing.T) map[string]bool {
	t.Helper()
	scheme, list := runtime.NewScheme(), map[string]bool{}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	for kind := range scheme.KnownTypes(v1alpha1.SchemeGroupVersion) {
		object, err := scheme.New(v1alpha1.SchemeGroupVersion.WithKind(kind))
		if err != nil {
			t.Fatal(err)
		}
		if _, own := object.(metav1.Object); own {
			_, list[kind] = object.(interface{ GetConditions() []metav1.Condition })
		}
	}
	return list
}

// observed is an object of a kind in its second generation, of which its status speaks.
func observed(t *testing.T, kind string, conditions []metav1.Condition) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{Object: map[string]any{"metadata": map[string]any{"name": "a", "namespace": "hosting", "generation": int64(2)}}}
	object.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind(kind))
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&v1alpha1.TeamStatus{ObservedGeneration: 2, Conditions: conditions})
	if err != nil {
		t.Fatal(err)
	}
	object.Object["status"] = map[string]any{"observedGeneration": fields["observedGeneration"], "conditions": fields["conditions"]}
	return object
}

// agreeing are the verdicts of kstatus that a status may stand beside. It knows nothing that
// waits for a decision: that is Failed to it, or, where a backend is Ready meanwhile, Current.
var agreeing = map[string][]status.Status{
	Healthy:     {status.CurrentStatus},
	Progressing: {status.InProgressStatus, status.TerminatingStatus},
	Degraded:    {status.FailedStatus},
	Suspended:   {status.FailedStatus, status.CurrentStatus},
}

func check(t *testing.T, name string, object *unstructured.Unstructured, want string) {
	t.Helper()
	got, err := Of(t.Context(), object)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if got.Status != want || got.Message == "" {
		t.Errorf("%s: %+v, want %s with a message", name, got, want)
	}
	verdict, err := status.Compute(object)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(agreeing[want], verdict.Status) {
		t.Errorf("%s: %s to Argo CD and %s to kstatus", name, want, verdict.Status)
	}
}

// Every kind in every state that its conditions may tell, as internal/status computes them.
func TestHealthOfEveryKindInEveryState(t *testing.T) {
	n := 0
	for kind, conditions := range kinds(t) {
		if !conditions {
			check(t, kind, observed(t, kind, nil), Healthy)
			continue
		}
		n++
		for _, s := range states() {
			object := observed(t, kind, ours.Conditions(nil, 2, at, s.outcome, s.facts...))
			check(t, kind+" "+s.name, object, s.want)

			object.SetGeneration(3)
			check(t, kind+" changed since, "+s.name, object, Progressing)
			object.SetGeneration(2)
			object.SetDeletionTimestamp(&at)
			object.SetFinalizers([]string{"hostgrant.io/revoke"})
			check(t, kind+" deleted, "+s.name, object, Progressing)
		}
		created := observed(t, kind, nil)
		created.SetGeneration(1)
		created.Object["status"] = map[string]any{"observedGeneration": int64(-1)}
		check(t, kind+" just created", created, Progressing)
	}
	if n < 6 {
		t.Errorf("only %d kinds with conditions were found", n)
	}
}
