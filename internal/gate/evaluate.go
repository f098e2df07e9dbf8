package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Effects is what a ledger has to be told after an evaluation.
type Effects struct {
	name string
	now  time.Time
	// people who are another than in the ledger: who was asked about, and whose losses are in a batch
	// now.
	people map[string]Person
	// batches that are new, by digest.
	batches map[string]batch
	// given are the namespaces that the person gets a place in, among the suspensions of an hour.
	given []string
}

// evaluation of one person on a ledger that it does not change.
type evaluation struct {
	Effects
	ledger *Ledger
	rules  Rules
	// taken places by namespace and name, as far as they were looked at.
	taken map[string]map[string]bool
}

// Evaluate answers for every loss of a person, in their order, whether it may happen now. It changes
// nothing: Apply enters the person and the effects into this ledger, as it is now.
func (l *Ledger) Evaluate(name string, p Person, rules Rules, now time.Time) ([]Verdict, Effects) {
	e := &evaluation{ledger: l, rules: rules, taken: map[string]map[string]bool{}}
	e.Effects = Effects{name: name, now: now, people: map[string]Person{name: l.resolve(name, p)}, batches: map[string]batch{}}
	verdicts := make([]Verdict, len(p.Losses))
	for i := range verdicts {
		verdicts[i] = e.verdict(name, i)
	}
	return verdicts, e.Effects
}

// Apply enters the effects of an evaluation.
func (l *Ledger) Apply(effects Effects) {
	maps.Copy(l.batches, effects.batches)
	for name, p := range effects.people {
		l.Update(name, p)
	}
	l.takePlaces(effects.name, effects.given, effects.now)
}

// person with the effects so far.
func (e *evaluation) person(name string) Person {
	if p, changed := e.people[name]; changed {
		return p
	}
	return e.ledger.people[name]
}

func (e *evaluation) verdict(name string, i int) Verdict {
	loss := e.person(name).Losses[i]
	switch {
	case loss.Cause == Deliberate:
		return Verdict{Answer: Allow}
	case e.takesPlace(name, loss):
		return Verdict{Answer: Allow, Suspension: true}
	}
	verdict := Verdict{Answer: Allow}
	for _, namespace := range loss.Namespaces {
		verdict = worse(verdict, e.inNamespace(name, i, namespace))
	}
	return verdict
}

// inNamespace judges a loss as far as one namespace caused it.
func (e *evaluation) inNamespace(name string, i int, namespace string) Verdict {
	loss := e.person(name).Losses[i]
	switch {
	case loss.Batch != "":
		return e.inBatch(loss.Batch)
	case !e.ledger.complete:
		return Verdict{Answer: Defer, Until: e.now.Add(time.Second)}
	}
	// Each waits from its own first sighting, for one that joins others late brings its own
	// like; and from the start, for so does what came while nobody looked.
	settled := loss.Since.Add(e.rules.Settle)
	if start := e.ledger.began.Add(e.rules.Settle); settled.Before(start) {
		settled = start
	}
	if e.now.Before(settled) {
		return Verdict{Answer: Defer, Until: settled}
	}
	if gone, old, all := e.counts(namespace); !e.rules.Exceeded(gone, old) && !e.rules.Exceeded(gone, all) {
		return Verdict{Answer: AllowCounted}
	}
	e.freeze(namespace)
	return e.inBatch(e.person(name).Losses[i].Batch)
}

func (e *evaluation) inBatch(digest string) Verdict {
	if by, is := e.ledger.approved[digest]; is {
		return Verdict{Answer: Allow, Batch: digest, ApprovedBy: by}
	}
	return Verdict{Answer: Hold, Batch: digest}
}

// counts tells how many people lose, or within a day lost, something by a namespace's doing: what is
// open, what is held and was not approved, and what was done. And it tells how many people the
// namespace managed a day ago, and how many it manages or lately did: who came since buys no removals,
// and where hardly anybody was there a day ago, that all go is a mass all the same. Where nobody was,
// both are all.
func (e *evaluation) counts(namespace string) (gone, old, all int) {
	now, a := e.now.UnixNano(), e.ledger.account(namespace)
	gone, old, all = a.gone.at(now)+e.waiting(namespace), a.old.at(now), a.managed.at(now)
	count := func(name string, p Person, n int) {
		s := e.ledger.stake(p, namespace)
		if s.gone.has(now) || e.waits(name, s) {
			gone += n
		}
		if s.old.has(now) {
			old += n
		}
		if s.managed.has(now) {
			all += n
		}
	}
	for name, p := range e.people {
		count(name, e.ledger.people[name], -1)
		count(name, p, 1)
	}
	if old == 0 {
		old = all
	}
	return gone, old, all
}

// open says whether a loss is judged by number and not held yet.
func (e *evaluation) open(name string, loss Loss) bool {
	return loss.Batch == "" && (loss.Cause == Change || loss.Cause == Suspension && e.lacksPlace(name, loss.Namespaces))
}

// freeze puts the open losses of a namespace into a batch. The digest covers whom and what.
func (e *evaluation) freeze(namespace string) {
	held := batch{namespace: namespace, frozen: e.now, members: map[string]member{}}
	content, open := sha256.New(), map[string][]int{}
	fmt.Fprintln(content, namespace)
	names := slices.AppendSeq(slices.Collect(maps.Keys(e.people)), maps.Keys(e.ledger.account(namespace).open))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		for i, loss := range e.person(name).Losses {
			if loss.from(namespace) && e.open(name, loss) {
				fmt.Fprintf(content, "%q %d %q\n", name, loss.Since.UnixNano(), loss.Rights)
				held.members[name], open[name] = held.members[name].with(loss), append(open[name], i)
			}
		}
	}
	digest := hex.EncodeToString(content.Sum(nil)[:6])
	for name, list := range open {
		p := e.person(name)
		p.Losses = slices.Clone(p.Losses)
		for _, i := range list {
			p.Losses[i].Batch = digest
		}
		e.people[name] = p
	}
	e.batches[digest] = held
}
