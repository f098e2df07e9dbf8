package record

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// lostFor is how long it is believed that a grant is lost, without asking the API server again for the
// grant, its namespace and its kind: neither comes back as it was, so that the answer hardly changes. A grant
// that is applied again is in the cache, which is asked each time.
const lostFor = time.Hour

// lostGrants remembers which grants cannot be found without that being a proof, by record, and since when:
// such a record is looked at after each reading of the provider.
type lostGrants struct {
	mu       sync.Mutex
	byRecord map[types.NamespacedName]map[types.UID]time.Time
}

func newLostGrants() *lostGrants {
	return &lostGrants{byRecord: map[types.NamespacedName]map[types.UID]time.Time{}}
}

// of is what is remembered of a record; not to be changed.
func (l *lostGrants) of(key types.NamespacedName) map[types.UID]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byRecord[key]
}

// set remembers what was found of a record now, and nothing else.
func (l *lostGrants) set(key types.NamespacedName, grants map[types.UID]time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(grants) == 0 {
		delete(l.byRecord, key)
		return
	}
	l.byRecord[key] = grants
}
