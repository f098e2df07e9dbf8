package cli

import (
	"testing"
	"time"
)

func TestALengthOfTime(t *testing.T) {
	for text, want := range map[string]time.Duration{"7d": 7 * 24 * time.Hour, "36h": 36 * time.Hour, "1h30m": 90 * time.Minute, "3650d": 3650 * 24 * time.Hour} {
		var s, again span
		if err := s.Set(text); err != nil || s.Duration() != want {
			t.Errorf("%s: %v %v", text, s.Duration(), err)
		}
		if err := again.Set(s.String()); err != nil || again != s {
			t.Errorf("%s is told as %s", text, s.String())
		}
	}
	for _, text := range []string{"", "d", "7", "-1d", "0d", "0h", "1.5d", "4000d", "99999999999999999999d", "soon", "7 d"} {
		var s span
		if err := s.Set(text); err == nil {
			t.Errorf("%q is read as %v", text, s.Duration())
		}
	}
}
