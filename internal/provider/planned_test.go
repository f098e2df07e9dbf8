package provider

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

const bob = "bob@acme.example"

// acts is everything that changes something, as it was planned with a key.
func acts(s *Connection, planned Configuration, row hosting.Row) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"create": func(ctx context.Context) error {
			_, err := s.Create(ctx, planned, ann, hosting.NewRow{Email: ann})
			return err
		},
		"update": func(ctx context.Context) error {
			_, err := s.Update(ctx, planned, ann, row, hosting.NewRights(billing), "")
			return err
		},
		"delete": func(ctx context.Context) error {
			_, err := s.Delete(ctx, planned, ann, row.ID)
			return err
		},
		"invite": func(ctx context.Context) error {
			_, err := s.Invite(ctx, planned, ann, row, true)
			return err
		},
		"drop": func(ctx context.Context) error { return s.DropHolding(ctx, planned, "owner@acme.example", 7) },
		"mail": func(context.Context) error { return s.CheckWrite(planned, LongestCall) },
		"call": func(context.Context) error { return s.CheckWrite(planned, time.Second) }, // that waited for its turn
		"row": func(ctx context.Context) error {
			_, err := s.ReadRow(ctx, planned, ann, row.ID)
			return err
		},
	}
}

// A plan is carried out with the key that the table was read with, or not at all: the row of its
// id may be somebody else's.
func TestAPlanIsOfTheKeyThatTheTableWasReadWith(t *testing.T) {
	theirs := invited(1)
	theirs.Email = bob
	first, second := newProvider(invited(1)), newProvider(theirs)
	s, _ := open(first)
	row, _ := refresh(t, s).Row(ann)
	planned := s.now()
	refused := func(what string) {
		t.Helper()
		calls := len(first.calls) + len(second.calls)
		for act, do := range acts(s, planned, row) {
			var failure *hosting.Error
			if err := do(t.Context()); !errors.As(err, &failure) || !failure.Unsent {
				t.Errorf("%s, %s: %v", what, act, err)
			}
		}
		if len(first.calls)+len(second.calls) != calls || !second.rows[1].Rights.Equal(hosting.Rights{}) {
			t.Errorf("%s: %v %v %v", what, first.calls, second.calls, second.rows)
		}
	}
	s.Configure("owner", "rotated", "ours", second, second)
	refused("another key, nothing read")
	refresh(t, s)
	refused("another key")
	s.Close(nil)
	refused("no key")
	s.Configure("owner", planned, "ours", first, first)
	refused("the same key again, nothing read")
	refresh(t, s)
	for _, act := range []string{"row", "mail", "call", "update", "invite", "drop", "delete", "create"} {
		if err := acts(s, planned, row)[act](t.Context()); err != nil {
			t.Error(act, err)
		}
	}
}

// I2: a table that is found not to be believed after something was planned on it lets nothing out
// that waited for its turn, until it is believed again.
func TestNothingIsWrittenToATableThatIsDoubtedMeanwhile(t *testing.T) {
	p := newProvider(invited(1))
	s, _ := open(p)
	row, _ := refresh(t, s).Row(ann)
	planned := s.now()
	doubt := &hosting.Error{Class: hosting.ClassImplausible}
	if _, err := s.Refresh(t.Context(), func(_, _ *Snapshot) error { return doubt }); !errors.Is(err, doubt) || s.View().Health.Err == nil {
		t.Fatal(err)
	}
	writes := []string{"mail", "call", "drop", "update", "invite", "delete", "create"}
	for _, act := range writes {
		calls := len(p.calls)
		var failure *hosting.Error
		if err := acts(s, planned, row)[act](t.Context()); !errors.As(err, &failure) || !failure.Unsent || len(p.calls) != calls {
			t.Errorf("%s: %v, %v", act, err, p.calls)
		}
	}
	refresh(t, s)
	for _, act := range []string{"mail", "update"} {
		if err := acts(s, planned, row)[act](t.Context()); err != nil {
			t.Error(act, err)
		}
	}
}

// meanwhile is a provider during whose reads of a row something happens.
type meanwhile struct {
	*provider
	happens func()
}

func (m meanwhile) Row(ctx context.Context, id int64) (hosting.Row, error) {
	row, err := m.provider.Row(ctx, id)
	m.happens()
	return row, err
}

func TestAKeyThatIsChangedDuringACall(t *testing.T) {
	p, other := newProvider(hosting.Row{Email: ann}), newProvider(hosting.Row{Email: ann})
	s, c := open(p)
	next, owner := Configuration("a"), "owner"
	during := meanwhile{p, func() { s.Configure(owner, next, "ours", other, other) }}
	begin := func() hosting.Row {
		s.Configure("owner", "first", "ours", during, during)
		row, _ := refresh(t, s).Row(ann)
		return row
	}
	row := begin()
	if got, err := s.ReadRow(t.Context(), s.now(), ann, row.ID); hosting.ClassOf(err) != hosting.ClassConflict {
		t.Error("a row that was read with another key is planned on", got, err)
	}

	row = begin()
	if got, err := s.Update(t.Context(), s.now(), ann, row, hosting.NewRights(billing), ""); err != nil || !got.Rights.Has(billing) {
		t.Error("a write that was sent in time is told as what it was", got, err)
	}
	if known, _ := s.table.snapshot.Row(ann); !known.Rights.Has(billing) {
		t.Error("the same owner's table does not know what was written", known)
	}

	row, owner = begin(), "another"
	if _, err := s.Update(t.Context(), s.now(), ann, row, hosting.NewRights(sites), ""); err != nil {
		t.Error(err)
	}
	c.Step(1)
	if known, _ := refresh(t, s).Row(ann); !known.Rights.Empty() || len(s.table.written) > 0 {
		t.Error("another owner's table knows what was not written there", known, s.table.written)
	}
}

// I16: whoever acts holds the lease for longer than the call may take.
func TestTheLeaseOutlastsTheCall(t *testing.T) {
	p := newProvider(invited(1))
	s, _ := open(p)
	row, _ := refresh(t, s).Row(ann)
	var asked time.Duration
	left := LongestCall
	s.lease = func(call time.Duration) error {
		if asked = call; call > left {
			return errors.New("ends before")
		}
		return nil
	}
	if err := s.CheckWrite(s.now(), time.Minute); hosting.ClassOf(err) != hosting.ClassUnavailable || asked != time.Minute {
		t.Error("a call that may take a minute:", err, asked)
	}
	if err := s.CheckWrite(s.now(), LongestCall); err != nil || asked != LongestCall {
		t.Error("a write:", err, asked)
	}
	left--
	calls := len(p.calls)
	for _, act := range []string{"mail", "drop", "update", "invite", "delete", "create"} {
		if err := acts(s, s.now(), row)[act](t.Context()); hosting.ClassOf(err) != hosting.ClassUnavailable || len(p.calls) != calls {
			t.Error(act, err, p.calls)
		}
	}
}
