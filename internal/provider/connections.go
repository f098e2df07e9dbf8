package provider

import (
	"cmp"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
)

// Connections holds one Connection per HostingBackend that exists. It is safe for concurrent use.
type Connections struct {
	clock clock.PassiveClock
	wake  func(backend types.NamespacedName, key string)
	// Lease says why this process may not write for so long (I16); nil: it always may.
	Lease func(call time.Duration) error
	// MailWindow is the time within which mails are counted; 0: a minute.
	MailWindow time.Duration

	mu        sync.Mutex
	byBackend map[types.NamespacedName]*Connection
}

// NewConnections holds none. wake is called with who waited to be written to or mailed, and is served
// now; it must not block.
func NewConnections(c clock.PassiveClock, wake func(backend types.NamespacedName, key string)) *Connections {
	return &Connections{clock: c, wake: wake, byBackend: map[types.NamespacedName]*Connection{}}
}

// Get is the connection of a backend; false where there is none.
func (c *Connections) Get(backend types.NamespacedName) (*Connection, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	connection, ok := c.byBackend[backend]
	return connection, ok
}

// Ensure is the connection of a backend, made where there is none. Only who has just seen that the
// HostingBackend exists may call it: Drop is called once when it is gone.
func (c *Connections) Ensure(backend types.NamespacedName) *Connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	connection, ok := c.byBackend[backend]
	if !ok {
		connection = newConnection(c.clock, cmp.Or(c.MailWindow, time.Minute), func(key string) { c.wake(backend, key) })
		connection.lease = c.Lease
		c.byBackend[backend] = connection
	}
	return connection
}

// Drop forgets a backend that is gone, and returns what was last read of it; nil where nothing was.
func (c *Connections) Drop(backend types.NamespacedName) *Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	connection, ok := c.byBackend[backend]
	if !ok {
		return nil
	}
	delete(c.byBackend, backend)
	return connection.View().Snapshot
}
