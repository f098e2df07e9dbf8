package crash_test

import (
	"sync"
)

// point is where in its work a manager is killed.
type point string

const (
	beforeProvider     point = "before a provider write"
	afterProvider      point = "after a provider write"
	beforeMail         point = "before a mail"
	afterMail          point = "after a mail"
	beforeStatus       point = "before a status write"
	afterStatus        point = "after a status write"
	beforeContribution point = "before a contribution"
	afterContribution  point = "after a contribution"
	anywhere           point = "at a random moment"
)

// chosen are the points that a trap can be set at.
var chosen = []point{
	beforeProvider, afterProvider, beforeMail, afterMail, beforeStatus, afterStatus, beforeContribution, afterContribution,
}

// trap kills a manager when it passes a point for the so-manieth time. It is safe for
// concurrent use.
type trap struct {
	mu     sync.Mutex
	at     point
	passes int
	kill   func()
	sprung chan struct{}
}

// set arms the trap anew.
func (t *trap) set(at point, passes int, kill func()) (sprung <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.at, t.passes, t.kill, t.sprung = at, passes, kill, make(chan struct{})
	return t.sprung
}

// disarm takes the trap away, and says whether it had not sprung.
func (t *trap) disarm() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	armed := t.kill != nil
	t.kill = nil
	return armed
}

// pass says whether whoever passes lives on. Where not, it returns once they are dead.
func (t *trap) pass(at point) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kill == nil || t.at != at {
		return true
	}
	if t.passes > 0 {
		t.passes--
		return true
	}
	t.kill()
	t.kill = nil
	close(t.sprung)
	return false
}
