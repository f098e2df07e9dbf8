package access

import "maps"

// Inherit is the memory with what only another one knows, of somebody who had two.
func (m Memory) Inherit(other Memory) Memory {
	next := Memory{Applied: maps.Clone(m.Applied), Owed: maps.Clone(m.Owed), Intended: m.Intended}
	if next.Intended == nil || other.Intended != nil && next.Intended.Before(other.Intended) {
		next.Intended = other.Intended
	}
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
