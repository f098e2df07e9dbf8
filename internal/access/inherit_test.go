package access

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

func TestInherit(t *testing.T) {
	right := func(name string) hosting.Right { return hosting.Right{Scope: hosting.ScopeOverall, Name: name} }
	mine := Memory{
		Applied: RightMap[Entry]{{Rights: hosting.NewRights(right("both")), Value: Entry{Adopted: true}}, {Rights: hosting.NewRights(right("ours"), right("mine"))}},
		Owed:    RightMap[Debt]{{Rights: hosting.NewRights(right("due")), Value: Debt{Batch: "x"}}},
	}
	other := Memory{
		Applied: RightMap[Entry]{{Rights: hosting.NewRights(right("both"))}, {Rights: hosting.NewRights(right("ours")), Value: Entry{Adopted: true}}, {Rights: hosting.NewRights(right("other")), Value: Entry{Retain: true}}},
		Owed:    RightMap[Debt]{{Rights: hosting.NewRights(right("due"), right("mine"), right("late"))}},
	}
	want := Memory{
		Applied: RightMap[Entry]{{Rights: hosting.NewRights(right("both")), Value: Entry{Adopted: true}}, {Rights: hosting.NewRights(right("ours"), right("mine"))}, {Rights: hosting.NewRights(right("other")), Value: Entry{Retain: true}}},
		Owed:    RightMap[Debt]{{Rights: hosting.NewRights(right("due")), Value: Debt{Batch: "x"}}, {Rights: hosting.NewRights(right("late"))}},
	}
	got := mine.Inherit(other)
	want.Applied, want.Owed = rightMap(want.Applied), rightMap(want.Owed)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(got, got.Inherit(other)); d != "" {
		t.Error("twice is another thing:", d)
	}
}
