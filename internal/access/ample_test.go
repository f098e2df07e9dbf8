package access

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// TestWhatIsAmpleFits: whatever the quick estimate has room for fits, told as long as it can be.
func TestWhatIsAmpleFits(t *testing.T) {
	ample := 0
	rapid.Check(t, func(t *rapid.T) {
		accounts, permissions := rapid.IntRange(1, 300).Draw(t, "accounts"), rapid.IntRange(1, 8).Draw(t, "permissions")
		contributions := crowd(rapid.IntRange(1, 5).Draw(t, "namespaces"), subsets(accounts, permissions))
		room := Room{Places: manyAccounts(accounts), Pins: Places{}}
		want := Unite(contributions, room.Places, room.Pins, room.Memory.Named())
		rights, pins := want.Rights.Union(room.Memory.Named()), maps.Clone(want.Pins)
		for i := range rapid.IntRange(0, 50).Draw(t, "unknown") {
			rights = rights.With(hosting.Right{Scope: hosting.ScopeAccount, ID: int64(400_001 + i), Name: fmt.Sprint("wire:<", i)})
		}
		if !room.ample(rights, pins, contributions) {
			return
		}
		ample++
		given, left := room.foresee(want, contributions)
		for _, memory := range []Memory{given, left} {
			status := v1alpha1.AccessRecordStatus{Live: Names{}.Live(rights)}
			pins.StorePins(&status)
			if memory.enter(&status); !fits(&status) {
				t.Fatalf("%d rights and %d pins do not fit", rights.Len(), len(pins))
			}
		}
	})
	if ample < 10 {
		t.Errorf("only %d were ample", ample)
	}
}
