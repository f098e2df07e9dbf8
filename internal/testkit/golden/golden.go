// Package golden compares what a test made with a file that is read in reviews.
package golden

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Compare fails a test whose text is not that of a file; with -update it writes the file.
func Compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-update writes it anew):\n%s", file, diff)
	}
}

// Table lists messages once each, under the first case that leads to them.
type Table struct {
	text strings.Builder
	told map[string]bool
	last string
}

// Add enters a message of a case; head says of what it is. One that is empty or was told is passed over.
func (t *Table) Add(what, head, message string) {
	line := head + "\n      " + message + "\n"
	if message == "" || t.told[line] {
		return
	}
	if t.told == nil {
		t.told = map[string]bool{}
	}
	if t.last != what {
		t.text.WriteString(what + "\n")
	}
	t.told[line], t.last = true, what
	t.text.WriteString("  " + line)
}

// Conditions enters the messages of conditions. Stalled and Reconciling say what Ready says.
func (t *Table) Conditions(what string, conditions []metav1.Condition) {
	for _, c := range conditions {
		if c.Type != "Stalled" && c.Type != "Reconciling" {
			t.Add(what, fmt.Sprintf("%s=%s %s", c.Type, c.Status, c.Reason), c.Message)
		}
	}
}

// Compare fails a test whose table is not that of a file.
func (t *Table) Compare(test *testing.T, file string) {
	test.Helper()
	Compare(test, file, t.text.String())
}
