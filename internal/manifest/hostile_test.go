package manifest

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hostgrant/hostgrant/internal/testkit/golden"
)

// hostile is one text that a stranger may write.
type hostile struct{ what, text string }

// said is what reading it says, one line each.
func (h hostile) said(t *testing.T) (lines []string) {
	t.Helper()
	set, err := stream(t, h.text)
	if err == nil {
		return []string{fmt.Sprintf("taken: %d, passed over: %d", len(set.Objects), set.PassedOver)}
	}
	return strings.Split(err.Error(), "\n")
}

// oneLine is how an error begins that names its file, and the line where there is one.
var oneLine = regexp.MustCompile(`^f\.yaml:([0-9]+: )? ?\S`)

// TestHostileManifests: each of 200 is either taken whole, or refused in one line, that names file, line and field,
// holds no control of a terminal, and is the one that stands in testdata/hostile.golden. None takes long.
func TestHostileManifests(t *testing.T) {
	all := hostiles()
	if len(all) < 200 {
		t.Errorf("there are %d", len(all))
	}
	var got strings.Builder
	names := map[string]bool{}
	for _, h := range all {
		began := time.Now()
		lines := h.said(t)
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("%s: takes %s", h.what, took)
		}
		if len(lines) != 1 && !strings.HasPrefix(h.what, "two ") || names[h.what] {
			t.Errorf("%s: says %d lines:\n%s", h.what, len(lines), strings.Join(lines, "\n"))
		}
		names[h.what] = true
		for i, line := range lines {
			if line != Plain(line) || !utf8.ValidString(line) || len(line) > 4*maxText {
				t.Errorf("%s: says what is not plain or too long: %q", h.what, line)
			}
			if !strings.HasPrefix(line, "taken: ") && !oneLine.MatchString(line) && line != "and 10 more" {
				t.Errorf("%s: names no place: %s", h.what, line)
			}
			if i < 2 || i == len(lines)-1 {
				fmt.Fprintf(&got, "%s\n\t%s\n", h.what, line)
			}
		}
	}
	golden.Compare(t, "testdata/hostile.golden", got.String())
}
