package provider

import (
	"slices"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// S10: rows are a person's in whatever letter case the provider tells their address, and what was
// written to them is theirs as well.
func TestRowsAreFoundInAnyLetterCase(t *testing.T) {
	snapshot := newSnapshot([]hosting.Row{{ID: 7, Email: "ΚΏΣΤΑΣ@Acme.example"}, {ID: 8, Email: "ışık@acme.example"}})
	for address, id := range map[string]int64{"κώστας@acme.example": 7, "Κώστασ@acme.example": 7, "IŞIK@acme.example": 8} {
		if row, ok := snapshot.Row(address); !ok || row.ID != id {
			t.Errorf("%s: %v, row %d", address, ok, row.ID)
		}
	}
	if got, want := snapshot.Addresses(), []string{"ışık@acme.example", "κώστασ@acme.example"}; !slices.Equal(got, want) {
		t.Errorf("written to as %q, want %q", got, want)
	}
	if twice := newSnapshot([]hosting.Row{{Email: "ışık@acme.example"}, {Email: "işik@acme.example"}}); !twice.Ambiguous("ışık@acme.example") {
		t.Error("two rows of one address are not told")
	}

	s := newConnection(clocktesting.NewFakeClock(time.Unix(1000, 0)), time.Minute, func(string) {})
	s.table.snapshot = snapshot
	s.storeRow(s.inUse.owner, "κώστας@acme.example", nil)
	if _, there := s.table.snapshot.Row("ΚΏΣΤΑΣ@acme.example"); there {
		t.Error("a row that was seen to be gone is there")
	}
	again := newSnapshot([]hosting.Row{{ID: 7, Email: "ΚΏΣΤΑΣ@Acme.example"}})
	again.Began = time.Unix(900, 0)
	s.keepWritten(again)
	if _, there := again.Row("κώστας@acme.example"); there {
		t.Error("an older list brings it back")
	}
}
