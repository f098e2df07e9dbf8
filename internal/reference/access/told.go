package access

import "github.com/hostgrant/hostgrant/internal/hosting"

// Told says whether the alert reaches the person: whoever holds its right and has a profile.
// The owner, who is told anyway, is not counted.
func Told(p Person, a hosting.Alert) bool {
	right, known := a.Right()
	return known && p.Row && p.Profile && p.Rights.Has(right)
}
