package access

import "github.com/hostgrant/hostgrant/api/v1alpha1"

// Limit says how many people may go before it looks like a mistake.
type Limit struct {
	// Percent of all; from 100 on nothing looks like a mistake.
	Percent int
	// Minimum that may go whatever the percentage.
	Minimum int
}

// LimitOf reads a backend's limit.
func LimitOf(limit v1alpha1.RemovalLimit) Limit {
	l := Limit{Percent: int(limit.Percent)}
	if limit.Minimum != nil {
		l.Minimum = int(*limit.Minimum)
	}
	return l
}

// Exceeded says whether gone people out of all are too many: more than the limit allows,
// all of two, or over half of three or more.
func (l Limit) Exceeded(gone, all int) bool {
	switch {
	case l.Percent >= 100 || gone == 0:
		return false
	case gone > max(l.Minimum, all*l.Percent/100):
		return true
	case all == 2:
		return gone >= 2
	}
	return all > 2 && 2*gone > all
}
