package csvsafe

import (
	"strings"
	"testing"
)

func TestWhatIsEscaped(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "shop": "shop", "a=b": "a=b", "a =1": "a =1", "=1+1": "'=1+1", "+33": "'+33", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)",
		"\t=1": "'\t=1", "\r=1": "'\r=1", "\n=1": "'\n=1", "＝1": "'＝1", "'quoted'": "''quoted'", "''": "'''", "\xff": "\xff",
	} {
		got := Escape(cell)
		if got != want {
			t.Errorf("%q: %q, want %q", cell, got, want)
		}
		if back := Unescape(got); back != cell {
			t.Errorf("%q comes back as %q", cell, back)
		}
	}
}

// What others write is left as it is.
func TestWhatIsNotEscapedStays(t *testing.T) {
	for _, cell := range []string{"'", "'shop", "shop", ""} {
		if got := Unescape(cell); got != cell {
			t.Errorf("%q becomes %q", cell, got)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, cell := range []string{"", "=1", "'=1", "''", "é", "＝"} {
		f.Add(cell)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		got := Escape(cell)
		if strings.IndexAny(got, starts) == 0 {
			t.Errorf("%q is escaped as %q, which begins as a formula does", cell, got)
		}
		if back := Unescape(got); back != cell {
			t.Errorf("%q comes back as %q", cell, back)
		}
	})
}
