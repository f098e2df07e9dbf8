package gate

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
)

// world is a ledger, what it has to agree with, and the records that both are told of.
type world struct {
	*testing.T
	random  *rand.Rand
	now     time.Time
	rules   Rules
	ledger  *Ledger
	slow    *recount
	records map[string]Person
	rights  int
	answers map[Answer]int
}

func (w *world) pick(n int) bool { return w.random.IntN(n) == 0 }

// lately is a time, mostly before now.
func (w *world) lately(span time.Duration) time.Time {
	return w.now.Add(span/20 - time.Duration(w.random.Int64N(int64(span)))).Truncate(10 * time.Minute)
}

func (w *world) namespaces() []string {
	return [][]string{{"a"}, {"a"}, {"b"}, {"a", "b"}, {"b", "c"}, {"a", "b", "c"}}[w.random.IntN(6)]
}

func (w *world) loss() Loss {
	loss := Loss{Namespaces: w.namespaces(), Cause: []Cause{Change, Change, Suspension, Suspension, Deliberate}[w.random.IntN(5)], Since: w.now}
	for range 1 + w.random.IntN(3) {
		w.rights++
		loss.Rights = append(loss.Rights, fmt.Sprintf("r%06d", w.rights))
	}
	return loss
}

// change is a record that changed in some way.
func (w *world) change(p Person) Person {
	next := Person{Sources: slices.Clone(p.Sources), Losses: slices.Clone(p.Losses)}
	namespace := []string{"a", "b", "c"}[w.random.IntN(3)]
	at := slices.IndexFunc(next.Sources, func(s Source) bool { return s.Namespace == namespace })
	change := func(to func(*Source)) {
		if at < 0 {
			at, next.Sources = len(next.Sources), append(next.Sources, Source{Namespace: namespace})
		}
		to(&next.Sources[at])
	}
	switch w.random.IntN(8) {
	case 0, 1:
		change(func(s *Source) { s.Since, s.Present, s.Removed = w.lately(60*time.Hour), !w.pick(4), time.Time{} })
	case 2:
		change(func(s *Source) { s.Removed = w.lately(30 * time.Hour) })
	case 3:
		change(func(s *Source) { s.Suspended = w.lately(2 * time.Hour) })
	case 4, 5:
		next.Losses = append(next.Losses, w.loss())
	default:
		next.Losses = w.lose(next.Losses)
	}
	return next
}

// lose does something to one loss: it goes, a part of it does, or the person is suspended.
func (w *world) lose(losses []Loss) []Loss {
	if len(losses) == 0 {
		return nil
	}
	i := w.random.IntN(len(losses))
	switch w.random.IntN(4) {
	case 0:
		losses[i].Cause, losses[i].Along = []Cause{Suspension, Suspension, Deliberate}[w.random.IntN(3)], w.pick(2)
	case 1:
		if len(losses[i].Rights) > 1 {
			losses[i].Rights = losses[i].Rights[1:]
		}
	case 2:
		w.rights++
		losses[i].Rights = append(slices.Clone(losses[i].Rights), fmt.Sprintf("r%06d", w.rights))
	default:
		return slices.Delete(losses, i, i+1)
	}
	return losses
}

func (w *world) tell(name string, p Person) {
	w.ledger.Update(name, p)
	w.slow.update(name, p)
}

// ask judges somebody, and mostly remembers what they are held in.
func (w *world) ask(name string) {
	p := w.change(w.records[name])
	got, effects := w.ledger.Evaluate(name, p, w.rules, w.now)
	w.ledger.Apply(effects)
	w.slow.update(name, p)
	if expected := w.slow.evaluate(name, w.rules, w.now); !slices.Equal(got, expected) {
		w.Fatalf("%s: %+v, expected %+v", name, got, expected)
	}
	record := w.records[name]
	for i, verdict := range got {
		w.answers[verdict.Answer]++
		if i < len(record.Losses) && verdict.Answer == Hold && !w.pick(4) {
			record.Losses = slices.Clone(record.Losses)
			record.Losses[i].Batch = verdict.Batch
		}
	}
	w.records[name] = record
}

func (w *world) restart() {
	w.ledger, w.slow = NewLedger(w.now), newRecount(w.now)
	for name, p := range w.records {
		w.tell(name, p)
	}
}

func (w *world) passTime() {
	switch w.random.IntN(40) {
	case 0:
		w.now = w.now.Add(-time.Duration(w.random.IntN(50)) * time.Hour)
	case 1:
		w.now = w.now.Add(1000 * time.Hour)
	case 2:
		w.now = w.now.Add(-1000 * time.Hour)
	case 3, 4, 5:
		w.now = w.now.Add(10 * time.Minute).Truncate(10 * time.Minute)
	default:
		w.now = w.now.Add(time.Duration(w.random.IntN(30)*w.random.IntN(30)) * time.Second)
	}
}

// approve names one batch more, or withdraws everything else.
func (w *world) approve() {
	digest, approved := "another", maps.Clone(w.slow.approved)
	if batches := w.ledger.Batches(); len(batches) > 0 {
		digest = batches[w.random.IntN(len(batches))].Digest
	}
	if w.pick(3) {
		clear(approved)
	}
	approved[digest] = "ann"
	var news []string
	for digest := range w.slow.approved {
		if approved[digest] == "" {
			news = append(news, digest)
		}
	}
	if w.slow.approved[digest] == "" {
		news = append(news, digest)
	}
	if got := w.ledger.Approve(approved); !slices.Equal(got, sorted(news...)) {
		w.Fatal("news", got, news)
	}
	w.slow.approved = approved
}

func (w *world) step() {
	name := name(w.random.IntN(12))
	switch w.random.IntN(12) {
	case 0:
		w.passTime()
	case 1:
		w.approve()
	case 2:
		if w.pick(5) {
			delete(w.records, name)
			w.ledger.Remove(name)
			w.slow.remove(name)
		}
	case 3:
		if w.pick(20) {
			w.restart()
		}
		w.ledger.complete = !w.pick(10)
		w.slow.complete = w.ledger.complete
	case 4:
		w.tell(name, w.change(w.records[name])) // what a cache told, and the record does not
	case 5, 6, 7:
		w.records[name] = w.change(w.records[name])
		w.tell(name, w.records[name])
	default:
		w.ask(name)
	}
}

// agree compares what both know, also for other times than now.
func (w *world) agree() {
	if got, expected := w.ledger.Batches(), w.slow.batches(); !slices.Equal(got, expected) {
		w.Fatalf("batches %+v, expected %+v", got, expected)
	}
	for _, namespace := range []string{"a", "b", "c"} {
		at := w.lately(60 * time.Hour)
		e := &evaluation{ledger: w.ledger, Effects: Effects{now: at}, taken: map[string]map[string]bool{}}
		gone, old, all := e.counts(namespace)
		if g, o, a := w.slow.counts(namespace, at); gone != g || old != o || all != a {
			w.Fatalf("%s: %d gone of %d, %d; expected %d of %d, %d", namespace, gone, old, all, g, o, a)
		}
	}
}

// TestCountsAsARecountDoes: whatever happens in whatever order, the ledger answers what looking at
// everybody would, at any time; and its counts are those of a ledger that was told only the end.
func TestCountsAsARecountDoes(t *testing.T) {
	answers := map[Answer]int{}
	for seed := range uint64(100) {
		random := rand.New(rand.NewPCG(seed, 0))
		w := &world{T: t, random: random, now: now, ledger: NewLedger(now), slow: newRecount(now), records: map[string]Person{}, answers: answers}
		w.rules = Rules{Limit: access.Limit{Percent: random.IntN(60), Minimum: random.IntN(4)}, Settle: time.Duration(random.IntN(2)*15) * time.Second}
		for range 300 {
			w.step()
			w.agree()
		}
		if counted(w.ledger) != counted(w.ledger.Clone()) {
			t.Fatal("the counts are not those of the people", seed)
		}
	}
	t.Log("answers", answers)
}
