package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"
)

// recount is the gate as one would write it without a thought of what it costs: it keeps no counts,
// and looks at everybody for each answer. The ledger has to agree with it.
type recount struct {
	began    time.Time
	people   map[string]Person
	held     map[string]*heldBatch
	approved map[string]string
	given    map[[2]string]time.Time // by namespace and name
	complete bool
}

type heldBatch struct {
	namespace string
	maybe     []string
	frozen    time.Time
	members   map[string]map[string]time.Time
}

func newRecount(began time.Time) *recount {
	return &recount{began: began, people: map[string]Person{}, held: map[string]*heldBatch{}, approved: map[string]string{}, given: map[[2]string]time.Time{}}
}

func (r *recount) update(name string, p Person) {
	p.Losses = slices.Clone(p.Losses)
	for i, loss := range p.Losses {
		for _, before := range r.people[name].Losses {
			held := r.held[before.Batch]
			if p.Losses[i].Batch == "" && held != nil && loss.from(held.namespace) && loss.Cause != Deliberate && among(held.members[name], loss) {
				p.Losses[i].Batch = before.Batch
			}
		}
	}
	for _, loss := range p.Losses {
		if loss.Batch != "" {
			r.restore(name, loss)
		}
	}
	r.people[name] = p
	r.left(name)
}

func among(member map[string]time.Time, loss Loss) bool {
	for _, right := range loss.Rights {
		if since, in := member[right]; !in || since.Before(loss.Since) {
			return false
		}
	}
	return true
}

func (r *recount) restore(name string, loss Loss) {
	held := r.held[loss.Batch]
	if held == nil {
		held = &heldBatch{frozen: loss.Since, members: map[string]map[string]time.Time{}, maybe: loss.Namespaces}
		r.held[loss.Batch] = held
	}
	if held.maybe != nil {
		held.maybe = slices.DeleteFunc(slices.Clone(held.maybe), func(n string) bool { return !loss.from(n) })
		if len(held.maybe) > 0 {
			held.namespace = held.maybe[0]
		}
	}
	held.add(name, loss)
}

func (b *heldBatch) add(name string, loss Loss) {
	if b.members[name] == nil {
		b.members[name] = map[string]time.Time{}
	}
	for _, right := range loss.Rights {
		if b.members[name][right].Before(loss.Since) {
			b.members[name][right] = loss.Since
		}
	}
}

func (r *recount) remove(name string) {
	delete(r.people, name)
	r.left(name)
}

// left takes somebody out of every batch that holds nothing of theirs.
func (r *recount) left(name string) {
	for digest, held := range r.held {
		if !slices.ContainsFunc(r.people[name].Losses, func(l Loss) bool { return l.Batch == digest }) {
			delete(held.members, name)
		}
		if len(held.members) == 0 {
			delete(r.held, digest)
		}
	}
}

func (r *recount) batches() []Batch {
	var list []Batch
	for digest, held := range r.held {
		list = append(list, Batch{Digest: digest, Namespace: held.namespace, People: len(held.members), Since: held.frozen, Released: r.approved[digest] != ""})
	}
	slices.SortFunc(list, func(a, b Batch) int {
		if c := a.Since.Compare(b.Since); c != 0 {
			return c
		}
		return slices.Compare([]string{a.Digest}, []string{b.Digest})
	})
	return list
}

func (r *recount) evaluate(name string, rules Rules, now time.Time) []Verdict {
	verdicts := make([]Verdict, len(r.people[name].Losses))
	for i := range verdicts {
		verdicts[i] = r.judge(name, i, rules, now)
	}
	for key, at := range r.given {
		switch {
		case !slices.Contains(namespaces(r.people[name]), key[0]):
		case now.Sub(at) >= hour:
			delete(r.given, key)
		case at.After(now):
			r.given[key] = now
		}
	}
	return verdicts
}

func (r *recount) judge(name string, i int, rules Rules, now time.Time) Verdict {
	loss := r.people[name].Losses[i]
	if loss.Cause == Deliberate {
		return Verdict{Answer: Allow}
	}
	if loss.Cause == Suspension && r.complete && (loss.Batch == "" || loss.Along) && r.free(name, loss, now) {
		for _, namespace := range loss.Namespaces {
			r.given[[2]string{namespace, name}] = now
		}
		return Verdict{Answer: Allow, Suspension: true}
	}
	verdict := Verdict{Answer: Allow}
	for _, namespace := range loss.Namespaces {
		verdict = worse(verdict, r.inNamespace(name, i, namespace, rules, now))
	}
	return verdict
}

func (r *recount) inNamespace(name string, i int, namespace string, rules Rules, now time.Time) Verdict {
	loss := r.people[name].Losses[i]
	if loss.Batch == "" {
		if !r.complete {
			return Verdict{Answer: Defer, Until: now.Add(time.Second)}
		}
		for _, since := range []time.Time{loss.Since, r.began} {
			if settled := since.Add(rules.Settle); now.Before(settled) {
				if other := r.began.Add(rules.Settle); other.After(settled) {
					settled = other
				}
				return Verdict{Answer: Defer, Until: settled}
			}
		}
		gone, old, all := r.counts(namespace, now)
		if !rules.Exceeded(gone, old) && !rules.Exceeded(gone, all) {
			return Verdict{Answer: AllowCounted}
		}
		r.freeze(namespace, now)
	}
	digest := r.people[name].Losses[i].Batch
	if r.approved[digest] == "" {
		return Verdict{Answer: Hold, Batch: digest}
	}
	return Verdict{Answer: Allow, Batch: digest, ApprovedBy: r.approved[digest]}
}

func within(at, now time.Time, span time.Duration) bool { return !at.IsZero() && now.Sub(at) < span }

// free says whether somebody can have a place in every namespace of a loss.
func (r *recount) free(name string, loss Loss, now time.Time) bool {
	for _, namespace := range loss.Namespaces {
		taken := map[string]bool{}
		for name, p := range r.people {
			if source, _ := p.source(namespace); within(source.Suspended, now, hour) {
				taken[name] = true
			}
		}
		for key, at := range r.given {
			if key[0] == namespace && within(at, now, hour) {
				taken[key[1]] = true
			}
		}
		if !taken[name] && len(taken) >= maxSuspensions {
			return false
		}
	}
	return true
}

// open lists what of a person is judged by number in a namespace.
func (r *recount) open(name, namespace string, now time.Time) (open []int) {
	for i, loss := range r.people[name].Losses {
		counts := loss.Cause == Change || loss.Cause == Suspension && !r.free(name, loss, now)
		if counts && loss.Batch == "" && loss.from(namespace) {
			open = append(open, i)
		}
	}
	return open
}

func (r *recount) counts(namespace string, now time.Time) (gone, old, all int) {
	for name, p := range r.people {
		source, known := p.source(namespace)
		removed := within(source.Removed, now, Day)
		held := slices.ContainsFunc(p.Losses, func(l Loss) bool { return l.Batch != "" && l.from(namespace) && r.approved[l.Batch] == "" })
		if removed || held || len(r.open(name, namespace, now)) > 0 {
			gone++
		}
		due := slices.ContainsFunc(p.Losses, func(l Loss) bool { return l.from(namespace) })
		if known && (source.Present || due || removed) {
			all++
			if now.Sub(source.Since) >= Day {
				old++
			}
		}
	}
	if old == 0 {
		old = all
	}
	return gone, old, all
}

func (r *recount) freeze(namespace string, now time.Time) {
	held := &heldBatch{namespace: namespace, frozen: now, members: map[string]map[string]time.Time{}}
	content, open := sha256.New(), map[string][]int{}
	fmt.Fprintln(content, namespace)
	for _, name := range slices.Sorted(maps.Keys(r.people)) {
		open[name] = r.open(name, namespace, now)
		for _, i := range open[name] {
			loss := r.people[name].Losses[i]
			fmt.Fprintf(content, "%q %d %q\n", name, loss.Since.UnixNano(), loss.Rights)
			held.add(name, loss)
		}
	}
	digest := hex.EncodeToString(content.Sum(nil)[:6])
	for name, list := range open {
		for _, i := range list {
			r.people[name].Losses[i].Batch = digest
		}
	}
	r.held[digest] = held
}
