package provider

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
)

// Connections holds the connections of all backends. It is safe for concurrent use.
type Connections struct {
	clock clock.PassiveClock
	wake  func(backend types.NamespacedName, key string)
	// Lease says whether this process may write for so long (I16); nil: it always may.
	Lease func(time.Duration) error
	// MailWindow is the time within which mails are counted; 0: a minute.
	MailWindow time.Duration

	mu        sync.Mutex
	byBackend map[types.NamespacedName]*Connection
}

// NewConnections makes an empty registry. wake is called when it is somebody's turn to be
// written to; it must not block.
func NewConnections(c clock.PassiveClock, wake func(backend types.NamespacedName, key string)) *Connections {
	return &Connections{clock: c, wake: wake, byBackend: map[types.NamespacedName]*Connection{}}
}

// Ensure is the connection of a backend that was just seen to exist.
func (r *Connections) Ensure(backend types.NamespacedName) *Connection {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.byBackend[backend]
	if !ok {
		c = newConnection(r.clock, r.MailWindow, r.Lease, func(key string) { r.wake(backend, key) })
		r.byBackend[backend] = c
	}
	return c
}

// Get is the connection of a backend; false where there is none.
func (r *Connections) Get(backend types.NamespacedName) (*Connection, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.byBackend[backend]
	return c, ok
}

// Drop forgets a backend and returns what was last read of it, nil where nothing was.
func (r *Connections) Drop(backend types.NamespacedName) *Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.byBackend[backend]
	if !ok {
		return nil
	}
	delete(r.byBackend, backend)
	snapshot, _ := c.Latest()
	return snapshot
}
