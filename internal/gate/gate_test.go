package gate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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

// ledger has n people whom a namespace has managed for long; the first of them lose something
// that is due since a time.
func ledger(n, losing int, since time.Time) *Ledger {
	l := NewLedger(long)
	for i := range n {
		l.Update(name(i), person("a", i < losing, since))
	}
	l.complete = true
	return l
}

func person(namespace string, loses bool, since time.Time) Person {
	p := Person{Sources: []Source{{Namespace: namespace, Since: long, Present: !loses}}}
	if loses {
		p.Losses = []Loss{{Namespaces: []string{namespace}, Since: since}}
	}
	return p
}

func only(t *testing.T, l *Ledger, who string, at time.Time) Verdict {
	t.Helper()
	verdicts := evaluate(t, l, who, rules, at)
	if len(verdicts) != 1 {
		t.Fatal(verdicts)
	}
	return verdicts[0]
}

// evaluate asks and applies; to ask changes nothing.
func evaluate(t *testing.T, l *Ledger, who string, rules Rules, at time.Time) []Verdict {
	t.Helper()
	before := counted(l)
	verdicts, effects := l.Evaluate(who, l.people[who], rules, at)
	if counted(l) != before {
		t.Fatal("a question changes the ledger")
	}
	l.Apply(effects)
	if counted(l) != counted(l.Clone()) {
		t.Fatal("the counts are not those of the people")
	}
	return verdicts
}

// counted is a ledger with its counts.
func counted(l *Ledger) string {
	list := []string{l.String()}
	for _, namespace := range slices.Sorted(maps.Keys(l.accounts)) {
		list = append(list, fmt.Sprintf("%s: %+v", namespace, *l.accounts[namespace]))
	}
	return strings.Join(list, "\n")
}

func TestHeldWholeOrNotAtAll(t *testing.T) {
	for _, c := range []struct {
		all, losing int
		answer      Answer
	}{{1, 1, AllowCounted}, {2, 1, AllowCounted}, {2, 2, Hold}, {3, 2, Hold}, {40, 10, AllowCounted}, {40, 11, Hold}, {100, 25, AllowCounted}, {100, 26, Hold}} {
		l := ledger(c.all, c.losing, now)
		for i := range c.losing {
			if v := only(t, l, name(i), now.Add(rules.Settle)); v.Answer != c.answer {
				t.Errorf("%d of %d: number %d: %+v", c.losing, c.all, i, v)
			}
		}
		if held := l.Batches(); (c.answer == Hold) != (len(held) == 1 && held[0].People == c.losing && held[0].Namespace == "a") {
			t.Errorf("%d of %d: %+v", c.losing, c.all, held)
		}
	}
}

func TestNothingIsJudgedEarly(t *testing.T) {
	l := ledger(100, 1, now)
	l.complete = false
	if v := only(t, l, name(0), now.Add(time.Hour)); v.Answer != Defer {
		t.Error("before everybody was looked at", v)
	}
	l.MarkComplete([]string{name(0), name(99), "late"})
	if l.Complete() {
		t.Error("complete although somebody is missing")
	}
	l.Update("late", Person{})
	l.MarkComplete([]string{name(0), name(99), "late"})
	if v := only(t, l, name(0), now.Add(14*time.Second)); v.Answer != Defer || !v.Until.Equal(now.Add(15*time.Second)) {
		t.Error("before it has settled", v)
	}
	l.Update(name(1), person("a", true, now.Add(14*time.Second)))
	if v := only(t, l, name(0), now.Add(15*time.Second)); v.Answer != AllowCounted {
		t.Error("a later one extends the wait", v)
	}
	if v := only(t, l, name(1), now.Add(15*time.Second)); v.Answer != Defer || !v.Until.Equal(now.Add(29*time.Second)) {
		t.Error("a later one is not gathered", v)
	}
}

// What was under way when the manager stopped joins what had settled before.
func TestAStartGathersAnew(t *testing.T) {
	l := NewLedger(now)
	l.Update(name(0), person("a", true, long))
	l.MarkComplete([]string{name(0)})
	if v := only(t, l, name(0), now.Add(14*time.Second)); v.Answer != Defer || !v.Until.Equal(now.Add(15*time.Second)) {
		t.Error("judged before others can have been seen", v)
	}
	if v := only(t, l, name(0), now.Add(15*time.Second)); v.Answer != AllowCounted {
		t.Error("waits for ever", v)
	}
}

// A copy goes its own way.
func TestClone(t *testing.T) {
	l := ledger(2, 2, now)
	only(t, l, name(0), now.Add(rules.Settle))
	c := l.Clone()
	c.Remove(name(0))
	c.Remove(name(1))
	if len(l.Batches()) != 1 || l.Batches()[0].People != 2 || len(c.Batches()) != 0 {
		t.Error(l.Batches(), c.Batches())
	}
}

// What is allowed one by one is held once it is too much together, also what was allowed and
// is not done yet (S51).
func TestTrickle(t *testing.T) {
	l := ledger(100, 0, now)
	at := now
	for i := range 30 {
		at = at.Add(20 * time.Minute)
		l.Update(name(i), person("a", true, at))
		v := only(t, l, name(i), at.Add(rules.Settle))
		if want := i >= 25; (v.Answer == Hold) != want {
			t.Fatal(i, v)
		}
		if v.Answer == AllowCounted {
			l.Update(name(i), Person{Sources: []Source{{Namespace: "a", Since: long, Removed: at}}})
		}
	}
	if held := l.Batches(); len(held) != 5 {
		t.Error("what came later joined an earlier batch", held)
	}
	l.Update(name(50), person("a", true, at.Add(25*time.Hour)))
	for i := range 30 {
		l.Update(name(i), Person{}) // a day later, and what was held was declared again
	}
	if v := only(t, l, name(50), at.Add(26*time.Hour)); v.Answer != AllowCounted {
		t.Error("what was done a day ago still counts", v)
	}
}

func TestOneNamespaceHoldsNobodyElses(t *testing.T) {
	l := ledger(20, 20, now)
	l.Update("other", person("b", true, now))
	at := now.Add(rules.Settle)
	if v := only(t, l, name(0), at); v.Answer != Hold {
		t.Error(v)
	}
	if v := only(t, l, "other", at); v.Answer != AllowCounted {
		t.Error("held behind another namespace's mistake", v)
	}
	both := person("b", true, now)
	both.Losses[0].Namespaces = []string{"a", "b"}
	l.Update("both", both)
	if v := only(t, l, "both", at); v.Answer != Hold {
		t.Error("let go although one of those who caused it is held", v)
	}
}

func TestDeliberateEnds(t *testing.T) {
	l := ledger(20, 20, now)
	for i := range 20 {
		p := person("a", true, now)
		p.Losses[0].Cause = Deliberate
		l.Update(name(i), p)
	}
	l.complete = false
	if v := only(t, l, name(7), now); v.Answer != Allow {
		t.Error(v)
	}
}

// Strangers added today buy no removals; a namespace of today is judged by all its people.
func TestAgainstWhomItCounts(t *testing.T) {
	l := ledger(20, 12, now)
	for i := range 500 {
		l.Update(fmt.Sprint("new", i), Person{Sources: []Source{{Namespace: "a", Since: now, Present: true}}})
	}
	if v := only(t, l, name(0), now.Add(rules.Settle)); v.Answer != Hold {
		t.Error("strangers buy removals", v)
	}
	// One who was there a day ago, and nine who came since: that all go is no trifle.
	first := NewLedger(long)
	for i := range 10 {
		p := person("a", true, now)
		if i > 0 {
			p.Sources[0] = Source{Namespace: "a", Since: now.Add(-time.Hour)}
		}
		first.Update(name(i), p)
	}
	first.complete = true
	if v := only(t, first, name(0), now.Add(rules.Settle)); v.Answer != Hold {
		t.Error("all of ten, of whom one was there a day ago", v)
	}
	young := NewLedger(long)
	for i := range 100 {
		p := person("a", i < 20, now)
		p.Sources[0] = Source{Namespace: "a", Since: now.Add(-time.Hour), Present: i >= 20}
		young.Update(name(i), p)
	}
	young.complete = true
	if v := only(t, young, name(0), now.Add(rules.Settle)); v.Answer != AllowCounted {
		t.Error("20 of 100", v)
	}
}
