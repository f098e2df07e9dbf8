package backend

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Who would lose what is told by name, in a bounded status; how many is told of all.
func TestWhatIsHeldIsToldByName(t *testing.T) {
	guard, people := gate.NewGuard(time.Time{}), 3000
	for i := range people {
		loss := gate.Loss{Namespaces: []string{"ns"}, Batch: "d", Rights: []string{"Account 7 Sites", "Account 8 Sites"}}
		guard.Update(fmt.Sprintf("acme-%032d", i), gate.Person{Losses: []gate.Loss{loss}})
	}
	list := heldOf(guard, access.PlacesOf([]hosting.Place{{ID: 7, Name: "shop"}}, nil).Names())
	if len(list) != 1 || int(list[0].People) != people || int(list[0].More) != people-len(list[0].Records) {
		t.Fatal(len(list), list[0].People, list[0].More)
	}
	body, err := json.Marshal(list)
	if n := len(list[0].Records); err != nil || n < 500 || n > maxRecords || len(body) > maxLosses+1024 {
		t.Error(n, "records take", len(body), err)
	}
	if got := list[0].Records[0].Loses; !slices.Equal(got, []string{"account id 8: Sites", "account shop: Sites"}) {
		t.Error(got)
	}
	if got := heldOf(gate.NewGuard(time.Time{}), nil); got != nil {
		t.Error(got)
	}
}

// Nothing that is lost is left out, however much it is and whether or not it has a label.
func TestLossesAreWhole(t *testing.T) {
	name := namer(access.PlacesOf([]hosting.Place{{ID: 7, Name: "shop"}}, nil).Names())
	rights := hosting.NewRights(hosting.TwoFactorRight, hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}, hosting.Right{Scope: hosting.ScopeAccount, ID: 7, Name: "wire:new"})
	got := losses(rights, name)
	slices.Sort(got)
	if want := []string{"Billing", "shop wire:new", "the requirement of a second factor"}; !slices.Equal(got, want) {
		t.Error(got)
	}
	for i := range int64(100) {
		rights = rights.With(hosting.Right{Scope: hosting.ScopeAccount, ID: 100 + i, Name: "Sites"})
	}
	if got := losses(rights, name); len(got) != maxLines+1 || got[maxLines] != "and 71 more" {
		t.Error(len(got), got[len(got)-1])
	}
}

// More batches than a status lists can all be approved.
func TestBatchesBeyondTheListCanBeApproved(t *testing.T) {
	guard := gate.NewGuard(time.Time{})
	for i := range maxHeld + 6 {
		loss := gate.Loss{Namespaces: []string{fmt.Sprint("ns", i)}, Batch: fmt.Sprintf("%012d", i), Rights: []string{"Account 7 Sites"}}
		guard.Update(fmt.Sprintf("acme-%032d", i), gate.Person{Losses: []gate.Loss{loss}})
	}
	list := heldOf(guard, nil)
	if len(list) != maxHeld+6 {
		t.Fatal(len(list))
	}
	last := list[maxHeld+5]
	if members := guard.Members(last.Digest, 10); len(members) != 1 {
		t.Error(members)
	}
	if changed := guard.Approve(map[string]string{last.Digest: "ann"}); len(changed) != 1 || changed[0] != last.Digest {
		t.Error(changed)
	}
	for _, held := range heldOf(guard, nil) {
		if held.Released != (held.Digest == last.Digest) {
			t.Errorf("%+v", held)
		}
	}
}
