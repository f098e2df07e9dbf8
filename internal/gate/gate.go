// Package gate holds back removals that look like a mistake (I5). It judges, per namespace
// that grants come from, how many people lose something; it is pure, and keeps nothing that
// records do not tell it again after a restart.
package gate

import (
	"slices"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
)

// Day is how long a removal counts.
const Day = 24 * time.Hour

// Rules of one backend.
type Rules struct {
	access.Limit
	// Settle is how long a removal waits from its first sighting on, so that others can join.
	Settle time.Duration
}

// Person is what a record tells.
type Person struct {
	// Sources by namespace.
	Sources map[string]Source
	// Losses are due.
	Losses []Loss
}

// Source is what one namespace has to do with a person.
type Source struct {
	// Since when grants of the namespace name the person.
	Since time.Time
	// Present: they still do.
	Present bool
	// Removed is when something was last taken away that counts against the limit.
	Removed time.Time
	// Suspended is when something was last taken away from the person as one of the few
	// suspensions of an hour.
	Suspended time.Time
}

// Cause of a loss, as far as it matters here.
type Cause int

// The causes.
const (
	// Change: a grant or what it names was changed or removed.
	Change Cause = iota
	// Deliberate: an end that had been on record for an hour or more.
	Deliberate
	// Suspension of the person.
	Suspension
)

// Loss is something due to be taken away from a person.
type Loss struct {
	// Namespaces whose grants caused it, in order.
	Namespaces []string
	Cause      Cause
	// Since is when it was first seen.
	Since time.Time
	// Batch it is held in; empty for none.
	Batch string
	// Along: it was due before the person was suspended, and goes with the rest of theirs, also
	// from a batch.
	Along bool
}

// Answer to whether a loss may happen now.
type Answer int

// The answers, from the one that lets most to the one that holds most.
const (
	// Pass: now, outside the limit.
	Pass Answer = iota
	// Count: now, and it counts against the limit.
	Count
	// Wait until a time.
	Wait
	// Hold until somebody names the batch.
	Hold
)

// Verdict on one loss.
type Verdict struct {
	Answer Answer
	// Until is when to ask again, for Wait.
	Until time.Time
	// Batch for Hold.
	Batch string
	// Suspension, for Pass: as one of the few of an hour. It has to be remembered as such before
	// it is done.
	Suspension bool
}

// worse is the verdict that holds more.
func worse(a, b Verdict) Verdict {
	switch {
	case a.Answer > b.Answer, a.Answer == b.Answer && a.Until.After(b.Until):
		return a
	}
	return b
}

// recent says whether something happened within a span before now.
func recent(at, now time.Time, span time.Duration) bool {
	return !at.IsZero() && now.Sub(at) < span
}

func (l Loss) from(namespace string) bool { return slices.Contains(l.Namespaces, namespace) }
