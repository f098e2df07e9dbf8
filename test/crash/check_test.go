package crash_test

import (
	"fmt"
	"testing"

	"github.com/hostgrant/hostgrant/internal/testkit/chaos"
)

// findings is what went wrong, counted; told keeps the first few in words.
type findings struct {
	rows, mails, removals int
	told                  []string
}

// table judges one look at a table: nobody is in it twice, and whoever held something at
// the last rest that was declared ever since holds it still.
func (f *findings) table(lines []string, stable chaos.Holding) {
	seen, doubled := chaos.Parse(lines)
	f.rows += doubled
	if doubled > 0 {
		f.tell("somebody is in the table twice: %v", lines)
	}
	missing := stable.Lacks(seen)
	f.removals += len(missing)
	if len(missing) > 0 {
		f.tell("lost although declared all along: %v", missing)
	}
}

// post judges the mails of one person: at most one for each row that was made for them.
func (f *findings) post(email string, mails, rows int) {
	if mails > rows {
		f.mails += mails - rows
		f.tell("%d mails to %s, for whom %d rows were made", mails, email, rows)
	}
}

func (f *findings) tell(format string, args ...any) {
	if len(f.told) < 20 {
		f.told = append(f.told, fmt.Sprintf(format, args...))
	}
}

func (f *findings) any() bool { return f.rows+f.mails+f.removals > 0 }

// summary is the last line of the report.
func (f *findings) summary(kills int) string {
	return fmt.Sprintf("%d kills, %d duplicate rows, %d duplicate mails, %d wrong removals", kills, f.rows, f.mails, f.removals)
}

// A checker that finds nothing is worth nothing unless it can.
func TestFindings(t *testing.T) {
	stable := chaos.Holding{"ann": {"Billing": true, "shop/Sites": true}}
	for name, c := range map[string]struct {
		look func(*findings)
		want string
	}{
		"all is well": {func(f *findings) {
			f.table([]string{"ann: Billing shop/Sites blog/FTP", "bob:"}, stable)
			f.post("ann", 1, 1)
		}, "0 duplicate rows, 0 duplicate mails, 0 wrong removals"},
		"a second row": {func(f *findings) { f.table([]string{"ann: Billing", "ann: shop/Sites"}, stable) }, "1 duplicate rows, 0 duplicate mails, 0 wrong removals"},
		"a lost right": {func(f *findings) { f.table([]string{"ann: Billing"}, stable) }, "0 duplicate rows, 0 duplicate mails, 1 wrong removals"},
		"a lost row":   {func(f *findings) { f.table(nil, stable) }, "0 duplicate rows, 0 duplicate mails, 2 wrong removals"},
		"two mails":    {func(f *findings) { f.post("ann", 2, 1) }, "0 duplicate rows, 1 duplicate mails, 0 wrong removals"},
		"a stray mail": {func(f *findings) { f.post("ann", 1, 0) }, "0 duplicate rows, 1 duplicate mails, 0 wrong removals"},
	} {
		f := &findings{}
		c.look(f)
		if got := f.summary(7); got != "7 kills, "+c.want {
			t.Errorf("%s: %s", name, got)
		}
		if f.any() != (len(f.told) > 0) {
			t.Errorf("%s: any %v, told %v", name, f.any(), f.told)
		}
	}
}
