package provider

import (
	"time"

	"github.com/hostgrant/hostgrant/internal/queue"
)

// Took notes how long a call for one person's row took, answered or not, and how many people could be written to in
// a second now. As many are written to at a time as that can use.
func (c *Connection) Took(took time.Duration, answered bool, perSecond float64) {
	c.pace(func(f queue.Flight) queue.Flight {
		if answered {
			return f.After(took, perSecond)
		}
		return f.Failed()
	})
}

func (c *Connection) pace(to func(queue.Flight) queue.Flight) {
	c.pacing.Lock() // else the queue could be left with the number before the last
	defer c.pacing.Unlock()
	c.mu.Lock()
	before := c.flight.Turns()
	c.flight = to(c.flight)
	turns := c.flight.Turns()
	c.mu.Unlock()
	if turns != before {
		c.writes.SetLimit(turns)
	}
}

// Waiting is how many people wait to be written to, and about how long the last of them does; 0 where nothing was
// written yet.
func (c *Connection) Waiting() (people int, lasts time.Duration) {
	people = c.writes.Waiting()
	c.mu.Lock()
	defer c.mu.Unlock()
	return people, c.flight.Lasts(people)
}
