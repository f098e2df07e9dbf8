// Package sandbox runs Hostgrant's main job on one machine with everything it needs: a
// control plane, the reference hosting backend, a mail server that keeps what it gets, and
// the manager as a process of its own under the rights it ships with.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// Options of a sandbox.
type Options struct {
	// Once ends the sandbox when all is Ready or the timeout is over.
	Once bool
	// JSON makes the last line of Out one JSON object (Figures).
	JSON bool
	// Timeout is how long to wait until all is Ready, counted from the start.
	Timeout time.Duration
	// State is the folder for everything that is written; a temporary one where empty. It
	// is removed in the end unless Keep is set.
	State string
	Keep  bool
	// Out gets results, Err what is going on.
	Out, Err io.Writer
	Clock    clock.Clock
}

// stopTimeout bounds each step of the way out.
const stopTimeout = 30 * time.Second

// Run starts everything, waits until all is Ready, shows what became of it, and stays up
// until ctx ends, unless it is to run once. In the end everything is stopped, in the
// reverse order of the start.
func Run(ctx context.Context, o Options) (err error) {
	s := &sandbox{Options: o, console: newConsole(o.Err, o.Clock), started: o.Clock.Now()}
	last := func() {}
	defer func() {
		err = errors.Join(err, s.stop(context.WithoutCancel(ctx)))
		last()
	}()
	if err := s.folder(); err != nil {
		return err
	}
	ready, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	if err := s.start(ready); err != nil {
		return interrupted(ctx, err)
	}
	figures, err := s.settle(ready)
	if ctx.Err() != nil {
		return nil // asked to stop while waiting
	}
	s.show(ctx, figures, err == nil)
	if err != nil || o.Once {
		last = func() { s.tell(figures) } // nothing comes after it, also not from stopping
		return err
	}
	s.tell(figures)
	s.console.say("%s", s.whatNext())
	return s.stay(ctx)
}

// interrupted is no error: whoever interrupts knows why.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// sandbox is a running one.
type sandbox struct {
	Options
	console *console
	started time.Time
	parts   parts

	mu    sync.Mutex // parts start side by side
	stops []func(context.Context) error
}

// onStop has something stopped in the end, before everything that was started earlier.
func (s *sandbox) onStop(what string, stop func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stops = append(s.stops, func(ctx context.Context) error {
		if err := stop(ctx); err != nil {
			return fmt.Errorf("stop %s: %w", what, err)
		}
		return nil
	})
}

func (s *sandbox) stop(ctx context.Context) error {
	var failures []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		bounded, cancel := context.WithTimeout(ctx, stopTimeout)
		failures = append(failures, s.stops[i](bounded))
		cancel()
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	s.console.say("everything is stopped")
	return nil
}

// folder makes the state folder, and has it removed in the end.
func (s *sandbox) folder() error {
	if s.State == "" {
		folder, err := os.MkdirTemp("", "hostgrant-sandbox-")
		if err != nil {
			return fmt.Errorf("make the state folder: %w", err)
		}
		s.State = folder
	}
	folder, err := filepath.Abs(s.State)
	if err != nil {
		return fmt.Errorf("--state %s: %w", s.State, err)
	}
	s.State = folder
	if entries, err := os.ReadDir(folder); err == nil && len(entries) > 0 {
		return fmt.Errorf("--state %s: the folder is not empty; name another, or remove it", folder)
	}
	if err := os.MkdirAll(filepath.Join(folder, "mails"), 0o700); err != nil {
		return fmt.Errorf("make the state folder: %w", err)
	}
	if !s.Keep {
		s.onStop("using the state folder", func(context.Context) error { return os.RemoveAll(folder) })
	}
	return nil
}

// stay waits for the end, and notices if the manager ends by itself.
func (s *sandbox) stay(ctx context.Context) error {
	select {
	case <-ctx.Done():
		s.console.say("stopping")
		return nil
	case <-s.parts.manager.Ended:
		return s.parts.manager.ExitError()
	}
}
