package gate

import (
	"testing"
	"time"
)

// suspendedAt is somebody whom one namespace's people were suspended with.
func suspendedAt(since time.Time) Person {
	p := Person{Sources: []Source{{Namespace: "a", Since: long, Present: true}}}
	p.Losses = []Loss{{Namespaces: []string{"a"}, Cause: Suspension, Since: since}}
	return p
}

// gone is somebody who lost what they had because they were suspended.
func gone(at time.Time) Person {
	return Person{Sources: []Source{{Namespace: "a", Since: long, Present: true, Suspended: at}}}
}

// taken counts the places that are taken.
func taken(l *Ledger, namespace string, at time.Time) int {
	e := &evaluation{ledger: l, Effects: Effects{now: at}, taken: map[string]map[string]bool{}}
	return len(e.places(namespace))
}

// sweep looks at everybody once, in order; who passes has lost it when the next one is looked at.
func sweep(t *testing.T, l *Ledger, people int, at time.Time) map[Answer]int {
	t.Helper()
	answers := map[Answer]int{}
	for i := range people {
		if len(l.people[name(i)].Losses) == 0 {
			continue
		}
		v := only(t, l, name(i), at)
		answers[v.Answer]++
		if v.Answer == Allow {
			l.Update(name(i), gone(at))
		}
	}
	return answers
}

// Twenty at once: three pass, whoever they are, and nobody else, however often it is asked.
func TestThreeSuspensionsAnHour(t *testing.T) {
	l := ledger(40, 0, now)
	for i := range 20 {
		l.Update(name(i), suspendedAt(now))
	}
	if got := sweep(t, l, 20, now.Add(time.Second)); got[Allow] != 3 || got[Defer] != 17 {
		t.Fatal("at first", got)
	}
	for _, later := range []time.Duration{2 * time.Second, rules.Settle, time.Minute, 59 * time.Minute, 61 * time.Minute, 25 * time.Hour} {
		if got := sweep(t, l, 20, now.Add(later)); got[Allow] != 0 || got[AllowCounted] != 0 || got[Defer]+got[Hold] != 17 {
			t.Fatal("after", later, got)
		}
	}
	if held := l.Batches(); len(held) != 1 || held[0].People != 17 {
		t.Fatal(held)
	}
	l.Update(name(30), suspendedAt(now.Add(26*time.Hour)))
	if v := only(t, l, name(30), now.Add(26*time.Hour)); v.Answer != Allow {
		t.Error("one more, much later", v)
	}
	approve(l, l.Batches()[0].Digest)
	if got := sweep(t, l, 20, now.Add(26*time.Hour)); got[Allow] != 17 {
		t.Error("after it was named", got)
	}
}

// A place that was given counts at once, and however stale the records are that are looked at.
func TestAPlaceIsGivenOnce(t *testing.T) {
	l := ledger(40, 0, now)
	for i := range 4 {
		l.Update(name(i), suspendedAt(now))
	}
	for i := range 4 {
		v := only(t, l, name(i), now)
		if passes := i < 3; (v.Answer == Allow) != passes || v.Suspension != passes {
			t.Error(i, v)
		}
	}
	if v := only(t, l, name(1), now.Add(time.Minute)); v.Answer != Allow {
		t.Error("somebody lost their place", v)
	}
	l.Update(name(0), gone(now))
	l.Update(name(0), Person{Sources: []Source{{Namespace: "a", Since: long, Present: true}}})
	if v := only(t, l, name(3), now.Add(time.Minute)); v.Answer == Allow {
		t.Error("what was done is not counted when a record is read that does not tell of it yet", v)
	}
	c := l.Clone()
	c.Update(name(9), suspendedAt(now.Add(2*time.Hour)))
	only(t, c, name(9), now.Add(2*time.Hour))
	if len(l.places["a"]) != 3 {
		t.Error("a copy does not go its own way", l.places)
	}
}

// Done ones are counted first: nobody passes before everybody was looked at since the start.
func TestSuspensionsWaitForEverybody(t *testing.T) {
	l := NewLedger(now)
	for i := range 3 {
		l.Update(name(i), suspendedAt(now))
		if v := only(t, l, name(i), now); v.Answer != Defer {
			t.Error("before everybody was looked at", v)
		}
	}
	var all []string
	for i := range 10 {
		all = append(all, name(i))
		if i >= 3 {
			l.Update(name(i), gone(now.Add(-time.Duration(10*i)*time.Minute)))
		}
	}
	l.MarkComplete(all)
	for i := range 3 { // those of 30, 40 and 50 minutes ago
		if v := only(t, l, name(i), now); v.Answer == Allow {
			t.Error("done ones are not counted", v)
		}
	}
	l.Remove(name(5))
	if v := only(t, l, name(0), now); v.Answer != Allow || !v.Suspension {
		t.Error("with two done", v)
	}
}

// A record tells of the batch that a suspension is held in: there it stays, also where places are
// free, until somebody names it.
func TestAHeldSuspensionStays(t *testing.T) {
	l := ledger(20, 0, now)
	p := suspendedAt(now)
	p.Losses[0].Batch = "digest"
	l.Update(name(0), p)
	if v := only(t, l, name(0), now.Add(3*time.Hour)); v.Answer != Hold || v.Batch != "digest" {
		t.Error(v)
	}
	approve(l, "digest")
	if v := only(t, l, name(0), now.Add(3*time.Hour)); v.Answer != Allow || v.Suspension {
		t.Error("what was named takes no place", v)
	}
	if len(l.places) != 0 {
		t.Error(l.places)
	}
}

// S37: whoever is suspended while a mass is held takes along what is held of theirs; three do.
func TestSuspensionsTakeAlongWhatWasHeld(t *testing.T) {
	l := ledger(20, 12, now)
	at := now.Add(rules.Settle)
	digest := only(t, l, name(0), at).Batch
	passed := 0
	for i := range 5 {
		p := suspendedAt(now)
		p.Losses[0].Batch, p.Losses[0].Along = digest, true
		l.Update(name(i), p)
		switch v := only(t, l, name(i), at); v.Answer {
		case Allow:
			passed++
		case Hold:
			if v.Batch != digest {
				t.Error("another batch", v)
			}
		default:
			t.Error(v)
		}
	}
	if passed != maxSuspensions {
		t.Error(passed)
	}
}

// Somebody who has a place is not held with a mass that is judged before they are.
func TestAMassHoldsNobodyWhoMayGo(t *testing.T) {
	l := ledger(20, 12, now)
	at := now.Add(rules.Settle)
	l.Update(name(15), suspendedAt(now))
	if v := only(t, l, name(0), at); v.Answer != Hold {
		t.Fatal(v)
	}
	if v := only(t, l, name(15), at); v.Answer != Allow {
		t.Error(v)
	}
	if held := l.Batches(); len(held) != 1 || held[0].People != 12 {
		t.Error(held)
	}
}

// What two namespaces gave takes a place in both, or in none.
func TestAPlaceInEachNamespace(t *testing.T) {
	l := ledger(40, 0, now)
	for i := range 3 {
		l.Update(name(i), suspendedAt(now))
		only(t, l, name(i), now)
	}
	both := suspendedAt(now)
	both.Losses[0].Namespaces = []string{"a", "b"}
	both.Sources = append(both.Sources, Source{Namespace: "b", Since: long, Present: true})
	l.Update("both", both)
	if v := only(t, l, "both", now); v.Answer == Allow {
		t.Error(v)
	}
	if got := taken(l, "b", now); got != 0 {
		t.Error("a place was given that cannot be used", got)
	}
	if v := only(t, l, "both", now.Add(rules.Settle)); v.Answer != AllowCounted || v.Suspension {
		t.Error("then it is judged by number", v)
	}
}

// A clock that ran ahead occupies no place until it would have come true.
func TestPlacesOfAClockThatRanAhead(t *testing.T) {
	l := ledger(40, 0, now)
	for i := range 3 {
		l.Update(name(i), suspendedAt(now))
		only(t, l, name(i), now.Add(1000*time.Hour))
		l.Update(name(i), Person{})
	}
	l.Update(name(3), suspendedAt(now))
	if v := only(t, l, name(3), now); v.Answer == Allow {
		t.Error("they are forgotten", v)
	}
	if v := only(t, l, name(3), now.Add(61*time.Minute)); v.Answer != Allow && v.Answer != AllowCounted {
		t.Error("they are remembered for long", v)
	}
	if got := taken(l, "a", now.Add(61*time.Minute)); got > 1 {
		t.Error("places", got)
	}
}
