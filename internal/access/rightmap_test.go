package access

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// A map of sets knows of each right what a map of rights does.
func TestARightMapIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var got RightMap[Entry]
		want := map[hosting.Right]Entry{}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			rights := hosting.NewRights(rapid.SliceOf(rapid.SampledFrom(everyRight)).Draw(t, "rights")...)
			entry := Entry{Adopted: rapid.Bool().Draw(t, "adopted"), Retain: rapid.Bool().Draw(t, "retain")}
			adopt := func(e Entry) Entry { e.Adopted = true; return e }
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				got = got.Without(rights)
				for right := range rights.All() {
					delete(want, right)
				}
			case 1:
				got = got.Only(rights)
				for right := range want {
					if !rights.Has(right) {
						delete(want, right)
					}
				}
			case 2:
				got = got.ChangedAt(rights, adopt)
				for right := range rights.All() {
					if e, known := want[right]; known {
						want[right] = adopt(e)
					}
				}
			case 3:
				got = got.Changed(adopt)
				for right, e := range want {
					want[right] = adopt(e)
				}
			default:
				got = got.With(RightPart[Entry]{rights, entry})
				for right := range rights.All() {
					want[right] = entry
				}
			}
		}
		is := map[hosting.Right]Entry{}
		for right := range got.Rights().All() {
			is[right], _ = got.Of(right)
		}
		if d := cmp.Diff(want, is); d != "" || got.Len() != len(want) || len(got) > 4 {
			t.Fatal(got, d)
		}
	})
}

// A status that tells of a right twice is no status of ours: what it tells last holds, and is counted once.
func TestARightToldTwiceIsKnownOnce(t *testing.T) {
	rights := Bundle(hosting.NewRights(billing))
	status := v1alpha1.AccessRecordStatus{Owed: []v1alpha1.OwedRights{
		{Rights: rights, Cause: v1alpha1.CauseRemoved, Batch: "x"}, {Rights: rights, Cause: v1alpha1.CauseChanged},
	}}
	memory := MemoryOf(status)
	if memory.Owed.Len() != 1 || debtOf(memory, billing).Cause != v1alpha1.CauseChanged {
		t.Errorf("%+v", memory.Owed)
	}
}

// A name that the catalogue lacks may look like two.
func TestNamesWithCommasAreTold(t *testing.T) {
	rights := hosting.RightsAt(hosting.ScopeAccount, []int64{1}, "wire:a,wire:b").Union(hosting.RightsAt(hosting.ScopeAccount, []int64{2}, "wire:a", "wire:b"))
	if got := Unbundle(Bundle(rights)); !got.Equal(rights) {
		t.Error(got)
	}
}
