package gate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
)

// batch is a set of losses that is held as a whole.
type batch struct {
	namespace string
	// maybe are the namespaces it may be of, where only records tell: all of its losses are.
	maybe  []string
	frozen time.Time
	// members by name.
	members map[string]member
}

// member is what one person loses in a batch: since when each right is due. It never changes.
type member map[string]time.Time

// Batch tells of losses that are held.
type Batch struct {
	Digest, Namespace string
	// People who are still in it.
	People int
	// Since when it is held.
	Since    time.Time
	Released bool
}

// with is the member with a loss.
func (m member) with(loss Loss) member {
	next := maps.Clone(m)
	if next == nil {
		next = member{}
	}
	for _, right := range loss.content() {
		if next[right].Before(loss.Since) {
			next[right] = loss.Since
		}
	}
	return next
}

// holds says whether a loss is in the batch, all of it. What the person loses later, or besides, is
// not.
func (b batch) holds(name string, loss Loss) bool {
	member, is := b.members[name]
	return is && loss.Cause != Deliberate && loss.from(b.namespace) && !slices.ContainsFunc(loss.content(), func(right string) bool {
		since, in := member[right]
		return !in || loss.Since.After(since)
	})
}

// remember restores a batch from what a record says of it.
func (l *Ledger) remember(name string, loss Loss) {
	held, known := l.batches[loss.Batch]
	if !known {
		held = batch{frozen: loss.Since, members: map[string]member{}, maybe: loss.Namespaces}
	}
	if held.maybe != nil {
		held.maybe = slices.DeleteFunc(slices.Clone(held.maybe), func(n string) bool { return !loss.from(n) })
		held.namespace = append(slices.Clone(held.maybe), held.namespace)[0]
		l.batches[loss.Batch] = held
	}
	if !held.holds(name, loss) {
		held.members[name] = held.members[name].with(loss)
	}
}

// leave takes a person out of the batches that hold nothing of theirs any more.
func (l *Ledger) leave(name string, before, after Person) {
	for _, loss := range before.Losses {
		in := slices.ContainsFunc(after.Losses, func(other Loss) bool { return other.Batch == loss.Batch })
		if held, is := l.batches[loss.Batch]; is && !in {
			delete(held.members, name)
			if len(held.members) == 0 {
				delete(l.batches, loss.Batch)
			}
		}
	}
}

// Approve says which batches are approved from now on, by digest, and by whom: what is still due of
// them is allowed, and what is due of others is not, also where it was. It returns the digests of which
// that is news, in order.
func (l *Ledger) Approve(approved map[string]string) (news []string) {
	both := maps.Clone(l.approved)
	maps.Copy(both, approved)
	for digest := range both {
		_, was := l.approved[digest]
		if _, is := approved[digest]; was != is {
			news = append(news, digest)
		}
	}
	slices.Sort(news)
	members := map[string]bool{}
	for _, digest := range news {
		for name := range l.batches[digest].members {
			members[name] = true
		}
	}
	for name := range members {
		l.count(name, l.people[name], Person{})
	}
	l.approved = maps.Clone(approved)
	for name := range members {
		l.count(name, Person{}, l.people[name])
	}
	return news
}

// released says whether a batch is approved.
func (l *Ledger) released(digest string) bool { _, is := l.approved[digest]; return is }

// Member is what one person loses in a batch.
type Member struct {
	Name string
	// Rights as they are in the losses.
	Rights []string
}

// Members lists who is in a batch, by name: at most so many.
func (l *Ledger) Members(digest string, limit int) []Member {
	names := slices.Sorted(maps.Keys(l.batches[digest].members))
	members := make([]Member, 0, min(limit, len(names)))
	for _, name := range names[:min(limit, len(names))] {
		member := Member{Name: name}
		for _, loss := range l.people[name].Losses {
			if loss.Batch == digest {
				member.Rights = append(member.Rights, loss.Rights...)
			}
		}
		members = append(members, member)
	}
	return members
}

// Batches lists what is held, and what of it was approved and is not done yet, in the order
// in which it was frozen.
func (l *Ledger) Batches() []Batch {
	list := make([]Batch, 0, len(l.batches))
	for digest, held := range l.batches {
		list = append(list, Batch{Digest: digest, Namespace: held.namespace, People: len(held.members), Since: held.frozen, Released: l.released(digest)})
	}
	slices.SortFunc(list, func(x, y Batch) int {
		return cmp.Or(x.Since.Compare(y.Since), strings.Compare(x.Digest, y.Digest))
	})
	return list
}
