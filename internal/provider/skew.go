package provider

import "time"

// MaxSkew is how far the provider's clock and ours may be apart for ours to be believed.
const MaxSkew = 5 * time.Minute

// Hear takes note of what time the provider says it is. Only the time of day counts, which is what
// ends and limits go by.
func (s *Connection) Hear(date time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = s.clock.Now().Round(0).Sub(date.Round(0))
}

// Ahead is by how much our clock was ahead of the provider's at its last answer that told the time,
// as far as that is more than MaxSkew; negative where it was behind, else 0. A provider that never
// tells the time leaves ours unquestioned.
func (s *Connection) Ahead() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.skew()
}

// skew is Ahead for who holds the lock.
func (s *Connection) skew() time.Duration {
	if s.ahead.Abs() <= MaxSkew {
		return 0
	}
	return s.ahead
}
