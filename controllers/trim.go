package controllers

import (
	"reflect"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// trimmer makes what caches keep of objects small. It may be asked by several at a time.
type trimmer struct {
	mutex sync.Mutex
	words map[string]string
}

// remembered is how many strings a trimmer compares with. After that it begins anew, so that those of objects that are
// gone leave memory.
const remembered = 1024

// trim returns an object without who manages which field, which is half of a record, and for which nobody asks; with
// lists as long as what is in them, where decoded JSON has room for four entries; and with one copy of the strings that
// many objects have in common, such as reasons and messages of conditions.
func (t *trimmer) trim(o any) (any, error) {
	object, ok := o.(client.Object)
	if !ok || object.GetManagedFields() == nil {
		return o, nil // what the cache lost sight of, or has seen before
	}
	object.SetManagedFields(nil)
	small := object.DeepCopyObject()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.share(reflect.ValueOf(small))
	return small, nil
}

// share puts the copy that is known of each string in its place. Keys and values of maps stay as they are.
func (t *trimmer) share(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		t.share(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanSet() {
				t.share(field)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			t.share(v.Index(i))
		}
	case reflect.String:
		v.SetString(t.known(v.String()))
	}
}

func (t *trimmer) known(word string) string {
	if known, ok := t.words[word]; ok {
		return known
	}
	if t.words == nil || len(t.words) == remembered {
		t.words = make(map[string]string, remembered)
	}
	t.words[word] = word
	return word
}
