package gate

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Book knows everybody on one backend. It is safe for concurrent use.
type Book struct {
	mu     sync.Mutex
	began  time.Time
	people map[string]Person
	// batches by digest.
	batches map[string]batch
	// released are the digests that were named.
	released map[string]bool
	// given are the places among the suspensions of an hour that were given here, and when last.
	given map[place]time.Time
	// complete: everybody was entered since the start.
	complete bool
}

// batch is a set of losses that is held as a whole.
type batch struct {
	namespace string
	// maybe are the namespaces it may be of, where only records tell: all of its losses are.
	maybe  []string
	frozen time.Time
	// members by name, with the time of their last loss that is in it.
	members map[string]time.Time
}

// Batch tells of losses that are held.
type Batch struct {
	Digest, Namespace string
	// People who are still in it.
	People int
	// Since when it is held.
	Since    time.Time
	Released bool
}

// NewBook is empty: nothing is judged until it is complete, nor before the settling time
// since it was begun.
func NewBook(began time.Time) *Book {
	return &Book{began: began, people: map[string]Person{}, batches: map[string]batch{}, released: map[string]bool{}, given: map[place]time.Time{}}
}

// Clone is a book that goes on by itself from here.
func (b *Book) Clone() *Book {
	b.mu.Lock()
	defer b.mu.Unlock()
	clone := &Book{
		began: b.began, people: make(map[string]Person, len(b.people)), batches: make(map[string]batch, len(b.batches)),
		released: maps.Clone(b.released), given: maps.Clone(b.given), complete: b.complete,
	}
	for name, p := range b.people {
		p.Losses = slices.Clone(p.Losses)
		clone.people[name] = p
	}
	for digest, held := range b.batches {
		held.members = maps.Clone(held.members)
		clone.batches[digest] = held
	}
	return clone
}

// Enter says what is known of a person now.
func (b *Book) Enter(name string, p Person) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.Losses = slices.Clone(p.Losses)
	for i, loss := range p.Losses {
		p.Losses[i].Batch = b.batchOf(name, loss)
	}
	b.people[name] = p
	b.leave(name, p)
}

// batchOf is the batch a loss is in: the one its record remembers, or the one it was frozen
// in before the record could remember it.
func (b *Book) batchOf(name string, loss Loss) string {
	if loss.Batch != "" {
		b.remembered(name, loss)
		return loss.Batch
	}
	for digest, held := range b.batches {
		if last, member := held.members[name]; member && loss.from(held.namespace) && loss.Cause != Deliberate && !loss.Since.After(last) {
			return digest
		}
	}
	return ""
}

// remembered restores a batch from what a record says of it.
func (b *Book) remembered(name string, loss Loss) {
	held, known := b.batches[loss.Batch]
	if !known {
		held = batch{frozen: loss.Since, members: map[string]time.Time{}, maybe: loss.Namespaces}
	}
	if held.maybe != nil {
		held.maybe = slices.DeleteFunc(slices.Clone(held.maybe), func(n string) bool { return !loss.from(n) })
		held.namespace = append(slices.Clone(held.maybe), held.namespace)[0]
		b.batches[loss.Batch] = held
	}
	if held.members[name].Before(loss.Since) {
		held.members[name] = loss.Since
	}
}

// leave takes a person out of batches that hold nothing of theirs any more.
func (b *Book) leave(name string, p Person) {
	for digest, held := range b.batches {
		in := slices.ContainsFunc(p.Losses, func(l Loss) bool { return l.Batch == digest })
		if !in {
			delete(held.members, name)
		}
		if len(held.members) == 0 {
			delete(b.batches, digest)
		}
	}
}

// Forget drops a person whose record is gone.
func (b *Book) Forget(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.people, name)
	b.leave(name, Person{})
}

// Complete says whether everybody was entered since the start.
func (b *Book) Complete() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.complete
}

// Expect says who there is: once all of them were entered, the book is complete and stays
// so.
func (b *Book) Expect(names []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	missing := func(name string) bool { _, entered := b.people[name]; return !entered }
	b.complete = b.complete || !slices.ContainsFunc(names, missing)
}

// Release lets the losses of a batch go that are still due. It says whether that was news.
func (b *Book) Release(digest string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	news := !b.released[digest]
	b.released[digest] = true
	return news
}

// Batches lists what is held, and what of it was released and is not done yet, in the order
// in which it was frozen.
func (b *Book) Batches() []Batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := make([]Batch, 0, len(b.batches))
	for digest, held := range b.batches {
		list = append(list, Batch{Digest: digest, Namespace: held.namespace, People: len(held.members), Since: held.frozen, Released: b.released[digest]})
	}
	slices.SortFunc(list, func(x, y Batch) int {
		return cmp.Or(x.Since.Compare(y.Since), strings.Compare(x.Digest, y.Digest))
	})
	return list
}

// freeze puts losses of one namespace into a batch.
func (b *Book) freeze(namespace string, now time.Time, losses map[string][]int) {
	held := batch{namespace: namespace, frozen: now, members: map[string]time.Time{}}
	content := sha256.New()
	fmt.Fprintln(content, namespace)
	for _, name := range slices.Sorted(maps.Keys(losses)) {
		for _, i := range losses[name] {
			since := b.people[name].Losses[i].Since
			fmt.Fprintln(content, name, since.UnixNano())
			if held.members[name].Before(since) {
				held.members[name] = since
			}
		}
	}
	digest := hex.EncodeToString(content.Sum(nil)[:6])
	for name, list := range losses {
		for _, i := range list {
			b.people[name].Losses[i].Batch = digest
		}
	}
	b.batches[digest] = held
}
