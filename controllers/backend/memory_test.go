package backend

import (
	"encoding/json"
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// However many people are missing, a status holds a count and a digest of them.
func TestADoubtIsSmall(t *testing.T) {
	b, records, rows := world(20_000)
	d, missing, err := plausibility(b, records, reading(t, rows[:1]), nil, nil)
	if err == nil || d.People != 19_999 || len(missing) != 19_999 {
		t.Fatal(err, d, len(missing))
	}
	text, err := json.Marshal(d)
	if err != nil || len(text) > 256 {
		t.Errorf("%d bytes, %v: %.300s", len(text), err, text)
	}
}

// While people are looked at whose absence was accepted, the status tells who is left: after a
// restart at any moment the acceptance still holds, for nobody else.
func TestAnAcceptanceOutlivesARestart(t *testing.T) {
	b, records, rows := world(100)
	few := reading(t, rows[:40])
	_, seen, _ := plausibility(b, records, few, nil, nil)
	accepted := doubtOf(seen)
	accepted.Seen, accepted.Accepted = confirmations, true
	for looked := 40; looked < 100; looked++ {
		b.Status.TableDoubt = accepted
		if _, _, err := plausibility(b, records, few, nil, nil); err != nil {
			t.Fatalf("a restart when %d were looked at: %v", looked-40, err)
		}
		if _, _, err := plausibility(b, records, reading(t, rows[:39]), nil, nil); err == nil && len(seen) > 20 { // that few are missing is plausible
			t.Fatal("somebody else is believed to be gone")
		}
		records[looked].Status.RowID, records[looked].Status.Person = 0, v1alpha1.PersonAbsent
		if accepted, seen = remaining(*accepted, seen, records); accepted == nil != (looked == 99) {
			t.Fatal(looked, accepted)
		}
	}
}

func TestWhoIsLeftOfADoubt(t *testing.T) {
	_, records, _ := world(10)
	missing := []int64{1, 2, 3}
	doubted := *doubtOf(missing)
	if got, _ := remaining(doubted, missing, nil); got == nil || got.Digest != doubted.Digest {
		t.Error("one that nobody accepted", got)
	}
	doubted.Accepted = true
	if got, _ := remaining(doubted, nil, nil); got == nil || got.Digest != doubted.Digest {
		t.Error("of people whom this process does not know", got)
	}
	if got, left := remaining(doubted, missing, records[1:]); got == nil || got.People != 2 || len(left) != 2 || !got.Accepted {
		t.Error("one was looked at", got, left)
	}
}
