package controllers

import "sigs.k8s.io/controller-runtime/pkg/client"

// trimmed is an object without who manages which field, which is half of a record, and for which nobody asks; and with
// lists as long as what is in them, where decoded JSON has room for four entries.
func trimmed(o any) (any, error) {
	object, ok := o.(client.Object)
	if !ok || object.GetManagedFields() == nil {
		return o, nil // what the cache lost sight of, or has seen before
	}
	object.SetManagedFields(nil)
	return object.DeepCopyObject(), nil
}
