package gate

import "time"

// Suspensions of people are let through at once, up to so many an hour and namespace.
const (
	maxSuspensions = 3
	hour           = time.Hour
)

// places are the people, by namespace, who lost something within the last hour because they
// were suspended, or who were told that they may.
type places map[string]map[string]bool

func (p places) take(namespace, name string) {
	if p[namespace] == nil {
		p[namespace] = map[string]bool{}
	}
	p[namespace][name] = true
}

// free says whether somebody has a place, or can have one, in every namespace that a loss is of:
// with one of them alone nothing could go.
func (p places) free(name string, loss Loss) bool {
	for _, namespace := range loss.Namespaces {
		if !p[namespace][name] && len(p[namespace]) >= maxSuspensions {
			return false
		}
	}
	return true
}

// places are counted from what records tell and from what was answered: a place that was given a
// moment ago is on no record yet, and a record that was read from a cache may not tell of it.
func (b *Book) places(now time.Time) places {
	taken := places{}
	for name, p := range b.people {
		for namespace, source := range p.Sources {
			if recent(source.Suspended, now, hour) {
				taken.take(namespace, name)
			}
		}
	}
	for place, at := range b.given {
		switch {
		case !recent(at, now, hour):
			delete(b.given, place)
			continue
		case now.Before(at): // by a clock that ran ahead
			b.given[place] = now
		}
		taken.take(place.namespace, place.name)
	}
	return taken
}

// place is that of one person among the suspensions of a namespace.
type place struct{ namespace, name string }

// passes says whether a loss goes as one of the few suspensions of an hour, and then gives its
// person the place. Nobody gets one before it is known who has one; and what is held stays held,
// but for what had been held before the person was suspended.
func (b *Book) passes(name string, loss Loss, now time.Time) bool {
	if loss.Cause != Suspension || !b.complete || loss.Batch != "" && !loss.Along || !b.places(now).free(name, loss) {
		return false
	}
	for _, namespace := range loss.Namespaces {
		b.given[place{namespace, name}] = now
	}
	return true
}
