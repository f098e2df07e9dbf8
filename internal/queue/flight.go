package queue

import (
	"math"
	"time"
)

const (
	// fewestTurns is how many people are written to at a time at least: two keep the provider busy
	// while one waits for its read-back, also where nothing was measured yet.
	fewestTurns = 2
	// mostTurns leaves the controller's workers to other backends: half of them.
	mostTurns = 32
	// callsPerTurn: the row is read, written and read back.
	callsPerTurn = 3
	// overhead of a turn is what it writes to the Kubernetes API.
	overhead = 50 * time.Millisecond
	// headroom is for turns that take longer than the mean.
	headroom = 1.5

	// smoothing is over how many calls latency is averaged.
	smoothing = 16
	// A latency has risen where it is so many times the lowest, and by more than that: then more at a
	// time only wait for each other at the provider.
	risenBy, risenFrom = 2, 20 * time.Millisecond
)

// TurnsAtOnce is how many people are written to at a time, 2 to 32, where a limit allows so many in a
// second and a call takes so long: as many as come in while one of them is served (Little's law), and half
// as many more. It is pure.
func TurnsAtOnce(perSecond float64, latency time.Duration) int {
	return int(math.Ceil(min(max(perSecond*turn(latency)*headroom, fewestTurns), mostTurns)))
}

// turn is how many seconds a turn takes.
func turn(latency time.Duration) float64 { return (callsPerTurn*latency + overhead).Seconds() }

// Flight is how many people of a backend are written to at a time, and what was measured for that. It is a
// value; the zero value is that of a backend that was not called yet.
type Flight struct {
	// more than fewestTurns.
	more int
	// latency is the mean of the last calls, weighted exponentially; lowest is the provider's own: the lowest
	// that it was, or what it is while the fewest are at work.
	latency, lowest time.Duration
	// perSecond is how many turns in a second the limit allowed at the last call; 0 before the first.
	perSecond float64
	// calls since it was last changed how many.
	calls int
}

// Turns is how many people are written to at a time.
func (f Flight) Turns() int { return fewestTurns + f.more }

// Lasts is how long so many turns last, as fast as they go now: as the limit allows, and those at work manage.
// It is 0 before the first call.
func (f Flight) Lasts(turns int) time.Duration {
	if f.perSecond <= 0 {
		return 0
	}
	return time.Duration(float64(turns) / min(f.perSecond, float64(f.Turns())/turn(f.latency)) * float64(time.Second))
}

// After is the flight after a call that was answered, where a limit allows so many turns in a second. Once
// each of those at work has made a call, it goes on towards TurnsAtOnce, by half at most; but with a risen
// latency a quarter fewer are at work. So without a limit there are as many as make no call slower.
func (f Flight) After(took time.Duration, perSecond float64) Flight {
	if f.latency == 0 {
		f.latency, f.lowest = took, took
	}
	f.perSecond = perSecond
	f.latency += (took - f.latency) / smoothing
	if f.more == 0 { // the provider may have become slower for good
		f.lowest += (f.latency - f.lowest) / smoothing
	}
	f.lowest = min(f.lowest, f.latency)
	if f.calls++; f.calls < f.Turns() {
		return f
	}
	turns := f.Turns()
	next := min(TurnsAtOnce(perSecond, f.latency), turns+max(1, turns/2))
	if f.latency > risenBy*f.lowest+risenFrom {
		next = min(next, turns*3/4)
	}
	return f.with(next)
}

// Failed is the flight after a call that was not answered: half as many are at work, so that a provider
// which hangs holds few workers.
func (f Flight) Failed() Flight { return f.with(f.Turns() / 2) }

// Anew is the flight with other clients, whose limit may be a lower one: as few are at work as before the first call. As
// many as the last limit allowed would only wait for this one, and hold up whoever is more urgent.
func (f Flight) Anew() Flight { return f.with(fewestTurns) }

func (f Flight) with(turns int) Flight {
	f.more, f.calls = max(0, turns-fewestTurns), 0
	return f
}
