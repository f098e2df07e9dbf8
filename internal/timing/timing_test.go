package timing_test

import (
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/timing"
)

// What ships is written down twice on purpose: documents and other tests count on it.
func TestWhatShips(t *testing.T) {
	want := timing.Timing{
		FirstQuiet: 200 * time.Millisecond, StatusDelay: 10 * time.Second, CountDelay: 5 * time.Second, Quiet: time.Second, LongestQuiet: 4 * time.Second, Retry: time.Second, MinBackoff: time.Second, MaxBackoff: 5 * time.Minute,
		CallTimeout: 30 * time.Second, FinalizerTimeout: 30 * time.Second, RecordTimeout: time.Minute, ReferenceGrace: time.Hour,
		FullRetry: time.Minute, MailWindow: time.Minute, ReleaseCheck: 10 * time.Second, PolicyLag: 10 * time.Second,
		LeaseDuration: 60 * time.Second, RenewDeadline: 45 * time.Second, RetryPeriod: 3 * time.Second,
	}
	if got := (timing.Timing{}).Shipped(); got != want {
		t.Errorf("what ships: %+v", got)
	}
	if got := want.Shipped(); got != want {
		t.Errorf("what is set is kept: %+v", got)
	}
	one := timing.Timing{MailWindow: time.Second}.Shipped()
	if want.MailWindow = time.Second; one != want {
		t.Errorf("one field is set: %+v", one)
	}
}
