package status

import (
	"fmt"
	"strings"
)

// briefly is how many names a line for people holds.
const briefly = 3

// Count is a number of things for people to read: "1 person", "2 people".
func Count[N int | int32 | int64](n N, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Brief joins names for people to read: the first three, then how many more.
func Brief(names []string) string { return BriefBy(", ", names) }

// BriefBy is Brief with what is put between the names.
func BriefBy(between string, names []string) string {
	if len(names) <= briefly {
		return strings.Join(names, between)
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:briefly], between), len(names)-briefly)
}
