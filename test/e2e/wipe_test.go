package e2e_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Nothing of a spec disturbs the next one: when its managers have ended, its objects go.
var _ = BeforeEach(func() {
	DeferCleanup(func(ctx SpecContext) {
		for _, list := range []client.ObjectList{
			&v1alpha1.PermissionGrantList{}, &v1alpha1.AccessRecordList{}, &v1alpha1.HostingBackendList{},
			&v1alpha1.ProfileList{}, &v1alpha1.TeamList{}, &v1alpha1.PermissionSetList{},
		} {
			Eventually(func() (int, error) { return drop(ctx, list) }).Should(BeZero())
		}
	})
})

// drop deletes every object of a kind, and returns how many it found.
func drop(ctx context.Context, list client.ObjectList) (int, error) {
	as := k8s
	if _, records := list.(*v1alpha1.AccessRecordList); records {
		as = own // nobody else may
	}
	if err := k8s.List(ctx, list); err != nil {
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
