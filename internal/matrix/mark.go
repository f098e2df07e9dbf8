package matrix

import (
	"iter"
	"strings"

	"github.com/hostgrant/hostgrant/internal/inventory"
)

// Mark is a set of things to know of a permission. The zero mark is on one that works and that a grant names.
type Mark uint16

// The marks.
const (
	ProfileUnknown Mark = 1 << iota
	NoProfile
	NoSecondFactor
	SecondFactorUnknown
	Unknown
	Pending
	Scheduled
	Failed
	Suspended
	Relinquished
	Expired
	Leaving
	Held
	Protected
	Undeclared
)

// Order of single marks.
var Order = []Mark{
	ProfileUnknown, NoProfile, NoSecondFactor, SecondFactorUnknown, Unknown, Pending, Scheduled, Failed, Suspended, Relinquished, Expired, Leaving, Held, Protected, Undeclared,
}

// descriptions are the marks in words: a sign for narrow cells, a word for wide ones, and what it means.
var descriptions = map[Mark]struct{ sign, word, meaning string }{
	0:                   {"", "effective", "works now, and a grant gives it"},
	ProfileUnknown:      {"p", "profile not known", "works if the person has a profile; who told the table does not know"},
	NoProfile:           {"n", "no profile", "works once the person has initialised a profile"},
	NoSecondFactor:      {"f", "2FA missing", "works once the person has set up a second factor"},
	SecondFactorUnknown: {"o", "2FA not known", "works with a second factor; the provider does not tell whether the person has one"},
	Unknown:             {"?", "not known", "a grant gives it, and whether the provider has it is not known here"},
	Pending:             {"+", "pending", "a grant gives it, and the provider does not have it yet"},
	Scheduled:           {"t", "scheduled", "the grant that names it has not begun"},
	Failed:              {"!", "failed", "a grant names it, and something keeps it from being given: see the grant"},
	Suspended:           {"s", "suspended", "withheld, because a Profile suspends the person"},
	Relinquished:        {"r", "relinquished", "the person gave it up at the provider"},
	Expired:             {"e", "expired", "the last grant that names it has ended"},
	Leaving:             {"-", "leaving", "is due to be taken away"},
	Held:                {"h", "removal held", "is due to be taken away, and the removal limit holds that"},
	Protected:           {"x", "protected", "would be taken away, and stays, because nothing is ever taken from the person"},
	Undeclared:          {"*", "no grant", "the provider has it, and no grant gives it"},
}

// states and their marks; Effective has none.
var states = map[inventory.State]Mark{
	inventory.ProfileUnknown: ProfileUnknown, inventory.NoProfile: NoProfile, inventory.NoSecondFactor: NoSecondFactor, inventory.SecondFactorUnknown: SecondFactorUnknown,
	inventory.Unknown: Unknown, inventory.Pending: Pending, inventory.Scheduled: Scheduled, inventory.Failed: Failed,
	inventory.Suspended: Suspended, inventory.Relinquished: Relinquished, inventory.Expired: Expired,
}

func marksOf(p *inventory.Person, h *inventory.Holding) Mark {
	mark := states[h.State]
	switch {
	case h.Leaving != "" && h.Protected:
		mark |= Protected
	case h.Leaving != "" && h.Held:
		mark |= Held
	case h.Leaving != "":
		mark |= Leaving
	case h.State.Live() && !p.Declared(*h):
		mark |= Undeclared
	}
	return mark
}

// each yields the single marks of a set, in order; the zero mark for the empty set.
func (m Mark) each() iter.Seq[Mark] {
	return func(yield func(Mark) bool) {
		if m == 0 {
			yield(0)
			return
		}
		for _, one := range Order {
			if m&one != 0 && !yield(one) {
				return
			}
		}
	}
}

// Signs are one character for each mark; empty for none.
func (m Mark) Signs() string {
	var signs strings.Builder
	for one := range m.each() {
		signs.WriteString(descriptions[one].sign)
	}
	return signs.String()
}

// Words of the marks, as "no profile, no grant"; "effective" for none.
func (m Mark) Words() string {
	var words []string
	for one := range m.each() {
		words = append(words, descriptions[one].word)
	}
	return strings.Join(words, ", ")
}

// Meaning of a single mark, as the end of a sentence without a full stop.
func (m Mark) Meaning() string { return descriptions[m].meaning }
