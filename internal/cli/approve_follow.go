package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/held"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/status"
)

// followEvery is how often an approval is looked at until its end.
const followEvery = time.Second

// create creates the approval of a batch that was shown, if it still is what was shown.
func (a approving) create(ctx context.Context, shown held.Batch) (*v1alpha1.RemovalApproval, error) {
	user, err := a.user(ctx)
	if err != nil {
		return nil, err
	}
	s, err := a.read(ctx)
	if err != nil {
		return nil, err
	}
	now, there := held.Find(held.Waiting(s.batches), shown.Digest)
	if !there {
		return nil, fmt.Errorf("nothing was approved: batch %s is not held any more. %s", shown.Digest, nothingWaits(s, ""))
	}
	differs := held.Compare(shown, now)
	if added := len(differs.Added) + differs.More; added > 0 {
		return nil, fmt.Errorf("nothing was approved: batch %s is not what was shown any more, %s would lose more; run the command again",
			shown.Digest, status.Count(added, "person", "people"))
	}
	if spared := len(differs.Spared); spared > 0 {
		fmt.Fprintf(a.streams.ErrOut, "%s of the batch lost less or nothing by now: what was declared again is spared.\n", status.Count(spared, "person", "people"))
	}
	approval := &v1alpha1.RemovalApproval{
		ObjectMeta: metav1.ObjectMeta{Namespace: a.backend.Namespace, GenerateName: a.backend.Name + "-" + shown.Digest + "-"},
		Spec: v1alpha1.RemovalApprovalSpec{
			BackendRef: v1alpha1.LocalReference{Name: v1alpha1.ObjectName(a.backend.Name)}, Digest: shown.Digest,
			ApprovedBy: v1alpha1.UserName(user), Reason: a.reason,
		},
	}
	return approval, a.kube.Create(ctx, approval) //nolint:wrapcheck // Kubernetes says what it refuses
}

// user is who the cluster says that we are.
func (a approving) user(ctx context.Context) (string, error) {
	review := &authenticationv1.SelfSubjectReview{}
	if err := a.kube.Create(ctx, review); err != nil {
		return "", fmt.Errorf("ask the cluster who you are: %w", err)
	}
	return review.Status.UserInfo.Username, nil
}

// follow waits for the end of an approval, and tells it.
func (a approving) follow(ctx context.Context, approval *v1alpha1.RemovalApproval, shown held.Batch) error {
	bounded, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	told := int32(-1)
	err := wait.PollUntilContextCancel(bounded, followEvery, true, func(ctx context.Context) (bool, error) {
		err := a.kube.Get(ctx, client.ObjectKeyFromObject(approval), approval)
		if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
			return false, err //nolint:wrapcheck // Kubernetes says what went wrong
		}
		if err != nil {
			return false, nil // the API server is asked again until the time is over
		}
		if removed := removedBy(approval); removed != told && isTerminal(a.streams.ErrOut) {
			told = removed
			fmt.Fprintf(a.streams.ErrOut, "%d of %s lost access.\n", removed, status.Count(shown.Size(), "person", "people"))
		}
		return approvalEnded(approval), nil
	})
	switch {
	case apierrors.IsNotFound(err):
		return fmt.Errorf("RemovalApproval %s was deleted: who has not lost access yet is held again", approval.Name)
	case wait.Interrupted(err):
		return fmt.Errorf("RemovalApproval %s is not complete yet, and stays in force: %s. Follow it with kubectl wait -n %s removalapproval/%s --for=condition=Ready --timeout=1h; deleting it holds back again who has not lost access",
			approval.Name, readyMessage(approval), approval.Namespace, approval.Name)
	case err != nil:
		return err //nolint:wrapcheck // Kubernetes says what went wrong
	}
	return a.tell(ctx, approval, shown)
}

func removedBy(approval *v1alpha1.RemovalApproval) int32 {
	if approval.Status.Removed == nil {
		return 0
	}
	return approval.Status.Removed.People
}

// approvalEnded says whether an approval goes no further by itself.
func approvalEnded(approval *v1alpha1.RemovalApproval) bool {
	conditions := approval.Status.Conditions
	return approval.Status.ObservedGeneration == approval.Generation &&
		(meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) || meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled))
}

// readyMessage is what an object says of itself.
func readyMessage(o interface{ GetConditions() []metav1.Condition }) string {
	if ready := meta.FindStatusCondition(o.GetConditions(), v1alpha1.ConditionReady); ready != nil {
		return manifest.Plain(ready.Message)
	}
	return "the manager has not looked at it yet"
}

// tell says how an approval ended.
func (a approving) tell(ctx context.Context, approval *v1alpha1.RemovalApproval, shown held.Batch) error {
	ready := meta.FindStatusCondition(approval.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
		return errors.New("the approval has no condition Ready")
	case ready.Status == metav1.ConditionTrue:
	case ready.Reason == v1alpha1.ReasonObserveOnly || ready.Reason == v1alpha1.ReasonSuspended:
		fmt.Fprintf(a.streams.Out, "Approved; %s.\n", readyMessage(approval))
		return nil
	default:
		return fmt.Errorf("RemovalApproval %s releases nothing: %s: %s", approval.Name, ready.Reason, readyMessage(approval))
	}
	s, err := a.read(ctx)
	if err != nil {
		return err
	}
	return pageThrough(ctx, a.streams, approvalOutcome(approval, shown, s.records, a.addresses))
}

// approvalOutcome is who lost access and who was spared.
func approvalOutcome(approval *v1alpha1.RemovalApproval, shown held.Batch, records []v1alpha1.AccessRecord, addresses bool) string {
	var b strings.Builder
	removed, spared := held.Ended(shown, approval.Status, records)
	for _, part := range []struct {
		title  string
		people []held.Person
	}{{"Lost access", removed}, {"Spared, because declared again in time", spared}} {
		if len(part.people) == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s:\n", part.title)
		names := make([]string, len(part.people))
		for i, person := range part.people {
			names[i] = heldName(person, addresses)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(&b, "  %s\n", name)
		}
	}
	fmt.Fprintf(&b, "Done: %s.\n", readyMessage(approval))
	return b.String()
}
