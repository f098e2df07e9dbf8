package hosting

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// someRights are a few places of each scope, with permissions of the catalogue and others.
func someRights() []Right {
	list := []Right{TwoFactorRight, {ScopeOverall, 0, "Billing"}, {ScopeOverall, 0, "wire:new"}, {"Other", 3, "Sites"}}
	for _, scope := range []Scope{ScopeAccount, ScopeServer} {
		for _, name := range []string{"Migration", "Resources", "TechnicalContact", "AAA", "wire:a", "wire:b"} {
			list = append(list, Right{scope, 1, name}, Right{scope, 2, name}, Right{scope, 900, name})
		}
	}
	return list
}

// Whatever is done with sets, each holds what a map would, and those it was made of stay as they were.
func TestRightsAreASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(what string) (Rights, map[Right]bool) {
			list := rapid.SliceOf(rapid.SampledFrom(someRights())).Draw(t, what)
			want := map[Right]bool{}
			for _, r := range list {
				want[r] = true
			}
			return NewRights(list...), want
		}
		same := func(what string, got Rights, want func(Right) bool) {
			n, before := 0, Right{}
			for r := range got.All() {
				if !want(r) || n > 0 && before.Compare(r) >= 0 {
					t.Fatalf("%s: %v has %v, or not in order", what, got, r)
				}
				n, before = n+1, r
			}
			for _, r := range someRights() {
				if want(r) != got.Has(r) {
					t.Fatalf("%s: %v and %v", what, got, r)
				}
			}
			if got.Len() != n || got.Empty() != (n == 0) || len(got.Sorted()) != n || !got.Equal(NewRights(got.Sorted()...)) {
				t.Fatalf("%s: %d of %v", what, got.Len(), got)
			}
		}
		a, inA := draw("a")
		b, inB := draw("b")
		c, inC := draw("c")
		same("union", a.Union(b), func(r Right) bool { return inA[r] || inB[r] })
		same("union of three", UnionOf(a, b, c), func(r Right) bool { return inA[r] || inB[r] || inC[r] })
		same("minus", a.Minus(b), func(r Right) bool { return inA[r] && !inB[r] })
		same("intersect", a.Intersect(b), func(r Right) bool { return inA[r] && inB[r] })
		same("where", a.Where(func(r Right) bool { return inB[r] }), func(r Right) bool { return inA[r] && inB[r] })
		if a.Equal(b) != maps.Equal(inA, inB) || a.Contains(b) != (len(inB) == a.Intersect(b).Len()) {
			t.Fatalf("%v and %v", a, b)
		}
		parts := a.Parts(b, c)
		same("parts", UnionOf(parts...), func(r Right) bool { return inA[r] })
		for i, part := range parts {
			for _, set := range []Rights{b, c} {
				if both := part.Intersect(set); !both.Empty() && !both.Equal(part) || set.Has(part.First()) == both.Empty() {
					t.Fatalf("%v is cut by %v", part, set)
				}
			}
			if i > 0 && !part.Intersect(parts[i-1]).Empty() {
				t.Fatalf("%v share something", parts)
			}
		}
		var bundled []Rights
		for _, bundle := range a.Bundles() {
			ids := bundle.IDs
			if len(ids) == 0 {
				ids = []int64{0}
			}
			bundled = append(bundled, RightsAt(bundle.Scope, ids, bundle.Permissions...))
		}
		same("bundles", UnionOf(bundled...), func(r Right) bool { return inA[r] })
		same("a", a, func(r Right) bool { return inA[r] })
		same("b", b, func(r Right) bool { return inB[r] })
	})
}

func TestRightsAtTakesAnyOrder(t *testing.T) {
	got := RightsAt(ScopeAccount, []int64{7, 3, 7}, "wire:b", "Sites", "wire:a", "Sites")
	if want := "[{Account 3 Sites} {Account 3 wire:a} {Account 3 wire:b} {Account 7 Sites} {Account 7 wire:a} {Account 7 wire:b}]"; got.String() != want {
		t.Error(got)
	}
	if !RightsAt(ScopeAccount, nil, "Sites").Equal(Rights{}) || !RightsAt(ScopeAccount, []int64{1}).Empty() {
		t.Error("nothing at a place is something")
	}
}

// Every permission of the catalogue has a bit of its own.
func TestEveryPermissionHasABit(t *testing.T) {
	for scope, names := range named {
		if len(names) > 64 || !slices.IsSorted(names) {
			t.Errorf("%s: %d permissions do not fit, or are not in order", scope, len(names))
		}
	}
	for _, p := range Catalogue() {
		set := NewRights(Right{p.Scope, 1, p.Name})
		if set.at[0].known == 0 || !set.Has(Right{p.Scope, 1, p.Name}) {
			t.Errorf("%s %s has none", p.Scope, p.Name)
		}
	}
}

// BenchmarkRights joins and compares what 20 grants give on 300 places each.
func BenchmarkRights(b *testing.B) {
	for _, places := range []int{30, 300, 3000} {
		b.Run(fmt.Sprint(places), func(b *testing.B) {
			var ids []int64
			for i := range places {
				ids = append(ids, int64(i+1))
			}
			sets := make([]Rights, 20)
			for i := range sets {
				sets[i] = RightsAt(ScopeAccount, ids, Catalogue()[4+i%20].Name)
			}
			b.ReportAllocs()
			for b.Loop() {
				if UnionOf(sets...).Minus(sets[0]).Len() != 19*places {
					b.Fatal("wrong")
				}
			}
		})
	}
}

// BenchmarkUnknownNames compares what the catalogue lacks, all at one place: ten times as many take about ten times as long.
func BenchmarkUnknownNames(b *testing.B) {
	for _, count := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			var names []string
			for i := range count {
				names = append(names, fmt.Sprintf("wire:%06d", i))
			}
			all, half := RightsAt(ScopeAccount, []int64{1}, names...), RightsAt(ScopeAccount, []int64{1}, names[:count/2]...)
			for b.Loop() {
				if rest := all.Minus(half); rest.Len() != count/2 || !all.Contains(rest) || half.Contains(rest) {
					b.Fatal(rest.Len())
				}
			}
		})
	}
}
