package relinquishment

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/queue"
)

// TurnPrefix begins the keys by which Relinquishments wait in a backend's queue of writes; the rest is
// the name. No AccessRecord has such a name.
const TurnPrefix = "relinquishment/"

// places remembers in which connection's queue objects are, so that one that is gone delays nobody.
type places struct {
	mu sync.Mutex
	of map[types.NamespacedName]*provider.Connection
}

// acquire says whether an object is served now. Whoever is releases it.
func (p *places) acquire(v *scope) bool {
	p.mu.Lock()
	if before := p.of[v.key()]; before != nil && before != v.connection {
		before.Writes().Release(TurnPrefix + v.rel.Name)
	}
	p.of[v.key()] = v.connection
	p.mu.Unlock()
	return v.connection.Writes().Acquire(TurnPrefix+v.rel.Name, queue.WriteRequest{Priority: queue.PriorityRemoval, Namespace: v.rel.Namespace})
}

// release ends serving or waiting; no-op for an object that does neither.
func (p *places) release(key types.NamespacedName) {
	p.mu.Lock()
	c := p.of[key]
	delete(p.of, key)
	p.mu.Unlock()
	if c != nil {
		c.Writes().Release(TurnPrefix + key.Name)
	}
}
