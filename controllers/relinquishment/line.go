package relinquishment

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/internal/hosting/session"
)

// TurnPrefix begins the keys by which Relinquishments wait in a backend's line; the rest is
// the name. No AccessRecord has such a name.
const TurnPrefix = "relinquishment/"

// line remembers where objects wait, so that one that is gone holds nobody up.
type line struct {
	mu    sync.Mutex
	where map[types.NamespacedName]*session.Session
}

// join asks for a turn. Whoever got one leaves again.
func (l *line) join(v *visit) bool {
	l.mu.Lock()
	if before := l.where[v.key()]; before != nil && before != v.session {
		before.Done(TurnPrefix + v.rel.Name)
	}
	l.where[v.key()] = v.session
	l.mu.Unlock()
	return v.session.Turn(TurnPrefix+v.rel.Name, session.Errand{Class: session.ClassRemoval, Namespace: v.rel.Namespace})
}

// leave gives a turn or a place back; it is no harm without either.
func (l *line) leave(key types.NamespacedName) {
	l.mu.Lock()
	s := l.where[key]
	delete(l.where, key)
	l.mu.Unlock()
	if s != nil {
		s.Done(TurnPrefix + key.Name)
	}
}
