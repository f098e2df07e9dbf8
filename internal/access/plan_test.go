package access

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

var now = metav1.NewTime(time.Unix(1_800_000_000, 0))

// apply is the record remembering what it is about to do, the provider doing it, and the record
// settling its memory.
func apply(want Want, p Plan) (hosting.Rights, Memory) {
	live := p.Target
	return live, Settle(p.Memory.Intend(want, p, now).ReadBack(p.Memory, p, live, now), live, places, now)
}

// give is a whole pass over a row that was read by itself, of a backend that is enforced.
func give(contributions []v1alpha1.Contribution, live hosting.Rights, memory Memory) (hosting.Rights, Memory) {
	want := Unite(contributions, places, Places{}, memory.Named())
	return apply(want, Decide(want, live, memory.Adopt(want, live), Departures{}, now))
}

func TestUnionDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		contributions := genContributions(t, "c")
		applied, pins := genRights(t, "applied"), Places{{hosting.ScopeAccount, "lost"}: 9}
		want := Unite(contributions, places, pins, applied)
		shuffled := rapid.Permutation(contributions).Draw(t, "order")
		again := Unite(shuffled, places, pins, applied)
		if d := cmp.Diff(want, again); d != "" {
			t.Fatal(d)
		}
	})
}

func TestPlanReachesWhatIsWantedAndThenDoesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live, memory, pins := genRights(t, "live"), Memory{}, Places{}
		for step := range rapid.IntRange(1, 5).Draw(t, "steps") {
			contributions := genContributions(t, string(rune('a'+step)))
			want := Unite(contributions, places, pins, memory.Named())
			plan := Decide(want, live, memory, Departures{}, now)
			live, memory = apply(want, plan)
			pins = want.Pins
			if !live.Contains(want.Rights) {
				t.Fatalf("wanted %v, have %v", want.Rights.Sorted(), live.Sorted())
			}
			again := Decide(Unite(contributions, places, pins, memory.Named()), live, memory, Departures{}, now)
			if again.Pending() {
				t.Fatalf("a second plan adds %v and removes %v", again.Add.Sorted(), again.Remove.Sorted())
			}
			if d := cmp.Diff(memory, again.Memory); d != "" {
				t.Fatal("a second plan changes the memory", d)
			}
			live = outsideEdit(t, live)
		}
	})
}

// outsideEdit is somebody ticking or clearing a box in the console.
func outsideEdit(t *rapid.T, live hosting.Rights) hosting.Rights {
	edited := live
	right := rapid.SampledFrom(everyRight).Draw(t, "edited")
	switch rapid.IntRange(0, 2).Draw(t, "edit") {
	case 1:
		edited = edited.With(right)
	case 2:
		edited = edited.Minus(hosting.NewRights(right))
	}
	return edited
}

// I4: what no grant ever named stays, and what one grant still names stays.
func TestAdditive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live, memory, pins := genRights(t, "live"), Memory{}, Places{}
		named := hosting.Rights{}
		for step := range rapid.IntRange(1, 5).Draw(t, "steps") {
			contributions := genContributions(t, string(rune('a'+step)))
			want := Unite(contributions, places, pins, memory.Named())
			plan := Decide(want, live, memory, Departures{}, now)
			named = named.Union(want.Rights)
			if lost := plan.Remove.Minus(named); !lost.Empty() {
				t.Fatalf("takes away what no grant named: %v", lost.Sorted())
			}
			if lost := plan.Remove.Intersect(want.Rights); !lost.Empty() {
				t.Fatalf("takes away what a grant names: %v", lost.Sorted())
			}
			if kept := live.Minus(plan.Remove); !plan.Target.Contains(kept) {
				t.Fatal("the target lacks what stays")
			}
			live, memory = apply(want, plan)
			pins = want.Pins
		}
	})
}

// The memory is entered before the write: a process that dies at any point, before or after
// the write, still takes back in the end what it gave.
func TestNothingGivenIsForgotten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live, memory, pins := hosting.Rights{}, Memory{}, Places{}
		for step := range rapid.IntRange(1, 6).Draw(t, "steps") {
			contributions := genContributions(t, string(rune('a'+step)))
			for i := range contributions {
				contributions[i].Retain = false
			}
			want := Unite(contributions, places, pins, memory.Named())
			plan := Decide(want, live, memory, Departures{}, now)
			memory, pins = plan.Memory.Intend(want, plan, now), want.Pins
			switch rapid.IntRange(0, 2).Draw(t, "dies") {
			case 0: // before the write
			case 1: // after the write, before the read-back is entered
				live = plan.Target
			default:
				live, memory = apply(want, plan)
			}
		}
		last := Decide(Unite(nil, places, pins, memory.Named()), live, memory, Departures{}, now)
		if left := last.Target; !left.Empty() {
			t.Fatalf("left behind: %v", left.Sorted())
		}
	})
}

// A variant that enters what it gives only after the write must be caught by the same walk.
func TestForgetfulVariantLeavesSomethingBehind(t *testing.T) {
	want := Unite([]v1alpha1.Contribution{{UID: "u", Overall: []v1alpha1.OverallPermission{"Billing"}}}, places, Places{}, hosting.Rights{})
	plan := Decide(want, hosting.Rights{}, Memory{}, Departures{}, now)
	live, memory := plan.Target, Memory{} // died between write and memory
	last := Decide(Unite(nil, places, Places{}, memory.Named()), live, memory, Departures{}, now)
	if last.Target.Empty() {
		t.Fatal("the walk cannot tell a forgetful variant from ours")
	}
}

// The last grant out decides between revoking and retaining.
func TestLastOneOutDecides(t *testing.T) {
	keep := v1alpha1.Contribution{UID: "keep", Overall: []v1alpha1.OverallPermission{"Billing"}, Retain: true}
	revoke := v1alpha1.Contribution{UID: "revoke", Overall: []v1alpha1.OverallPermission{"Billing"}}
	for _, c := range []struct {
		name  string
		steps [][]v1alpha1.Contribution
		left  int
	}{
		{"only a retaining one", [][]v1alpha1.Contribution{{keep}, {}}, 1},
		{"only a revoking one", [][]v1alpha1.Contribution{{revoke}, {}}, 0},
		{"the retaining one last", [][]v1alpha1.Contribution{{keep, revoke}, {keep}, {}}, 1},
		{"the revoking one last", [][]v1alpha1.Contribution{{keep, revoke}, {revoke}, {}}, 0},
		{"both at once", [][]v1alpha1.Contribution{{keep, revoke}, {}}, 0},
	} {
		live, memory := hosting.Rights{}, Memory{}
		for _, contributions := range c.steps {
			live, memory = give(contributions, live, memory)
		}
		if live.Len() != c.left {
			t.Errorf("%s: %v is left", c.name, live.Sorted())
		}
	}
}

// Absence is no proof: a place that is not listed keeps what it has; a name that means
// another place than before is not followed.
func TestPlacesThatVanishOrChange(t *testing.T) {
	shop := v1alpha1.Contribution{UID: "u", Accounts: []v1alpha1.AccountPermissions{{Names: []v1alpha1.PlaceName{"shop"}, Permissions: []v1alpha1.AccountPermission{"Sites"}}}}
	all := true
	everywhere := v1alpha1.Contribution{UID: "u", Accounts: []v1alpha1.AccountPermissions{{All: &all, Permissions: []v1alpha1.AccountPermission{"Sites"}}}}
	key := PlaceKey{hosting.ScopeAccount, "shop"}
	for _, c := range []struct {
		name         string
		contribution v1alpha1.Contribution
		later        Places
		problem      ProblemKind
	}{
		{"a name that is not listed", shop, Places{}, PlaceUnknown},
		{"a name that means another", shop, Places{key: 5}, PlaceReplaced},
		{"one of all that is not listed", everywhere, Places{}, ""},
	} {
		first := Unite([]v1alpha1.Contribution{c.contribution}, Places{key: 1}, Places{}, hosting.Rights{})
		live, memory := apply(first, Decide(first, hosting.Rights{}, Memory{}, Departures{}, now))
		want := Unite([]v1alpha1.Contribution{c.contribution}, c.later, first.Pins, memory.Named())
		plan := Decide(want, live, memory, Departures{}, now)
		if plan.Pending() {
			t.Errorf("%s: adds %v, removes %v", c.name, plan.Add.Sorted(), plan.Remove.Sorted())
		}
		problems := want.By["u"].Problems
		if (len(problems) > 0) != (c.problem != "") || len(problems) > 0 && problems[0].Kind != c.problem {
			t.Errorf("%s: problems %v", c.name, problems)
		}
	}
}

func TestMemorySurvivesTheStatus(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var memory Memory
		if rapid.Bool().Draw(t, "written") {
			memory.Intended = &now
		}
		for _, r := range everyRight {
			switch rapid.IntRange(0, 2).Draw(t, "where") {
			case 1:
				memory.Applied = memory.Applied.With(RightPart[Entry]{Rights: hosting.NewRights(r), Value: Entry{Adopted: rapid.Bool().Draw(t, "adopted"), Retain: rapid.Bool().Draw(t, "retain")}})
			case 2:
				memory.Owed = memory.Owed.With(RightPart[Debt]{Rights: hosting.NewRights(r), Value: Debt{Cause: v1alpha1.CauseRemoved, Since: now}})
			}
		}
		status := v1alpha1.AccessRecordStatus{}
		memory.Store(&status)
		if d := cmp.Diff(memory, MemoryOf(status)); d != "" {
			t.Fatal(d)
		}
		live := memory.Applied.Rights()
		if !Unbundle(Bundle(live)).Equal(live) {
			t.Fatal("a set does not survive its compact form")
		}
	})
}

// TestOnlyProofPaysADebt: a row that does not show a right may be older than the write that
// gave it, so deciding keeps the debt; the row read by itself settles it.
func TestOnlyProofPaysADebt(t *testing.T) {
	right := hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}
	memory := Memory{Owed: RightMap[Debt]{{Rights: hosting.NewRights(right), Value: Debt{Cause: v1alpha1.CauseRemoved, Since: metav1.Unix(1, 0)}}}}
	plan := Decide(Want{}, hosting.Rights{}, memory, Departures{}, metav1.Unix(2, 0))
	if plan.Pending() || plan.Memory.Owed.Len() != 1 {
		t.Errorf("got %+v", plan)
	}
	if left := Settle(plan.Memory, hosting.Rights{}, places, now).Owed; len(left) != 0 {
		t.Errorf("proved, and still owed: %v", left)
	}
}
