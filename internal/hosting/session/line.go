package session

import "sync"

// width is how many people of one backend may be in the act of being written to. The pace
// is set by the provider's limit; two keep it busy while one waits for its read-back, and
// leave the controller's workers to other backends.
const width = 2

// line lets people be written to in the order in which they came.
type line struct {
	wake func(key string)

	mu      sync.Mutex
	active  map[string]bool
	waiting []string
	queued  map[string]bool
}

func newLine(wake func(string)) *line {
	return &line{wake: wake, active: map[string]bool{}, queued: map[string]bool{}}
}

// join takes a turn if one is free, else a place in the line.
func (l *line) join(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.active[key] {
		return true
	}
	if len(l.active) < width && !l.queued[key] {
		l.active[key] = true
		return true
	}
	if !l.queued[key] {
		l.queued[key] = true
		l.waiting = append(l.waiting, key)
	}
	return false
}

// leave gives up a turn or a place, and wakes whoever is next.
func (l *line) leave(key string) {
	for _, next := range l.advance(key) {
		l.wake(next)
	}
}

func (l *line) advance(key string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.active, key)
	delete(l.queued, key)
	var woken []string
	for len(l.active) < width && len(l.waiting) > 0 {
		next := l.waiting[0]
		l.waiting = l.waiting[1:]
		if !l.queued[next] {
			continue // left the line meanwhile
		}
		delete(l.queued, next)
		l.active[next] = true
		woken = append(woken, next)
	}
	return woken
}
