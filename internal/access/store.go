package access

import (
	"encoding/json"
	"fmt"
	"math"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// What a record's status holds. All else in it takes 208 KiB at most by the bounds of the CRD,
// and the whole is to stay below 512 KiB: a status that cannot be written revokes nothing any
// more.
const (
	// maxBundles is how many entries of rights each list has; the CRD bounds it.
	maxBundles = 1000
	// maxPins is how many names are pinned; the CRD bounds it.
	maxPins = 2000
	// maxTold is what lists of rights and pins take together, in bytes of JSON.
	maxTold = 304 << 10
)

// MemoryOf reads the memory of a record's status.
func MemoryOf(status v1alpha1.AccessRecordStatus) Memory {
	memory := Memory{Intended: status.WriteIntendedAt, Removal: status.RemovalIntendedAt}
	var applied []RightPart[Entry]
	for _, a := range status.Applied {
		applied = append(applied, RightPart[Entry]{Unbundle(a.Rights), Entry{Adopted: a.Adopted, Retain: a.Retain, Namespaces: a.Namespaces}})
	}
	var owed []RightPart[Debt]
	for _, o := range status.Owed {
		owed = append(owed, RightPart[Debt]{Unbundle(o.Rights), Debt{
			Cause: o.Cause, By: o.By, Namespaces: o.Namespaces, Since: o.Since, Batch: o.Batch, ApprovedBy: o.ApprovedBy, Intended: o.Intended,
		}})
	}
	memory.Applied, memory.Owed = lastMap(applied), lastMap(owed)
	return memory
}

// Store writes the memory into a record's status whose other parts are there already, in as much
// detail as there is room for. Which rights are whose is never left out; contributions that would
// need more are not taken in (Room).
func (m Memory) Store(status *v1alpha1.AccessRecordStatus) {
	for _, less := range []func(){
		func() {},
		func() { unname(status) },
		func() { shorten(status, m.Named()) },
		func() { m = m.withoutResults() },
		func() { m = m.withoutWhom() },
		func() { m = m.withoutNamespaces() },
		func() { m = m.withoutBatches() },
		func() { shorten(status, hosting.Rights{}) },
	} {
		less()
		m.enter(status)
		if fits(status) {
			return
		}
	}
}

func (m Memory) enter(status *v1alpha1.AccessRecordStatus) {
	status.Applied, status.Owed, status.WriteIntendedAt, status.RemovalIntendedAt = nil, nil, m.Intended, m.Removal
	for _, part := range m.Applied {
		status.Applied = append(status.Applied, v1alpha1.AppliedRights{
			Rights: Bundle(part.Rights), Adopted: part.Value.Adopted, Retain: part.Value.Retain, Namespaces: part.Value.Namespaces,
		})
	}
	for _, part := range m.Owed {
		debt := part.Value
		status.Owed = append(status.Owed, v1alpha1.OwedRights{
			Rights: Bundle(part.Rights), Cause: debt.Cause, By: debt.By, Namespaces: debt.Namespaces, Since: debt.Since,
			Batch: debt.Batch, ApprovedBy: debt.ApprovedBy, Intended: debt.Intended,
		})
	}
}

// withoutResults is the memory without what only the history is told of debts: who approved, and which were sent. Room
// does not foresee it.
func (m Memory) withoutResults() Memory {
	m.Owed = m.Owed.Changed(func(d Debt) Debt { d.ApprovedBy, d.Intended = "", false; return d })
	return m
}

// withoutWhom is the memory without the grants by whose leaving debts arose. Those that then
// differ in time alone count from the latest: nothing goes earlier for it.
func (m Memory) withoutWhom() Memory {
	key := func(d Debt) string { return fmt.Sprint(d.Cause, d.Namespaces, d.Batch) }
	latest := map[string]metav1.Time{}
	for _, part := range m.Owed {
		if k := key(part.Value); latest[k].Time.Before(part.Value.Since.Time) {
			latest[k] = part.Value.Since
		}
	}
	m.Owed = m.Owed.Changed(func(d Debt) Debt {
		d.By, d.Since = nil, latest[key(d)]
		return d
	})
	return m
}

// withoutNamespaces is the memory without those who named what: it is then on the account of the
// record's own.
func (m Memory) withoutNamespaces() Memory {
	m.Applied = m.Applied.Changed(func(e Entry) Entry { e.Namespaces = nil; return e })
	m.Owed = m.Owed.Changed(func(d Debt) Debt { d.Namespaces = nil; return d })
	return m.withoutWhom()
}

// withoutBatches is the memory with nothing in a batch: what was, is judged anew.
func (m Memory) withoutBatches() Memory {
	m.Owed = m.Owed.Changed(func(d Debt) Debt { d.Batch = ""; return d })
	return m.withoutWhom()
}

// fits says whether a status can be written, whatever else is in it.
func fits(status *v1alpha1.AccessRecordStatus) bool {
	applied, owed := 0, 0
	for _, a := range status.Applied {
		applied = max(applied, len(a.Rights))
	}
	for _, o := range status.Owed {
		owed = max(owed, len(o.Rights))
	}
	most := max(len(status.Live), len(status.Applied), len(status.Owed), applied, owed)
	if most > maxBundles || len(status.Pins) > maxPins || status.Drift != nil && len(status.Drift.Rights) > maxBundles {
		return false
	}
	return SizeOf(v1alpha1.AccessRecordStatus{
		Live: status.Live, LiveDigest: status.LiveDigest, Applied: status.Applied, Owed: status.Owed, Pins: status.Pins, Drift: status.Drift,
	}) <= maxTold
}

// SizeOf is how much something takes in JSON.
func SizeOf(part any) int {
	body, err := json.Marshal(part)
	if err != nil {
		return math.MaxInt
	}
	return len(body)
}
