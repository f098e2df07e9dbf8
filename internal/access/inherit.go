package access

import "maps"

// Inherit is the memory with what only another one knows, of somebody who had two. What one of
// them found and took for somebody else's, the other may have put there.
func (m Memory) Inherit(other Memory) Memory {
	next := Memory{Applied: maps.Clone(m.Applied), Owed: maps.Clone(m.Owed)}
	for right, entry := range other.Applied {
		if mine, known := m.Applied[right]; !known || mine.Foreign && !entry.Foreign {
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
