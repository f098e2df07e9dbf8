package access

import "testing"

func TestLimit(t *testing.T) {
	usual := Limit{Percent: 25, Minimum: 10}
	for _, c := range []struct {
		limit     Limit
		gone, all int
		exceeded  bool
	}{
		{usual, 0, 0, false}, {usual, 1, 1, false}, {usual, 1, 2, false}, {usual, 2, 2, true},
		{usual, 1, 3, false}, {usual, 2, 3, true}, {usual, 2, 4, false}, {usual, 3, 4, true},
		{usual, 10, 20, false}, {usual, 11, 20, true}, {usual, 11, 43, true}, {usual, 11, 44, false},
		{usual, 250, 1000, false}, {usual, 251, 1000, true}, {usual, 3, 1, false}, {usual, 11, 0, true},
		{Limit{Percent: 100}, 5, 5, false}, {Limit{Percent: 25}, 1, 1, true}, {Limit{Percent: 25}, 1, 4, false}, {Limit{Percent: 25}, 2, 4, true},
	} {
		if got := c.limit.Exceeded(c.gone, c.all); got != c.exceeded {
			t.Errorf("%+v: %d of %d: %t", c.limit, c.gone, c.all, got)
		}
	}
}
