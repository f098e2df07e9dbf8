package queue

import (
	"fmt"
	"testing"
	"time"
)

// TestTurnsAtOnce: as many as the limit and the latency can use, and no constant.
func TestTurnsAtOnce(t *testing.T) {
	const perMinute = 0.96 / 60
	for _, c := range []struct {
		writesPerMinute float64
		latency         time.Duration
		want            int
	}{
		{50, 20 * time.Millisecond, 2}, // what the vendor allows
		{50, 500 * time.Millisecond, 2},
		{50, 2 * time.Second, 8},
		{50, 10 * time.Second, 32},
		{25, 2 * time.Second, 4}, // halved after "too many"
		{600, 20 * time.Millisecond, 2},
		{600, 200 * time.Millisecond, 10},
		{600, time.Second, 32},
		{6_000, 20 * time.Millisecond, 16},
		{60_000, time.Millisecond, 32},
		{60_000, 20 * time.Millisecond, 32},
		{0, time.Hour, 2},
		{1e12, time.Hour, 32},
	} {
		if got := TurnsAtOnce(c.writesPerMinute*perMinute, c.latency); got != c.want {
			t.Errorf("%v writes a minute, %s a call: %d, want %d", c.writesPerMinute, c.latency, got, c.want)
		}
	}
}

// calls gives a flight so many calls that take what the provider takes for as many as are at work.
func (f Flight) after(calls int, perSecond float64, takes func(turns int) time.Duration) Flight {
	for range calls {
		f = f.After(takes(f.Turns()), perSecond)
	}
	return f
}

func TestFlight(t *testing.T) {
	const unlimited, vendor = 960, 0.8
	steady := func(int) time.Duration { return 50 * time.Millisecond }
	// small does 100 calls in a second, and answers the later the more are made at a time.
	small := func(turns int) time.Duration {
		return max(20*time.Millisecond, time.Duration(turns)*10*time.Millisecond)
	}
	for name, c := range map[string]struct {
		flight        Flight
		fewest, other int
	}{
		"before the first call":                         {Flight{}, 2, 2},
		"after one call":                                {Flight{}.after(1, unlimited, steady), 2, 2},
		"grows by half at most":                         {Flight{}.after(2, unlimited, steady), 3, 3},
		"no limit, and no call gets slower":             {Flight{}.after(200, unlimited, steady), 32, 32},
		"the vendor's limit":                            {Flight{}.after(200, vendor, steady), 2, 2},
		"a limit that comes later":                      {Flight{}.after(200, unlimited, steady).after(32, vendor, steady), 2, 2},
		"other clients":                                 {Flight{}.after(200, unlimited, steady).Anew(), 2, 2},
		"one call is not answered":                      {Flight{}.after(200, unlimited, steady).Failed(), 16, 16},
		"a provider that hangs":                         {Flight{}.after(200, unlimited, steady).Failed().Failed().Failed().Failed().Failed(), 2, 2},
		"answers again":                                 {Flight{}.after(200, unlimited, steady).Failed().Failed().after(200, unlimited, steady), 32, 32},
		"slower with each":                              {Flight{}.after(2000, unlimited, small), 4, 16},
		"slower for good":                               {Flight{}.after(200, unlimited, steady).after(2000, unlimited, func(int) time.Duration { return time.Second }), 32, 32},
		"a call of no time":                             {Flight{}.after(200, unlimited, func(int) time.Duration { return 0 }), 32, 32},
		"some milliseconds more are no latency to heed": {Flight{}.after(50, unlimited, func(int) time.Duration { return time.Millisecond }).after(500, unlimited, func(int) time.Duration { return 15 * time.Millisecond }), 32, 32},
	} {
		if got := c.flight.Turns(); got < c.fewest || got > c.other {
			t.Errorf("%s: %d at a time, want %d to %d (%s)", name, got, c.fewest, c.other, fmt.Sprintf("%+v", c.flight))
		}
	}
}

// TestLasts: the last of those who wait has their turn as soon as the limit, or those at work, allow.
func TestLasts(t *testing.T) {
	steady := func(int) time.Duration { return 50 * time.Millisecond } // a turn takes 0.2 s
	for name, c := range map[string]struct {
		flight Flight
		turns  int
		want   time.Duration
	}{
		"before the first call": {Flight{}, 1000, 0},
		"the limit":             {Flight{}.after(100, 0.8, steady), 40, 50 * time.Second},
		"two at work":           {Flight{}.after(1, 1000, steady), 40, 4 * time.Second},
		"32 at work":            {Flight{}.after(200, 1000, steady), 1600, 10 * time.Second},
		"nobody":                {Flight{}.after(200, 1000, steady), 0, 0},
	} {
		if got := c.flight.Lasts(c.turns).Round(10 * time.Millisecond); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
