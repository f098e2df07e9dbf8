package provider

import (
	"iter"
	"maps"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// fewChanged is how many rows may always differ from a shared table before a table of one's own is made; else as many as
// the square root of its size. So one row put into a table of n copies about two roots of n, and not n.
const fewChanged = 16

// rowSet are rows by normalised address. It is never changed once it is shared: with makes another, which has the
// rows that did not change in common with it.
type rowSet struct {
	base map[string]hosting.Row
	// changed are rows in the place of base's; nil for one that is not there any more.
	changed map[string]*hosting.Row
	size    int
}

func newRowSet(rows map[string]hosting.Row) rowSet { return rowSet{base: rows, size: len(rows)} }

func (s rowSet) get(person string) (hosting.Row, bool) {
	if row, changed := s.changed[person]; changed {
		if row == nil {
			return hosting.Row{}, false
		}
		return *row, true
	}
	row, there := s.base[person]
	return row, there
}

// all gives the rows in no order.
func (s rowSet) all() iter.Seq2[string, hosting.Row] {
	return func(yield func(string, hosting.Row) bool) {
		for person, row := range s.changed {
			if row != nil && !yield(person, *row) {
				return
			}
		}
		for person, row := range s.base {
			if _, changed := s.changed[person]; !changed && !yield(person, row) {
				return
			}
		}
	}
}

// with is the set with one row put in, or taken out where row is nil.
func (s rowSet) with(person string, row *hosting.Row) rowSet {
	if _, there := s.get(person); there {
		s.size--
	}
	if row != nil {
		own := *row
		row = &own
		s.size++
	}
	changed := make(map[string]*hosting.Row, len(s.changed)+1)
	maps.Copy(changed, s.changed)
	changed[person] = row
	s.changed = changed
	if n := len(changed); n > fewChanged && n*n > len(s.base) {
		s.base, s.changed = maps.Collect(s.all()), nil
	}
	return s
}
