package gate

import (
	"slices"
	"testing"
	"time"
)

// approve has Ann approve these digests, and no others.
func approve(l *Ledger, digests ...string) (news []string) {
	approved := map[string]string{}
	for _, digest := range digests {
		approved[digest] = "ann"
	}
	return l.Approve(approved)
}

func sorted(list ...string) []string { slices.Sort(list); return list }

func TestReleaseIsOfTheBatch(t *testing.T) {
	l := ledger(20, 12, now)
	at := now.Add(rules.Settle)
	digest := only(t, l, name(0), at).Batch
	l.Update(name(15), person("a", true, at.Add(time.Minute)))
	later := only(t, l, name(15), at.Add(time.Hour))
	if later.Answer != Hold || later.Batch == digest {
		t.Error("what came later", later)
	}
	if approve(l, "another"); only(t, l, name(0), at).Answer != Hold {
		t.Error("any digest releases")
	}
	if news := approve(l, digest); !slices.Equal(news, sorted("another", digest)) || approve(l, digest) != nil {
		t.Error("whether it was news", news)
	}
	if v := only(t, l, name(3), at); v != (Verdict{Answer: Allow, Batch: digest, ApprovedBy: "ann"}) {
		t.Error(v)
	}
	if v := only(t, l, name(15), at.Add(time.Hour)); v.Answer != Hold {
		t.Error("released with another batch", v)
	}
	again := person("a", true, at.Add(2*time.Hour))
	l.Update(name(3), again)
	if v := only(t, l, name(3), at.Add(3*time.Hour)); v.Answer == Allow {
		t.Error("an old approval lets a new loss go", v)
	}
}

// An approval that is gone is forgotten: who has not gone yet is held again, in the same batch, and counts.
func TestAnApprovalIsWithdrawn(t *testing.T) {
	l := ledger(20, 12, now)
	at := now.Add(rules.Settle)
	digest := only(t, l, name(0), at).Batch
	approve(l, digest)
	l.Update(name(0), person("a", false, now))
	l.Update(name(0), person("a", true, now))
	if approve(l); counted(l) != counted(l.Clone()) {
		t.Error("the counts are not those of the people")
	}
	if v := only(t, l, name(3), at); v.Answer != Hold || v.Batch != digest || l.Batches()[0].Released {
		t.Error("still released", v)
	}
}

// Who is in a batch is listed by name, with what they lose in it alone.
func TestMembers(t *testing.T) {
	l, digest := losing(t, "first")
	p := lossOf(now, digest, "first", "second")
	p.Losses = append(p.Losses, Loss{Namespaces: []string{"a"}, Rights: []string{"third"}, Since: now})
	l.Update(name(1), p)
	all, two := l.Members(digest, 100), l.Members(digest, 2)
	if len(all) != 20 || len(two) != 2 || two[1].Name != name(1) || !slices.Equal(two[1].Rights, []string{"first", "second"}) {
		t.Error(len(all), two)
	}
	if got := l.Members("another", 100); len(got) != 0 {
		t.Error(got)
	}
}

// A restart: what the records tell is enough.
func TestBatchesSurvive(t *testing.T) {
	l := ledger(20, 12, now)
	digest := only(t, l, name(0), now.Add(rules.Settle)).Batch
	again := NewLedger(long)
	for i := range 20 {
		p := person("a", i < 12, now)
		if i < 12 {
			p.Losses[0].Batch = digest
		}
		again.Update(name(i), p)
	}
	if v := only(t, again, name(4), now.Add(time.Minute)); v.Answer != Hold || v.Batch != digest {
		t.Error(v)
	}
	if held := again.Batches(); len(held) != 1 || held[0].People != 12 {
		t.Error(held)
	}
	for i := range 12 {
		again.Update(name(i), person("a", false, now))
	}
	if held := again.Batches(); len(held) != 0 {
		t.Error("declared again, and still held", held)
	}
}

// After a restart, a batch is of the namespace that all of its losses have in common.
func TestWhoseABatchIsSurvives(t *testing.T) {
	l := NewLedger(long)
	for i, namespaces := range [][]string{{"a", "b"}, {"a", "b"}, {"b", "c"}} {
		p := person("b", true, now)
		p.Losses[0].Namespaces, p.Losses[0].Batch = namespaces, "digest"
		l.Update(name(i), p)
		l.Update(name(i), p)
	}
	if held := l.Batches(); len(held) != 1 || held[0].Namespace != "b" || held[0].People != 3 {
		t.Error(held)
	}
}

// lossOf is somebody who loses some rights of namespace a.
func lossOf(since time.Time, batch string, rights ...string) Person {
	p := person("a", true, since)
	p.Losses[0].Rights, p.Losses[0].Batch = rights, batch
	return p
}

// losing has twenty people, of whom all lose a right; the digest is that of their batch.
func losing(t *testing.T, right string) (l *Ledger, digest string) {
	t.Helper()
	l = NewLedger(long)
	for i := range 20 {
		l.Update(name(i), lossOf(now, "", right, "second"))
	}
	l.complete = true
	return l, only(t, l, name(0), now.Add(rules.Settle)).Batch
}

// I5: an approval is of whom and what: the same people and times with another right are another batch,
// and whoever loses something else in the same second is not let go with it.
func TestABatchIsOfWhatIsLost(t *testing.T) {
	l, digest := losing(t, "first")
	if _, other := losing(t, "third"); other == digest {
		t.Error("the digest does not tell what is lost")
	}
	approve(l, digest)
	at := now.Add(time.Minute)
	for what, c := range map[string]struct {
		person Person
		goes   bool
	}{
		"all of it, before the record remembers it": {lossOf(now, "", "first", "second"), true},
		"all of it":                     {lossOf(now, digest, "first", "second"), true},
		"what is left of it":            {lossOf(now, "", "second"), true},
		"what is left, on record":       {lossOf(now, digest, "second"), true},
		"something else":                {lossOf(now, "", "third"), false},
		"something more":                {lossOf(now, "", "first", "third"), false},
		"the same, lost again":          {lossOf(now.Add(time.Second), "", "first"), false},
		"the same, by another's change": {Person{Losses: []Loss{{Namespaces: []string{"b"}, Rights: []string{"first"}, Since: now}}}, false},
	} {
		c.person.Sources = []Source{{Namespace: "a", Since: long}, {Namespace: "b", Since: long}}
		v := l.Clone()
		v.Update(name(3), c.person)
		if got := only(t, v, name(3), at); (got.Answer == Allow) != c.goes {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

// A restart: what is in a batch is known from what the records remember of it, and so is what is not.
func TestWhatIsInABatchSurvives(t *testing.T) {
	_, digest := losing(t, "first")
	l := NewLedger(long)
	for i := range 20 {
		p := lossOf(now, digest, "second") // somebody took the first away by hand
		if i == 3 {
			p.Losses = append(p.Losses, Loss{Namespaces: []string{"a"}, Rights: []string{"third"}, Since: now})
		}
		l.Update(name(i), p)
	}
	l.complete = true
	if held := l.Batches(); len(held) != 1 || held[0].Digest != digest || held[0].People != 20 {
		t.Fatal(held)
	}
	approve(l, digest)
	verdicts := evaluate(t, l, name(3), rules, now.Add(time.Minute))
	if verdicts[0].Answer != Allow || verdicts[1].Answer == Allow {
		t.Error("the other loss goes with the batch", verdicts)
	}
	l.Update(name(4), lossOf(now, "", "second")) // as a cache tells
	if v := only(t, l, name(4), now.Add(time.Minute)); v.Answer != Allow {
		t.Error("not recognised", v)
	}
}

// A guard does in one step what its ledger does in three, and an evaluation alone changes nothing.
func TestGuard(t *testing.T) {
	g := NewGuard(long)
	for i := range 20 {
		g.Update(name(i), person("a", i > 0 && i < 12, now))
	}
	g.MarkComplete([]string{name(0)})
	at := now.Add(rules.Settle)
	seen, _ := g.ledger.Evaluate(name(0), person("a", true, now), rules, at)
	if len(g.Batches()) != 0 || len(seen) != 1 || seen[0].Answer != Hold {
		t.Error("an evaluation", seen, g.Batches())
	}
	if got := g.Evaluate(name(0), person("a", true, now), rules, at); got[0] != seen[0] || g.Batches()[0].People != 12 {
		t.Error(got, seen, g.Batches())
	}
	g.Approve(map[string]string{seen[0].Batch: "ann"})
	if g.Remove(name(0)); g.Batches()[0].People != 11 || !g.Batches()[0].Released {
		t.Error(g.Batches())
	}
}
