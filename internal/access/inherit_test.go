package access

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

func TestInherit(t *testing.T) {
	right := func(name string) hosting.Right { return hosting.Right{Scope: hosting.ScopeOverall, Name: name} }
	mine := Memory{
		Applied: map[hosting.Right]Entry{right("both"): {Adopted: true}, right("ours"): {}, right("mine"): {}},
		Owed:    map[hosting.Right]Debt{right("due"): {Batch: "x"}},
	}
	other := Memory{
		Applied: map[hosting.Right]Entry{right("both"): {}, right("ours"): {Adopted: true}, right("other"): {Retain: true}},
		Owed:    map[hosting.Right]Debt{right("due"): {}, right("mine"): {}, right("late"): {}},
	}
	want := Memory{
		Applied: map[hosting.Right]Entry{right("both"): {Adopted: true}, right("ours"): {}, right("mine"): {}, right("other"): {Retain: true}},
		Owed:    map[hosting.Right]Debt{right("due"): {Batch: "x"}, right("late"): {}},
	}
	got := mine.Inherit(other)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(got, got.Inherit(other)); d != "" {
		t.Error("twice is another thing:", d)
	}
}
