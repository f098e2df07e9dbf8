package cli

import (
	"fmt"
	"io"
)

// progress is one line that says what takes long, drawn over and over; nothing where nobody watches a terminal.
type progress struct {
	out io.Writer
	// watched: a terminal shows it.
	watched bool
}

// watching draws on a terminal.
func watching(out io.Writer) progress { return progress{out, isTerminal(out)} }

// say draws the line anew.
func (p progress) say(format string, args ...any) {
	if p.watched {
		fmt.Fprintf(p.out, "\r\x1b[K"+format, args...)
	}
}

// done takes the line away, before anything else is printed.
func (p progress) done() { p.say("") }
