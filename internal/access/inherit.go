package access

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Inherit is the memory with what only another one knows, of somebody who had two.
func (m Memory) Inherit(other Memory) Memory {
	next := Memory{Intended: later(m.Intended, other.Intended), Removal: later(m.Removal, other.Removal)}
	next.Applied = other.Applied.With(m.Applied...)
	next.Owed = other.Owed.Without(next.Applied.Rights()).With(m.Owed...)
	return next
}

func later(a, b *metav1.Time) *metav1.Time {
	if a == nil || b != nil && a.Before(b) {
		return b
	}
	return a
}
