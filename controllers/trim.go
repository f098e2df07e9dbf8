package controllers

import (
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// trimmed is an object without who manages which field, which is half of a record, and for which nobody asks; with lists as
// long as what is in them, where decoded JSON has room for four entries; and with one copy of what conditions say
// of thousands.
func trimmed(o any) (any, error) {
	object, ok := o.(client.Object)
	if !ok || object.GetManagedFields() == nil {
		return o, nil // what the cache lost sight of, or has seen before
	}
	object.SetManagedFields(nil)
	copied := object.DeepCopyObject()
	shareConditions(copied)
	return copied, nil
}

func shareConditions(o runtime.Object) {
	object, ok := o.(interface{ GetConditions() []metav1.Condition })
	if !ok {
		return
	}
	conditions := object.GetConditions()
	for i := range conditions {
		c := &conditions[i]
		c.Type, c.Reason, c.Message = shared(c.Type), shared(c.Reason), shared(c.Message)
		c.Status = metav1.ConditionStatus(shared(string(c.Status)))
	}
}

func shared(text string) string { return unique.Make(text).Value() }
