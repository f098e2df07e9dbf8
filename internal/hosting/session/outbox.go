package session

import (
	"slices"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

const (
	// window is the time within which mails are counted.
	window = time.Minute
	// lostAfter is when somebody loses their place who does not come though it is their turn, and
	// does not wait to be written to either: they are free to join again, and hold up nobody.
	lostAfter = time.Minute
	// rest is how long nobody is mailed after the mail server has let somebody wait in vain. Who
	// waits for it holds up others: so few do.
	rest = time.Minute
)

// Outbox lets so many people of one backend be mailed within any minute, in turns between
// namespaces, and within a namespace in the order in which they came. Nobody waits in it who
// does not have to: it is asked anew each time, and says when to come again. It is safe for
// concurrent use.
type Outbox struct {
	clock  clock.PassiveClock
	wake   func(key string)
	window time.Duration
	// writes says whether somebody is being written to, or waits for it: a mail is sent in the
	// same turn.
	writes func(key string) bool

	mu        sync.Mutex
	recalled  bool
	perMinute int
	mailed    []mailed // within the last minute, the oldest first
	line      queue
	waiting   map[string]*waiter
	// mute: the mail server did not answer in time, the last it was tried. Then it is tried once
	// at a time, and not before rests is over.
	mute  bool
	rests time.Time
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
	// Mute: the mail server does not answer in time.
	Mute bool
	// For is when to come again.
	For time.Duration
}

func newOutbox(c clock.PassiveClock, wake func(string)) *Outbox {
	return &Outbox{clock: c, wake: wake, window: window, writes: func(string) bool { return false }, waiting: map[string]*waiter{}}
}

// Recalled says whether it is known who was mailed before this process began.
func (o *Outbox) Recalled() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.recalled
}

// Recall enters when people were last mailed before this process began.
func (o *Outbox) Recall(last map[string]time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.recalled = true
	for key, at := range last {
		o.mailed = append(o.mailed, mailed{key, at})
	}
	slices.SortStableFunc(o.mailed, func(a, b mailed) int { return a.at.Compare(b.at) })
}

// Take asks whether somebody may be mailed now, on a namespace's account. Who may not waits in
// line, and is woken or comes again. Who may and is not mailed after all gives it back.
func (o *Outbox) Take(key, namespace string, perMinute int) (ok bool, wait Wait) {
	o.mu.Lock()
	now := o.clock.Now()
	o.perMinute = perMinute
	o.forget(now)
	o.charge(key, namespace)
	if o.waiting[key] == nil {
		o.waiting[key] = &waiter{namespace: namespace}
		o.line.add(namespace, key)
	}
	order := o.line.order()
	place := slices.Index(order, key)
	if ok = place < o.free(); ok {
		o.drop(key, place == 0)
		o.mailed = append(o.mailed, mailed{key, now})
		o.settle(o.mute, now)
	}
	woken := o.turns(now)
	if !ok {
		wait = o.wait(slices.Index(o.line.order(), key), now)
	}
	o.mu.Unlock()
	o.wakeAll(woken)
	return ok, wait
}

// Charge has somebody who waits do so on a namespace's account from now on. Where it was another's,
// they go to the end of its line.
func (o *Outbox) Charge(key, namespace string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.charge(key, namespace)
}

func (o *Outbox) charge(key, namespace string) {
	if w := o.waiting[key]; w != nil && w.namespace != namespace {
		o.line.remove(w.namespace, key)
		o.line.add(namespace, key)
		*w = waiter{namespace: namespace}
	}
}

// Waits says whether somebody is in line whose turn has not come. It changes nothing.
func (o *Outbox) Waits(key string) (wait Wait, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.clock.Now()
	o.forget(now)
	place := slices.Index(o.line.order(), key)
	if place < 0 || place < o.free() {
		return Wait{}, false
	}
	return o.wait(place, now), true
}

// Answered notes whether the mail server answered in time, whatever it said.
func (o *Outbox) Answered(inTime bool) {
	o.mu.Lock()
	news := o.mute || !inTime
	o.mu.Unlock()
	if news {
		o.leave(func() { o.settle(!inTime, o.clock.Now()) })
	}
}

func (o *Outbox) settle(mute bool, now time.Time) {
	o.mute, o.rests = mute, time.Time{}
	if mute {
		o.rests = now.Add(rest)
	}
}

// Return gives back what was taken and not used.
func (o *Outbox) Return(key string) {
	o.leave(func() {
		for i := len(o.mailed) - 1; i >= 0; i-- {
			if o.mailed[i].key == key {
				o.mailed = slices.Delete(o.mailed, i, i+1)
				return
			}
		}
	})
}

// Leave gives up a place in line; it is no harm without one.
func (o *Outbox) Leave(key string) {
	o.leave(func() { o.drop(key, false) })
}

func (o *Outbox) leave(change func()) {
	o.mu.Lock()
	change()
	now := o.clock.Now()
	o.forget(now)
	woken := o.turns(now)
	o.mu.Unlock()
	o.wakeAll(woken)
}

func (o *Outbox) wakeAll(keys []string) {
	for _, key := range keys {
		o.wake(key)
	}
}

// forget drops whom the last minute no longer counts. What lies ahead was written by a clock that
// ran ahead: it counts as of now, and not for as long as that clock did.
func (o *Outbox) forget(now time.Time) {
	for i := range o.mailed {
		o.mailed[i].at = earlier(o.mailed[i].at, now)
	}
	for _, w := range o.waiting {
		w.woken = earlier(w.woken, now)
	}
	if o.rests = earlier(o.rests, now.Add(rest)); !now.Before(o.rests) {
		o.rests = time.Time{}
	}
	o.mailed = slices.DeleteFunc(o.mailed, func(m mailed) bool { return !now.Before(m.at.Add(o.window)) })
}

func earlier(a, b time.Time) time.Time {
	if a.After(b) {
		return b
	}
	return a
}

func (o *Outbox) free() int {
	free := o.perMinute - len(o.mailed)
	switch {
	case !o.rests.IsZero():
		return min(free, 0)
	case o.mute:
		return min(free, 1)
	}
	return free
}

// drop takes somebody out of the line; first, where it was their turn before all others.
func (o *Outbox) drop(key string, first bool) {
	w := o.waiting[key]
	if w == nil {
		return
	}
	delete(o.waiting, key)
	if first {
		o.line.take(0)
		return
	}
	o.line.remove(w.namespace, key)
}

// turns lists those whose turn it is and who were not told, and drops those who were and did
// not come, nor wait to be written to.
func (o *Outbox) turns(now time.Time) (woken []string) {
	order := o.line.order()
	for _, key := range order[:max(0, min(o.free(), len(order)))] {
		switch w := o.waiting[key]; {
		case w.woken.IsZero():
			w.woken = now
			woken = append(woken, key)
		case now.Sub(w.woken) >= lostAfter && !o.writes(key):
			o.drop(key, false)
		}
	}
	return woken
}

// wait is when somebody comes nearer, by as many as are told, or to their turn.
func (o *Outbox) wait(ahead int, now time.Time) Wait {
	place := ahead + 1
	among, below := steps(place)
	w := Wait{Among: among, PerMinute: o.perMinute, Mute: o.mute}
	w.For = o.after(min(place-below, place-o.free()), now)
	if !o.rests.IsZero() && place == 1 {
		w.For = max(time.Second, o.rests.Sub(now))
	}
	if o.free() > 0 {
		w.For = min(w.For, lostAfter) // should those ahead not come
	}
	return w
}

// after is when so many more may be mailed than now.
func (o *Outbox) after(count int, now time.Time) time.Duration {
	if count < 1 || len(o.mailed) == 0 {
		return o.window
	}
	rounds, rest := (count-1)/len(o.mailed), (count-1)%len(o.mailed)
	return max(time.Second, o.mailed[rest].at.Add(o.window).Sub(now)+time.Duration(rounds)*o.window)
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
