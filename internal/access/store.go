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
	memory := Memory{Applied: map[hosting.Right]Entry{}, Owed: map[hosting.Right]Debt{}, Intended: status.WriteIntendedAt, Removal: status.RemovalIntendedAt}
	for _, a := range status.Applied {
		for r := range Unbundle(a.Rights) {
			memory.Applied[r] = Entry{Adopted: a.Adopted, Retain: a.Retain, Namespaces: a.Namespaces}
		}
	}
	for _, o := range status.Owed {
		for r := range Unbundle(o.Rights) {
			memory.Owed[r] = Debt{Cause: o.Cause, By: o.By, Namespaces: o.Namespaces, Since: o.Since, Batch: o.Batch, ApprovedBy: o.ApprovedBy, Intended: o.Intended}
		}
	}
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
		func() { shorten(status, nil) },
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
	for _, g := range groupRights(m.Applied, func(e Entry) string { return fmt.Sprint(e) }) {
		status.Applied = append(status.Applied, v1alpha1.AppliedRights{
			Rights: bundleRights(g.rights), Adopted: g.value.Adopted, Retain: g.value.Retain, Namespaces: g.value.Namespaces,
		})
	}
	for _, g := range groupRights(m.Owed, func(d Debt) string { return fmt.Sprint(d.key(), d.Intended) }) {
		status.Owed = append(status.Owed, v1alpha1.OwedRights{
			Rights: bundleRights(g.rights), Cause: g.value.Cause, By: g.value.By, Namespaces: g.value.Namespaces, Since: g.value.Since,
			Batch: g.value.Batch, ApprovedBy: g.value.ApprovedBy, Intended: g.value.Intended,
		})
	}
}

// withoutResults is the memory without what only the history is told of debts: who approved, and which were sent. Room
// does not foresee it.
func (m Memory) withoutResults() Memory {
	return m.lessOf(func(e Entry) Entry { return e }, func(d Debt) Debt { d.ApprovedBy, d.Intended = "", false; return d })
}

// withoutWhom is the memory without the grants by whose leaving debts arose. Those that then
// differ in time alone count from the latest: nothing goes earlier for it.
func (m Memory) withoutWhom() Memory {
	key := func(d Debt) string { return fmt.Sprint(d.Cause, d.Namespaces, d.Batch) }
	latest := map[string]metav1.Time{}
	for _, debt := range m.Owed {
		if k := key(debt); latest[k].Time.Before(debt.Since.Time) {
			latest[k] = debt.Since
		}
	}
	return m.lessOf(func(e Entry) Entry { return e }, func(d Debt) Debt {
		d.By, d.Since = nil, latest[key(d)]
		return d
	})
}

// withoutNamespaces is the memory without those who named what: it is then on the account of the
// record's own.
func (m Memory) withoutNamespaces() Memory {
	return m.lessOf(func(e Entry) Entry { e.Namespaces = nil; return e }, func(d Debt) Debt { d.Namespaces = nil; return d }).withoutWhom()
}

// withoutBatches is the memory with nothing in a batch: what was, is judged anew.
func (m Memory) withoutBatches() Memory {
	return m.lessOf(func(e Entry) Entry { return e }, func(d Debt) Debt { d.Batch = ""; return d }).withoutWhom()
}

func (m Memory) lessOf(entry func(Entry) Entry, debt func(Debt) Debt) Memory {
	applied, owed := make(map[hosting.Right]Entry, len(m.Applied)), make(map[hosting.Right]Debt, len(m.Owed))
	for right, e := range m.Applied {
		applied[right] = entry(e)
	}
	for right, d := range m.Owed {
		owed[right] = debt(d)
	}
	m.Applied, m.Owed = applied, owed
	return m
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
