package gate

import (
	"slices"
	"time"
)

// Judge answers for every loss of a person, in their order, whether it may happen now.
func (b *Book) Judge(name string, rules Rules, now time.Time) []Verdict {
	b.mu.Lock()
	defer b.mu.Unlock()
	verdicts := make([]Verdict, len(b.people[name].Losses))
	for i := range verdicts {
		verdicts[i] = b.judge(name, i, rules, now)
	}
	return verdicts
}

func (b *Book) judge(name string, i int, rules Rules, now time.Time) Verdict {
	loss := b.people[name].Losses[i]
	switch {
	case loss.Cause == Deliberate:
		return Verdict{Answer: Pass}
	case b.passes(name, loss, now):
		return Verdict{Answer: Pass, Suspension: true}
	}
	verdict := Verdict{Answer: Pass}
	for _, namespace := range loss.Namespaces {
		verdict = worse(verdict, b.inNamespace(name, i, namespace, rules, now))
	}
	return verdict
}

// inNamespace judges a loss as far as one namespace caused it.
func (b *Book) inNamespace(name string, i int, namespace string, rules Rules, now time.Time) Verdict {
	loss := b.people[name].Losses[i]
	switch {
	case loss.Batch != "":
		return b.inBatch(loss.Batch)
	case !b.complete:
		return Verdict{Answer: Wait, Until: now.Add(time.Second)}
	}
	// Each waits from its own first sighting, for one that joins others late brings its own
	// like; and from the start, for so does what came while nobody looked.
	if settled := latest(loss.Since, b.began).Add(rules.Settle); now.Before(settled) {
		return Verdict{Answer: Wait, Until: settled}
	}
	open := b.open(namespace, now)
	gone := b.gone(namespace, open, now)
	if old, all := b.managed(namespace, now); !rules.Exceeded(gone, old) && !rules.Exceeded(gone, all) {
		return Verdict{Answer: Count}
	}
	b.freeze(namespace, now, open)
	return b.inBatch(b.people[name].Losses[i].Batch)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (b *Book) inBatch(digest string) Verdict {
	if b.released[digest] {
		return Verdict{Answer: Pass}
	}
	return Verdict{Answer: Hold, Batch: digest}
}

// open lists, by name, the losses of a namespace that are judged by number and not yet held.
func (b *Book) open(namespace string, now time.Time) map[string][]int {
	open, taken := map[string][]int{}, b.places(now)
	for name, p := range b.people {
		for i, loss := range p.Losses {
			counts := loss.Cause == Change || loss.Cause == Suspension && !taken.free(name, loss)
			if counts && loss.Batch == "" && loss.from(namespace) {
				open[name] = append(open[name], i)
			}
		}
	}
	return open
}

// gone counts the people who lose, or within a day lost, something by a namespace's doing:
// what is open, what is held and was not released, and what was done.
func (b *Book) gone(namespace string, open map[string][]int, now time.Time) int {
	count := 0
	for name, p := range b.people {
		held := slices.ContainsFunc(p.Losses, func(l Loss) bool {
			return l.Batch != "" && l.from(namespace) && b.inBatch(l.Batch).Answer == Hold
		})
		if _, isOpen := open[name]; isOpen || held || recent(p.Sources[namespace].Removed, now, Day) {
			count++
		}
	}
	return count
}

// managed counts the people a namespace managed a day ago, and those it manages or lately did:
// who came since buys no removals, and where hardly anybody was there a day ago, that all go
// is a mass all the same. Where nobody was, both are all.
func (b *Book) managed(namespace string, now time.Time) (old, all int) {
	for _, p := range b.people {
		source, known := p.Sources[namespace]
		due := slices.ContainsFunc(p.Losses, func(l Loss) bool { return l.from(namespace) })
		if !known || !source.Present && !due && !recent(source.Removed, now, Day) {
			continue
		}
		all++
		if now.Sub(source.Since) >= Day {
			old++
		}
	}
	if old == 0 {
		return all, all
	}
	return old, all
}
