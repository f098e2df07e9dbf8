package record

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
)

// empty is a provider without anything.
type empty struct{ hosting.Writer }

func (empty) Identity(context.Context) (hosting.Identity, error) {
	return hosting.Identity{Email: "owner@acme.example"}, nil
}
func (empty) Accounts(context.Context) ([]hosting.Place, error) { return nil, nil }
func (empty) Servers(context.Context) ([]hosting.Place, error)  { return nil, nil }
func (empty) Table(context.Context) ([]hosting.Row, error)      { return nil, nil }

// holding is a look at somebody whose row holds Billing, which a grant names and the record has no
// memory of.
func holding(t *testing.T, change ...func(*pass)) *pass {
	t.Helper()
	p := look([]v1alpha1.OverallPermission{"Billing"}, &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(billing)})
	p.session.Configure("owner", "digest", "mark", empty{}, empty{})
	if _, err := p.session.Refresh(t.Context(), func(_, _ *session.Snapshot) error { return nil }); err != nil {
		t.Fatal(err)
	}
	p.record.Status.Applied = nil
	p.record.Spec.Contributions[0].Adopt = true
	for _, c := range change {
		c(p)
	}
	p.think()
	return p
}

// I4, I1: what a person had before is adopted from a row that was read by itself, where the backend
// is enforced and a rule lets it be; that read is asked for once.
func TestWhatIsFoundIsAdoptedOnce(t *testing.T) {
	observes := func(p *pass) { p.backend.Spec.Mode = v1alpha1.ModeObserve }
	suspended := func(p *pass) { p.backend.Spec.Suspend = true }
	mayNot := func(p *pass) { p.record.Spec.Contributions[0].Adopt = false }
	fresh := func(p *pass) { p.fresh = true }
	for what, c := range map[string]struct {
		change  []func(*pass)
		asks    bool
		adopted int
	}{
		"listed":                           {nil, true, 0},
		"read by itself":                   {[]func(*pass){fresh}, false, 1},
		"read by itself, and observed":     {[]func(*pass){fresh, observes}, false, 0},
		"read by itself, by one it is not": {[]func(*pass){fresh, mayNot}, false, 0},
		"observed":                         {[]func(*pass){observes}, false, 0},
		"suspended":                        {[]func(*pass){suspended}, false, 0},
		"by one who may not":               {[]func(*pass){mayNot}, false, 0},
	} {
		p := holding(t, c.change...)
		if p.wantsProof() != c.asks || p.wantsTurn() != c.asks || len(p.memory.Applied) != c.adopted {
			t.Errorf("%s: asks %v, adopted %v", what, p.wantsProof(), p.memory.Applied)
		}
		if c.asks && p.errand().Class != session.ClassProof {
			t.Errorf("%s: is not the least of errands: %v", what, p.errand())
		}
		if c.adopted == 0 {
			continue
		}
		p.record.Status = p.status(p.outcome(0))
		p.fresh = false
		if p.think(); p.wantsTurn() || !p.memory.Applied[billing].Adopted {
			t.Errorf("%s: asks again, with %v", what, p.memory.Applied)
		}
	}
}

// I13: while a write may still be done, a debt that looks paid is not looked for, and the record says why
// it stays; after five minutes it is looked for, and goes.
func TestADebtOutlivesAWriteThatMayStillBeDone(t *testing.T) {
	for what, c := range map[string]struct {
		ago       time.Duration
		live      []hosting.Right
		waits     time.Duration
		asks      bool
		reason    string
		failed    bool
		leftOwing int
	}{
		"just written":            {0, nil, access.LateAtMost + time.Second, false, v1alpha1.ReasonWriteUnanswered, false, 1},
		"four minutes ago":        {4 * time.Minute, nil, time.Minute + time.Second, false, v1alpha1.ReasonWriteUnanswered, false, 1},
		"done late":               {time.Minute, []hosting.Right{management}, 0, false, v1alpha1.ReasonNotTakenEffect, true, 1},
		"five minutes ago":        {5 * time.Minute, nil, 0, true, v1alpha1.ReasonNotTakenEffect, false, 0},
		"of a clock that ran":     {-time.Hour, nil, access.LateAtMost + time.Second, false, v1alpha1.ReasonWriteUnanswered, false, 1},
		"done late, in the sixth": {6 * time.Minute, []hosting.Right{management}, 0, false, v1alpha1.ReasonNotTakenEffect, true, 1},
	} {
		p := holding(t, func(p *pass) {
			at := metav1.NewTime(p.now.Add(-c.ago))
			access.Memory{
				Applied: map[hosting.Right]access.Entry{billing: {}}, Intended: &at,
				Owed: map[hosting.Right]access.Debt{management: {Cause: v1alpha1.CauseRemoved, Namespaces: []string{"ns"}, Since: p.now}},
			}.Store(&p.record.Status)
			p.row.Rights = hosting.NewRights(append(c.live, billing)...)
			p.written = true
		})
		if got := p.untilLate(); got != c.waits {
			t.Errorf("%s: waits %s", what, got)
		}
		if p.wantsProof() != c.asks {
			t.Errorf("%s: looks for it: %v", what, p.wantsProof())
		}
		if got := p.outcome(0).Reason; got != c.reason {
			t.Errorf("%s: says %s", what, got)
		}
		if p.failed() != c.failed {
			t.Errorf("%s: tries again: %v", what, p.failed())
		}
		p.fresh = true
		if p.think(); len(p.memory.Owed) != c.leftOwing {
			t.Errorf("%s: owes %v", what, p.memory.Owed)
		}
	}
}

// That the record changed while it was written for is no reason to forget how that ended: only who
// does not live to write it down leaves that open.
func TestHowAWriteEndedIsKeptUntilItIsWrittenDown(t *testing.T) {
	p := holding(t)
	key := client.ObjectKeyFromObject(p.record)
	at, other := p.now, metav1.NewTime(p.now.Add(time.Second))
	ended := access.Memory{Applied: map[hosting.Right]access.Entry{billing: {}}}
	r := newResults()
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
		r.keepMemory(key, c.kept, ended)
		p.record.Status.WriteIntendedAt = c.status
		p.recalled = r.memory(p.record)
		if (p.recalled != nil) != c.want {
			t.Errorf("%s: %v", what, p.recalled)
		}
		if p.think(); len(p.memory.Applied) == 1 != c.want || (p.memory.Late(p.now) > 0) == (c.want || c.status == nil) {
			t.Errorf("%s: remembers %+v", what, p.memory)
		}
	}
	r.drop(key)
	p.record.Status.WriteIntendedAt = &at
	if r.memory(p.record) != nil {
		t.Error("kept after it was written down")
	}
}

// I8: where the row cannot be read, what is concluded is of the record as it is now: a grant that came
// meanwhile is not said to be given because nothing is known to be missing of it.
func TestAFailedReadConcludesOnTheRecordAsItIs(t *testing.T) {
	p := holding(t)
	now := p.record.DeepCopy()
	now.Spec.Contributions = append(now.Spec.Contributions, v1alpha1.Contribution{UID: "v", Digest: "e",
		Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "h"}, Overall: []v1alpha1.OverallPermission{"Domains"}})
	now.Status.Permissions = 5
	p.session.Close(nil) // no row can be read
	live, _ := counting(t, now)
	r := &Reconciler{Live: live, results: newResults()}
	q, err := r.freshen(t.Context(), p)
	if err != nil || q.failure == nil || q.fresh {
		t.Fatal(q, err)
	}
	want := hosting.Right{Scope: hosting.ScopeOverall, Name: "Domains"}
	if !q.want.By["v"].Rights.Has(want) || !q.plan.Add.Has(want) {
		t.Errorf("concludes on %v, to add %v", q.want.By, q.plan.Add)
	}
	for _, c := range q.status(q.outcome(0)).Contributions {
		if c.UID == "v" && c.State == v1alpha1.ContributionLive {
			t.Error("said to be given:", c)
		}
	}
}
