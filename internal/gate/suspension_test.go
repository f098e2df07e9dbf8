package gate

import (
	"testing"
	"time"
)

// suspended is somebody whom one namespace's people were suspended with.
func suspended(since time.Time) Person {
	p := Person{Sources: map[string]Source{"a": {Since: long, Present: true}}}
	p.Losses = []Loss{{Namespaces: []string{"a"}, Cause: Suspension, Since: since}}
	return p
}

// gone is somebody who lost what they had because they were suspended.
func gone(at time.Time) Person {
	return Person{Sources: map[string]Source{"a": {Since: long, Present: true, Suspended: at}}}
}

// sweep looks at everybody once, in order; who passes has lost it when the next one is looked at.
func sweep(t *testing.T, b *Book, people int, at time.Time) map[Answer]int {
	t.Helper()
	answers := map[Answer]int{}
	for i := range people {
		if len(b.people[name(i)].Losses) == 0 {
			continue
		}
		v := only(t, b, name(i), at)
		answers[v.Answer]++
		if v.Answer == Pass {
			b.Enter(name(i), gone(at))
		}
	}
	return answers
}

// Twenty at once: three pass, whoever they are, and nobody else, however often it is asked.
func TestThreeSuspensionsAnHour(t *testing.T) {
	b := book(40, 0, now)
	for i := range 20 {
		b.Enter(name(i), suspended(now))
	}
	if got := sweep(t, b, 20, now.Add(time.Second)); got[Pass] != 3 || got[Wait] != 17 {
		t.Fatal("at first", got)
	}
	for _, later := range []time.Duration{2 * time.Second, rules.Settle, time.Minute, 59 * time.Minute, 61 * time.Minute, 25 * time.Hour} {
		if got := sweep(t, b, 20, now.Add(later)); got[Pass] != 0 || got[Count] != 0 || got[Wait]+got[Hold] != 17 {
			t.Fatal("after", later, got)
		}
	}
	if held := b.Batches(); len(held) != 1 || held[0].People != 17 {
		t.Fatal(held)
	}
	b.Enter(name(30), suspended(now.Add(26*time.Hour)))
	if v := only(t, b, name(30), now.Add(26*time.Hour)); v.Answer != Pass {
		t.Error("one more, much later", v)
	}
	b.Release(b.Batches()[0].Digest)
	if got := sweep(t, b, 20, now.Add(26*time.Hour)); got[Pass] != 17 {
		t.Error("after it was named", got)
	}
}

// A place that was given counts at once, and however stale the records are that are looked at.
func TestAPlaceIsGivenOnce(t *testing.T) {
	b := book(40, 0, now)
	for i := range 4 {
		b.Enter(name(i), suspended(now))
	}
	for i := range 4 {
		v := only(t, b, name(i), now)
		if passes := i < 3; (v.Answer == Pass) != passes || v.Suspension != passes {
			t.Error(i, v)
		}
	}
	if v := only(t, b, name(1), now.Add(time.Minute)); v.Answer != Pass {
		t.Error("somebody lost their place", v)
	}
	b.Enter(name(0), gone(now))
	b.Enter(name(0), Person{Sources: map[string]Source{"a": {Since: long, Present: true}}})
	if v := only(t, b, name(3), now.Add(time.Minute)); v.Answer == Pass {
		t.Error("what was done is not counted when a record is read that does not tell of it yet", v)
	}
	c := b.Clone()
	c.Enter(name(9), suspended(now.Add(2*time.Hour)))
	only(t, c, name(9), now.Add(2*time.Hour))
	if len(b.given) != 3 {
		t.Error("a copy does not go its own way", b.given)
	}
}

// Done ones are counted first: nobody passes before everybody was looked at since the start.
func TestSuspensionsWaitForEverybody(t *testing.T) {
	b := NewBook(now)
	for i := range 3 {
		b.Enter(name(i), suspended(now))
		if v := only(t, b, name(i), now); v.Answer != Wait {
			t.Error("before everybody was looked at", v)
		}
	}
	var all []string
	for i := range 10 {
		all = append(all, name(i))
		if i >= 3 {
			b.Enter(name(i), gone(now.Add(-time.Duration(10*i)*time.Minute)))
		}
	}
	b.Expect(all)
	for i := range 3 { // those of 30, 40 and 50 minutes ago
		if v := only(t, b, name(i), now); v.Answer == Pass {
			t.Error("done ones are not counted", v)
		}
	}
	b.Forget(name(5))
	if v := only(t, b, name(0), now); v.Answer != Pass || !v.Suspension {
		t.Error("with two done", v)
	}
}

// A record tells of the batch that a suspension is held in: there it stays, also where places are
// free, until somebody names it.
func TestAHeldSuspensionStays(t *testing.T) {
	b := book(20, 0, now)
	p := suspended(now)
	p.Losses[0].Batch = "digest"
	b.Enter(name(0), p)
	if v := only(t, b, name(0), now.Add(3*time.Hour)); v.Answer != Hold || v.Batch != "digest" {
		t.Error(v)
	}
	b.Release("digest")
	if v := only(t, b, name(0), now.Add(3*time.Hour)); v.Answer != Pass || v.Suspension {
		t.Error("what was named takes no place", v)
	}
	if len(b.given) != 0 {
		t.Error(b.given)
	}
}

// S37: whoever is suspended while a mass is held takes along what is held of theirs; three do.
func TestSuspensionsTakeAlongWhatWasHeld(t *testing.T) {
	b := book(20, 12, now)
	at := now.Add(rules.Settle)
	digest := only(t, b, name(0), at).Batch
	passed := 0
	for i := range 5 {
		p := suspended(now)
		p.Losses[0].Batch, p.Losses[0].Along = digest, true
		b.Enter(name(i), p)
		switch v := only(t, b, name(i), at); v.Answer {
		case Pass:
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
	b := book(20, 12, now)
	at := now.Add(rules.Settle)
	b.Enter(name(15), suspended(now))
	if v := only(t, b, name(0), at); v.Answer != Hold {
		t.Fatal(v)
	}
	if v := only(t, b, name(15), at); v.Answer != Pass {
		t.Error(v)
	}
	if held := b.Batches(); len(held) != 1 || held[0].People != 12 {
		t.Error(held)
	}
}

// What two namespaces gave takes a place in both, or in none.
func TestAPlaceInEachNamespace(t *testing.T) {
	b := book(40, 0, now)
	for i := range 3 {
		b.Enter(name(i), suspended(now))
		only(t, b, name(i), now)
	}
	both := suspended(now)
	both.Losses[0].Namespaces, both.Sources["b"] = []string{"a", "b"}, Source{Since: long, Present: true}
	b.Enter("both", both)
	if v := only(t, b, "both", now); v.Answer == Pass {
		t.Error(v)
	}
	if got := len(b.places(now)["b"]); got != 0 {
		t.Error("a place was given that cannot be used", got)
	}
	if v := only(t, b, "both", now.Add(rules.Settle)); v.Answer != Count || v.Suspension {
		t.Error("then it is judged by number", v)
	}
}

// A clock that ran ahead occupies no place until it would have come true.
func TestPlacesOfAClockThatRanAhead(t *testing.T) {
	b := book(40, 0, now)
	for i := range 3 {
		b.Enter(name(i), suspended(now))
		only(t, b, name(i), now.Add(1000*time.Hour))
		b.Enter(name(i), Person{})
	}
	b.Enter(name(3), suspended(now))
	if v := only(t, b, name(3), now); v.Answer == Pass {
		t.Error("they are forgotten", v)
	}
	if v := only(t, b, name(3), now.Add(61*time.Minute)); v.Answer != Pass && v.Answer != Count {
		t.Error("they are remembered for long", v)
	}
	if got := len(b.places(now.Add(61 * time.Minute))["a"]); got > 1 {
		t.Error("places", got)
	}
}
