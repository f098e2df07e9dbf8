package world

import (
	"errors"
	"fmt"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/argocd"
)

// withConditions is every object that has a status.
type withConditions interface {
	client.Object
	GetConditions() []metav1.Condition
}

// Kstatus checks that what tools make of an object agrees with its conditions.
func (w *World) Kstatus(o client.Object) {
	GinkgoHelper()
	Expect(w.judge(o)).To(Succeed())
}

// ExpectKstatusConsistent waits until what tools make of each object of the world agrees with its conditions,
// and these speak of the object as it is now.
func (w *World) ExpectKstatusConsistent() {
	GinkgoHelper()
	Eventually(func() error {
		var wrong []error
		for _, list := range kinds() {
			if err := w.K8s.List(w.Ctx, list, client.InNamespace(w.Namespace)); err != nil {
				return err
			}
			wrong = append(wrong, meta.EachListItem(list, func(item runtime.Object) error {
				if o, ok := item.(withConditions); ok {
					return w.judge(o)
				}
				return nil
			}))
		}
		return errors.Join(wrong...)
	}).Should(Succeed(), func() string { return w.Describe() })
}

// Verdict is what kstatus makes of an object.
func Verdict(k8s client.Client, o client.Object) (status.Status, error) {
	u, err := fieldsOf(k8s, o)
	if err != nil {
		return "", err
	}
	result, err := status.Compute(u)
	if err != nil {
		return "", err
	}
	return result.Status, nil
}

// fieldsOf is an object as tools see it that know nothing of its kind.
func fieldsOf(k8s client.Client, o client.Object) (*unstructured.Unstructured, error) {
	gvk, err := apiutil.GVKForObject(o, k8s.Scheme())
	if err != nil {
		return nil, err
	}
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, err
	}
	u := &unstructured.Unstructured{Object: fields}
	u.SetGroupVersionKind(gvk)
	return u, nil
}

// healths are what Argo CD, with our script, shows beside a verdict of kstatus, which knows
// nothing that waits for somebody's decision.
var healths = map[status.Status][]string{
	status.CurrentStatus:     {argocd.Healthy, argocd.Suspended},
	status.InProgressStatus:  {argocd.Progressing},
	status.TerminatingStatus: {argocd.Progressing},
	status.FailedStatus:      {argocd.Degraded, argocd.Suspended},
}

// Health is what Argo CD shows of an object, with the script that we ship.
func (w *World) Health(o client.Object) (string, error) {
	u, err := fieldsOf(w.K8s, o)
	if err != nil {
		return "", err
	}
	health, err := argocd.Of(w.Ctx, u)
	return health.Status, err
}

func (w *World) judge(o client.Object) error {
	verdict, err := Verdict(w.K8s, o)
	if err != nil {
		return err
	}
	conditions := o.(withConditions).GetConditions()
	ready := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady)
	stalled := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled)
	reconciling := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling)
	want := status.InProgressStatus
	switch {
	case stalled && reconciling:
		return fmt.Errorf("%T %s is stalled and reconciling at once", o, o.GetName())
	case !o.GetDeletionTimestamp().IsZero():
		want = status.TerminatingStatus
	case stalled:
		want = status.FailedStatus
	case ready && !reconciling:
		want = status.CurrentStatus
	}
	if verdict != want {
		return fmt.Errorf("%T %s: tools see %s where the conditions say %s: %+v", o, o.GetName(), verdict, want, conditions)
	}
	health, err := w.Health(o)
	if err != nil {
		return err
	}
	if !slices.Contains(healths[want], health) {
		return fmt.Errorf("%T %s: Argo CD shows %s where the conditions say %s: %+v", o, o.GetName(), health, want, conditions)
	}
	return nil
}
