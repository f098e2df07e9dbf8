package status

import (
	"fmt"
	"strings"
)

// briefly is how many names a line for people holds.
const briefly = 3

// Brief joins names for people to read: the first three, then how many more.
func Brief(names []string) string {
	if len(names) <= briefly {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:briefly], ", "), len(names)-briefly)
}
