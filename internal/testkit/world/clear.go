package world

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// clear removes every object of ours from a namespace when its spec is over, the backends
// first: nothing of it works on, reads a provider that is gone, or is found by the next spec.
func (w *World) clear(ctx context.Context, namespace string) {
	GinkgoHelper()
	for _, list := range kinds() {
		// Of hundreds of objects one round may take longer than a spec waits for an effect.
		Eventually(func() (int, error) { return w.drop(ctx, list, namespace) }, 2*time.Minute).WithContext(ctx).Should(BeZero())
	}
}

// drop deletes every object of a kind in a namespace, and returns how many it found.
func (w *World) drop(ctx context.Context, list client.ObjectList, namespace string) (int, error) {
	as := w.K8s
	if _, records := list.(*v1alpha1.AccessRecordList); records && w.own != nil {
		as = w.own // nobody else may
	}
	if err := w.K8s.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return 0, err
	}
	err := meta.EachListItem(list, func(item runtime.Object) error {
		o := item.(client.Object)
		if len(o.GetFinalizers()) > 0 {
			release := client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))
			if err := as.Patch(ctx, o, release); client.IgnoreNotFound(err) != nil {
				return err
			}
		}
		return client.IgnoreNotFound(as.Delete(ctx, o))
	})
	return meta.LenList(list), err
}
