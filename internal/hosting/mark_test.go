package hosting

import (
	"slices"
	"testing"
)

func TestMarks(t *testing.T) {
	for before, after := range map[string]string{
		"":                                   "[hostgrant:b]",
		"our accountant":                     "our accountant [hostgrant:b]",
		"our accountant [hostgrant:a]":       "our accountant [hostgrant:b]",
		"[hostgrant:a] and [hostgrant:c] x":  " and x [hostgrant:b]",
		"our accountant [hostgrant:b]":       "our accountant [hostgrant:b]",
		"not a mark [hostgrant:] [hostgrant": "not a mark [hostgrant:] [hostgrant [hostgrant:b]",
	} {
		if got := Marked(before, "b"); got != after {
			t.Errorf("%q becomes %q, not %q", before, got, after)
		}
		if marks := MarksOf(Marked(before, "b")); !slices.Equal(marks, []string{"b"}) {
			t.Errorf("%q: marks %v", before, marks)
		}
		if marks := MarksOf(Marked(before, "")); len(marks) > 0 {
			t.Errorf("%q keeps marks %v", before, marks)
		}
	}
	if text := Marked("ours [hostgrant:b]", ""); text != "ours" {
		t.Errorf("%q", text)
	}
}
