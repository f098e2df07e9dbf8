package apply

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Written remembers, by object, the version that the last write of its status made. A cache may
// still show the one before: a status that is equal to that one is not what the object has. The
// zero value is ready to use, by several at a time.
type Written struct {
	versions sync.Map // types.NamespacedName to string
}

// Forget drops what is remembered of an object that is gone.
func (w *Written) Forget(key types.NamespacedName) { w.versions.Delete(key) }

func (w *Written) note(obj client.Object) {
	w.versions.Store(client.ObjectKeyFromObject(obj), obj.GetResourceVersion())
}

// newer says whether a later version than that of obj was written.
func (w *Written) newer(obj client.Object) bool {
	version, known := w.versions.Load(client.ObjectKeyFromObject(obj))
	if !known {
		return false
	}
	order, err := resourceversion.CompareResourceVersion(obj.GetResourceVersion(), version.(string))
	return err == nil && order < 0
}
