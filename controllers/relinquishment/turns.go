package relinquishment

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/queue"
)

// TurnPrefix begins the keys by which Relinquishments wait in a backend's queue; the rest is
// the name. No AccessRecord has such a name.
const TurnPrefix = "relinquishment/"

// turns remembers where objects wait to write, so that one that is gone holds nobody up.
type turns struct {
	mu    sync.Mutex
	where map[types.NamespacedName]*provider.Connection
}

// acquire asks for a turn. Whoever got one releases it again.
func (t *turns) acquire(v *scope) bool {
	t.mu.Lock()
	if before := t.where[v.key()]; before != nil && before != v.connection {
		before.Writes().Release(TurnPrefix + v.rel.Name)
	}
	t.where[v.key()] = v.connection
	t.mu.Unlock()
	return v.connection.Writes().Acquire(TurnPrefix+v.rel.Name, queue.WriteRequest{Priority: queue.PriorityRemoval, Namespace: v.rel.Namespace})
}

// release gives a turn or a place back; no-op without either.
func (t *turns) release(key types.NamespacedName) {
	t.mu.Lock()
	connection := t.where[key]
	delete(t.where, key)
	t.mu.Unlock()
	if connection != nil {
		connection.Writes().Release(TurnPrefix + key.Name)
	}
}
