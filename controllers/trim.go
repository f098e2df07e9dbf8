package controllers

import (
	"reflect"
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// trimmer makes what caches keep of objects small. It may be asked by several at a time.
type trimmer struct {
	mutex    sync.Mutex
	interned map[string]string
}

const (
	// maxInterned is how many strings a trimmer compares with. After that it begins anew, so that those of objects that are
	// gone leave memory.
	maxInterned = 1024
	// maxInternedLength is in bytes; longer strings are not shared.
	maxInternedLength = 256
)

// trim returns an object without who manages which field, which is half of a record, and for which nobody asks; with
// lists as long as what is in them, where decoded JSON has room for four entries; and with one copy of strings that
// were seen lately, such as reasons and messages of conditions.
func (t *trimmer) trim(o any) (any, error) {
	object, ok := o.(client.Object)
	if !ok || object.GetManagedFields() == nil {
		return o, nil // what the cache lost sight of, or has seen before
	}
	object.SetManagedFields(nil)
	small := object.DeepCopyObject()
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.intern(reflect.ValueOf(small))
	return small, nil
}

// intern puts the copy that is known of each string in its place. Keys and values of maps stay as they are.
func (t *trimmer) intern(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		t.intern(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanSet() {
				t.intern(field)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			t.intern(v.Index(i))
		}
	case reflect.String:
		v.SetString(t.shared(v.String()))
	}
}

// shared is a string as others have it already.
func (t *trimmer) shared(s string) string {
	if len(s) > maxInternedLength {
		return s
	}
	if known, ok := t.interned[s]; ok {
		return known
	}
	if t.interned == nil {
		t.interned = make(map[string]string, maxInterned)
	}
	if len(t.interned) == maxInterned {
		clear(t.interned)
	}
	t.interned[s] = s
	return s
}
