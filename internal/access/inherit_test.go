package access

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
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

// Who owes what another record of theirs gave, and is given it again, has it once.
func TestWhatIsInheritedAndOwedIsGivenOnce(t *testing.T) {
	mine := Memory{Owed: RightMap[Debt]{{Rights: hosting.NewRights(billing), Value: Debt{Cause: v1alpha1.CauseRemoved}}}}
	other := Memory{Applied: RightMap[Entry]{{Rights: hosting.NewRights(billing), Value: Entry{Adopted: true}}}}
	list := []v1alpha1.Contribution{gives("a", "ns-a", "Billing")}
	next := Remember(Unite(list, nil, nil, hosting.Rights{}), mine.Inherit(other), Departures{}, now)
	if next.Applied.Len() != 1 || !next.Owed.Rights().Empty() || entryOf(next, billing).Adopted {
		t.Errorf("%+v", next)
	}
}

// What a record gave is not found a second time, though another of theirs owes it as undeclared.
func TestWhatIsOursIsNotAdopted(t *testing.T) {
	mine := Memory{Owed: RightMap[Debt]{{Rights: hosting.NewRights(billing), Value: Debt{Cause: v1alpha1.CauseUndeclared}}}}
	memory := mine.Inherit(Memory{Applied: RightMap[Entry]{{Rights: hosting.NewRights(billing), Value: Entry{Namespaces: []string{"ns-a"}}}}})
	list := []v1alpha1.Contribution{gives("a", "ns-a", "Billing")}
	list[0].Adopt = true
	want := Unite(list, nil, nil, hosting.Rights{})
	if got := memory.Adoptable(want, hosting.NewRights(billing)); !got.Empty() {
		t.Error(got)
	}
}
