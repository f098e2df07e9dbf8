package access

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// names are accounts of manyAccounts, from one number on.
func names(first, count int) v1alpha1.AccountPermissions {
	one := v1alpha1.AccountPermissions{Permissions: []v1alpha1.AccountPermission{"Sites"}}
	for i := range count {
		one.Names = append(one.Names, v1alpha1.PlaceName(fmt.Sprint("a", first+i)))
	}
	return one
}

// on is what a grant gives on some accounts.
func on(uid types.UID, namespace string, accounts ...v1alpha1.AccountPermissions) v1alpha1.Contribution {
	return v1alpha1.Contribution{UID: uid, Grant: v1alpha1.GrantReference{Namespace: namespace, Name: "g"}, Accounts: accounts}
}

// without are the contributions that are not among some.
func without(all, some []v1alpha1.Contribution) []v1alpha1.Contribution {
	return slices.DeleteFunc(slices.Clone(all), func(c v1alpha1.Contribution) bool {
		return slices.ContainsFunc(some, func(s v1alpha1.Contribution) bool { return s.UID == c.UID })
	})
}

// full is whom a room refuses, in order.
func (r Room) full(contributions []v1alpha1.Contribution) []types.UID {
	refused := r.Full(Unite(contributions, r.Places, r.Pins, r.Memory.Named()), contributions)
	return slices.Sorted(maps.Keys(refused))
}

// given is the memory once all contributions that are taken in were given.
func (r Room) given(contributions []v1alpha1.Contribution, refused ...types.UID) Room {
	var taken, rest []v1alpha1.Contribution
	for _, c := range contributions {
		if slices.Contains(refused, c.UID) {
			rest = append(rest, c)
		} else {
			taken = append(taken, c)
		}
	}
	want := r.Take(taken, rest)
	next, _ := r.foresee(want, taken)
	r.Memory, r.Pins, r.Live, r.Settled = next, want.Pins, r.Live.Union(want.Rights), map[types.UID]bool{}
	for _, c := range taken {
		r.Settled[c.UID] = true
	}
	return r
}

// Two thousand names are as many as a record pins. Who brings more is refused, and nobody else.
func TestWhoBringsTooManyNamesIsRefusedAlone(t *testing.T) {
	room := Room{Places: manyAccounts(3000)}
	var list []v1alpha1.Contribution
	for i := range 8 {
		list = append(list, on(types.UID(fmt.Sprint("c", i)), "ns", names(1+300*i, 300)))
	}
	list = append(list, on("d", "ns", names(2900, 1)))
	if got := room.full(list); !slices.Equal(got, []types.UID{"c6", "c7"}) {
		t.Fatal("refuses", got)
	}
	room = room.given(list, "c6", "c7")
	if got := room.full(list); !slices.Equal(got, []types.UID{"c6", "c7"}) {
		t.Error("changes its mind:", got)
	}
	first := slices.Concat(list[6:8], list[:6], list[8:])
	if got := room.full(first); !slices.Equal(got, []types.UID{"c6", "c7"}) {
		t.Error("others take the place of those who were there:", got)
	}

	grown := slices.Clone(list)
	grown[0] = on("c0", "ns", names(1, 299), names(2400, 500))
	room.Settled["c0"] = false
	got := room.full(grown)
	if !slices.Equal(got, []types.UID{"c0", "c6", "c7"}) {
		t.Fatal("one that grows is", got)
	}
	want := room.Take(without(grown, []v1alpha1.Contribution{grown[0], grown[6], grown[7]}), []v1alpha1.Contribution{grown[0], grown[6], grown[7]})
	next := Remember(want, room.Memory, Departures{}, now)
	if next.Owed.Len() != 1 || want.Rights.Len() != 1501 || want.Kept.Len() != 299 {
		t.Errorf("of one that grew too large, what it still names stays: %d owed, %d wanted, %d kept", next.Owed.Len(), want.Rights.Len(), want.Kept.Len())
	}

	if got := room.full(list[1:]); !slices.Equal(got, []types.UID{"c7"}) {
		t.Error("once one leaves, the first that waits comes in:", got)
	}
}

// Where each account is named by others, there is more to tell than there is room for.
func TestEachAccountOfOtherNamespaces(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	room := Room{Places: manyAccounts(600)}
	var list []v1alpha1.Contribution
	for _, c := range crowd(64, nil) {
		one := names(1, 0)
		for i := range 600 {
			if random.IntN(2) == 0 {
				one.Names = append(one.Names, names(1+i, 1).Names...)
			}
		}
		c.Accounts = []v1alpha1.AccountPermissions{one}
		list = append(list, c)
	}
	refused := room.full(list)
	if len(refused) == 0 || len(refused) > 60 {
		t.Fatalf("refuses %d of 64", len(refused))
	}
	room = room.given(list, refused...)
	if again := room.full(list); !slices.Equal(again, refused) {
		t.Errorf("refuses %d, and later %d", len(refused), len(again))
	}
	if problem := writable(told(room.Memory, room.Live, room.Pins)); problem != "" {
		t.Error("given:", problem)
	}
	for what, left := range map[string][]v1alpha1.Contribution{"all leave": nil, "some leave": list[10:]} {
		gone := Remember(Unite(left, room.Places, room.Pins, room.Memory.Named()), room.Memory, leave(without(list, left)), now)
		status := told(gone, room.Live, room.Pins)
		if problem := writable(status); problem != "" {
			t.Errorf("%s: %s", what, problem)
		}
		for _, part := range MemoryOf(status).Owed {
			if debt := part.Value; what == "all leave" && (len(debt.Namespaces) == 0 || len(debt.By) == 0) {
				t.Fatalf("it is not told on whose account %v goes", part.Rights)
			}
		}
	}
}

// What is refused because there is no room takes nothing away, also where it is retained.
func TestWhatIsRefusedIsKept(t *testing.T) {
	list := []v1alpha1.Contribution{gives("a", "ns-a", "Billing"), gives("b", "ns-b", "Billing", "AccountManagement")}
	list[1].Retain = true
	memory := Memory{Applied: RightMap[Entry]{{Rights: hosting.NewRights(billing), Value: Entry{Namespaces: []string{"ns-a"}}}, {Rights: hosting.NewRights(management), Value: Entry{Retain: true, Namespaces: []string{"ns-b"}}}}}
	room := Room{Memory: memory}
	want := room.Take(list[:1], list[1:])
	if !want.Rights.Equal(hosting.NewRights(billing)) || !want.Kept.Equal(hosting.NewRights(management)) || !want.Retain.Equal(hosting.NewRights(management)) {
		t.Errorf("wanted %v, kept %v, retained %v", want.Rights.Sorted(), want.Kept.Sorted(), want.Retain.Sorted())
	}
	next := Remember(want, memory, Departures{}, now)
	if next.Owed.Len() > 0 || !slices.Equal(entryOf(next, billing).Namespaces, []string{"ns-a", "ns-b"}) {
		t.Errorf("%+v", next)
	}
	room.Memory = Memory{}
	if want := room.Take(list[:1], list[1:]); !want.Kept.Empty() || !want.From["ns-b"].Empty() {
		t.Error("what was never given is kept", want.Kept.Sorted())
	}
}

// Whatever becomes of what was taken in, right by right, it is all remembered, and can be written.
func TestNoStateIsTooLarge(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	permissions, tenants := accountPermissions(), crowd(48, nil)
	for what, accounts := range map[string]int{"some": 300, "as many as there is room for": 3700} {
		var ticked []hosting.Right
		var applied []RightPart[Entry]
		var owed []RightPart[Debt]
		for i := range accounts {
			for _, name := range permissions {
				right := hosting.Right{Scope: hosting.ScopeAccount, ID: int64(400_001 + i), Name: name}
				namespaces := []string{tenants[random.IntN(48)].Grant.Namespace, "ns"}
				if random.IntN(2) == 0 {
					ticked = append(ticked, right)
				}
				switch random.IntN(3) {
				case 0:
					applied = append(applied, RightPart[Entry]{Rights: hosting.NewRights(right), Value: Entry{Retain: random.IntN(2) == 0, Namespaces: namespaces}})
				case 1:
					since := now
					since.Time = since.Add(-1e9 * 60 * 60)
					owed = append(owed, RightPart[Debt]{Rights: hosting.NewRights(right), Value: Debt{
						Cause: []v1alpha1.OwedCause{v1alpha1.CauseChanged, v1alpha1.CauseRemoved, v1alpha1.CauseExpired}[random.IntN(3)],
						By:    []types.UID{types.UID(fmt.Sprint("u", random.IntN(64)))}, Namespaces: namespaces, Since: since, Batch: fmt.Sprint(random.IntN(50)),
					}})
				}
			}
		}
		memory, live := Memory{Applied: rightMap(applied), Owed: rightMap(owed)}, hosting.NewRights(ticked...)
		if scattered(memory.Named()) > maxScattered {
			t.Fatal("the test is wrong: so much is never taken in")
		}
		status := told(memory, live, nil)
		if size := SizeOf(status); size > 800<<10 || accounts < 2000 && size > maxTold {
			t.Errorf("%s: %d KiB", what, size>>10)
		}
		if len(status.Live) > maxBundles || len(status.Applied) > maxBundles || len(status.Owed) > maxBundles {
			t.Errorf("%s: %s", what, writable(status))
		}
		got := MemoryOf(status)
		if !got.Named().Equal(memory.Named()) || got.Owed.Len() != memory.Owed.Len() {
			t.Errorf("%s: something is forgotten", what)
		}
		retained := func(e Entry) bool { return e.Retain }
		if !got.Applied.Where(retained).Equal(memory.Applied.Where(retained)) {
			t.Errorf("%s: it is forgotten what is retained", what)
		}
		for _, cause := range []v1alpha1.OwedCause{v1alpha1.CauseChanged, v1alpha1.CauseRemoved, v1alpha1.CauseExpired} {
			because := func(d Debt) bool { return d.Cause == cause }
			if !got.Owed.Where(because).Equal(memory.Owed.Where(because)) {
				t.Errorf("%s: it is forgotten why something is due", what)
			}
		}
		if !LiveIs(status, live) || LiveIs(status, hosting.Rights{}) || !HeldMore(status) {
			t.Errorf("%s: a shortened status does not know its row", what)
		}
	}
}
