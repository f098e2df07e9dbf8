package table

import (
	"strings"
	"testing"
)

// FuzzDecode: whatever the bytes, they are refused in a line, or are a table that is written and read again.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{file1, "# nothing\n", "---\n", "{}", "&a [*a]", "? {a: b}\n: c", "\x00", "a: b: c", "- - - -"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		table, err := Decode(body)
		if err != nil {
			if err.Error() == "" {
				t.Error("is refused without a word")
			}
			return
		}
		again, err := table.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(again); err != nil {
			t.Fatalf("%v: %s", err, again)
		}
	})
}

// FuzzFromCSV: whatever the bytes, they are refused with a line, or are a table that is written and read again.
func FuzzFromCSV(f *testing.F) {
	for _, format := range []Format{{Language: English}, {Language: French, Excel: true}} {
		cells, err := meant.CSV(format)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(cells)
		f.Add([]byte(strings.ReplaceAll(string(cells), ",", "\t")))
	}
	f.Add([]byte("sep=\n\"\""))
	f.Fuzz(func(t *testing.T, body []byte) {
		table, err := FromCSV(body, seen, "")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "line ") {
				t.Errorf("is refused without a line: %v", err)
			}
			return
		}
		again, err := table.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Decode(again); err != nil {
			t.Fatalf("%v: %s", err, again)
		}
	})
}
