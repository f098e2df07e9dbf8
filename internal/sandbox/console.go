package sandbox

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
	"k8s.io/utils/clock"
)

// quietFor is how long a progress line stays away where each one stays on the screen.
const quietFor = 5 * time.Second

// console tells a person what is going on. On a terminal the progress line is rewritten.
type console struct {
	out      io.Writer
	clock    clock.PassiveClock
	started  time.Time
	terminal bool

	mu   sync.Mutex
	line string
	last time.Time
}

func newConsole(out io.Writer, c clock.PassiveClock) *console {
	file, ok := out.(*os.File)
	return &console{out: out, clock: c, started: c.Now(), terminal: ok && term.IsTerminal(int(file.Fd()))}
}

func (c *console) seconds() float64 {
	return float64(c.clock.Since(c.started).Round(100*time.Millisecond)) / float64(time.Second)
}

// say prints one line with the time since the start.
func (c *console) say(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	fmt.Fprintf(c.out, "[%5.1fs] %s\n", c.seconds(), fmt.Sprintf(format, args...))
}

// step says that something begins; the returned function says that it is done.
func (c *console) step(format string, args ...any) (done func()) {
	what, began := fmt.Sprintf(format, args...), c.clock.Now()
	c.say("%s …", what)
	return func() { c.say("%s: %.1f s", what, c.clock.Since(began).Seconds()) }
}

// progress shows a line in the place of the last one; the empty line takes it away.
func (c *console) progress(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.terminal:
		c.clear()
		fmt.Fprint(c.out, line)
		c.line = line
	case line != "" && line != c.line && c.clock.Since(c.last) >= quietFor:
		fmt.Fprintf(c.out, "[%5.1fs] %s\n", c.seconds(), line)
		c.line, c.last = line, c.clock.Now()
	}
}

func (c *console) clear() {
	if c.terminal && c.line != "" {
		fmt.Fprint(c.out, "\r\033[K")
		c.line = ""
	}
}
