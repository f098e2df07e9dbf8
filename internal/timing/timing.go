// Package timing holds how long the controllers wait, in one value, so that tests need not.
package timing

import (
	"cmp"
	"time"
)

// Timing is how long the controllers wait. The zero value of a field is what ships; no flag
// of the manager sets another.
type Timing struct {
	// FirstQuiet is how long the spec of a person has to rest after a first change before it is written, and
	// Quiet after more of them, so that many grants applied together make one write; LongestQuiet bounds it.
	// 0.2 s, 1 s and 4 s.
	FirstQuiet, Quiet, LongestQuiet time.Duration
	// StatusDelay is how long a status may be put off that only says that something is on its way. 10 s.
	StatusDelay time.Duration
	// CountDelay is how long after a report of a backend the next one may come that only counts. 5 s.
	CountDelay time.Duration
	// Retry is when something is looked at again that wakes nobody by itself. 1 s.
	Retry time.Duration
	// MinBackoff and MaxBackoff bound the wait after a failure, which doubles. 1 s and 5 min.
	MinBackoff, MaxBackoff time.Duration
	// CallTimeout bounds one call to a provider. 30 s.
	CallTimeout time.Duration
	// FinalizerTimeout is how long a deleted grant waits for a revocation that is recorded as
	// owed. 30 s.
	FinalizerTimeout time.Duration
	// RecordTimeout is how long a deleted grant waits for that record, once its contributions
	// are taken back: a record that cannot be written remembers what it applied all the same. 1 min.
	RecordTimeout time.Duration
	// ReferenceGrace is how long what a missing Team, Profile or PermissionSet gave is kept, and
	// how long a grant that was created again may lack what it names before it takes the place
	// of the one before it. A reference may be missing because a folder was moved. 1 h.
	ReferenceGrace time.Duration
	// FullRetry is when a record that was full is tried again: that another grant left it wakes
	// nobody who is not in it. 1 min.
	FullRetry time.Duration
	// MailWindow is the time within which mails are counted against perMinute. 1 min.
	MailWindow time.Duration
	// ReleaseCheck is when it is looked again whether removals that were released are done. 10 s.
	ReleaseCheck time.Duration
	// PolicyLag is how long after it was stored an API server may still not apply an admission policy: an
	// approval has to be younger by more than that. 10 s.
	PolicyLag time.Duration
	// LeaseDuration, RenewDeadline and RetryPeriod of leader election. The lease outlasts a
	// restart of the API server, so that this restarts no manager. 60 s, 45 s and 3 s.
	LeaseDuration, RenewDeadline, RetryPeriod time.Duration
}

// Shipped is t with what ships in the place of zero.
func (t Timing) Shipped() Timing {
	return Timing{
		FirstQuiet: cmp.Or(t.FirstQuiet, 200*time.Millisecond), Quiet: cmp.Or(t.Quiet, time.Second), LongestQuiet: cmp.Or(t.LongestQuiet, 4*time.Second),
		StatusDelay: cmp.Or(t.StatusDelay, 10*time.Second), CountDelay: cmp.Or(t.CountDelay, 5*time.Second),
		Retry:      cmp.Or(t.Retry, time.Second),
		MinBackoff: cmp.Or(t.MinBackoff, time.Second), MaxBackoff: cmp.Or(t.MaxBackoff, 5*time.Minute),
		CallTimeout:      cmp.Or(t.CallTimeout, 30*time.Second),
		FinalizerTimeout: cmp.Or(t.FinalizerTimeout, 30*time.Second), RecordTimeout: cmp.Or(t.RecordTimeout, time.Minute),
		ReferenceGrace: cmp.Or(t.ReferenceGrace, time.Hour), FullRetry: cmp.Or(t.FullRetry, time.Minute),
		MailWindow: cmp.Or(t.MailWindow, time.Minute), ReleaseCheck: cmp.Or(t.ReleaseCheck, 10*time.Second),
		PolicyLag:     cmp.Or(t.PolicyLag, 10*time.Second),
		LeaseDuration: cmp.Or(t.LeaseDuration, time.Minute), RenewDeadline: cmp.Or(t.RenewDeadline, 45*time.Second),
		RetryPeriod: cmp.Or(t.RetryPeriod, 3*time.Second),
	}
}
