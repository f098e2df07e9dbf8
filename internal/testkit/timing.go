package testkit

import (
	"encoding/json"
	"flag"
	"time"

	"github.com/hostgrant/hostgrant/internal/timing"
)

// Fast is how long controllers wait in tests in which no wait is the subject. What specs count
// on is as it ships: a lowered time-out of the finalizer would release what is still revoked.
var Fast = timing.Timing{
	FirstQuiet: 50 * time.Millisecond, Quiet: 100 * time.Millisecond, StatusDelay: 100 * time.Millisecond, CountDelay: 100 * time.Millisecond, LongestQuiet: 400 * time.Millisecond, Retry: 100 * time.Millisecond,
	MinBackoff: 100 * time.Millisecond, MaxBackoff: 2 * time.Second, CallTimeout: 5 * time.Second,
	FullRetry: time.Second, ReleaseCheck: 500 * time.Millisecond, PolicyLag: time.Second,
}

// timingFlag is what the manager of tests takes, and the one that ships does not.
const timingFlag = "timing"

// TimingFlag has the manager of tests wait so long.
func TimingFlag(t timing.Timing) string {
	fields, err := json.Marshal(t)
	if err != nil {
		panic(err) // durations are numbers
	}
	return "--" + timingFlag + "=" + string(fields)
}

// ParseTiming defines the flag; once flags are parsed, what is returned holds what it says,
// else Fast.
func ParseTiming() *timing.Timing {
	t := Fast
	flag.Func(timingFlag, "How long to wait, in JSON.", func(text string) error {
		t = timing.Timing{}
		return json.Unmarshal([]byte(text), &t)
	})
	return &t
}
