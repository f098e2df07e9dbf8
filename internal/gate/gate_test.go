package gate

import (
	"fmt"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
)

var (
	now   = time.Unix(1_800_000_000, 0)
	rules = Rules{Limit: access.Limit{Percent: 25, Minimum: 10}, Settle: 15 * time.Second}
	long  = now.Add(-48 * time.Hour)
)

func name(i int) string { return fmt.Sprintf("p%03d", i) }

// book has n people whom a namespace has managed for long; the first of them lose something
// that is due since a time.
func book(n, losing int, since time.Time) *Book {
	b := NewBook(long)
	for i := range n {
		b.Enter(name(i), person("a", i < losing, since))
	}
	b.complete = true
	return b
}

func person(namespace string, loses bool, since time.Time) Person {
	p := Person{Sources: map[string]Source{namespace: {Since: long, Present: !loses}}}
	if loses {
		p.Losses = []Loss{{Namespaces: []string{namespace}, Since: since}}
	}
	return p
}

func only(t *testing.T, b *Book, who string, at time.Time) Verdict {
	t.Helper()
	verdicts := b.Judge(who, rules, at)
	if len(verdicts) != 1 {
		t.Fatal(verdicts)
	}
	return verdicts[0]
}

func TestHeldWholeOrNotAtAll(t *testing.T) {
	for _, c := range []struct {
		all, losing int
		answer      Answer
	}{{1, 1, Count}, {2, 1, Count}, {2, 2, Hold}, {3, 2, Hold}, {40, 10, Count}, {40, 11, Hold}, {100, 25, Count}, {100, 26, Hold}} {
		b := book(c.all, c.losing, now)
		for i := range c.losing {
			if v := only(t, b, name(i), now.Add(rules.Settle)); v.Answer != c.answer {
				t.Errorf("%d of %d: number %d: %+v", c.losing, c.all, i, v)
			}
		}
		if held := b.Batches(); (c.answer == Hold) != (len(held) == 1 && held[0].People == c.losing && held[0].Namespace == "a") {
			t.Errorf("%d of %d: %+v", c.losing, c.all, held)
		}
	}
}

func TestNothingIsJudgedEarly(t *testing.T) {
	b := book(100, 1, now)
	b.complete = false
	if v := only(t, b, name(0), now.Add(time.Hour)); v.Answer != Wait {
		t.Error("before everybody was looked at", v)
	}
	b.Expect([]string{name(0), name(99), "late"})
	if b.Complete() {
		t.Error("complete although somebody is missing")
	}
	b.Enter("late", Person{})
	b.Expect([]string{name(0), name(99), "late"})
	if v := only(t, b, name(0), now.Add(14*time.Second)); v.Answer != Wait || !v.Until.Equal(now.Add(15*time.Second)) {
		t.Error("before it has settled", v)
	}
	b.Enter(name(1), person("a", true, now.Add(14*time.Second)))
	if v := only(t, b, name(0), now.Add(15*time.Second)); v.Answer != Count {
		t.Error("a later one extends the wait", v)
	}
	if v := only(t, b, name(1), now.Add(15*time.Second)); v.Answer != Wait || !v.Until.Equal(now.Add(29*time.Second)) {
		t.Error("a later one is not gathered", v)
	}
}

// What was under way when the manager stopped joins what had settled before.
func TestAStartGathersAnew(t *testing.T) {
	b := NewBook(now)
	b.Enter(name(0), person("a", true, long))
	b.Expect([]string{name(0)})
	if v := only(t, b, name(0), now.Add(14*time.Second)); v.Answer != Wait || !v.Until.Equal(now.Add(15*time.Second)) {
		t.Error("judged before others can have been seen", v)
	}
	if v := only(t, b, name(0), now.Add(15*time.Second)); v.Answer != Count {
		t.Error("waits for ever", v)
	}
}

// A copy goes its own way.
func TestClone(t *testing.T) {
	b := book(2, 2, now)
	only(t, b, name(0), now.Add(rules.Settle))
	c := b.Clone()
	c.Forget(name(0))
	c.Forget(name(1))
	if len(b.Batches()) != 1 || b.Batches()[0].People != 2 || len(c.Batches()) != 0 {
		t.Error(b.Batches(), c.Batches())
	}
}

// What is allowed one by one is held once it is too much together, also what was allowed and
// is not done yet (S51).
func TestTrickle(t *testing.T) {
	b := book(100, 0, now)
	at := now
	for i := range 30 {
		at = at.Add(20 * time.Minute)
		b.Enter(name(i), person("a", true, at))
		v := only(t, b, name(i), at.Add(rules.Settle))
		if want := i >= 25; (v.Answer == Hold) != want {
			t.Fatal(i, v)
		}
		if v.Answer == Count {
			b.Enter(name(i), Person{Sources: map[string]Source{"a": {Since: long, Removed: at}}})
		}
	}
	if held := b.Batches(); len(held) != 5 {
		t.Error("what came later joined an earlier batch", held)
	}
	b.Enter(name(50), person("a", true, at.Add(25*time.Hour)))
	for i := range 30 {
		b.Enter(name(i), Person{}) // a day later, and what was held was declared again
	}
	if v := only(t, b, name(50), at.Add(26*time.Hour)); v.Answer != Count {
		t.Error("what was done a day ago still counts", v)
	}
}

func TestOneNamespaceHoldsNobodyElses(t *testing.T) {
	b := book(20, 20, now)
	b.Enter("other", person("b", true, now))
	at := now.Add(rules.Settle)
	if v := only(t, b, name(0), at); v.Answer != Hold {
		t.Error(v)
	}
	if v := only(t, b, "other", at); v.Answer != Count {
		t.Error("held behind another namespace's mistake", v)
	}
	both := person("b", true, now)
	both.Losses[0].Namespaces = []string{"a", "b"}
	b.Enter("both", both)
	if v := only(t, b, "both", at); v.Answer != Hold {
		t.Error("let go although one of those who caused it is held", v)
	}
}

func TestReleaseIsOfTheBatch(t *testing.T) {
	b := book(20, 12, now)
	at := now.Add(rules.Settle)
	digest := only(t, b, name(0), at).Batch
	b.Enter(name(15), person("a", true, at.Add(time.Minute)))
	later := only(t, b, name(15), at.Add(time.Hour))
	if later.Answer != Hold || later.Batch == digest {
		t.Error("what came later", later)
	}
	if b.Release("another"); only(t, b, name(0), at).Answer != Hold {
		t.Error("any digest releases")
	}
	if !b.Release(digest) || b.Release(digest) {
		t.Error("whether it was news")
	}
	if v := only(t, b, name(3), at); v.Answer != Pass {
		t.Error(v)
	}
	if v := only(t, b, name(15), at.Add(time.Hour)); v.Answer != Hold {
		t.Error("released with another batch", v)
	}
	again := person("a", true, at.Add(2*time.Hour))
	b.Enter(name(3), again)
	if v := only(t, b, name(3), at.Add(3*time.Hour)); v.Answer == Pass {
		t.Error("an old approval lets a new loss go", v)
	}
}

// A restart: what the records tell is enough.
func TestBatchesSurvive(t *testing.T) {
	b := book(20, 12, now)
	digest := only(t, b, name(0), now.Add(rules.Settle)).Batch
	again := NewBook(long)
	for i := range 20 {
		p := person("a", i < 12, now)
		if i < 12 {
			p.Losses[0].Batch = digest
		}
		again.Enter(name(i), p)
	}
	if v := only(t, again, name(4), now.Add(time.Minute)); v.Answer != Hold || v.Batch != digest {
		t.Error(v)
	}
	if held := again.Batches(); len(held) != 1 || held[0].People != 12 {
		t.Error(held)
	}
	for i := range 12 {
		again.Enter(name(i), person("a", false, now))
	}
	if held := again.Batches(); len(held) != 0 {
		t.Error("declared again, and still held", held)
	}
}

// After a restart, a batch is of the namespace that all of its losses have in common.
func TestWhoseABatchIsSurvives(t *testing.T) {
	b := NewBook(long)
	for i, namespaces := range [][]string{{"a", "b"}, {"a", "b"}, {"b", "c"}} {
		p := person("b", true, now)
		p.Losses[0].Namespaces, p.Losses[0].Batch = namespaces, "digest"
		b.Enter(name(i), p)
		b.Enter(name(i), p)
	}
	if held := b.Batches(); len(held) != 1 || held[0].Namespace != "b" || held[0].People != 3 {
		t.Error(held)
	}
}

func TestDeliberateEnds(t *testing.T) {
	b := book(20, 20, now)
	for i := range 20 {
		p := person("a", true, now)
		p.Losses[0].Cause = Deliberate
		b.Enter(name(i), p)
	}
	b.complete = false
	if v := only(t, b, name(7), now); v.Answer != Pass {
		t.Error(v)
	}
}

// Strangers added today buy no removals; a namespace of today is judged by all its people.
func TestAgainstWhomItCounts(t *testing.T) {
	b := book(20, 12, now)
	for i := range 500 {
		b.Enter(fmt.Sprint("new", i), Person{Sources: map[string]Source{"a": {Since: now, Present: true}}})
	}
	if v := only(t, b, name(0), now.Add(rules.Settle)); v.Answer != Hold {
		t.Error("strangers buy removals", v)
	}
	// One who was there a day ago, and nine who came since: that all go is no trifle.
	first := NewBook(long)
	for i := range 10 {
		p := person("a", true, now)
		if i > 0 {
			p.Sources["a"] = Source{Since: now.Add(-time.Hour)}
		}
		first.Enter(name(i), p)
	}
	first.complete = true
	if v := only(t, first, name(0), now.Add(rules.Settle)); v.Answer != Hold {
		t.Error("all of ten, of whom one was there a day ago", v)
	}
	young := NewBook(long)
	for i := range 100 {
		p := person("a", i < 20, now)
		p.Sources["a"] = Source{Since: now.Add(-time.Hour), Present: i >= 20}
		young.Enter(name(i), p)
	}
	young.complete = true
	if v := only(t, young, name(0), now.Add(rules.Settle)); v.Answer != Count {
		t.Error("20 of 100", v)
	}
}
