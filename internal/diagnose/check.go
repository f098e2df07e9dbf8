// Package diagnose judges how Hostgrant is installed in a cluster, and whether a provider and a key to it serve: one check
// after another, each with what was found and how to mend it. It is pure.
package diagnose

import (
	"fmt"
	"slices"
	"time"

	"github.com/hostgrant/hostgrant/internal/provider"
)

// Level of a check.
type Level string

// The levels.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Check is one thing that was looked at.
type Check struct {
	Level Level  `json:"level"`
	Name  string `json:"check"`
	// Found says what was found.
	Found string `json:"found"`
	// Mend says how to mend it; empty where all is well.
	Mend string `json:"mend,omitempty"`
}

// Failed counts the checks that fail.
func Failed(checks []Check) (count int) {
	for _, check := range checks {
		if check.Level == Fail {
			count++
		}
	}
	return count
}

// skewWarned is from when on clocks that are apart are told.
const skewWarned = 30 * time.Second

// clock compares our time with somebody's; ahead is how far ours is ahead, dated whether they told theirs.
func clock(whose string, ahead time.Duration, dated bool) Check {
	check := Check{Level: OK, Name: "clock", Found: fmt.Sprintf("ours and %s agree within %s", whose, skewWarned)}
	if !dated {
		return Check{Warn, "clock", fmt.Sprintf("%s is not told, so ours cannot be compared", whose), "check that the machine's clock is synchronised"}
	}
	if ahead.Abs() <= skewWarned {
		return check
	}
	check.Level = Warn
	check.Found = fmt.Sprintf("ours is %s ahead of %s", ahead.Round(time.Second), whose)
	if ahead < 0 {
		check.Found = fmt.Sprintf("ours is %s behind %s", (-ahead).Round(time.Second), whose)
	}
	check.Mend = "synchronise the clock that is wrong"
	if ahead.Abs() > provider.MaxSkew {
		check.Level = Fail
		check.Mend += fmt.Sprintf("; a manager whose clock is more than %s apart from the provider's takes nothing away", provider.MaxSkew)
	}
	return check
}

// join is a list for people to read.
func join[T ~string](list []T) string {
	text := ""
	for i, one := range slices.Sorted(slices.Values(list)) {
		if i > 0 {
			text += ", "
		}
		text += string(one)
	}
	return text
}
