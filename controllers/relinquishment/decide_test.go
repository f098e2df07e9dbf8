package relinquishment

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

var (
	earlier = metav1.NewTime(time.Unix(100, 0))
	later   = metav1.NewTime(time.Unix(200, 0))
)

func held(ids ...int64) []hosting.Holding {
	var list []hosting.Holding
	for _, id := range ids {
		list = append(list, hosting.Holding{ID: id, OwnerID: 100 + id, Owner: fmt.Sprintf("o%d@other.example", id)})
	}
	return list
}

func TestBeginPinsOwnersThatWereListed(t *testing.T) {
	got := begin([]int64{7, 8}, []v1alpha1.Holding{{ID: 7, Owner: "a@other.example", OwnerID: 3}, {ID: 9, Owner: "b@other.example", OwnerID: 4}}, later)
	want := []v1alpha1.DropResult{
		{ID: 7, Owner: "a@other.example", OwnerID: 3, State: v1alpha1.DropPending, At: later},
		{ID: 8, State: v1alpha1.DropPending, At: later},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestJudge(t *testing.T) {
	pinned := v1alpha1.DropResult{ID: 7, Owner: "o7@other.example", OwnerID: 107, At: earlier}
	with := func(state v1alpha1.DropState, change ...func(*v1alpha1.DropResult)) v1alpha1.DropResult {
		r := pinned
		r.State = state
		for _, c := range change {
			c(&r)
		}
		return r
	}
	unlisted := func(r *v1alpha1.DropResult) { r.Owner, r.OwnerID = "", 0 }
	another := func(r *v1alpha1.DropResult) { r.OwnerID = 5 }
	for name, c := range map[string]struct {
		before    v1alpha1.DropResult
		list      []hosting.Holding
		protected bool
		state     v1alpha1.DropState
		reason    string
	}{
		"listed":                        {with("Pending"), held(7, 9), false, "Pending", ""},
		"listed, begun":                 {with("Intended"), held(7), false, "Intended", ""},
		"gone":                          {with("Pending"), held(9), false, "AlreadyGone", ""},
		"gone, never listed":            {with("Pending", unlisted), nil, false, "AlreadyGone", ""},
		"gone, begun":                   {with("Intended"), nil, false, "Dropped", ""},
		"gone, and was another owner's": {with("Pending", another), nil, false, "AlreadyGone", ""},
		"never listed before":           {with("Pending", unlisted), held(7), false, "Refused", "NotListed"},
		"another owner's":               {with("Pending", another), held(7), false, "Refused", "OwnerChanged"},
		"another owner's, begun":        {with("Intended", another), held(7), false, "Refused", "OwnerChanged"},
		"protected":                     {with("Pending"), held(7), true, "Refused", "Protected"},
		"protected since it was begun":  {with("Intended"), held(7), true, "Refused", "Protected"},
		"protected, but gone":           {with("Pending"), nil, true, "AlreadyGone", ""},
		"dropped, and there again":      {with("Dropped"), held(7), false, "Dropped", ""},
		"gone before, and there again":  {with("AlreadyGone"), held(7), false, "AlreadyGone", ""},
		"refused":                       {with("Refused", func(r *v1alpha1.DropResult) { r.Reason = "Protected" }), held(7), false, "Refused", "Protected"},
		"refused, and gone":             {with("Refused", func(r *v1alpha1.DropResult) { r.Reason = "NotListed" }), nil, false, "Refused", "NotListed"},
	} {
		want := c.before
		want.State, want.Reason = c.state, c.reason
		if want.State != c.before.State {
			want.At = later
		}
		got := judge([]v1alpha1.DropResult{c.before}, c.list, func(hosting.Holding) bool { return c.protected }, later)
		if d := cmp.Diff([]v1alpha1.DropResult{want}, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestAnswered(t *testing.T) {
	results := intend(begin([]int64{7, 8}, nil, earlier), 7, earlier)
	if next(results) != 7 {
		t.Error(results)
	}
	gone := answered(results, 7, held(8), later)
	if gone[0].State != v1alpha1.DropDropped || gone[0].At != later || gone[1].State != v1alpha1.DropPending || next(gone) != 8 {
		t.Error(gone)
	}
	stays := answered(results, 7, held(7), later)
	if stays[0].State != v1alpha1.DropIntended || stays[0].Tries != 1 || stays[0].At != earlier || next(stays) != 7 {
		t.Error(stays)
	}
	for range maxTries - 1 {
		stays = answered(stays, 7, held(7), later)
	}
	if stays[0].State != v1alpha1.DropRefused || stays[0].Reason != v1alpha1.ReasonNotConverging || next(stays) != 8 {
		t.Error(stays)
	}
	if results[0].Tries != 0 {
		t.Error("the results given were changed")
	}
}

func TestTwoLists(t *testing.T) {
	results := begin([]int64{7, 8}, nil, earlier)
	if missing(results, held(7, 8, 9)) || !missing(results, held(7)) || missing([]v1alpha1.DropResult{{ID: 7, State: v1alpha1.DropDropped}}, nil) {
		t.Error("missing")
	}
	renamed := held(7)
	renamed[0].OwnerID = 5
	all := either(held(7, 8), append(renamed, held(9)...))
	if h, _ := find(all, 7); len(all) != 3 || h.OwnerID != 5 {
		t.Error(all)
	}
}

func TestGuard(t *testing.T) {
	backend := func(url, customer string, identity *v1alpha1.Identity) v1alpha1.HostingBackend {
		b := v1alpha1.HostingBackend{}
		b.Spec.Endpoint.URL, b.Spec.Endpoint.Customer, b.Status.Identity = url, v1alpha1.Email(customer), identity
		return b
	}
	const here, there = "https://api.example/v1/", "https://api.elsewhere.example/v1/"
	h := hosting.Holding{ID: 7, OwnerID: 3, Owner: "Boss@Other.example"}
	for name, c := range map[string]struct {
		backend   v1alpha1.HostingBackend
		protected bool
	}{
		"acts for them":                           {backend(here, "boss@other.example", nil), true},
		"acts for them elsewhere":                 {backend(there, "boss@other.example", nil), true},
		"was read for them":                       {backend(here, "", &v1alpha1.Identity{CustomerID: 9, Email: "boss@other.example"}), true},
		"was read for them by another name":       {backend(here, "", &v1alpha1.Identity{CustomerID: 3, Email: "old@other.example"}), true},
		"the same id at another provider":         {backend(there, "", &v1alpha1.Identity{CustomerID: 3, Email: "x@x.example"}), false},
		"acts for somebody else":                  {backend(here, "x@other.example", &v1alpha1.Identity{CustomerID: 4, Email: "x@other.example"}), false},
		"was never read":                          {backend(here, "", nil), false},
		"they hold the key and are not acted for": {backend(here, "", &v1alpha1.Identity{CustomerID: 4, Email: "x@x.example", Holder: "boss@other.example"}), false},
	} {
		if got := guard([]v1alpha1.HostingBackend{backend(there, "", nil), c.backend}, here)(h); got != c.protected {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Whatever lists say, in whatever order, crashes and lost answers included: only what was
// confirmed, listed before, unprotected and its owner's is ever given up, and what is final
// stays so.
func TestNothingElseIsEverGivenUp(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 1))
		provider := held(1, 2, 3, 4, 5, 6)
		protected := func(h hosting.Holding) bool { return h.ID == 2 }
		var pins []v1alpha1.Holding
		for _, h := range provider {
			if h.ID == 3 {
				continue // was not listed
			}
			pins = append(pins, v1alpha1.Holding{ID: h.ID, OwnerID: h.OwnerID})
		}
		provider[3].OwnerID = 999 // id 4 is another owner's by now
		saved := begin([]int64{1, 2, 3, 4, 5, 8}, pins, earlier)
		for step := 0; step < 60 && next(saved) != 0; step++ {
			list := provider
			if random.IntN(4) == 0 {
				list = nil // a list that wrongly shows nothing …
			}
			if missing(saved, list) {
				list = either(list, provider) // … and one that does not
			}
			results := judge(saved, list, protected, later)
			final(t, seed, saved, results)
			saved = results
			id := next(saved)
			if id == 0 {
				break
			}
			saved = intend(saved, id, later)
			if random.IntN(3) == 0 {
				continue // killed before the call
			}
			if id != 1 && id != 5 {
				t.Fatalf("seed %d: id %d is given up", seed, id)
			}
			if random.IntN(5) > 0 { // else the provider forgets
				provider = without(provider, id)
			}
			if random.IntN(3) == 0 {
				continue // the answer is lost
			}
			results = answered(saved, id, provider, later)
			final(t, seed, saved, results)
			saved = results
		}
		for i, state := range []v1alpha1.DropState{"Dropped", "Refused", "Refused", "Refused", "Dropped", "AlreadyGone"} {
			if got := saved[i]; got.State != state && got.Reason != v1alpha1.ReasonNotConverging {
				t.Fatalf("seed %d: %+v, want %s", seed, got, state)
			}
		}
	}
}

func without(list []hosting.Holding, id int64) []hosting.Holding {
	var rest []hosting.Holding
	for _, h := range list {
		if h.ID != id {
			rest = append(rest, h)
		}
	}
	return rest
}

func final(t *testing.T, seed uint64, before, after []v1alpha1.DropResult) {
	t.Helper()
	for i := range before {
		if !open(before[i]) && before[i] != after[i] {
			t.Fatalf("seed %d: %+v became %+v", seed, before[i], after[i])
		}
	}
}
