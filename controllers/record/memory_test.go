package record

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/timing"
)

var key = types.NamespacedName{Namespace: "ns", Name: "acme-x"}

// I3: a record that was made and given its first contribution waits least, and more changes have it wait longer, but not
// for ever.
func TestDebouncerWaitsForQuietAndNotForEver(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000, 0))
	const least, quiet, longest = 200 * time.Millisecond, time.Second, 4 * time.Second
	d := newDebouncer(c, timing.Timing{}.Shipped())
	if wait := d.wait(key, 1, 1); wait != 0 {
		t.Error("at rest, waits", wait)
	}
	for generation := int64(2); generation < 4; generation++ {
		if wait := d.wait(key, generation, 1); wait != least {
			t.Error("just changed, waits", wait)
		}
	}
	c.Step(least)
	if wait := d.wait(key, 3, 1); wait != 0 {
		t.Error("quiet, waits", wait)
	}
	c.Step(10 * time.Minute)
	if wait := d.wait(key, 4, 3); wait != least {
		t.Error("a later burst is not waited for, but", wait)
	}
	generation, began := int64(4), c.Now()
	for _, want := range []time.Duration{least, 2 * least, 4 * least, quiet, quiet, quiet} {
		c.Step(want / 4)
		generation++
		if wait := d.wait(key, generation, 3); wait != want {
			t.Errorf("a trickle is waited for %s after %s, not %s", wait, c.Since(began), want)
		}
	}
	for c.Since(began) < longest-quiet/2 {
		c.Step(quiet / 4)
		generation++
		if wait := d.wait(key, generation, 3); wait <= 0 || wait > quiet {
			t.Errorf("waits %s after %s", wait, c.Since(began))
		}
	}
	c.Step(quiet / 2)
	if wait := d.wait(key, generation+1, 3); wait != 0 {
		t.Error("a trickle starves it: waits", wait)
	}
}

// What failed is known for the next decision until it succeeds, or the record is gone.
func TestRetriesAreRemembered(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(1000, 0))
	tracker := newRetryTracker(c)
	in := plan.Inputs{Record: &v1alpha1.AccessRecord{}}
	in.Record.Generation = 3
	failed := plan.Failed(in, &hosting.Error{Class: hosting.ClassUnavailable})
	d := plan.Decide(failed, plan.Compute(failed), nil)
	tracker.note(key, failed, d, time.Minute)
	if got := tracker.of(key); got.Failed != d.Attempt(failed).Cause || got.Until.Sub(c.Now()) != time.Minute {
		t.Errorf("%+v", got)
	}
	tracker.forget(key)
	if got := tracker.of(key); got != (plan.Retry{}) {
		t.Errorf("a forgotten record: %+v", got)
	}
	tracker.note(key, in, plan.Decide(in, plan.Compute(in), nil), 0)
	if len(tracker.byKey) != 0 {
		t.Error("holds what nothing is known of")
	}
}

// How a mail ended is written down also by a manager that is being stopped; anything else is
// read again by the next one.
func TestResultsOutliveTheManager(t *testing.T) {
	u, mailed, other := newUnsaved(), types.NamespacedName{Name: "mailed"}, types.NamespacedName{Name: "other"}
	u.keepInvitation(mailed, &v1alpha1.InvitationStatus{State: v1alpha1.InvitationDeferred})
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for key, lives := range map[types.NamespacedName]bool{mailed: true, other: false} {
		ctx, done := u.toWrite(stopped, key)
		if _, bounded := ctx.Deadline(); (ctx.Err() == nil) != lives || bounded != lives {
			t.Errorf("%s: %v, bounded %v", key.Name, ctx.Err(), bounded)
		}
		done()
	}
}

// That the record changed while it was written for is no reason to forget how that ended: only who
// does not live to write it down leaves that open.
func TestHowAWriteEndedIsKeptUntilItIsWrittenDown(t *testing.T) {
	record := &v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	billing := hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}
	at := metav1.NewTime(time.Unix(1000, 0))
	other := metav1.NewTime(at.Add(time.Second))
	ended := plan.Inputs{Memory: access.Memory{Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing)}}}}
	ended.Done.Changes = []v1alpha1.Change{{Kind: v1alpha1.ChangeGranted}}
	u := newUnsaved()
	for what, c := range map[string]struct {
		kept, status *metav1.Time
		want         bool
	}{
		"of this write":    {&at, &at, true},
		"of another":       {&at, &other, false},
		"written down":     {&at, nil, false},
		"without a time":   {nil, nil, false},
		"of one before it": {nil, &at, false},
	} {
		u.keepMemory(key, c.kept, ended)
		record.Status.WriteIntendedAt = c.status
		in := u.recall(plan.Inputs{Record: record})
		memory := in.Memory
		if len(in.Done.Changes) == 1 != c.want {
			t.Errorf("%s: remembers the changes %+v", what, in.Done.Changes)
		}
		if (len(memory.Applied) == 1) != c.want || (memory.Late(at) > 0) == (c.want || c.status == nil) {
			t.Errorf("%s: remembers %+v", what, memory)
		}
	}
	u.drop(client.ObjectKeyFromObject(record))
	record.Status.WriteIntendedAt = &at
	if memory := u.recall(plan.Inputs{Record: record}).Memory; !memory.Named().Empty() {
		t.Error("kept after it was written down")
	}
}

// I10: only a mail server that keeps others waiting for nothing is spared for a while.
func TestInTime(t *testing.T) {
	for what, c := range map[string]struct {
		verdict invite.Verdict
		took    time.Duration
		want    bool
	}{
		"taken at once":       {invite.Accepted, time.Second, true},
		"taken late":          {invite.Accepted, serverTimeout, true},
		"refused late":        {invite.Refused, serverTimeout, true},
		"put off at once":     {invite.Deferred, serverTimeout - 1, true},
		"never answered":      {invite.Deferred, serverTimeout, false},
		"lost after the data": {invite.Unknown, serverTimeout, false},
	} {
		if got := inTime(invite.Outcome{Verdict: c.verdict}, c.took); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// slow takes two minutes to find a row: for the budget, and for the answer.
type slow struct {
	empty
	c *clocktesting.FakeClock
}

func (s slow) FindRow(context.Context, string) (hosting.Row, error) {
	s.c.Step(2 * time.Minute)
	return hosting.Row{}, &hosting.Error{Class: hosting.ClassNotFound}
}

// I13: the time that is remembered with an intent is that of the write, not of when the record was observed.
func TestAnIntentIsAsLateAsItsWrite(t *testing.T) {
	r, s := reconciler(t)
	c := r.Clock.(*clocktesting.FakeClock)
	s.Configure("owner", "digest", "mark", slow{c: c}, slow{c: c})
	if _, err := s.Refresh(t.Context(), func(_, _ *provider.Snapshot) error { return nil }); err != nil {
		t.Fatal(err)
	}
	record := given()
	r.Live, _ = counting(t, record)
	in := r.inputs(record)
	in, err := r.refresh(t.Context(), in)
	if err != nil || !in.Fresh {
		t.Fatal(err, in.Done)
	}
	d, err := r.decide(t.Context(), in)
	if err != nil || d.Step != plan.Write {
		t.Fatal(err, d.Step)
	}
	if at := d.IntentStatus(in).WriteIntendedAt; r.Clock.Since(at.Time) > time.Second {
		t.Errorf("the intent that is persisted now says %s ago", r.Clock.Since(at.Time))
	}
}
