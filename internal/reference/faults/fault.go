// Package faults makes an HTTP server fail on demand, the ways real ones do.
package faults

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"sync"
	"time"
)

// Kind is a way to fail.
type Kind string

// Ways to fail. Those of answers leave what the call did done.
const (
	// Delay answers late, after Fault.For.
	Delay Kind = "Delay"
	// Refuse answers Fault.Status at once, with Retry-After where Fault.For is set; nothing
	// is done.
	Refuse Kind = "Refuse"
	// Hang never answers: the call ends when its caller gives up, and does nothing.
	Hang Kind = "Hang"
	// Ignore answers 204, as if done; nothing is.
	Ignore Kind = "Ignore"
	// Cut closes the connection before anything is done.
	Cut Kind = "Cut"
	// LoseAnswer does what was asked and closes the connection instead of answering.
	LoseAnswer Kind = "LoseAnswer"
	// Late never answers, and does what was asked when its caller has given up: Fault.For later, and
	// at the latest when the faults are set again, which waits for it. The connection is closed at
	// once, or by the caller where Fault.Hold is set.
	Late Kind = "Late"
	// Truncate breaks the connection in the middle of the answer.
	Truncate Kind = "Truncate"
	// Empty answers an empty list.
	Empty Kind = "Empty"
	// Shorten answers a list with its first half only, well-formed.
	Shorten Kind = "Shorten"
	// Stale answers each address as it was answered when the fault first met it.
	Stale Kind = "Stale"
	// OtherCase answers with addresses in capital letters.
	OtherCase Kind = "OtherCase"
	// Page answers 200 with a page for people.
	Page Kind = "Page"
)

var kinds = []Kind{Delay, Refuse, Hang, Ignore, Cut, LoseAnswer, Late, Truncate, Empty, Shorten, Stale, OtherCase, Page}

// Fault says which calls fail, and how.
type Fault struct {
	Kind Kind `json:"kind"`
	// Method of the calls, for instance "POST"; empty for all.
	Method string `json:"method,omitempty"`
	// Path of the calls as a pattern of path.Match, for instance "/v1/permission/*/"; empty
	// for all.
	Path string `json:"path,omitempty"`
	// Contains is a text in the body of the calls; empty for all.
	Contains string `json:"contains,omitempty"`
	// After so many matching calls that do not fail.
	After int `json:"after,omitempty"`
	// Times it fails; 0 for always.
	Times int `json:"times,omitempty"`
	// Status that Refuse answers, 400 to 599.
	Status int `json:"status,omitempty"`
	// For is how long Delay and Late wait, in nanoseconds, up to a minute; or what Refuse tells
	// in Retry-After. A Late fault without it waits until the faults are set again.
	For time.Duration `json:"for,omitempty"`
	// Hold has a Late call end when its caller gives up, or the faults are set again.
	Hold bool `json:"hold,omitempty"`
}

const longestDelay = time.Minute

func (f Fault) validate() error {
	if !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("kind %q: say one of %v", f.Kind, kinds)
	}
	if _, err := path.Match(f.Path, "/"); err != nil {
		return fmt.Errorf("path %q: %w", f.Path, err)
	}
	if f.Hold && f.Kind != Late {
		return fmt.Errorf("hold: is for kind %s", Late)
	}
	if f.After < 0 || f.Times < 0 {
		return fmt.Errorf("after %d, times %d: say 0 or more", f.After, f.Times)
	}
	return f.validateKind()
}

// validateKind checks what only some kinds have.
func (f Fault) validateKind() error {
	switch f.Kind {
	case Refuse:
		if f.Status < 400 || f.Status > 599 {
			return fmt.Errorf("status %d: say 400 to 599", f.Status)
		}
	case Delay:
		if f.For <= 0 || f.For > longestDelay {
			return fmt.Errorf("for %s: say up to %s", f.For, longestDelay)
		}
	case Late:
		if f.For < 0 || f.For > longestDelay {
			return fmt.Errorf("for %s: say up to %s, or nothing", f.For, longestDelay)
		}
	}
	return nil
}

func (f Fault) matches(method, url string, body []byte) bool {
	if f.Method != "" && f.Method != method || !bytes.Contains(body, []byte(f.Contains)) {
		return false
	}
	ok, err := path.Match(f.Path, url)
	return f.Path == "" || ok && err == nil
}

// Switch holds the faults that are on. The zero value has none. It is safe for concurrent
// use.
type Switch struct {
	mu    sync.Mutex
	on    []*armed
	calls *calls
}

// calls are those that met the faults that are on.
type calls struct {
	// reset is closed when the faults change, so that nothing hangs beyond that.
	reset chan struct{}
	late  sync.WaitGroup
}

// armed is a fault with what it has met.
type armed struct {
	Fault
	met   int
	stale map[string]answer
}

// Set replaces all faults; without any, nothing fails. What is Late is done before it returns.
// An error names the fault that makes no sense, and leaves things as they were.
func (s *Switch) Set(faults ...Fault) error {
	on := make([]*armed, len(faults))
	for i, f := range faults {
		if err := f.validate(); err != nil {
			return fmt.Errorf("faults[%d]: %w", i, err)
		}
		on[i] = &armed{Fault: f, stale: map[string]answer{}}
	}
	if before := s.swap(on); before != nil {
		close(before.reset)
		before.late.Wait()
	}
	return nil
}

func (s *Switch) swap(on []*armed) (before *calls) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before = s.calls
	s.on, s.calls = on, &calls{reset: make(chan struct{})}
	return before
}

func (s *Switch) off() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.on) == 0
}

// next is the fault that a call meets, nil for none, and those that met it. A Late call is
// waited for from here on.
func (s *Switch) next(method, url string, body []byte) (*armed, *calls) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.on {
		if !f.matches(method, url, body) {
			continue
		}
		f.met++
		if f.met > f.After && (f.Times == 0 || f.met <= f.After+f.Times) {
			if f.Kind == Late {
				s.calls.late.Add(1)
			}
			return f, s.calls
		}
	}
	return nil, nil
}

// kept is an earlier answer to the same address, or this one, which is kept.
func (s *Switch) kept(f *armed, url string, now answer) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, ok := f.stale[url]; ok {
		return before
	}
	f.stale[url] = now
	return now
}
