package record

import (
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// left is the record of somebody whose last grant is gone for a while, and whose row holds what
// is not ours to take away: others gave it, or it was retained.
func left(since time.Duration, change func(*pass)) *pass {
	p := look(nil, &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(billing)})
	p.record.Spec.Contributions, p.record.Status.Contributions, p.record.Status.Applied = nil, nil, nil
	p.record.Status.History = []v1alpha1.Change{{At: p.now, Kind: v1alpha1.ChangeGranted}}
	p.now.Time = p.now.Add(since)
	change(p)
	p.think()
	return p
}

// A record that is kept for a day is looked at again when the day is over, though nothing else
// happens, and goes then: it holds an address.
func TestARecordGoesAfterADay(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*pass)
		goes   bool
	}{
		"the row stays, and is not ours": {func(*pass) {}, true},
		"there is no row":                {func(p *pass) { p.row = nil; p.record.Status.RowID = 0 }, true},
		"everybody is listed":            {func(p *pass) { p.backend.Spec.Inventory = v1alpha1.InventoryRecords }, false},
	} {
		p := left(time.Hour, c.change)
		if p.finished() {
			t.Errorf("%s: goes at once", what)
		}
		want := 23 * time.Hour
		if !c.goes {
			want = 0
		}
		if got := p.outcome(0).After; got != want {
			t.Errorf("%s: is looked at again after %s, want %s", what, got, want)
		}
		if p := left(gate.Day, c.change); p.finished() != c.goes {
			t.Errorf("%s: goes after a day: %v", what, p.finished())
		}
	}
}
