package queue

import (
	"slices"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

const (
	// lostAfter is when somebody loses their place who was woken and does not come, and who is not in
	// the queue of writes either: they may join again, and delay nobody meanwhile.
	lostAfter = time.Minute
	// coolDown is how long nobody is mailed after the breaker opened. A mail to a server that does not
	// answer delays others: so few are tried.
	coolDown = time.Minute
)

// MailLimiter limits how many people of one backend are mailed within any window, in turns between
// namespaces, and within a namespace in the order in which they came. Asking never blocks: whoever
// has to wait hears when to ask again. A circuit breaker spares everybody a mail server that does
// not answer in time. It is safe for concurrent use.
type MailLimiter struct {
	clock  clock.PassiveClock
	window time.Duration
	wake   func(key string)
	// writes says whether a key is in the queue of writes: a mail is sent in the same turn.
	writes func(key string) bool

	mu        sync.Mutex
	restored  bool
	perMinute int
	mailed    []mailed // within the window, the oldest first
	queue     roundRobin
	waiting   map[string]*waiter
	// breakerOpen: the mail server did not answer in time when it was last tried. Nobody is mailed until
	// coolsUntil (zero: the cool-down is over), then one at a time; an answer in time closes the breaker.
	breakerOpen bool
	coolsUntil  time.Time
}

type mailed struct {
	key string
	at  time.Time
}

type waiter struct {
	namespace string
	// woken is when they were told that it is their turn; zero where they were not.
	woken time.Time
}

// NewMailLimiter makes an empty limiter that counts mails within a window. wake is called with each
// key whose turn it is; it must not block. writes says whether a key is in the queue of writes.
func NewMailLimiter(c clock.PassiveClock, window time.Duration, wake func(key string), writes func(key string) bool) *MailLimiter {
	return &MailLimiter{clock: c, window: window, wake: wake, writes: writes, waiting: map[string]*waiter{}}
}

// Restored says whether the mails sent before this process began were entered.
func (m *MailLimiter) Restored() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.restored
}

// Restore enters when people were last mailed before this process began. Once is enough: whoever
// finds out at the same time that it was not done yet enters the same.
func (m *MailLimiter) Restore(last map[string]time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.restored {
		return
	}
	m.restored = true
	for key, at := range last {
		m.mailed = append(m.mailed, mailed{key, at})
	}
	slices.SortStableFunc(m.mailed, func(a, b mailed) int { return a.at.Compare(b.at) })
}

// Reserve says whether somebody may be mailed now, charged to a namespace. Otherwise they wait, and
// are woken or ask again. Whoever may be mailed and is not cancels.
func (m *MailLimiter) Reserve(key, namespace string, perMinute int) (ok bool, wait Wait) {
	m.mu.Lock()
	now := m.clock.Now()
	m.perMinute = perMinute
	m.expire(now)
	m.charge(key, namespace)
	if m.waiting[key] == nil {
		m.waiting[key] = &waiter{namespace: namespace}
		m.queue.add(namespace, key)
	}
	place := m.place(key)
	if ok = place < m.free(); ok {
		m.drop(key, place == 0)
		m.mailed = append(m.mailed, mailed{key, now})
		m.setBreaker(m.breakerOpen, now)
	}
	woken := m.turns(now)
	if !ok {
		wait = m.wait(m.place(key), now)
	}
	m.mu.Unlock()
	m.wakeAll(woken)
	return ok, wait
}

// Charge charges the mail that somebody waits for to a namespace from now on. Where that is another
// than before, they go to the end of its queue.
func (m *MailLimiter) Charge(key, namespace string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.charge(key, namespace)
}

func (m *MailLimiter) charge(key, namespace string) {
	if w := m.waiting[key]; w != nil && w.namespace != namespace {
		m.queue.remove(w.namespace, key)
		m.queue.add(namespace, key)
		*w = waiter{namespace: namespace}
	}
}

// Waits says whether somebody waits whose turn has not come. It changes nothing.
func (m *MailLimiter) Waits(key string) (wait Wait, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	m.expire(now)
	place := m.place(key)
	if place < 0 || place < m.free() {
		return Wait{}, false
	}
	return m.wait(place, now), true
}

// Report notes whether the mail server answered in time, whatever it said: that closes the breaker,
// or opens it.
func (m *MailLimiter) Report(inTime bool) {
	m.mu.Lock()
	changes := m.breakerOpen || !inTime
	m.mu.Unlock()
	if changes {
		m.update(func() { m.setBreaker(!inTime, m.clock.Now()) })
	}
}

// setBreaker closes the breaker, or opens it and begins the cool-down.
func (m *MailLimiter) setBreaker(open bool, now time.Time) {
	m.breakerOpen, m.coolsUntil = open, time.Time{}
	if open {
		m.coolsUntil = now.Add(coolDown)
	}
}

// Cancel gives back a reservation that was not used.
func (m *MailLimiter) Cancel(key string) {
	m.update(func() {
		for i := len(m.mailed) - 1; i >= 0; i-- {
			if m.mailed[i].key == key {
				m.mailed = slices.Delete(m.mailed, i, i+1)
				return
			}
		}
	})
}

// Leave ends waiting; no-op for who does not.
func (m *MailLimiter) Leave(key string) {
	m.update(func() { m.drop(key, false) })
}

// update changes who may be mailed, and wakes those whose turn it is now.
func (m *MailLimiter) update(change func()) {
	m.mu.Lock()
	change()
	now := m.clock.Now()
	m.expire(now)
	woken := m.turns(now)
	m.mu.Unlock()
	m.wakeAll(woken)
}

func (m *MailLimiter) wakeAll(keys []string) {
	for _, key := range keys {
		m.wake(key)
	}
}

// place is how many are mailed before somebody; -1 where they do not wait.
func (m *MailLimiter) place(key string) int {
	w := m.waiting[key]
	if w == nil {
		return -1
	}
	return m.queue.place(w.namespace, key)
}

// expire drops mails that have left the window. A time ahead of now was written by a clock that ran
// ahead: it counts as now, not for as long as that clock did.
func (m *MailLimiter) expire(now time.Time) {
	for i := len(m.mailed) - 1; i >= 0 && m.mailed[i].at.After(now); i-- {
		m.mailed[i].at = now
	}
	if m.coolsUntil = earlier(m.coolsUntil, now.Add(coolDown)); !now.Before(m.coolsUntil) {
		m.coolsUntil = time.Time{}
	}
	gone := 0
	for gone < len(m.mailed) && !now.Before(m.mailed[gone].at.Add(m.window)) {
		gone++
	}
	m.mailed = m.mailed[gone:]
}

func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}

// free is how many people may be mailed now; 0 or less for nobody.
func (m *MailLimiter) free() int {
	free := m.perMinute - len(m.mailed)
	switch {
	case !m.coolsUntil.IsZero():
		return min(free, 0)
	case m.breakerOpen:
		return min(free, 1)
	}
	return free
}

// drop takes somebody out of the queue; first: it was their turn before all others.
func (m *MailLimiter) drop(key string, first bool) {
	w := m.waiting[key]
	if w == nil {
		return
	}
	delete(m.waiting, key)
	if first {
		m.queue.take(0)
		return
	}
	m.queue.remove(w.namespace, key)
}

// turns lists those whose turn it is and who were not woken yet, and drops those who were, did not
// come and are not in the queue of writes.
func (m *MailLimiter) turns(now time.Time) (woken []string) {
	for _, key := range m.queue.first(m.free()) {
		w := m.waiting[key]
		w.woken = earlier(w.woken, now)
		switch {
		case w.woken.IsZero():
			w.woken = now
			woken = append(woken, key)
		case now.Sub(w.woken) >= lostAfter && !m.writes(key):
			m.drop(key, false)
		}
	}
	return woken
}
