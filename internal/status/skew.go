package status

import (
	"fmt"
	"time"
)

// Skewed tells of clocks that are apart, and what to do. It says by how much only where that does
// not move by itself.
func Skewed(ahead time.Duration) string {
	where := "ahead of"
	if ahead < 0 {
		where = "behind"
	}
	return fmt.Sprintf("this manager's clock is more than 5 minutes %s the provider's, so nothing is taken away; correct the clock of the manager's node, or tell the provider if its clock is wrong", where)
}
