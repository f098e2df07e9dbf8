package provider

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// A set of rows tells the same as a map that was copied each time, and one that was shared never changes.
func TestRowSetIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		person := rapid.Map(rapid.IntRange(0, 400), func(i int) string { return fmt.Sprint("p", i) })
		want := map[string]hosting.Row{}
		for i := range rapid.IntRange(0, 300).Draw(t, "rows") {
			want[fmt.Sprint("p", i)] = hosting.Row{ID: int64(i + 1)}
		}
		set := newRowSet(maps.Clone(want))
		shared, sharedWant := set, maps.Clone(want)
		for i := range rapid.IntRange(0, 400).Draw(t, "changes") {
			who := person.Draw(t, "who")
			if rapid.Bool().Draw(t, "removed") {
				delete(want, who)
				set = set.with(who, nil)
			} else {
				row := hosting.Row{ID: int64(1000 + i)}
				want[who] = row
				set = set.with(who, &row)
			}
			if rapid.IntRange(0, 20).Draw(t, "share") == 0 {
				shared, sharedWant = set, maps.Clone(want)
			}
		}
		for what, c := range map[string]struct {
			set  rowSet
			want map[string]hosting.Row
		}{"changed": {set, want}, "shared": {shared, sharedWant}} {
			same := func(a, b hosting.Row) bool { return a.ID == b.ID }
			if got := maps.Collect(c.set.all()); !maps.EqualFunc(got, c.want, same) || c.set.size != len(c.want) {
				t.Fatalf("%s: %d rows, says %d, want %d", what, len(got), c.set.size, len(c.want))
			}
			for i := range 401 {
				who := fmt.Sprint("p", i)
				row, there := c.set.get(who)
				if wanted, wants := c.want[who]; there != wants || row.ID != wanted.ID {
					t.Fatalf("%s: %s is %v %v", what, who, row.ID, there)
				}
			}
		}
	})
}

// One row put into a table costs the same whether the table is large or not: times of the same run.
func BenchmarkOneRowIntoATable(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		rows := map[string]hosting.Row{}
		for i := range n {
			rows[fmt.Sprint("p", i)] = hosting.Row{ID: int64(i)}
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			set := newRowSet(maps.Clone(rows))
			for i := 0; b.Loop(); i++ {
				set = set.with(fmt.Sprint("p", i%n), &hosting.Row{ID: -1})
			}
		})
	}
}
