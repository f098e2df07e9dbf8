package cli

import (
	"bytes"
	"testing"
)

// A terminal shows one line, which is gone at the end; anything else shows none.
func TestProgress(t *testing.T) {
	for watched, want := range map[bool]string{true: "\r\x1b[Kplanning: 100 of 5000 people\r\x1b[K", false: ""} {
		var b bytes.Buffer
		p := progress{&b, watched}
		p.say("planning: %d of %d people", 100, 5000)
		if p.done(); b.String() != want {
			t.Errorf("watched %v: %q", watched, b.String())
		}
	}
	if watching(&bytes.Buffer{}).watched {
		t.Error("a file is no terminal")
	}
}
