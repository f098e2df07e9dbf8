package queue

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

const (
	// shippedWindow is the time within which mails are counted.
	shippedWindow = time.Minute
	// turnTimeout is when somebody loses their place who does not come though it is their turn, and
	// does not wait to be written to either: they are free to join again, and hold up nobody.
	turnTimeout = time.Minute
	// coolDown is how long nobody is mailed after the mail server has let somebody wait in vain: who
	// waits for it holds up others.
	coolDown = time.Minute
)

// MailLimiter lets so many people of one backend be mailed within any minute, in turns between
// namespaces, and within a namespace in the order in which they came. Nobody waits in it who
// does not have to: it is asked anew each time, and says when to come again. It is safe for
// concurrent use.
type MailLimiter struct {
	clock  clock.PassiveClock
	wake   func(key string)
	window time.Duration
	writes func(key string) bool

	mu        sync.Mutex
	recalled  bool
	perMinute int
	mailed    []mailed // within the last minute, the oldest first
	queue     roundRobin
	waiting   map[string]*waiter
	// open, as of a circuit breaker: the mail server did not answer in time when it was tried last.
	// Then it is tried once at a time, and not before retryAt; zero once that is over.
	open    bool
	retryAt time.Time
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

// Wait is for whom it is not the turn.
type Wait struct {
	// Among the next so many people: 1, 2, 5, 10, 20, 50 and so on, so that it seldom changes.
	Among int
	// PerMinute people are mailed.
	PerMinute int
	// BreakerOpen: the mail server does not answer in time.
	BreakerOpen bool
	// For is when to come again.
	For time.Duration
}

// NewMailLimiter makes a limiter that counts mails within a window, a minute where it is 0. wake is called
// with whoever may be mailed now; it must not block. writes says whether somebody is being written to, or
// waits for it: a mail is sent in the same turn.
func NewMailLimiter(c clock.PassiveClock, window time.Duration, wake func(string), writes func(string) bool) *MailLimiter {
	return &MailLimiter{clock: c, wake: wake, window: cmp.Or(window, shippedWindow), writes: writes, waiting: map[string]*waiter{}}
}

// Recalled says whether it is known who was mailed before this process began.
func (m *MailLimiter) Recalled() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.recalled
}

// Recall enters when people were last mailed before this process began.
func (m *MailLimiter) Recall(last map[string]time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recalled = true
	for key, at := range last {
		m.mailed = append(m.mailed, mailed{key, at})
	}
	slices.SortStableFunc(m.mailed, func(a, b mailed) int { return a.at.Compare(b.at) })
}

// Reserve asks whether somebody may be mailed now, on a namespace's account. Who may not waits in
// line, and is woken or comes again. Who may and is not mailed after all cancels it.
func (m *MailLimiter) Reserve(key, namespace string, perMinute int) (ok bool, wait Wait) {
	m.mu.Lock()
	now := m.clock.Now()
	m.perMinute = perMinute
	m.forget(now)
	m.charge(key, namespace)
	if m.waiting[key] == nil {
		m.waiting[key] = &waiter{namespace: namespace}
		m.queue.add(namespace, key)
	}
	order := m.queue.order()
	place := slices.Index(order, key)
	if ok = place < m.free(); ok {
		m.drop(key, place == 0)
		m.mailed = append(m.mailed, mailed{key, now})
		m.settle(m.open, now)
	}
	woken := m.turns(now)
	if !ok {
		wait = m.wait(slices.Index(m.queue.order(), key), now)
	}
	m.mu.Unlock()
	m.wakeAll(woken)
	return ok, wait
}

// Charge has somebody who waits do so on a namespace's account from now on. Where it was another's,
// they go to the end of its line.
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

// Waits says whether somebody is in the queue whose turn has not come. It changes nothing.
func (m *MailLimiter) Waits(key string) (wait Wait, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	m.forget(now)
	place := slices.Index(m.queue.order(), key)
	if place < 0 || place < m.free() {
		return Wait{}, false
	}
	return m.wait(place, now), true
}

// Answered notes whether the mail server answered in time, whatever it said.
func (m *MailLimiter) Answered(inTime bool) {
	m.mu.Lock()
	news := m.open || !inTime
	m.mu.Unlock()
	if news {
		m.leave(func() { m.settle(!inTime, m.clock.Now()) })
	}
}

func (m *MailLimiter) settle(open bool, now time.Time) {
	m.open, m.retryAt = open, time.Time{}
	if open {
		m.retryAt = now.Add(coolDown)
	}
}

// Cancel gives back what was reserved and not used.
func (m *MailLimiter) Cancel(key string) {
	m.leave(func() {
		for i := len(m.mailed) - 1; i >= 0; i-- {
			if m.mailed[i].key == key {
				m.mailed = slices.Delete(m.mailed, i, i+1)
				return
			}
		}
	})
}

// Leave gives up a place in the queue; no-op without one.
func (m *MailLimiter) Leave(key string) {
	m.leave(func() { m.drop(key, false) })
}

func (m *MailLimiter) leave(change func()) {
	m.mu.Lock()
	change()
	now := m.clock.Now()
	m.forget(now)
	woken := m.turns(now)
	m.mu.Unlock()
	m.wakeAll(woken)
}

func (m *MailLimiter) wakeAll(keys []string) {
	for _, key := range keys {
		m.wake(key)
	}
}

// forget drops whom the last minute no longer counts. What lies ahead was written by a clock that
// ran ahead: it counts as of now, and not for as long as that clock did.
func (m *MailLimiter) forget(now time.Time) {
	for i := range m.mailed {
		m.mailed[i].at = earlier(m.mailed[i].at, now)
	}
	for _, w := range m.waiting {
		w.woken = earlier(w.woken, now)
	}
	if m.retryAt = earlier(m.retryAt, now.Add(coolDown)); !now.Before(m.retryAt) {
		m.retryAt = time.Time{}
	}
	m.mailed = slices.DeleteFunc(m.mailed, func(one mailed) bool { return !now.Before(one.at.Add(m.window)) })
}

func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}

func (m *MailLimiter) free() int {
	free := m.perMinute - len(m.mailed)
	switch {
	case !m.retryAt.IsZero():
		return min(free, 0)
	case m.open:
		return min(free, 1)
	}
	return free
}

// drop takes somebody out of the queue; first, where it was their turn before all others.
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

// turns lists those whose turn it is and who were not told, and drops those who were and did
// not come, nor wait to be written to.
func (m *MailLimiter) turns(now time.Time) (woken []string) {
	order := m.queue.order()
	for _, key := range order[:max(0, min(m.free(), len(order)))] {
		switch w := m.waiting[key]; {
		case w.woken.IsZero():
			w.woken = now
			woken = append(woken, key)
		case now.Sub(w.woken) >= turnTimeout && !m.writes(key):
			m.drop(key, false)
		}
	}
	return woken
}

// wait is when somebody comes nearer, by as many as are told, or to their turn.
func (m *MailLimiter) wait(ahead int, now time.Time) Wait {
	place := ahead + 1
	among, below := steps(place)
	w := Wait{Among: among, PerMinute: m.perMinute, BreakerOpen: m.open}
	w.For = m.after(min(place-below, place-m.free()), now)
	if !m.retryAt.IsZero() && place == 1 {
		w.For = max(time.Second, m.retryAt.Sub(now))
	}
	if m.free() > 0 {
		w.For = min(w.For, turnTimeout) // should those ahead not come
	}
	return w
}

// after is when so many more may be mailed than now.
func (m *MailLimiter) after(count int, now time.Time) time.Duration {
	if count < 1 || len(m.mailed) == 0 {
		return m.window
	}
	rounds, coolDown := (count-1)/len(m.mailed), (count-1)%len(m.mailed)
	return max(time.Second, m.mailed[coolDown].at.Add(m.window).Sub(now)+time.Duration(rounds)*m.window)
}

// steps are the told places that somebody is within and beyond.
func steps(place int) (within, beyond int) {
	within = 1
	for i := 0; within < place; i++ {
		beyond = within
		within = within * []int{20, 25, 20}[i%3] / 10
	}
	return within, beyond
}
