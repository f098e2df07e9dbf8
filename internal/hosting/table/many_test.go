package table

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestMissingLinesAreCounted: of many people who lack a line about each of many places, some are told and all are counted,
// in no more time than the text takes to read.
func TestMissingLinesAreCounted(t *testing.T) {
	const people, places = 5000, 5000
	whole, err := Table{Owner: "owner@acme.example", Accounts: []string{"shop"}, Servers: []string{"web1"}}.CSV(Format{Language: English})
	if err != nil {
		t.Fatal(err)
	}
	labels, _, _ := strings.Cut(string(whole), "\n")
	empty := strings.Repeat(",", strings.Count(labels, ",")-3)
	var text strings.Builder
	fmt.Fprintln(&text, strings.TrimSpace(labels))
	for i := range places {
		fmt.Fprintf(&text, ",account,a%d%s,owner@acme.example\n", i, empty)
	}
	for i := range people {
		fmt.Fprintf(&text, "p%d@acme.example,overall,%s,owner@acme.example\n", i, empty)
	}
	fmt.Fprintf(&text, "END,,%s,owner@acme.example\n", empty)
	began := time.Now()
	_, err = FromCSV([]byte(text.String()), time.Unix(1_800_000_000, 0), "test")
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("and %d more", people*places-maxProblems)) {
		t.Fatalf("%.2000v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}
