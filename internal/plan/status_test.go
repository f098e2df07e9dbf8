package plan

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/queue"
)

// Whoever waits comes again and again for the same, on the same account: that the record tells
// meanwhile what its grants wait for is no reason to go to the end of another namespace's queue.
func TestWhoWaitsComesForTheSame(t *testing.T) {
	both := []v1alpha1.OverallPermission{"Billing", "AccountManagement"}
	owed := func(p *person) {
		memory := access.MemoryOf(p.Record.Status)
		memory.Owed = memory.Owed.With(access.RightPart[access.Debt]{Rights: hosting.NewRights(server), Value: access.Debt{Cause: v1alpha1.CauseRemoved, Namespaces: []string{"tenant"}, Since: now}})
		p.remember(memory)
	}
	for what, c := range map[string]struct {
		tenant []v1alpha1.OverallPermission // of a grant of another namespace
		row    *hosting.Row
		change func(*person)
		want   queue.WriteRequest
	}{
		"a grant of a tenant adds": {
			tenant: []v1alpha1.OverallPermission{"ServerTechnical"},
			row:    row(billing, management), want: queue.WriteRequest{Priority: queue.PriorityAdd, Namespace: "tenant"},
		},
		"what a tenant gives drifted": {
			tenant: []v1alpha1.OverallPermission{"ServerTechnical"},
			row:    row(billing, management), want: queue.WriteRequest{Priority: queue.PriorityDrift, Namespace: "tenant"},
			change: func(p *person) {
				p.Record.Status.Live = access.Names{}.Live(hosting.NewRights(billing, management, server))
			},
		},
		"what a tenant gave goes": {
			row: row(billing, management, server), change: owed,
			want: queue.WriteRequest{Priority: queue.PriorityRemoval, Namespace: "tenant"},
		},
		"what a tenant gave looks gone": {
			row: row(billing, management), change: owed,
			want: queue.WriteRequest{Priority: queue.PriorityProof, Namespace: "tenant"},
		},
	} {
		p := personWith(both, c.row)
		if c.tenant != nil {
			p.Record.Spec.Contributions = append(p.Record.Spec.Contributions, v1alpha1.Contribution{
				UID: "t", Digest: "t", Grant: v1alpha1.GrantReference{Namespace: "tenant", Name: "g"}, Overall: c.tenant,
			})
		}
		if c.change != nil {
			c.change(p)
		}
		for _, again := range []string{"first", "again", "and again"} {
			if got := p.decide().Request(p.Inputs); got != c.want {
				t.Errorf("%s, %s: comes for %+v, want %+v", what, again, got, c.want)
			}
			p.publish()
		}
	}
}

// S32: timers do not see a clock that is set, nor one that went on while the machine slept.
func TestAnEndIsLookedForByTheClock(t *testing.T) {
	end := func(in time.Duration) v1alpha1.Contribution {
		return v1alpha1.Contribution{End: &v1alpha1.End{At: metav1.NewTime(now.Add(in)), Cause: v1alpha1.CauseExpired}}
	}
	for what, c := range map[string]struct {
		contributions []v1alpha1.Contribution
		want          time.Duration
	}{
		"none":         {[]v1alpha1.Contribution{{}}, 0},
		"over":         {[]v1alpha1.Contribution{end(-time.Hour)}, 0},
		"soon":         {[]v1alpha1.Contribution{end(time.Hour), end(time.Minute)}, time.Minute},
		"in some time": {[]v1alpha1.Contribution{end(1000 * time.Hour)}, recheckInterval},
	} {
		in := Inputs{Now: now, Record: &v1alpha1.AccessRecord{Spec: v1alpha1.AccessRecordSpec{Contributions: c.contributions}}}
		if got := Compute(in).untilEnd(now); got != c.want {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// left is somebody whose last grant is gone for a while, and whose row holds what is not ours to take
// away: others gave it, or it was retained.
func left(since time.Duration, change func(*person)) *person {
	p := personWith(nil, row(billing))
	p.Record.Spec.Contributions, p.Record.Status.Contributions = nil, nil
	p.remember(access.Memory{})
	p.Record.Status.History = []v1alpha1.Change{{At: now, Kind: v1alpha1.ChangeGranted}}
	p.Now = metav1.NewTime(now.Add(since))
	p.Provider.Verified, p.Provider.Read = p.Now.Time, p.Now.Time
	change(p)
	return p
}

// A record that is kept for a day is looked at again when the day is over, though nothing else
// happens, and goes then: it holds an address.
func TestARecordGoesAfterADay(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*person)
		goes   bool
	}{
		"the row stays, and is not ours": {func(*person) {}, true},
		"there is no row":                {func(p *person) { p.Row = nil; p.Record.Status.RowID = 0 }, true},
		"everybody is listed":            {func(p *person) { p.Backend.Spec.Inventory = v1alpha1.InventoryRecords }, false},
	} {
		p := left(time.Hour, c.change)
		d := p.decide()
		if Status(p.Inputs, d, 0).Remove {
			t.Errorf("%s: goes at once", what)
		}
		want := 23 * time.Hour
		if !c.goes {
			want = 0
		}
		if got := d.outcome(p.Inputs, 0).After; got != want {
			t.Errorf("%s: is looked at again after %s, want %s", what, got, want)
		}
		skewed := left(gate.Day, c.change)
		skewed.Provider.Ahead = time.Hour
		d = skewed.decide()
		if goes, again := d.finished(skewed.Inputs), d.outcome(skewed.Inputs, 0).After; goes || c.goes && again != time.Minute {
			t.Errorf("%s, and it is not known what time it is: goes: %v, is looked at again after %s", what, goes, again)
		}
		p = left(gate.Day, c.change)
		if goes := Status(p.Inputs, p.decide(), 0).Remove; goes != c.goes {
			t.Errorf("%s: goes after a day: %v", what, goes)
		}
	}
}

// A grant creates a record and then contributes to it: in between, the record is neither deleted nor written to.
func TestARecordWaitsForItsFirstContribution(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*v1alpha1.AccessRecord)
		want   time.Duration
	}{
		"just created":          {func(*v1alpha1.AccessRecord) {}, 4 * time.Second},
		"created long ago":      {func(r *v1alpha1.AccessRecord) { r.CreationTimestamp = metav1.NewTime(now.Add(-time.Minute)) }, 0},
		"a clock that is ahead": {func(r *v1alpha1.AccessRecord) { r.CreationTimestamp = metav1.NewTime(now.Add(time.Hour)) }, 5 * time.Second},
		"its grant left again":  {func(r *v1alpha1.AccessRecord) { r.Generation = 3 }, 0},
	} {
		p := left(0, func(p *person) { p.Row = nil })
		p.Record.Status = v1alpha1.AccessRecordStatus{}
		p.Record.Generation, p.Record.CreationTimestamp = 1, metav1.NewTime(now.Add(-time.Second))
		c.change(p.Record)
		p.recall()
		d := p.decide()
		if got := d.Wait(p.Inputs); got != c.want || !Status(p.Inputs, d, 0).Remove {
			t.Errorf("%s: waits for %s, want %s", what, got, c.want)
		}
	}
}

// I10: a grant that there is no room for fails by itself, and the record goes on.
func TestWhatThereIsNoRoomFor(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, row(billing, management))
	p.Provider.Places = access.Places{}
	for g := range 8 { // each names 300 accounts of its own
		one := v1alpha1.AccountPermissions{Permissions: []v1alpha1.AccountPermission{"Sites"}}
		for i := range 300 {
			name := fmt.Sprintf("g%d-%d", g, i)
			one.Names = append(one.Names, v1alpha1.PlaceName(name))
			p.Provider.Places[access.PlaceKey{Scope: hosting.ScopeAccount, Name: name}] = int64(1000*g + i + 1)
		}
		p.Record.Spec.Contributions = append(p.Record.Spec.Contributions, v1alpha1.Contribution{
			UID: types.UID(fmt.Sprint("g", g)), Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "g"}, Accounts: []v1alpha1.AccountPermissions{one},
		})
	}
	p.Record.Spec.Contributions[8].Resend = "again"
	p.Record.Status.Contributions = append(p.Record.Status.Contributions, v1alpha1.ContributionStatus{UID: "g7", Digest: "d", State: v1alpha1.ContributionFailed, Reason: v1alpha1.ReasonRecordFull})
	d := p.decide()
	if full := d.Desired.Full; len(full) != 2 || !full["g6"] || !full["g7"] || d.Plan.Add.Len() != 1800 {
		t.Fatalf("refuses %v, adds %d", full, d.Plan.Add.Len())
	}
	if len(d.Invitation.asking) > 0 {
		t.Error("has somebody mailed for what is not given")
	}
	got := Status(p.Inputs, d, 0).Status
	for _, echo := range got.Contributions {
		want := v1alpha1.ContributionPending
		switch echo.UID {
		case "u":
			want = v1alpha1.ContributionLive
		case "g6", "g7":
			want = v1alpha1.ContributionFailed
		}
		if echo.State != want || want == v1alpha1.ContributionFailed && echo.Reason != v1alpha1.ReasonRecordFull {
			t.Errorf("%s: %s %s", echo.UID, echo.State, echo.Reason)
		}
	}
	if len(got.Pins) != 1800 {
		t.Error(len(got.Pins), "names are pinned")
	}
	p.Record.Status, p.Row.Rights = got, p.Row.Rights.Union(d.Plan.Add)
	given := access.Memory{Applied: access.RightMap[access.Entry]{}}
	for right := range p.Row.Rights.All() {
		given.Applied = given.Applied.With(access.RightPart[access.Entry]{Rights: hosting.NewRights(right), Value: access.Entry{Namespaces: []string{"ns"}}})
	}
	p.remember(given)
	d = p.decide()
	if o := d.outcome(p.Inputs, 0); o.Ready != metav1.ConditionTrue || d.untilRoom(p.Inputs) > 0 {
		t.Error("fails the record, or looks for room where none was made:", o.Reason, o.Message)
	}
	p.Record.Spec.Contributions = append(p.Record.Spec.Contributions[:1:1], p.Record.Spec.Contributions[2:]...)
	d = p.decide()
	if full := d.Desired.Full; len(full) != 1 || !full["g7"] || d.Plan.Remove.Len() != 300 || d.Plan.Add.Len() != 300 {
		t.Errorf("once one left: refuses %v, takes away %d, gives %d", full, d.Plan.Remove.Len(), d.Plan.Add.Len())
	}
}

// Where more is undeclared than goes at once, a row is not as declared once a part of it is gone.
func TestUndeclaredGoesOn(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing"}, row(billing))
	p.Backend.Spec.Authority = v1alpha1.AuthorityAuthoritative
	p.remember(access.Memory{Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing)}}})
	if o := p.decide().outcome(p.Inputs, 0); o.Reason != v1alpha1.ReasonAsDeclared {
		t.Fatal(o.Reason, o.Message)
	}
	p.Row.Rights = p.Row.Rights.With(server)
	p.Fresh, p.Done = true, Result{Written: true, Effective: true}
	if o := p.decide().outcome(p.Inputs, 0); !o.Reconciling || o.After != time.Second {
		t.Errorf("%+v", o)
	}
}

// Whoever was put off and now waits in line is not kept from their turn when it comes.
func TestOnlyATrialFails(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, &hosting.Row{ID: 7, Rights: hosting.NewRights(billing, management)})
	p.Invitation, p.MailWait = &v1alpha1.InvitationStatus{State: v1alpha1.InvitationDeferred, Sender: v1alpha1.SenderSMTP, Ordinal: 1}, &MailWait{For: time.Minute}
	if p.decide().Failed(p.Inputs) {
		t.Error("waiting is a failure")
	}
	p.MailWait = nil
	p.Inputs = Mailed(p.Inputs, Decision{Invitation: Invitation{Step: invite.Step{Intent: p.Invitation}}}, invite.Outcome{Verdict: invite.Deferred}, now)
	if d := p.decide(); !d.Failed(p.Inputs) || d.Step != Rest {
		t.Error("being put off is none", d.Step)
	}
}

func TestWhyAMailIsQueued(t *testing.T) {
	for want, wait := range map[string]MailWait{
		"the invitation waits for its turn: it is among the next 2 people, and at most 5 people a minute are mailed (spec.invitations.perMinute of the HostingBackend)": {Among: 2, PerMinute: 5},
		"the mail server does not answer in time, so the invitation waits: it is next; check spec.invitations.smtp of the HostingBackend, and the server":               {Among: 1, PerMinute: 5, ServerDown: true},
	} {
		if got := queuedMessage(wait); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// I9: a decision that was published leads to the same status again.
func TestAStatusStands(t *testing.T) {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, row(billing, management))
	first := p.publish()
	p.Now = metav1.NewTime(now.Add(time.Minute))
	if again := Status(p.Inputs, p.decide(), 0); fmt.Sprint(first.Status) != fmt.Sprint(again.Status) || first.Outcome.Ready != metav1.ConditionTrue {
		t.Errorf("%+v\n%+v", first.Status, again.Status)
	}
}
