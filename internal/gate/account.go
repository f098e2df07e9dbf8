package gate

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"
)

// account counts what one namespace has to do with people. It needs no clock: it counts spans of time,
// and so tells who counts at any time, also an earlier one.
type account struct {
	// managed people, those of them whom it managed a day before, and those who are gone.
	managed, old, gone spans
	// waiting for a place in some namespaces are those who are gone unless they get it.
	waiting map[string]spans
	// open are the people with losses in no batch.
	open map[string]bool
	// suspended people, by when.
	suspended []suspension
}

// suspension is when somebody lost something as one of the few suspensions of an hour.
type suspension struct {
	at   int64
	name string
}

func (s suspension) compare(o suspension) int {
	return cmp.Or(cmp.Compare(s.at, o.at), strings.Compare(s.name, o.name))
}

// stake is what one namespace has to do with one person.
type stake struct {
	managed, old, gone, waiting span
	// places that waiting is for: namespaces, separated by blanks; empty for nothing.
	places    string
	open      bool
	suspended int64
}

// stake of a namespace in a person. Whoever loses something is managed until then, and a day longer.
func (l *Ledger) stake(p Person, namespace string) stake {
	source, known := p.source(namespace)
	managed, gone := after(source.Removed, Day), after(source.Removed, Day)
	s, places := stake{suspended: after(source.Suspended, 0)}, []string(nil)
	for _, loss := range p.Losses {
		if !loss.from(namespace) {
			continue
		}
		source.Present = true
		switch {
		case loss.Batch != "" && !l.released(loss.Batch):
			gone = forever
		case loss.Batch == "" && loss.Cause == Change:
			gone, s.open = forever, true
		case loss.Batch == "" && loss.Cause == Suspension:
			places, s.open = append(places, loss.Namespaces...), true
		}
	}
	if source.Present {
		managed = forever
	}
	if known {
		s.managed, s.old = span{always, managed}, span{after(source.Since, Day), managed}
	}
	s.gone, s.waiting = span{always, gone}, span{gone, forever}
	slices.Sort(places)
	s.places = strings.Join(slices.Compact(places), " ")
	return s
}

// count replaces in the accounts what is counted of a person.
func (l *Ledger) count(name string, before, after Person) {
	for _, namespace := range namespaces(before, after) {
		was, is := l.stake(before, namespace), l.stake(after, namespace)
		if was == is {
			continue
		}
		a := l.account(namespace)
		a.managed.replace(was.managed, is.managed)
		a.old.replace(was.old, is.old)
		a.gone.replace(was.gone, is.gone)
		a.add(name, was, -1)
		a.add(name, is, 1)
		if l.accounts[namespace] = a; len(a.managed.starts)+len(a.gone.starts)+len(a.open)+len(a.suspended) == 0 {
			delete(l.accounts, namespace)
		}
	}
}

// account of a namespace; an empty one where nobody has to do with it.
func (l *Ledger) account(namespace string) *account {
	if a := l.accounts[namespace]; a != nil {
		return a
	}
	return &account{waiting: map[string]spans{}, open: map[string]bool{}}
}

// namespaces that have to do with people.
func namespaces(people ...Person) []string {
	var list []string
	for _, p := range people {
		for _, source := range p.Sources {
			list = append(list, source.Namespace)
		}
		for _, loss := range p.Losses {
			list = append(list, loss.Namespaces...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// add counts the rest of a stake once more, or once less where n is -1.
func (a *account) add(name string, s stake, n int) {
	if delete(a.open, name); s.open && n > 0 {
		a.open[name] = true
	}
	if s.places != "" {
		waiting := a.waiting[s.places]
		waiting.add(s.waiting, n)
		if a.waiting[s.places] = waiting; len(waiting.starts) == 0 {
			delete(a.waiting, s.places)
		}
	}
	if one := (suspension{s.suspended, name}); one.at != always {
		i, _ := slices.BinarySearchFunc(a.suspended, one, suspension.compare)
		a.suspended = splice(a.suspended, i, one, n)
	}
}

// Times are counted in nanoseconds since 1970, until 2262.
const always, forever = math.MinInt64, math.MaxInt64

// after is some time after something happened; always where it never did.
func after(at time.Time, d time.Duration) int64 {
	if at.IsZero() {
		return always
	}
	return at.Add(d).UnixNano()
}

// span of time; empty where it ends before it starts.
type span struct{ from, until int64 }

func (s span) has(at int64) bool { return s.from <= at && at < s.until }

// spans counts how many of them a time is in, in the logarithm of their number. Starts and ends are in
// order; to add one moves eight bytes for each that comes later. An end is not kept where it is never.
type spans struct{ starts, ends []int64 }

func (s *spans) replace(was, is span) {
	if was != is {
		s.add(was, -1)
		s.add(is, 1)
	}
}

func (s *spans) add(one span, n int) {
	if one.from >= one.until {
		return
	}
	s.starts = splice(s.starts, until(s.starts, one.from)+min(n, 0), one.from, n)
	if one.until != forever {
		s.ends = splice(s.ends, until(s.ends, one.until)+min(n, 0), one.until, n)
	}
}

func (s spans) at(now int64) int { return until(s.starts, now) - until(s.ends, now) }

// until counts the times that are not after another.
func until(times []int64, now int64) int {
	i, _ := slices.BinarySearchFunc(times, now, func(at, now int64) int { return cmp.Or(cmp.Compare(at, now), -1) })
	return i
}

// splice puts one into a list where n is 1, and takes it out where n is -1.
func splice[T any](list []T, i int, one T, n int) []T {
	if n > 0 {
		return slices.Insert(list, i, one)
	}
	return slices.Delete(list, i, i+1)
}
