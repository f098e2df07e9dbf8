package access

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Where a status has no room for everything, names are left out before anything that is remembered is.
func TestNamesAreLeftOutFirst(t *testing.T) {
	accounts := make([]hosting.Place, 6000)
	live := hosting.Rights{}
	for i := range accounts {
		accounts[i] = hosting.Place{ID: int64(i + 1), Name: strings.Repeat("é", 40)}
		live = live.With(hosting.Right{Scope: hosting.ScopeAccount, ID: int64(i + 1), Name: "Sites"})
	}
	names := PlacesOf(accounts[:1], nil).Names()
	if got := names[Place{hosting.ScopeAccount, 1}]; got != strings.Repeat("é", 32) {
		t.Errorf("a long name is told as %q", got)
	}
	for i := range accounts {
		names[Place{hosting.ScopeAccount, int64(i + 1)}] = strings.Repeat("n", maxName)
	}
	status := v1alpha1.AccessRecordStatus{}
	StoreLive(&status, live, names)
	if len(status.Live[0].Names) != 6000 {
		t.Fatal("names are missing before they have to")
	}
	Memory{}.Store(&status)
	if len(status.Live[0].Names) != 0 || status.LiveDigest != "" || !LiveOf(status).Equal(live) || !fits(&status) {
		t.Errorf("%d names, digest %q, %d rights", len(status.Live[0].Names), status.LiveDigest, LiveOf(status).Len())
	}
}

// Of an entry that is too large as many places are told as fit, and the order is never that of a later one.
func TestFit(t *testing.T) {
	entry := func(places ...string) v1alpha1.NamedRights {
		return v1alpha1.NamedRights{Scope: v1alpha1.ScopeAccount, Places: places, Permissions: []string{"Sites"}}
	}
	all := []v1alpha1.NamedRights{entry("a", "b"), entry("ccc", "ddd", "eee"), entry("f")}
	for room, want := range map[int][]v1alpha1.NamedRights{
		SizeOf(all):         all,
		SizeOf(all) - 1:     all[:2],
		SizeOf(all[:2]):     all[:2],
		SizeOf(all[:2]) - 1: {all[0], entry("ccc", "ddd")},
		SizeOf([]any{all[0], entry("ccc", "ddd")}):     {all[0], entry("ccc", "ddd")},
		SizeOf([]any{all[0], entry("ccc", "ddd")}) - 1: {all[0], entry("ccc")},
		SizeOf([]any{all[0], entry("ccc")}) - 1:        all[:1],
		3:                                              nil,
	} {
		got := Fit(all, room)
		if diff := cmp.Diff(want, got); diff != "" || got != nil && SizeOf(got) > room {
			t.Errorf("%d bytes: %s", room, diff)
		}
	}
}
