package provider

import (
	"errors"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// holding opens a connection to a provider where the key's profile holds two things.
func holding(t *testing.T) (*Connection, *provider, *clocktesting.FakePassiveClock) {
	t.Helper()
	p, c := newProvider(), clocktesting.NewFakePassiveClock(time.Unix(1000, 0))
	p.holdings = []hosting.Holding{{ID: 9, OwnerID: 3, Owner: "b@other.example"}, {ID: 7, OwnerID: 2, Owner: "a@other.example"}}
	s := newConnection(c, time.Minute, func(string) {})
	s.Configure("owner", "first", "mark", p, p)
	if _, err := s.Holdings(t.Context(), 0); hosting.ClassOf(err) != hosting.ClassUnavailable || p.calls["holdings"] != 0 {
		t.Fatal("asked before it is known whose key it is", err)
	}
	refresh(t, s)
	return s, p, c
}

func TestHoldingsAreReadOnceWithinAnAge(t *testing.T) {
	s, p, c := holding(t)
	got, err := s.Holdings(t.Context(), time.Minute)
	if err != nil || got.Holder != "owner@acme.example" || len(got.List) != 2 || got.List[0].ID != 7 {
		t.Fatal(got, err)
	}
	for range 3 {
		if again, err := s.Holdings(t.Context(), time.Minute); err != nil || again != got {
			t.Error(again, err)
		}
	}
	if p.calls["holdings"] != 1 {
		t.Error(p.calls)
	}
	c.SetTime(c.Now().Add(time.Minute))
	p.fail["holdings"] = errors.New("down")
	if last, err := s.Holdings(t.Context(), time.Minute); err == nil || last != got {
		t.Error("a failure takes the last reading away", last, err)
	}
	if again, err := s.Holdings(t.Context(), time.Minute); err != nil || again == got || p.calls["holdings"] != 3 {
		t.Error("too old, and given again", err, p.calls)
	}
	s.Configure("owner", "second", "mark", p, p)
	if last, err := s.Holdings(t.Context(), time.Hour); err == nil || last != nil {
		t.Error("a new key gives what the old one read", err)
	}
}

func TestHoldingsAreReadForOneAtATime(t *testing.T) {
	s, p, _ := holding(t)
	provider := slow{p, make(chan bool), make(chan bool)}
	s.Configure("owner", "first", "mark", provider, provider)
	refresh(t, s)
	first := make(chan error)
	go func() {
		_, err := s.Holdings(t.Context(), 0)
		first <- err
	}()
	<-provider.asked
	if _, err := s.Holdings(t.Context(), 0); !errors.Is(err, ErrReading) {
		t.Error("asked twice:", err)
	}
	close(provider.answer)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if _, err := s.Holdings(t.Context(), time.Hour); err != nil || p.calls["holdings"] != 1 {
		t.Error("not shared:", err, p.calls)
	}
}

func TestDropHolding(t *testing.T) {
	s, p, _ := holding(t)
	if _, err := s.Holdings(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := s.DropHolding(t.Context(), s.now(), "OWNER@acme.example", 7); err != nil {
		t.Fatal(err)
	}
	got, err := s.Holdings(t.Context(), time.Hour)
	if err != nil || len(got.List) != 1 || got.List[0].ID != 9 {
		t.Error("what was read before it was dropped is given again", got, err)
	}

	s.lease = func(time.Duration) error { return errors.New("the lease ends") }
	if err := s.DropHolding(t.Context(), s.now(), "owner@acme.example", 9); hosting.ClassOf(err) != hosting.ClassUnavailable {
		t.Error("without the lease (I16)", err)
	}
	s.lease = nil
	if err := s.DropHolding(t.Context(), s.now(), "somebody@acme.example", 9); hosting.ClassOf(err) != hosting.ClassIdentityChanged {
		t.Error("for another profile", err)
	}
	p.holder = "somebody@acme.example"
	s.Configure("owner", "second", "mark", p, p)
	if err := s.DropHolding(t.Context(), s.now(), "owner@acme.example", 9); hosting.ClassOf(err) != hosting.ClassConflict {
		t.Error("before it is known whose key it is", err)
	}
	refresh(t, s)
	if err := s.DropHolding(t.Context(), s.now(), "owner@acme.example", 9); hosting.ClassOf(err) != hosting.ClassIdentityChanged {
		t.Error("with a key of another profile", err)
	}
	s.Configure("owner", "third", "mark", p, nil)
	refresh(t, s)
	if err := s.DropHolding(t.Context(), s.now(), "somebody@acme.example", 9); err == nil {
		t.Error("in Observe mode (I15)")
	}
	s.Configure("owner", "fourth", "mark", p, p)
	refresh(t, s)
	s.Close(errors.New("the Secret is gone"))
	if err := s.DropHolding(t.Context(), s.now(), "somebody@acme.example", 9); err == nil {
		t.Error("without a key (I14)")
	}
	if p.calls["drop"] != 1 {
		t.Error(p.calls)
	}
}
