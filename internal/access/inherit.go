package access

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Inherit is the memory with what only another one knows, of somebody who had two.
func (m Memory) Inherit(other Memory) Memory {
	next := Memory{Applied: maps.Clone(m.Applied), Owed: maps.Clone(m.Owed), Intended: later(m.Intended, other.Intended), Removal: later(m.Removal, other.Removal)}
	for right, entry := range other.Applied {
		if _, known := m.Applied[right]; !known {
			next.Applied[right] = entry
		}
	}
	for right, debt := range other.Owed {
		_, applied := next.Applied[right]
		if _, owed := m.Owed[right]; !owed && !applied {
			next.Owed[right] = debt
		}
	}
	return next
}

func later(a, b *metav1.Time) *metav1.Time {
	if a == nil || b != nil && a.Before(b) {
		return b
	}
	return a
}
