package relinquishment

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
)

func conditions(s v1alpha1.RelinquishmentStatus) string {
	var all []string
	for _, c := range s.Conditions {
		all = append(all, c.Type+"="+string(c.Status)+"/"+c.Reason)
	}
	return strings.Join(all, " ")
}

func result(id int64, state v1alpha1.DropState, reason ...string) v1alpha1.DropResult {
	return v1alpha1.DropResult{ID: id, State: state, Reason: strings.Join(reason, "")}
}

func TestStatus(t *testing.T) {
	three := held(7, 8, 9)
	three[0].Rights = hosting.NewRights(hosting.TwoFactorRight, hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"})
	three[1].Owner = strings.Repeat("x", 300) + "@other.example"
	many := make([]int64, maxHeld+1)
	for i := range many {
		many[i] = int64(i + 1)
	}
	for name, c := range map[string]struct {
		list       []hosting.Holding
		confirm    []int64
		results    []v1alpha1.DropResult
		outcome    func(v1alpha1.RelinquishmentStatus) status.Outcome
		conditions string
		summary    string
		complete   bool
	}{
		"nothing held": {outcome: listed, summary: "nothing held",
			conditions: "Complete=False/NothingHeld Ready=True/NothingHeld"},
		"one": {list: held(7), outcome: listed, summary: "held on 1 profile, id 7",
			conditions: "Complete=False/AwaitingConfirmation Ready=True/AwaitingConfirmation"},
		"three": {list: three, outcome: listed, summary: "held on 3 profiles, ids 7, 8, 9",
			conditions: "Complete=False/AwaitingConfirmation Ready=True/AwaitingConfirmation"},
		"too many to list": {list: held(many...), outcome: listed, summary: "held on 257 profiles, ids 1, 2, 3 and 253 more",
			conditions: "Complete=False/AwaitingConfirmation Ready=True/AwaitingConfirmation"},
		"under way": {list: three, confirm: []int64{7, 8, 9, 4}, summary: "to give up: 7, 8; given up: 9; gone before: 4",
			results: []v1alpha1.DropResult{result(7, "Intended"), result(8, "Pending"), result(9, "Dropped"), result(4, "AlreadyGone")},
			outcome: func(v1alpha1.RelinquishmentStatus) status.Outcome {
				return status.Waiting(v1alpha1.ReasonProgressing, "at work")
			},
			conditions: "Complete=False/Progressing Ready=False/Progressing Reconciling=True/Progressing"},
		"done": {list: three, confirm: []int64{7, 4}, summary: "given up: 7; gone before: 4", complete: true,
			results:    []v1alpha1.DropResult{result(7, "Dropped"), result(4, "AlreadyGone")},
			outcome:    func(s v1alpha1.RelinquishmentStatus) status.Outcome { return concluded(s.Results) },
			conditions: "Complete=True/Complete Ready=True/Complete"},
		"refused": {list: three, confirm: []int64{7, 4}, summary: "given up: 7; refused: 4", complete: true,
			results:    []v1alpha1.DropResult{result(7, "Dropped"), result(4, "Refused", "Protected")},
			outcome:    func(s v1alpha1.RelinquishmentStatus) status.Outcome { return concluded(s.Results) },
			conditions: "Complete=True/Complete Ready=False/Protected Stalled=True/Protected"},
	} {
		t.Run(name, func(t *testing.T) {
			rel := &v1alpha1.Relinquishment{}
			rel.Generation, rel.Spec.Confirm = 4, c.confirm
			want := v1alpha1.RelinquishmentStatus{Results: c.results}
			show(&want, &provider.Holdings{Holder: "owner@acme.example", List: c.list}, func(h hosting.Holding) bool { return h.ID == 8 })
			for _, h := range want.Held {
				if h.Protected != (h.ID == 8) || len(h.Owner) > maxAddress || h.ID == 7 && h.Permissions != int32(min(1, c.list[0].Rights.Len())) {
					t.Errorf("%+v", h)
				}
			}
			got := finish(rel, want, c.outcome(want), later)
			if conditions(got) != c.conditions || got.Summary != c.summary || got.ObservedGeneration != 4 || got.Holder != "owner@acme.example" {
				t.Errorf("%s; %q; generation %d", conditions(got), got.Summary, got.ObservedGeneration)
			}
			if (got.CompletedAt != nil) != c.complete || c.complete && (got.Held != nil || got.Total != nil) {
				t.Errorf("complete at %v, held %v", got.CompletedAt, got.Held)
			}
			if len(got.Held) > maxHeld {
				t.Error(len(got.Held))
			}
			rel.Status = got
			if again := finish(rel, want, c.outcome(want), metav1.NewTime(time.Unix(300, 0))); !c.complete && !cmp.Equal(got, again) {
				t.Error("an unchanged world changes the status (I9)", cmp.Diff(got, again))
			}
		})
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	for _, reason := range []string{v1alpha1.ReasonProtected, v1alpha1.ReasonNotListed, v1alpha1.ReasonOwnerChanged, v1alpha1.ReasonNotConverging} {
		o := concluded([]v1alpha1.DropResult{result(3, "Dropped"), result(7, "Refused", reason)})
		if o.Reason != reason || !strings.HasPrefix(o.Message, "id 7 was left alone: ") || len(refusals[reason]) < 20 || !o.Stalled {
			t.Errorf("%+v", o)
		}
	}
	if len(refusals) != 4 {
		t.Error("a refusal is not tested")
	}
}

// visitOf is a look at an object of a backend that is read and enforces.
func visitOf(change ...func(*scope)) *scope {
	total := int32(1)
	v := &scope{rel: &v1alpha1.Relinquishment{}, backend: &v1alpha1.HostingBackend{}, snapshot: &provider.Snapshot{}, now: later}
	v.connection = provider.NewConnections(still{}, nil).Ensure(v.key())
	v.backend.Spec.Mode, v.backend.Spec.Interval.Duration = v1alpha1.ModeEnforce, time.Minute
	v.health.Read, v.want.Total, v.want.Held = later.Time, &total, []v1alpha1.Holding{{ID: 7}}
	for _, c := range change {
		c(v)
	}
	return v
}

// still is a clock that stands still.
type still struct{}

func (still) Now() time.Time                  { return later.Time }
func (still) Since(t time.Time) time.Duration { return later.Sub(t) }

func TestObstacles(t *testing.T) {
	fails := func(class hosting.Class, ago time.Duration) func(*scope) {
		return func(v *scope) {
			v.health.Err, v.health.Read = &hosting.Error{Class: class}, later.Add(-ago)
		}
	}
	confirmed := func(v *scope) { v.rel.Spec.Confirm = []int64{7} }
	for name, c := range map[string]struct {
		v    *scope
		want string
	}{
		"none":                            {visitOf(), ""},
		"no backend":                      {visitOf(func(v *scope) { v.backend, v.connection, v.snapshot = nil, nil, nil }), "False/BackendNotFound"},
		"suspended":                       {visitOf(func(v *scope) { v.backend.Spec.Suspend = true }), "False/Suspended"},
		"not read yet":                    {visitOf(func(v *scope) { v.snapshot = nil }), "False/BackendNotReady"},
		"down for a moment":               {visitOf(fails(hosting.ClassUnavailable, 2*time.Minute-time.Second)), "True/AwaitingConfirmation"},
		"down for a moment, never listed": {visitOf(fails(hosting.ClassUnavailable, time.Minute), func(v *scope) { v.want.Total = nil }), "Unknown/ProviderUnavailable"},
		"down for a moment, confirmed":    {visitOf(fails(hosting.ClassUnavailable, time.Minute), confirmed), "Unknown/ProviderUnavailable"},
		"down for long":                   {visitOf(fails(hosting.ClassUnavailable, 3*time.Minute)), "Unknown/ProviderUnavailable"},
		"key refused":                     {visitOf(fails(hosting.ClassUnauthorized, 0)), "False/CredentialsRejected"},
		"no permission resource":          {visitOf(fails(hosting.ClassUnsupported, 0)), "False/PermissionAPIUnavailable"},
		"implausible table":               {visitOf(fails(hosting.ClassImplausible, 0), confirmed), "Unknown/TableImplausible"},
		"another manager":                 {visitOf(fails(hosting.ClassOwned, 0), confirmed), "False/OwnedElsewhere"},
	} {
		got := ""
		if o := c.v.obstacle(); o != nil {
			got = string(o.Ready) + "/" + o.Reason
			if o.After <= 0 && c.v.backend != nil && !c.v.backend.Spec.Suspend {
				t.Errorf("%s: never looked at again", name)
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestIdleAndFailed(t *testing.T) {
	observe := visitOf(func(v *scope) { v.backend.Spec.Mode = v1alpha1.ModeObserve })
	if o := observe.idle(); o.Reason != v1alpha1.ReasonObserveOnly || !o.Stalled {
		t.Errorf("%+v", o)
	}
	if o := visitOf().idle(); o.Reason != v1alpha1.ReasonBackendNotReady || !o.Reconciling {
		t.Errorf("%+v", o)
	}
	unsupported := &hosting.Error{Class: hosting.ClassUnsupported}
	if o := visitOf().failed(unsupported, later.Time, time.Second); o.Reason != v1alpha1.ReasonRelinquishmentUnsupported || !o.Stalled || o.After < time.Minute {
		t.Errorf("%+v", o)
	}
	down := &hosting.Error{Class: hosting.ClassUnavailable}
	if o := visitOf().failed(down, later.Add(-time.Minute), time.Second); o.Reason != v1alpha1.ReasonAwaitingConfirmation || o.After != time.Second {
		t.Errorf("%+v", o)
	}
	if o := visitOf().failed(down, time.Time{}, time.Second); o.Ready != metav1.ConditionUnknown || !o.Reconciling {
		t.Errorf("%+v", o)
	}
}
