package reference

import (
	"context"
	"time"
)

// loopRetry is how long a loop waits after a failure of the database.
const loopRetry = time.Second

// wake tells a loop that there is work; it never blocks.
func wake(loop chan<- struct{}) {
	select {
	case loop <- struct{}{}:
	default:
	}
}

// repeat runs step at once, whenever woken, and after the time it names (0: only when
// woken), until ctx ends.
func (s *Server) repeat(ctx context.Context, woken <-chan struct{}, step func(context.Context) (time.Duration, error)) {
	for ctx.Err() == nil {
		wait, err := step(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("background work failed", "error", err)
			wait = loopRetry
		}
		s.pause(ctx, woken, wait)
	}
}

func (s *Server) pause(ctx context.Context, woken <-chan struct{}, wait time.Duration) {
	var due <-chan time.Time
	if wait > 0 {
		timer := s.clock.NewTimer(wait)
		defer timer.Stop()
		due = timer.C()
	}
	select {
	case <-ctx.Done():
	case <-woken:
	case <-due:
	}
}
