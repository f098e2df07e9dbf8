// Package gate holds back removals that look like a mistake (I5). Per namespace that grants come
// from, it compares how many people lose something with how many the namespace manages. Ledger is
// the data, Evaluate asks it without a change, Guard shares it between goroutines. After a restart
// the records tell all of it again.
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

// Person is what a record tells. The ledger keeps the lists in it; nobody changes them afterwards.
type Person struct {
	// Sources, at most one of each namespace, in order of namespaces.
	Sources []Source
	// Losses are due.
	Losses []Loss
}

// Source is what one namespace has to do with a person. Times are zero for never.
type Source struct {
	Namespace string
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
	// Rights that would be lost, in order, each in one form that never changes.
	Rights []string
	Cause  Cause
	// Since is when it was first seen.
	Since time.Time
	// Batch it is held in, by digest; empty for none.
	Batch string
	// Along: it was due before the person was suspended, and goes with the rest of theirs, also
	// from a batch.
	Along bool
}

// Answer to whether a loss may happen now.
type Answer int

// The answers, from the one that lets most to the one that holds most.
const (
	// Allow now, outside the limit.
	Allow Answer = iota
	// AllowCounted allows now, and the loss counts against the limit.
	AllowCounted
	// Defer until a time.
	Defer
	// Hold until somebody approves the batch.
	Hold
)

// Verdict on one loss.
type Verdict struct {
	Answer Answer
	// Until is when to ask again, for Defer.
	Until time.Time
	// Batch for Hold, by digest; and for Allow where it was approved, with ApprovedBy.
	Batch, ApprovedBy string
	// Suspension, for Allow: as one of the few of an hour. The record remembers it as such before
	// it is done.
	Suspension bool
}

// worse is the verdict that holds more.
func worse(a, b Verdict) Verdict {
	if a.Answer > b.Answer || a.Answer == b.Answer && a.Until.After(b.Until) {
		return a
	}
	return b
}

// source of a namespace, and whether there is one.
func (p Person) source(namespace string) (Source, bool) {
	for _, s := range p.Sources {
		if s.Namespace == namespace {
			return s, true
		}
	}
	return Source{}, false
}

func (l Loss) from(namespace string) bool { return slices.Contains(l.Namespaces, namespace) }

// content is what the loss is of: its rights, or one unnamed thing.
func (l Loss) content() []string {
	if len(l.Rights) == 0 {
		return []string{""}
	}
	return l.Rights
}
