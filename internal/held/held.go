// Package held tells of removals that are held back: which batches there are, whom each is of, what each of them would
// lose, whether a batch still is what somebody was shown, and what became of it. It is pure.
package held

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Person is what one person would lose with a batch.
type Person struct {
	// Record is the name of the AccessRecord.
	Record string
	// Email of the person; empty where the record was not read.
	Email string
	// Rights that would be taken away, with the names of their places; none where the record was not read.
	Rights hosting.Rights
	Names  access.Names
	// Lines say what would be taken away where the record was not read, as the HostingBackend's status does.
	Lines []string
	// Causes of the removal, in order, each once.
	Causes []v1alpha1.OwedCause
}

// Batch is a set of removals that is held as a whole.
type Batch struct {
	Digest string
	// Namespace whose grants caused it; empty where only records tell of the batch.
	Namespace string
	// Since when it is held.
	Since time.Time
	// Released: a RemovalApproval names it, and not everything is done yet.
	Released bool
	// People of the batch, by record.
	People []Person
	// More people than are listed, counted.
	More int
	// Blind: the records were not read, and those are listed whom the backend's status has room for.
	Blind bool
}

// Size is how many people are in the batch.
func (b Batch) Size() int { return len(b.People) + b.More }

// Of lists the batches of a backend, the longest held first. With its records, each is listed with all of its people:
// with those whose records say so, and those of whom only the backend's status does, because their records are about to.
// Without records (nil), with those whom the status has room for. Of batches that the status has no room for, the records
// tell.
func Of(backend *v1alpha1.HostingBackend, records []v1alpha1.AccessRecord) []Batch {
	people, emails := peopleOf(backend.Name, records), map[string]string{}
	for i := range records {
		emails[records[i].Name] = string(records[i].Spec.Email)
	}
	var batches []Batch
	for _, told := range backend.Status.HeldRemovals {
		batch := Batch{Digest: told.Digest, Namespace: told.Namespace, Since: told.Since.Time, Released: told.Released, People: people[told.Digest], Blind: records == nil}
		listed := map[string]bool{}
		for _, person := range batch.People {
			listed[person.Record] = true
		}
		for _, one := range told.Records {
			if name := string(one.Name); !listed[name] {
				batch.People = append(batch.People, Person{Record: name, Email: emails[name], Lines: one.Loses})
			}
		}
		slices.SortFunc(batch.People, func(a, b Person) int { return strings.Compare(a.Record, b.Record) })
		batch.More = max(0, int(told.People)-len(batch.People))
		delete(people, told.Digest)
		batches = append(batches, batch)
	}
	// What no status tells of may be over, unless the status is full.
	if len(batches) >= maxTold {
		for digest, members := range people {
			batches = append(batches, Batch{Digest: digest, People: members})
		}
	}
	slices.SortFunc(batches, func(a, b Batch) int {
		return cmp.Or(a.Since.Compare(b.Since), strings.Compare(a.Digest, b.Digest))
	})
	return batches
}

// maxTold is how many batches a status has room for; the CRD bounds it.
const maxTold = 64

// peopleOf are those of the records who owe something that is held, by batch.
func peopleOf(backend string, records []v1alpha1.AccessRecord) map[string][]Person {
	batches := map[string]map[string]*Person{}
	for i := range records {
		record := &records[i]
		if string(record.Spec.BackendRef.Name) != backend {
			continue
		}
		for _, owed := range record.Status.Owed {
			if owed.Batch == "" {
				continue
			}
			if batches[owed.Batch] == nil {
				batches[owed.Batch] = map[string]*Person{}
			}
			person := batches[owed.Batch][record.Name]
			if person == nil {
				person = &Person{Record: record.Name, Email: string(record.Spec.Email), Names: access.NamesIn(record.Status.Live)}
				batches[owed.Batch][record.Name] = person
			}
			person.Rights = person.Rights.Union(access.Unbundle(owed.Rights))
			if !slices.Contains(person.Causes, owed.Cause) {
				person.Causes = append(person.Causes, owed.Cause)
			}
		}
	}
	all := make(map[string][]Person, len(batches))
	for digest, members := range batches {
		for _, record := range slices.Sorted(maps.Keys(members)) {
			slices.Sort(members[record].Causes)
			all[digest] = append(all[digest], *members[record])
		}
	}
	return all
}

// Waiting are the batches that wait to be approved.
func Waiting(batches []Batch) []Batch {
	return slices.DeleteFunc(slices.Clone(batches), func(b Batch) bool { return b.Released })
}

// Find is the batch with a digest.
func Find(batches []Batch, digest string) (Batch, bool) {
	at := slices.IndexFunc(batches, func(b Batch) bool { return b.Digest == digest })
	if at < 0 {
		return Batch{}, false
	}
	return batches[at], true
}

// Difference is what a batch is now that it was not when somebody was shown it.
type Difference struct {
	// Spared are the records of people who are not in it any more, or lose less of it.
	Spared []string
	// Added are the records of people who were not in it, or lose more; More counts those not listed.
	Added []string
	More  int
}

// Compare says how a batch differs from what somebody was shown. Of people who were counted and not listed, only how
// many they are is compared.
func Compare(shown, now Batch) Difference {
	was, d := map[string]Person{}, Difference{}
	for _, person := range shown.People {
		was[person.Record] = person
	}
	for _, person := range now.People {
		before, known := was[person.Record]
		switch delete(was, person.Record); {
		case !known && shown.Blind && shown.More > 0: // it was among those not listed
		case !known || person.losesMore(before):
			d.Added = append(d.Added, person.Record)
		case before.losesMore(person):
			d.Spared = append(d.Spared, person.Record)
		}
	}
	if !now.Blind || now.More == 0 { // else they may only have moved to those not listed
		d.Spared = append(d.Spared, slices.Sorted(maps.Keys(was))...)
	}
	d.More = max(0, now.Size()-shown.Size()-len(d.Added))
	return d
}

// losesMore says whether somebody loses what another entry of theirs did not say. What a record says and what a status
// says cannot be compared: the digest stands for both being the same.
func (p Person) losesMore(before Person) bool {
	if !p.Rights.Empty() && !before.Rights.Empty() {
		return !p.Rights.Minus(before.Rights).Empty()
	}
	return p.Rights.Empty() && before.Rights.Empty() && slices.ContainsFunc(p.Lines, func(line string) bool { return !slices.Contains(before.Lines, line) })
}

// From are the batches that grants of a namespace caused.
func From(batches []Batch, namespace string) []Batch {
	return slices.DeleteFunc(slices.Clone(batches), func(b Batch) bool { return b.Namespace != namespace })
}
