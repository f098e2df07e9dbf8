package model

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
)

// More people than two are needed to see that suspensions are a budget. In this world four are
// suspended one after another, and nothing else happens to them; whoever is judged by number is
// held. It has half hours.
const (
	staff   = 4
	several = 3 // who may go within an hour
)

func half(n int) time.Time { return moment(0).Add(time.Duration(n) * time.Hour / 2) }

// The flaws of a shell around suspensions.
const (
	remembersPlacesLate flaw = "remembers a suspension after it was done"
	forgetsPlaces       flaw = "does not remember suspensions"
	judgesUnseen        flaw = "judges before everybody was looked at"
	leavesBatches       flaw = "forgets in what somebody is held"
)

// memo is what a record remembers of one of the staff; times are half hours, 0 for none.
type memo struct {
	since, suspended int
	batch            string
}

// worker is one of the staff.
type worker struct {
	out, gone bool // is to lose access, has lost it
	memo
	before  memo // what a stale cache still tells
	writing bool
	wrote   bool // and that is still to be remembered
	ground  gate.Verdict
	held    string // the batch that they were last seen in
	named   bool   // it was named
}

// office is a state of that world.
type office struct {
	now, out, ticks, crashes, releases int
	staff                              [staff]worker
	gate                               *gate.Ledger
	released, broken                   string
	went                               string // half hours in which somebody went as a suspension
}

func (o *office) key() string {
	rest := *o
	rest.gate = nil
	return keyOf(rest, o.gate)
}

// look is a look at one of the staff; a stale one goes by what the record told before.
func (o *office) look(i int, f flaw, stale bool) {
	w := &o.staff[i]
	known := w.memo
	if stale {
		known = w.before
	}
	p := gate.Person{Sources: []gate.Source{{Namespace: "a", Since: half(-100), Present: true, Suspended: at(known.suspended)}}}
	if w.out && !w.gone {
		if known.since == 0 {
			known.since = o.now
		}
		p.Losses = []gate.Loss{{Namespaces: []string{"a"}, Cause: gate.Suspension, Since: half(known.since), Batch: known.batch}}
	}
	q := question{name: name(i), person: p, everybody: []string{name(0), name(1), name(2), name(3)}, released: o.released}
	if f == judgesUnseen {
		q.everybody = []string{}
	}
	q.rules = gate.Rules{Limit: access.Limit{Percent: 1}, Settle: time.Hour / 2}
	verdicts := ask(o.gate, q, half(o.now))
	if stale {
		return // what is acted on is read live
	}
	for _, verdict := range verdicts {
		if verdict.Answer >= gate.Defer {
			if f != leavesBatches {
				known.batch = verdict.Batch
			}
			if verdict.Batch != "" {
				w.held = verdict.Batch
			}
			continue
		}
		w.writing, w.ground = true, verdict
		if f != remembersPlacesLate {
			known = o.done(known, verdict, f)
		}
	}
	o.store(w, known)
}

func (o *office) store(w *worker, known memo) {
	if known != w.memo {
		w.before, w.memo = w.memo, known
	}
}

// done is the memory of what goes.
func (o *office) done(known memo, ground gate.Verdict, f flaw) memo {
	if ground.Suspension && f != forgetsPlaces {
		known.suspended = o.now
	}
	return known
}

func at(n int) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return half(n)
}

// write takes away what one of the staff has.
func (o *office) write(i int, f flaw) {
	w := &o.staff[i]
	w.writing, w.gone = false, true
	switch {
	case w.held != "" && !w.named:
		o.broken = fmt.Sprintf("I5: %d goes from a batch that nobody named", i)
	case w.ground.Suspension:
		o.went += string(rune('0' + o.now))
	case w.ground.Answer == gate.Allow && !w.named:
		o.broken = fmt.Sprintf("I5: %d goes for no reason", i)
	}
	if recent := strings.Count(o.went, string(rune('0'+o.now))) + strings.Count(o.went, string(rune('0'+o.now-1))); recent > several {
		o.broken = fmt.Sprintf("I5: %d went within an hour because they were suspended", recent)
	}
	if w.wrote = f == remembersPlacesLate; !w.wrote {
		w.ground = gate.Verdict{}
	}
}

// remember enters what was done, by which only a flawed shell knows of it.
func (o *office) remember(i int) {
	w := &o.staff[i]
	w.before, w.memo = w.memo, o.done(w.memo, w.ground, sound)
	w.wrote, w.ground = false, gate.Verdict{}
}

// restart ends the process and begins another: what it did not write down is gone.
func (o *office) restart() {
	o.gate = newGate(half(o.now))
	for i := range o.staff {
		w := &o.staff[i]
		w.writing, w.wrote, w.ground, w.before = false, false, gate.Verdict{}, w.memo
	}
}

func (o *office) release(digest string) {
	o.released = digest
	for i := range o.staff {
		o.staff[i].named = o.staff[i].named || o.staff[i].held == digest
	}
}

// steps are all that can happen, by name; whether nothing is left to do is told too.
func (o office) steps(f flaw) (steps map[string]office, rest bool) {
	steps, rest = map[string]office{}, true
	here := o.key()
	add := func(name string, change func(*office)) bool {
		next := o
		next.gate = cloneGate(o.gate)
		change(&next)
		if next.broken == "" && next.key() == here {
			return false
		}
		steps[name] = next
		return true
	}
	for i, w := range o.staff {
		switch {
		case w.writing:
			add(fmt.Sprint("write ", i), func(o *office) { o.write(i, f) })
			rest = false
		case w.wrote:
			add(fmt.Sprint("remember ", i), func(o *office) { o.remember(i) })
			rest = false
		default:
			rest = !add(fmt.Sprint("look at ", i), func(o *office) { o.look(i, f, false) }) && rest
			if w.before.suspended != w.suspended {
				add(fmt.Sprint("stale look at ", i), func(o *office) { o.look(i, f, true) })
			}
		}
	}
	o.outside(rest, add)
	return steps, rest
}

func (o office) outside(rest bool, add func(string, func(*office)) bool) {
	if o.out < staff {
		add("suspend one more", func(o *office) { o.staff[o.out].out = true; o.out++ })
	}
	begun := slices.ContainsFunc(o.staff[:], func(w worker) bool { return w.writing || w.gone })
	if o.crashes > 0 && begun {
		add("crash and start", func(o *office) { o.restart(); o.crashes-- })
	}
	if o.ticks > 0 && rest {
		add("half an hour passes", func(o *office) { o.now++; o.ticks-- })
	}
	for _, w := range o.staff {
		if o.releases > 0 && w.held != "" && !w.gone {
			add("release "+w.held, func(o *office) { o.release(w.held); o.releases-- })
		}
	}
}

// settled sees the world when nothing is left to do at this moment.
func (o *office) settled() {
	for i, w := range o.staff {
		if w.out && !w.gone && (w.named || o.out <= several) {
			o.broken = fmt.Sprintf("at rest %d still has access, of %d who were suspended", i, o.out)
		}
	}
}

// suspensions tries everything in every order until a promise is broken.
func suspensions(f flaw) (states int, broken string, path []string) {
	type node struct {
		office
		from int
		by   string
	}
	start := office{now: 1, ticks: 4, crashes: 1, releases: 1, gate: newGate(half(0))}
	for i := range several {
		start.staff[i].out = true
	}
	start.out = several
	nodes, known := []node{{start, -1, ""}}, map[[sha256.Size]byte]bool{}
	for here := 0; here < len(nodes); here++ {
		o := nodes[here].office
		steps, rest := o.steps(f)
		if rest {
			o.settled()
		}
		if o.broken != "" {
			for ; here >= 0; here = nodes[here].from {
				path = append(path, nodes[here].by)
			}
			slices.Reverse(path)
			return len(nodes), o.broken, path
		}
		nodes[here].office = office{} // only the way here is needed from now on
		for by, next := range steps {
			if sum := sha256.Sum256([]byte(next.key())); !known[sum] {
				known[sum] = true
				nodes = append(nodes, node{next, here, by})
			}
		}
	}
	return len(nodes), "", nil
}

// TestSuspensionsInEveryOrder: three go within an hour, whatever happens between; the others are
// held until somebody names their batch.
func TestSuspensionsInEveryOrder(t *testing.T) {
	t.Parallel()
	states, broken, path := suspensions(sound)
	if broken != "" {
		t.Fatalf("%s\n  %s", broken, strings.Join(path, "\n  "))
	}
	t.Logf("%d worlds", states)
}

func TestFlawsOfSuspensionsAreFound(t *testing.T) {
	for _, f := range []flaw{remembersPlacesLate, forgetsPlaces, judgesUnseen, leavesBatches} {
		t.Run(string(f), func(t *testing.T) {
			t.Parallel()
			states, broken, path := suspensions(f)
			if broken == "" {
				t.Fatalf("nothing was found in %d worlds", states)
			}
			t.Logf("%s, after %d steps", broken, len(path)-1)
		})
	}
}
