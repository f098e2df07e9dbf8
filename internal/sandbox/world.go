package sandbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Figures sum up a run; they are the last line with --output json.
type Figures struct {
	Grants         int     `json:"grants"`
	Ready          int     `json:"ready"`
	People         int     `json:"people"`
	Invited        int     `json:"invited"`
	Mails          int     `json:"mails"`
	ProviderReads  int64   `json:"providerReads"`
	ProviderWrites int64   `json:"providerWrites"`
	Seconds        float64 `json:"seconds"`
}

// object is what is to become Ready.
type object interface {
	client.Object
	GetConditions() []metav1.Condition
}

// world is one look at everything.
type world struct {
	figures Figures
	objects int
	// waiting lists objects that are not Ready, with why, slowest news first.
	waiting []waiting
}

// waiting is an object that is not Ready yet.
type waiting struct {
	name, why string
	// failed: somebody would have to act.
	failed bool
}

// settled says whether there is nothing more to wait for.
func (w world) settled() bool {
	return w.figures.Grants > 0 && len(w.waiting) == 0 && w.figures.Mails >= w.figures.Invited
}

// look reads the samples' namespace.
func (s *sandbox) look(ctx context.Context) (world, error) {
	w := world{}
	for _, list := range []client.ObjectList{
		&v1alpha1.HostingBackendList{}, &v1alpha1.ProfileList{}, &v1alpha1.TeamList{}, &v1alpha1.PermissionGrantList{}, &v1alpha1.AccessRecordList{},
		&v1alpha1.RelinquishmentList{},
	} {
		if err := s.parts.client.List(ctx, list, client.InNamespace(sampleNamespace)); err != nil {
			return w, fmt.Errorf("look at the samples: %w", err)
		}
		if err := meta.EachListItem(list, w.add); err != nil {
			return w, err
		}
	}
	counters := s.parts.provider.Counters()
	w.figures.Mails = len(s.parts.mails.Mails())
	w.figures.ProviderReads, w.figures.ProviderWrites = counters.Reads, counters.Writes
	w.figures.Seconds = s.console.seconds()
	return w, nil
}

func (w *world) add(item runtime.Object) error {
	o, ok := item.(object)
	if !ok {
		return fmt.Errorf("%T has no conditions", item)
	}
	w.objects++
	current, note, err := judge(o)
	if err != nil {
		return err
	}
	switch o := o.(type) {
	case *v1alpha1.PermissionGrant:
		w.figures.Grants++
		if current {
			w.figures.Ready++
		}
	case *v1alpha1.AccessRecord:
		if len(o.Spec.Contributions) > 0 {
			w.figures.People++
			if o.Status.Person == v1alpha1.PersonInvited {
				w.figures.Invited++
			}
		}
	}
	if !current {
		w.waiting = append(w.waiting, note)
	}
	return nil
}

// judge says whether an object is Current in the sense of kstatus, and else what it waits
// for.
func judge(o object) (bool, waiting, error) {
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return false, waiting{}, fmt.Errorf("read %s: %w", o.GetName(), err)
	}
	kind := kindOf(o)
	u := &unstructured.Unstructured{Object: fields}
	u.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind(kind))
	result, err := status.Compute(u)
	if err != nil {
		return false, waiting{}, fmt.Errorf("status of %s: %w", o.GetName(), err)
	}
	note := waiting{name: kind + "/" + o.GetName(), why: "not looked at yet", failed: result.Status == status.FailedStatus}
	if ready := meta.FindStatusCondition(o.GetConditions(), v1alpha1.ConditionReady); ready != nil {
		note.why = ready.Reason + ": " + ready.Message
	}
	return result.Status == status.CurrentStatus, note, nil
}

func kindOf(o object) string {
	switch o.(type) {
	case *v1alpha1.HostingBackend:
		return "HostingBackend"
	case *v1alpha1.Profile:
		return "Profile"
	case *v1alpha1.Team:
		return "Team"
	case *v1alpha1.PermissionGrant:
		return "PermissionGrant"
	case *v1alpha1.Relinquishment:
		return "Relinquishment"
	}
	return "AccessRecord"
}

// settle waits until all is Ready, telling what is waited for.
func (s *sandbox) settle(ctx context.Context) (Figures, error) {
	s.console.say("waiting until everything is Ready (the provider takes 50 writes a minute, so people go one after another)")
	w, err := s.look(ctx)
	for ; err == nil && !w.settled(); w, err = s.look(ctx) {
		s.console.progress(progress(w))
		select {
		case <-s.Clock.After(pollInterval):
		case <-s.parts.manager.Ended:
			return w.figures, s.parts.manager.ExitError()
		case <-ctx.Done():
			return w.figures, errors.New(verdict(w, s.Timeout))
		}
	}
	s.console.progress("")
	return w.figures, err
}
