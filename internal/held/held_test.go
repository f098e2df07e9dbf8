package held

import (
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

var since = metav1.NewTime(time.Unix(1_800_000_000, 0))

// owing is a record that owes some accounts' Sites, in a batch.
func owing(name, backend, batch string, accounts ...int64) v1alpha1.AccessRecord {
	r := v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.AccessRecordSpec{Email: v1alpha1.Email(name + "@a.example")}}
	r.Spec.BackendRef.Name = v1alpha1.ObjectName(backend)
	rights := v1alpha1.Rights{Scope: "Account", IDs: accounts, Permissions: []string{"Sites"}}
	r.Status.Owed = []v1alpha1.OwedRights{{Batch: batch, Cause: v1alpha1.CauseRemoved, Rights: []v1alpha1.Rights{rights}}}
	r.Status.Live = []v1alpha1.LiveRights{{Rights: rights, Names: []string{"shop"}}}
	return r
}

// holding is a backend that tells of batches: for each digest so many people, of whom two are named.
func holding(people map[string]int32) *v1alpha1.HostingBackend {
	b := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Name: "acme"}}
	for digest, count := range people {
		b.Status.HeldRemovals = append(b.Status.HeldRemovals, v1alpha1.HeldRemoval{Digest: digest, Namespace: "agency", People: count, Since: since, Records: []v1alpha1.HeldRecord{
			{Name: "ann", Loses: []string{"account shop: Sites"}}, {Name: "bob", Loses: []string{"account shop: Sites"}},
		}})
	}
	return b
}

func recordsOf(people []Person) (names []string) {
	for _, person := range people {
		names = append(names, person.Record)
	}
	return names
}

// The records tell of everybody, whomever the status has room for; without them it is told how many are not named.
func TestEverybodyIsListed(t *testing.T) {
	var records []v1alpha1.AccessRecord
	for i := range 30 {
		records = append(records, owing(fmt.Sprintf("p%02d", i), "acme", "d1", 7))
	}
	records = append(records, owing("other", "acme", "d2", 7), owing("elsewhere", "another", "d1", 7), owing("free", "acme", "", 7))
	records = append(records, owing("ann", "acme", "", 7)) // the status is ahead of this record and of bob's
	batches := Of(holding(map[string]int32{"d1": 40}), records)
	if ann := batches[0].People[0]; ann.Record != "ann" || ann.Email != "ann@a.example" || !ann.Rights.Empty() || len(ann.Lines) != 1 || batches[0].More != 8 {
		t.Errorf("%+v", batches[0])
	}
	told := holding(map[string]int32{"d1": 30})
	told.Status.HeldRemovals[0].Records = []v1alpha1.HeldRecord{{Name: "p07"}}
	batches = Of(told, records)
	if len(batches) != 1 || len(batches[0].People) != 30 || batches[0].More != 0 || batches[0].Namespace != "agency" {
		t.Fatalf("%+v", batches)
	}
	first := batches[0].People[0]
	lines := first.Names.Bundle(first.Rights)
	if first.Record != "p00" || first.Email != "p00@a.example" || len(lines) != 1 || lines[0].Places[0] != "shop" || !slices.Equal(first.Causes, []v1alpha1.OwedCause{v1alpha1.CauseRemoved}) {
		t.Errorf("%+v", first)
	}
	blind := Of(holding(map[string]int32{"d1": 30}), nil)[0]
	if !slices.Equal(recordsOf(blind.People), []string{"ann", "bob"}) || blind.More != 28 || blind.Size() != 30 || blind.People[0].Lines[0] != "account shop: Sites" {
		t.Errorf("%+v", blind)
	}
}

// A status has room for 64 batches: of the others the records tell, but not of what a status that is not full leaves out.
func TestBatchesBeyondTheStatus(t *testing.T) {
	full := map[string]int32{}
	for i := range maxTold {
		full[fmt.Sprintf("%02x", i)] = 2
	}
	records := []v1alpha1.AccessRecord{owing("ann", "acme", "ff", 7)}
	if batch, there := Find(Of(holding(full), records), "ff"); !there || len(batch.People) != 1 {
		t.Error("not found", batch)
	}
	delete(full, "00")
	if _, there := Find(Of(holding(full), records), "ff"); there {
		t.Error("a batch that is over is shown")
	}
}

func TestWaitingBatches(t *testing.T) {
	if got := Waiting([]Batch{{Digest: "a", Released: true}, {Digest: "b"}}); len(got) != 1 || got[0].Digest != "b" {
		t.Error(got)
	}
}

// Somebody who is in it now and was not shown, or loses more, is added; who was declared again is spared.
func TestCompare(t *testing.T) {
	of := func(records ...v1alpha1.AccessRecord) Batch {
		b := holding(map[string]int32{"d": int32(len(records))})
		b.Status.HeldRemovals[0].Records = nil
		return Of(b, records)[0]
	}
	blind := func(people int32, names ...string) Batch {
		b := Of(holding(map[string]int32{"d": people}), nil)[0]
		b.People = nil
		for _, name := range names {
			b.People = append(b.People, Person{Record: name, Lines: []string{"account shop: Sites"}})
		}
		b.More = int(people) - len(names)
		return b
	}
	more := blind(1, "ann")
	more.People[0].Lines = []string{"account shop: Sites", "account blog: Sites"}
	for what, c := range map[string]struct {
		shown, now    Batch
		spared, added []string
		more          int
	}{
		"the same":                     {of(owing("ann", "acme", "d", 7)), of(owing("ann", "acme", "d", 7)), nil, nil, 0},
		"one less":                     {of(owing("ann", "acme", "d", 7), owing("bob", "acme", "d", 7)), of(owing("ann", "acme", "d", 7)), []string{"bob"}, nil, 0},
		"one more":                     {of(owing("ann", "acme", "d", 7)), of(owing("ann", "acme", "d", 7), owing("bob", "acme", "d", 7)), nil, []string{"bob"}, 0},
		"another":                      {of(owing("ann", "acme", "d", 7)), of(owing("bob", "acme", "d", 7)), []string{"ann"}, []string{"bob"}, 0},
		"loses more":                   {of(owing("ann", "acme", "d", 7)), of(owing("ann", "acme", "d", 7, 8)), nil, []string{"ann"}, 0},
		"loses less":                   {of(owing("ann", "acme", "d", 7, 8)), of(owing("ann", "acme", "d", 7)), []string{"ann"}, nil, 0},
		"unlisted, one less":           {blind(5, "ann", "bob"), blind(4, "bob", "cyd"), nil, nil, 0},
		"unlisted, one more":           {blind(5, "ann", "bob"), blind(6, "ann", "bob"), nil, nil, 1},
		"listed, loses more":           {blind(1, "ann"), more, nil, []string{"ann"}, 0},
		"its record is written by now": {blind(1, "ann"), of(owing("ann", "acme", "d", 7, 8)), nil, nil, 0},
		"unlisted, all are seen":       {blind(3, "ann", "bob"), blind(1, "bob"), []string{"ann"}, nil, 0},
	} {
		d := Compare(c.shown, c.now)
		if !slices.Equal(d.Spared, c.spared) || !slices.Equal(d.Added, c.added) || d.More != c.more {
			t.Errorf("%s: %+v", what, d)
		}
	}
}

// The status names 64; the history of the others tells who is gone.
func TestEnded(t *testing.T) {
	shown := Batch{Digest: "d", People: []Person{{Record: "ann"}, {Record: "bob"}, {Record: "cyd"}}}
	history := v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Name: "cyd"}}
	history.Status.History = []v1alpha1.Change{{Batch: "x"}, {Batch: "d"}}
	other := v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Name: "bob"}}
	other.Status.History = []v1alpha1.Change{{Batch: "x"}}
	removed, spared := Ended(shown, v1alpha1.RemovalApprovalStatus{Removed: &v1alpha1.ApprovalResult{Records: []v1alpha1.ObjectName{"ann"}}}, []v1alpha1.AccessRecord{history, other})
	if !slices.Equal(recordsOf(removed), []string{"ann", "cyd"}) || !slices.Equal(recordsOf(spared), []string{"bob"}) {
		t.Error(removed, spared)
	}
}
