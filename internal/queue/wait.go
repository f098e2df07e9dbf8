package queue

import "time"

// Wait tells of a wait for a turn to be mailed.
type Wait struct {
	// Among the next so many people: 1, 2, 5, 10, 20, 50 and so on, so that it seldom changes.
	Among int
	// PerMinute is how many people are mailed.
	PerMinute int
	// BreakerOpen: the mail server does not answer in time.
	BreakerOpen bool
	// RetryAfter is how long until asking again is worth it.
	RetryAfter time.Duration
}

// wait is the wait until somebody with so many ahead of them comes into the next step, or to their turn.
func (m *MailLimiter) wait(ahead int, now time.Time) Wait {
	place := ahead + 1
	among, beyond := steps(place)
	w := Wait{Among: among, PerMinute: m.perMinute, BreakerOpen: m.breakerOpen}
	w.RetryAfter = m.after(min(place-beyond, place-m.free()), now)
	if !m.coolsUntil.IsZero() && place == 1 {
		w.RetryAfter = max(time.Second, m.coolsUntil.Sub(now))
	}
	if m.free() > 0 {
		w.RetryAfter = min(w.RetryAfter, lostAfter) // should those ahead not come
	}
	return w
}

// after is how long until count more may be mailed than now.
func (m *MailLimiter) after(count int, now time.Time) time.Duration {
	if count < 1 || len(m.mailed) == 0 {
		return m.window
	}
	rounds, rest := (count-1)/len(m.mailed), (count-1)%len(m.mailed)
	return max(time.Second, m.mailed[rest].at.Add(m.window).Sub(now)+time.Duration(rounds)*m.window)
}

// Step is the step that a number is within: 1, 2, 5, 10, 20, 50 and so on, so that it seldom changes.
func Step(number int) int {
	within, _ := steps(number)
	return within
}

// steps are the steps that a place is within and beyond: 1, 2, 5, 10, 20, 50 and so on.
func steps(place int) (within, beyond int) {
	within = 1
	for i := 0; within < place; i++ {
		beyond = within
		within = within * []int{20, 25, 20}[i%3] / 10
	}
	return within, beyond
}
