package session

import (
	"cmp"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
)

// Registry holds the sessions of all backends.
type Registry struct {
	clock clock.PassiveClock
	wake  func(backend types.NamespacedName, key string)
	// Holds says whether this process may write for so long (I16); nil: it always may.
	Holds func(time.Duration) error
	// MailWindow is the time within which mails are counted; 0: a minute.
	MailWindow time.Duration

	mu       sync.Mutex
	sessions map[types.NamespacedName]*Session
}

// NewRegistry makes an empty registry. wake is called when it is somebody's turn to be
// written to; it must not block.
func NewRegistry(c clock.PassiveClock, wake func(backend types.NamespacedName, key string)) *Registry {
	return &Registry{clock: c, wake: wake, sessions: map[types.NamespacedName]*Session{}}
}

// For is the session of a backend, made where there is none.
func (r *Registry) For(backend types.NamespacedName) *Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.sessions[backend]
	if !ok {
		s = newSession(r.clock, func(key string) { r.wake(backend, key) })
		s.holds, s.outbox.window = r.Holds, cmp.Or(r.MailWindow, s.outbox.window)
		r.sessions[backend] = s
	}
	return s
}

// Drop forgets a backend and returns what was last read of it, nil where nothing was.
func (r *Registry) Drop(backend types.NamespacedName) *Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.sessions[backend]
	if !ok {
		return nil
	}
	delete(r.sessions, backend)
	snapshot, _ := s.Latest()
	return snapshot
}
