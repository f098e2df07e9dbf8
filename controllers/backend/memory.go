package backend

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// recall reads the status as it is: what is remembered there must not be built on an older one,
// which is what a cache may hold.
func (r *Reconciler) recall(ctx context.Context, v *scope) (annotations map[string]string, err error) {
	live := &v1alpha1.HostingBackend{}
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(v.backend), live); err != nil {
		return nil, fmt.Errorf("read HostingBackend: %w", err)
	}
	if live.UID == v.backend.UID { // else writing fails, and the new one is looked at
		v.backend.Status, v.backend.ResourceVersion = live.Status, live.ResourceVersion
	}
	return live.Annotations, nil
}

// sight judges what a reading lacks by what is remembered, and keeps how, for when that turns out
// to be another. What is remembered is read only where people are missing.
func (r *Reconciler) sight(ctx context.Context, v *scope, records []v1alpha1.AccessRecord, snapshot, last *provider.Snapshot) error {
	if plausible(v.backend, records, snapshot, last) {
		v.again = func() error { // whatever is remembered
			v.doubt, v.missing = nil, nil
			return nil
		}
		return v.again()
	}
	annotations, err := r.recall(ctx, v)
	if err != nil {
		return &hosting.Error{Class: hosting.ClassImplausible, Op: "list permissions", Detail: "people are missing in the table, and what is remembered of it could not be read", Err: err}
	}
	v.backend.Annotations = annotations
	before := v.missing
	v.again = func() (err error) {
		v.doubt, v.missing, err = plausibility(v.backend, records, snapshot, last, before)
		return err
	}
	return v.again()
}

// rewrites is how often a status is written anew that others were faster than: they only annotate
// and edit, which takes people and tools some time.
const rewrites = 10

// remember writes the status, as of what it was made from. Where somebody else wrote meanwhile, it
// is written again on top of that; a reading whose doubt cannot be remembered is done again.
func (r *Reconciler) remember(ctx context.Context, v *scope, want v1alpha1.HostingBackendStatus, records []v1alpha1.AccessRecord) error {
	key := client.ObjectKeyFromObject(v.backend)
	v.settle(records)
	want.TableDoubt = v.doubt
	_, err := apply.Status(ctx, r.Client, &r.written, v.backend, &v.backend.Status, &want, true)
	for try := 0; apierrors.IsConflict(err) && try < rewrites; try++ {
		if _, err = r.recall(ctx, v); err != nil {
			break
		}
		if live := v.backend.Status.TableDoubt; !equality.Semantic.DeepEqual(live, want.TableDoubt) {
			if v.doubt = live; v.again != nil {
				_ = v.again() // whether it is believed was decided before
			}
			v.settle(records)
			want.TableDoubt = v.doubt
		}
		_, err = apply.Status(ctx, r.Client, &r.written, v.backend, &v.backend.Status, &want, true)
	}
	if err != nil && v.again != nil && v.doubt != nil {
		v.connection.Schedule(0)
	}
	r.missing.Store(key, v.missing)
	return err
}

// settle leaves in an accepted doubt those who are still to be looked at.
func (v *scope) settle(records []v1alpha1.AccessRecord) {
	if v.doubt != nil {
		v.doubt, v.missing = remaining(*v.doubt, v.missing, records)
	}
}

// missed are the rows that were missing in a backend's table at the last reading, where this
// process knows.
func (r *Reconciler) missed(key client.ObjectKey) []int64 {
	rows, _ := r.missing.Load(key)
	missing, _ := rows.([]int64)
	return missing
}
