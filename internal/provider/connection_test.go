package provider

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

const ann = "ann@acme.example"

var (
	billing = hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}
	sites   = hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}
)

func open(p *provider) (*Connection, *clocktesting.FakeClock) {
	c := clocktesting.NewFakeClock(time.Unix(1_800_000_000, 0))
	s := newConnection(c, time.Minute, func(string) {})
	s.Configure("owner", "digest", "ours", p, p)
	return s, c
}

// now is what the table was read with that somebody plans on now.
func (c *Connection) now() Configuration { return c.View().Health.Configuration }

func latest(s *Connection) (*Snapshot, Health) {
	view := s.View()
	return view.Snapshot, view.Health
}

func believe(*Snapshot, *Snapshot) error { return nil }

func refresh(t *testing.T, s *Connection) *Snapshot {
	t.Helper()
	snapshot, err := s.Refresh(context.Background(), believe)
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func TestRefreshCostsOneListOfThePermissionTable(t *testing.T) { // I1
	p := newProvider(hosting.Row{Email: "Ann@ACME.example", Rights: hosting.NewRights(billing)})
	s, _ := open(p)
	snapshot := refresh(t, s)
	row, ok := snapshot.Row(ann)
	if !ok || !row.Rights.Has(billing) {
		t.Errorf("the row is found by its normalised address: %v %v", row, ok)
	}
	if got := fmt.Sprint(p.calls); got != "map[accounts:1 identity:1 servers:1 table:1]" {
		t.Error(got)
	}
}

// S47 and design §2: a list that began before our last write to a person says nothing about
// them.
func TestListThatBeganBeforeOurWriteIsNotBelieved(t *testing.T) {
	p := newProvider(hosting.Row{Email: ann, Rights: hosting.NewRights(billing)})
	s, c := open(p)
	before, _ := refresh(t, s).Row(ann)
	p.during = func() { // our write lands between the list's reading and its answer
		c.Step(time.Millisecond)
		if _, err := s.Update(context.Background(), s.now(), ann, before, hosting.NewRights(billing, sites), ""); err != nil {
			t.Error(err)
		}
	}
	snapshot := refresh(t, s)
	if row, _ := snapshot.Row(ann); !row.Rights.Has(sites) {
		t.Error("the stale list took the place of what was read back")
	}
	p.during = nil
	c.Step(time.Second)
	p.rows[1] = hosting.Row{ID: 1, Email: ann, Rights: hosting.NewRights(sites)}
	if row, _ := refresh(t, s).Row(ann); row.Rights.Has(billing) {
		t.Error("a later list is believed")
	}
}

// A write that was done is told as done, also where its answer was lost; the row is found by
// its address where no id was heard.
func TestLostAnswers(t *testing.T) {
	unavailable := &hosting.Error{Class: hosting.ClassUnavailable, Op: "write"}
	p := newProvider()
	s, _ := open(p)
	refresh(t, s)
	p.fail["create"] = unavailable
	row, err := s.Create(context.Background(), s.now(), ann, hosting.NewRow{Email: ann, Rights: hosting.NewRights(billing)})
	if err != nil || row == nil || row.ID != 1 {
		t.Fatal("create:", row, err)
	}
	p.fail["update"] = unavailable
	row, err = s.Update(context.Background(), s.now(), ann, *row, hosting.NewRights(sites), "")
	if err != nil || !row.Rights.Equal(hosting.NewRights(sites)) {
		t.Fatal("update:", row, err)
	}
	if known, _ := s.table.snapshot.Row(ann); !known.Rights.Equal(row.Rights) {
		t.Error("what was found was not stored:", known)
	}
	p.fail["delete"] = unavailable
	if row, err = s.Delete(context.Background(), s.now(), ann, row.ID); err != nil || row != nil {
		t.Error("delete:", row, err)
	}
}

func TestLostAnswersThatCannotBeFoundOut(t *testing.T) {
	unavailable := &hosting.Error{Class: hosting.ClassUnavailable, Op: "write"}
	p := newProvider(hosting.Row{Email: ann, Rights: hosting.NewRights(billing)})
	s, _ := open(p)
	have, _ := refresh(t, s).Row(ann)
	p.fail["update"], p.fail["row"] = unavailable, &hosting.Error{Class: hosting.ClassUnavailable, Op: "read"}
	if _, err := s.Update(context.Background(), s.now(), ann, have, hosting.NewRights(sites), ""); !errors.Is(err, unavailable) {
		t.Error("neither was answered:", err)
	}
	s.Configure("owner", "digest", "ours", p, deaf{p})
	refresh(t, s)
	if _, err := s.Delete(context.Background(), s.now(), ann, 1); !errors.Is(err, errUnreached) {
		t.Error("the row is there:", err)
	}
	if _, err := s.Update(context.Background(), s.now(), ann, p.rows[1], hosting.NewRights(billing), ""); !errors.Is(err, errUnreached) {
		t.Error("the row is another:", err)
	}
	p.rows[2] = hosting.Row{ID: 2, Email: "bob@acme.example", Rights: hosting.NewRights(sites)}
	if _, err := s.Create(context.Background(), s.now(), "bob@acme.example", hosting.NewRow{Rights: hosting.NewRights(billing)}); !errors.Is(err, errUnreached) {
		t.Error("somebody else's row:", err)
	}
	reads := p.calls["row"] + p.calls["find"]
	if _, err := s.Invite(context.Background(), s.now(), ann, hosting.Row{ID: 1}, true); err == nil || p.calls["row"]+p.calls["find"] != reads {
		t.Error("it is found out later:", err, p.calls)
	}
	s.Configure("owner", "digest", "ours", p, p)
	refresh(t, s)
	for name, failure := range map[string]*hosting.Error{
		"answered": {Class: hosting.ClassInvalid, Op: "write"}, "never sent": {Class: hosting.ClassUnavailable, Op: "write", Unsent: true},
	} {
		p.fail["update"] = failure
		if _, err := s.Update(context.Background(), s.now(), ann, have, hosting.NewRights(sites), ""); !errors.Is(err, failure) || p.calls["row"]+p.calls["find"] != reads {
			t.Error(name, "is nothing to look for:", err, p.calls)
		}
	}
}

func TestWriteCostsOneReadAfter(t *testing.T) { // I1
	p := newProvider()
	s, _ := open(p)
	refresh(t, s)
	row, err := s.Create(context.Background(), s.now(), ann, hosting.NewRow{Email: ann, Rights: hosting.NewRights(billing)})
	if err != nil || row == nil {
		t.Fatal(row, err)
	}
	if p.calls["create"] != 1 || p.calls["row"] != 1 || p.calls["find"] != 0 {
		t.Error(p.calls)
	}
	if gone, err := s.Delete(context.Background(), s.now(), ann, row.ID); err != nil || gone != nil {
		t.Error(gone, err)
	}
	if snapshot := s.View().Snapshot; len(snapshot.Addresses()) != 0 {
		t.Error("the row is still in the snapshot")
	}
}

func TestRowUnderAnotherAddressIsAnotherIdentity(t *testing.T) {
	p := newProvider(hosting.Row{Email: "somebody@else.example"})
	s, _ := open(p)
	refresh(t, s)
	_, err := s.ReadRow(context.Background(), s.now(), ann, 1)
	if hosting.ClassOf(err) != hosting.ClassIdentityChanged {
		t.Error(err)
	}
}

func TestFailedReadingLeavesTheLastGoodOne(t *testing.T) {
	for _, call := range []string{"identity", "accounts", "servers", "table"} {
		p := newProvider(hosting.Row{Email: ann})
		s, c := open(p)
		refresh(t, s)
		health := s.View().Health
		c.Step(time.Minute)
		p.fail[call] = errors.New("cut")
		if _, err := s.Refresh(context.Background(), believe); err == nil {
			t.Error(call, "failed unnoticed")
		}
		snapshot, after := latest(s)
		if _, ok := snapshot.Row(ann); !ok || after.Err == nil || !after.Verified.Equal(health.Verified) {
			t.Errorf("%s: snapshot %v, health %+v", call, snapshot, after)
		}
	}
}

func TestObserveHoldsNoWriter(t *testing.T) { // I15
	p := newProvider()
	s, _ := open(p)
	s.Configure("owner", "observe", "ours", p, nil)
	refresh(t, s)
	if err := s.CheckWrite(s.now(), LongestCall); s.View().CanWrite || err == nil {
		t.Error("can write", err)
	}
	if _, err := s.Create(context.Background(), s.now(), ann, hosting.NewRow{Email: ann}); err == nil || p.calls["create"] != 0 {
		t.Error("wrote", err)
	}
}

// I2: what is not believed takes the place of nothing, and a new key writes nothing before
// the table was read with it.
func TestAReadingThatIsNotBelieved(t *testing.T) {
	p := newProvider(hosting.Row{Email: ann})
	s, _ := open(p)
	if s.View().CanWrite {
		t.Error("writes before it has read")
	}
	believed := refresh(t, s)
	if !s.View().CanWrite {
		t.Error("cannot write")
	}
	s.Configure("owner", "rotated key", "ours", p, p)
	odd := errors.New("odd")
	_, err := s.Refresh(context.Background(), func(_, last *Snapshot) error {
		if last != believed {
			t.Error("the judge does not know the last reading")
		}
		return odd
	})
	snapshot, health := latest(s)
	if !errors.Is(err, odd) || snapshot != believed || !errors.Is(health.Err, odd) || s.View().CanWrite {
		t.Error(err, snapshot, health)
	}
	refresh(t, s)
	if health := s.View().Health; health.Err != nil || !s.View().CanWrite {
		t.Error(health)
	}
}

func TestAReadingTellsWhenItBeganAndEnded(t *testing.T) {
	p := newProvider(hosting.Row{Email: ann})
	s, c := open(p)
	began := c.Now()
	if _, err := s.Refresh(context.Background(), func(_, _ *Snapshot) error { c.Step(90 * time.Second); return nil }); err != nil {
		t.Fatal(err)
	}
	if known, _ := s.View().Person(ann); !known.Verified.Equal(began) || known.Read.Sub(began) != 90*time.Second {
		t.Error(known.Verified, known.Read)
	}
}

func TestAnotherOwnersTableIsForgotten(t *testing.T) {
	p := newProvider(hosting.Row{Email: ann})
	s, _ := open(p)
	refresh(t, s)
	s.Configure("owner", "rotated key", "ours", p, p)
	if snapshot := s.View().Snapshot; snapshot == nil {
		t.Error("a rotated key forgets the table")
	}
	if s.Due() != 0 {
		t.Error("a rotated key is not used at once")
	}
	s.Configure("another owner", "key", "ours", p, p)
	if snapshot, health := latest(s); snapshot != nil || !health.Verified.IsZero() {
		t.Error("another owner's table is taken for this one's")
	}
}

func TestChangedAtMovesOnlyWithTheTable(t *testing.T) { // I9
	p := newProvider(hosting.Row{Email: ann})
	s, c := open(p)
	first := refresh(t, s).ChangedAt
	c.Step(time.Minute)
	if again := refresh(t, s).ChangedAt; !again.Equal(first) {
		t.Error("moved without a change")
	}
	c.Step(time.Minute)
	p.rows[2] = hosting.Row{ID: 2, Email: "bob@acme.example"}
	if later := refresh(t, s).ChangedAt; !later.After(first) {
		t.Error("did not move with a change")
	}
}

func TestAmbiguousAndUnreadableRows(t *testing.T) {
	p := newProvider(hosting.Row{Email: ann}, hosting.Row{Email: "ANN@acme.example"}, hosting.Row{Email: "no address"})
	s, _ := open(p)
	snapshot := refresh(t, s)
	if !snapshot.Ambiguous(ann) || snapshot.Unreadable() != 1 {
		t.Error(snapshot.Ambiguous(ann), snapshot.Unreadable())
	}
}
