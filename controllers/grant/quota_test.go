package grant

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

func crew(names ...string) map[string]bool {
	set := map[string]bool{}
	for _, name := range names {
		set[name] = true
	}
	return set
}

// I10: grants that come at one moment name no more people together than one.
func TestReservations(t *testing.T) {
	s, at := &reservations{}, time.Unix(1_800_000_000, 0)
	of := quota{namespace: "ns", rule: 1}
	take := func(uid types.UID, names, cached map[string]bool, by types.UID) (int, bool) {
		return s.reserve(of, uid, names, map[types.UID]map[string]bool{by: cached}, 3, at)
	}
	for _, c := range []struct {
		what  string
		uid   types.UID
		names map[string]bool
		count int
		ok    bool
	}{
		{"the first", "a", crew("ann", "bob"), 2, true},
		{"one more", "b", crew("ann", "cyd"), 3, true},
		{"the same people", "c", crew("bob", "cyd"), 3, true},
		{"one too many", "d", crew("dan"), 4, false},
		{"again", "a", crew("ann", "bob"), 3, true},
		{"others in their place, while another grant names them", "a", crew("dan"), 4, false},
	} {
		if count, ok := take(c.uid, c.names, nil, ""); count != c.count || ok != c.ok {
			t.Errorf("%s: %d, %v", c.what, count, ok)
		}
	}
	if count, ok := s.reserve(quota{namespace: "other", rule: 1}, "x", crew("eve", "fay", "gus"), nil, 3, at); count != 3 || !ok {
		t.Error("another namespace is counted along", count)
	}
	s.release("b")
	s.release("c")
	if count, ok := take("d", crew("dan"), crew("ann", "bob"), "a"); count != 3 || !ok {
		t.Error("with grants gone there is room", count)
	}
	if count, ok := take("e", crew("eve"), crew("ann"), "a"); count != 3 || !ok {
		t.Error("once the cache has shown whom a grant names, the cache alone tells", count)
	}
	at = at.Add(reservationTime)
	if count, ok := take("f", crew("ann", "bob", "gus"), nil, ""); count != 3 || !ok {
		t.Error("who never came is remembered", count)
	}
}
