package grant

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

const (
	// few is up to how many people a grant is looked at at once when the record of one of them changes.
	few = 10
	// perPerson is how long the changes of the others are waited for, for each person of a larger grant, and
	// longestWait at most: a look resolves all of them, and where they change together, one look does for many.
	perPerson   = 2 * time.Millisecond
	longestWait = time.Second
)

// crowds remembers how many people grants reach, of those with more than few. It is safe for concurrent use; the
// zero value is ready.
type crowds struct {
	mu     sync.Mutex
	people map[types.NamespacedName]int
}

// set remembers how many people a grant reaches; 0 for one that is gone.
func (c *crowds) set(grant types.NamespacedName, people int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if people <= few {
		delete(c.people, grant)
		return
	}
	if c.people == nil {
		c.people = map[types.NamespacedName]int{}
	}
	c.people[grant] = people
}

// wait is how long a grant waits for the records of others, when one of them has changed.
func (c *crowds) wait(grant types.NamespacedName) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(time.Duration(c.people[grant])*perPerson, longestWait)
}
