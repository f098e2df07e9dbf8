package gate

import (
	"slices"
	"strings"
	"time"
)

// Suspensions of people are allowed at once, up to so many an hour and namespace.
const (
	maxSuspensions = 3
	hour           = time.Hour
)

// recent says whether something happened within an hour before now, or is to come.
func recent(at, now time.Time) bool { return !at.IsZero() && now.Sub(at) < hour }

// places of a namespace are taken by who lost something within the last hour because they were
// suspended, or was told that they may: a place that was given a moment ago is on no record yet, and a
// record that was read from a cache may not tell of it.
func (e *evaluation) places(namespace string) map[string]bool {
	if taken, known := e.taken[namespace]; known {
		return taken
	}
	taken, onRecord := map[string]bool{}, e.ledger.account(namespace).suspended
	i, _ := slices.BinarySearchFunc(onRecord, suspension{at: e.now.Add(-hour).UnixNano() + 1}, suspension.compare)
	for _, one := range onRecord[i:] {
		taken[one.name] = true
	}
	for name, p := range e.people {
		source, _ := p.source(namespace)
		if delete(taken, name); recent(source.Suspended, e.now) {
			taken[name] = true
		}
	}
	for name, at := range e.ledger.places[namespace] {
		if recent(at, e.now) {
			taken[name] = true
		}
	}
	e.taken[namespace] = taken
	return taken
}

// lacksPlace says whether somebody can have no place in one of the namespaces: with the others alone
// nothing could go.
func (e *evaluation) lacksPlace(name string, namespaces []string) bool {
	return slices.ContainsFunc(namespaces, func(n string) bool { return e.full(n) && !e.places(n)[name] })
}

func (e *evaluation) full(namespace string) bool { return len(e.places(namespace)) >= maxSuspensions }

// waits says whether somebody is gone because they have no place.
func (e *evaluation) waits(name string, s stake) bool {
	return s.waiting.has(e.now.UnixNano()) && e.lacksPlace(name, strings.Fields(s.places))
}

// waiting counts those who are gone because they have no place: all, but for the few who have one.
func (e *evaluation) waiting(namespace string) int {
	count, now := 0, e.now.UnixNano()
	for places, waiting := range e.ledger.account(namespace).waiting {
		n := slices.IndexFunc(strings.Fields(places), e.full)
		if n < 0 {
			continue
		}
		count += waiting.at(now)
		for name := range e.places(strings.Fields(places)[n]) {
			if s := e.ledger.stake(e.ledger.people[name], namespace); s.places == places && s.waiting.has(now) && !e.waits(name, s) {
				count--
			}
		}
	}
	return count
}

// takesPlace says whether a loss goes as one of the few suspensions of an hour, and then gives its
// person the place. Nobody gets one before it is known who has one; and what is held stays held,
// but for what had been held before the person was suspended.
func (e *evaluation) takesPlace(name string, loss Loss) bool {
	if loss.Cause != Suspension || !e.ledger.complete || loss.Batch != "" && !loss.Along || e.lacksPlace(name, loss.Namespaces) {
		return false
	}
	for _, namespace := range loss.Namespaces {
		e.places(namespace)[name] = true
	}
	e.given = append(e.given, loss.Namespaces...)
	return true
}

// takePlaces enters who has a place now, and forgets the places that are free again. Those that a clock
// that ran ahead gave are taken for an hour from now on.
func (l *Ledger) takePlaces(name string, given []string, now time.Time) {
	for _, namespace := range namespaces(l.people[name]) {
		places := map[string]time.Time{}
		for name, at := range l.places[namespace] {
			if now.Before(at) {
				at = now
			}
			if recent(at, now) {
				places[name] = at
			}
		}
		if slices.Contains(given, namespace) {
			places[name] = now
		}
		if l.places[namespace] = places; len(places) == 0 {
			delete(l.places, namespace)
		}
	}
}
