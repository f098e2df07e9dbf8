package access

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// I4, S49: only what was sent, or adopted from a row just read, is ever due to go.
func TestNothingIsOursThatWasOnlyPlannedOrSeen(t *testing.T) {
	adopting := gives("u", "ns", "Billing")
	adopting.Adopt = true
	none := hosting.Rights{}
	for what, c := range map[string]struct {
		of   v1alpha1.Contribution
		live hosting.Rights // when it was planned
		then func(want Want, plan Plan) Memory
		due  bool
	}{
		"planned":                    {adopting, none, func(_ Want, p Plan) Memory { return p.Memory }, false},
		"seen":                       {adopting, hosting.NewRights(billing), func(_ Want, p Plan) Memory { return p.Memory }, false},
		"intended":                   {adopting, none, func(w Want, p Plan) Memory { return p.Memory.Intend(w, p, now) }, true},
		"refused":                    {adopting, none, func(w Want, p Plan) Memory { return p.Memory.Intend(w, p, now).Refused(p.Memory) }, false},
		"given up":                   {adopting, none, func(w Want, p Plan) Memory { return p.Memory.Intend(w, p, now).GivenUp(p, now) }, true},
		"done":                       {adopting, none, func(w Want, p Plan) Memory { _, m := apply(w, p); return m }, true},
		"adopted":                    {adopting, hosting.NewRights(billing), func(w Want, p Plan) Memory { return p.Memory.Adopt(w, hosting.NewRights(billing)) }, true},
		"seen by whoever adopts not": {gives("u", "ns", "Billing"), hosting.NewRights(billing), func(w Want, p Plan) Memory { return p.Memory.Adopt(w, hosting.NewRights(billing)) }, false},
	} {
		want := Unite([]v1alpha1.Contribution{c.of}, places, nil, hosting.Rights{})
		plan := Decide(want, c.live, Memory{}, Departures{}, now)
		memory := c.then(want, plan)
		last := Decide(Unite(nil, places, nil, memory.Named()), hosting.NewRights(billing), memory, Departures{}, now)
		if due := last.Remove.Has(billing); due != c.due {
			t.Errorf("%s: due to go %v, with %+v", what, due, memory)
		}
	}
}

// What somebody took away that was ours is not ours when they give it themselves; but where it cannot
// be seen, or may still come, that is not known.
func TestWhatIsOursLeavesMemoryOnProofOnly(t *testing.T) {
	sites := hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}
	hidden := hosting.Right{Scope: hosting.ScopeAccount, ID: 9, Name: "Sites"}
	before, within, long := now.Add(-time.Hour), now.Add(-4*time.Minute), now.Add(-5*time.Minute)
	for what, c := range map[string]struct {
		intended *time.Time
		live     hosting.Rights
		applied  hosting.Rights
		owed     hosting.Rights
	}{
		"all is there":                       {nil, hosting.NewRights(billing, sites, hidden, management), hosting.NewRights(billing, sites, hidden), hosting.NewRights(management)},
		"nothing is there":                   {nil, hosting.Rights{}, hosting.NewRights(hidden), hosting.Rights{}},
		"nothing is there yet":               {&within, hosting.Rights{}, hosting.NewRights(billing, sites, hidden), hosting.NewRights(management)},
		"nothing is there five minutes late": {&long, hosting.Rights{}, hosting.NewRights(hidden), hosting.Rights{}},
		"nothing is there for an hour":       {&before, hosting.NewRights(management), hosting.NewRights(hidden), hosting.NewRights(management)},
	} {
		memory := Memory{Applied: RightMap[Entry]{{Rights: hosting.NewRights(billing, sites, hidden)}}, Owed: RightMap[Debt]{{Rights: hosting.NewRights(management)}}}
		if c.intended != nil {
			at := metav1.NewTime(*c.intended)
			memory.Intended = &at
		}
		got := Settle(memory, c.live, places, now)
		if !got.Applied.Rights().Equal(c.applied) || !got.Owed.Rights().Equal(c.owed) || (got.Intended != nil) != (c.intended == &within) {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// I13: while a write may still be done, nothing is forgotten; whatever is written after it, and however
// well that goes.
func TestAWriteIsLateUntilItIsReadBackOrFiveMinutesOld(t *testing.T) {
	add := Plan{Add: hosting.NewRights(billing), Target: hosting.NewRights(billing, management)}
	change := Plan{Add: hosting.NewRights(billing), Remove: hosting.NewRights(management), Target: hosting.NewRights(billing)}
	goes := Plan{Remove: hosting.NewRights(billing), Target: hosting.Rights{}}
	earlier, later := metav1.NewTime(now.Add(-time.Minute)), metav1.NewTime(now.Add(30*time.Second))
	fresh, late := Memory{}, Memory{Intended: &earlier}
	for what, c := range map[string]struct {
		before Memory
		plan   Plan
		then   func(m, before Memory, p Plan) Memory
		want   time.Duration
	}{
		"on its way":                  {fresh, add, func(m, _ Memory, _ Plan) Memory { return m }, LateAtMost},
		"a row that goes, on its way": {fresh, goes, func(m, _ Memory, _ Plan) Memory { return m }, 0},
		"given up":                    {fresh, add, func(m, _ Memory, p Plan) Memory { return m.GivenUp(p, later) }, LateAtMost + 30*time.Second},
		"a row that goes, given up":   {fresh, goes, func(m, _ Memory, p Plan) Memory { return m.GivenUp(p, later) }, 0},
		"refused":                     {fresh, add, func(m, before Memory, _ Plan) Memory { return m.Refused(before) }, 0},
		"done":                        {fresh, add, func(m, before Memory, p Plan) Memory { return m.ReadBack(before, p, p.Target, now) }, 0},
		"done, and more":              {fresh, add, func(m, before Memory, p Plan) Memory { return m.ReadBack(before, p, hosting.NewRights(billing), now) }, 0},
		"not seen to be done": {fresh, add, func(m, before Memory, p Plan) Memory {
			return m.ReadBack(before, p, hosting.NewRights(management), later)
		}, LateAtMost + 30*time.Second},
		"half done": {fresh, change, func(m, before Memory, p Plan) Memory {
			return m.ReadBack(before, p, hosting.NewRights(billing, management), now)
		}, LateAtMost},
		"done while another is late":        {late, change, func(m, before Memory, p Plan) Memory { return m.ReadBack(before, p, p.Target, now) }, LateAtMost - time.Minute},
		"refused while another is late":     {late, change, func(m, before Memory, _ Plan) Memory { return m.Refused(before) }, LateAtMost - time.Minute},
		"a row that goes while another is":  {late, goes, func(m, before Memory, p Plan) Memory { return m.ReadBack(before, p, p.Target, now) }, LateAtMost - time.Minute},
		"on its way while another is late":  {late, add, func(m, _ Memory, _ Plan) Memory { return m }, LateAtMost},
		"nothing was written for some time": {Memory{Intended: &metav1.Time{Time: now.Add(-time.Hour)}}, goes, func(m, _ Memory, _ Plan) Memory { return m }, 0},
	} {
		memory := c.then(c.before.Intend(Want{}, c.plan, now), c.before, c.plan)
		if got := memory.Late(now); got != c.want {
			t.Errorf("%s: %s", what, got)
		}
		status := v1alpha1.AccessRecordStatus{}
		memory.Store(&status)
		if d := cmp.Diff(memory.Intended, MemoryOf(status).Intended); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	if got := (Memory{Intended: &later}).Until(now).Late(now); got != LateAtMost {
		t.Error("a write of a time to come may be late by", got)
	}
}

// A walk through everything that can become of a write: whatever is done, refused, lost, or done after
// everybody gave it up, nothing is left in the end that a grant gave and none gives any more.
func TestLateWritesLeaveNothingBehind(t *testing.T) {
	for _, path := range paths([]string{"done", "refused", "lost", "late", "forgotten"}, 3) {
		live, memory, clock := hosting.Rights{}, Memory{}, now
		var late []hosting.Rights
		for step, what := range path {
			contributions := []v1alpha1.Contribution{gives("u", "ns", []v1alpha1.OverallPermission{"Billing", "AccountManagement"}[step%2])}
			want := Unite(contributions, places, nil, memory.Named())
			memory = Settle(memory, live, places, clock)
			plan := Decide(want, live, memory, Departures{}, clock)
			before := plan.Memory
			memory = before.Intend(want, plan, clock)
			switch what {
			case "done":
				live = plan.Target
				memory = Settle(memory.ReadBack(before, plan, live, clock), live, places, clock)
			case "refused":
				memory = memory.Refused(before)
			case "lost": // done, and killed before anything was heard
				live = plan.Target
			case "late":
				late, memory = append(late, plan.Target), memory.GivenUp(plan, clock)
			case "forgotten": // killed, and done late
				late = append(late, plan.Target)
			}
			clock = metav1.NewTime(clock.Add(time.Minute))
		}
		for _, at := range []time.Duration{0, time.Minute, LateAtMost} {
			clock = metav1.NewTime(clock.Add(at))
			last := Decide(Unite(nil, places, nil, memory.Named()), live, memory, Departures{}, clock)
			memory = last.Memory
			if last.Pending() {
				before := memory
				live = last.Target
				memory = memory.Intend(Want{}, last, clock).ReadBack(before, last, live, clock)
			}
			memory = Settle(memory, live, places, clock)
			if at == time.Minute && len(late) > 0 { // the provider gets to it
				for _, target := range late {
					live = live.Union(target)
				}
			}
		}
		if !live.Empty() || len(memory.Owed) > 0 {
			t.Errorf("%v: left behind %v, owed %v", path, live.Sorted(), memory.Owed)
		}
	}
}

// paths are all sequences of so many words.
func paths(words []string, length int) [][]string {
	all := [][]string{nil}
	for range length {
		var next [][]string
		for _, path := range all {
			for _, word := range words {
				next = append(next, append(append([]string{}, path...), word))
			}
		}
		all = next
	}
	return all
}
