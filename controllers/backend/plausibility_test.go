package backend

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// table is a provider that only lists people.
type table struct {
	hosting.Reader
	rows []hosting.Row
}

func (t *table) Identity(context.Context) (hosting.Identity, error) {
	return hosting.Identity{CustomerID: 1, Email: "owner@acme.example"}, nil
}
func (t *table) Accounts(context.Context) ([]hosting.Place, error) { return nil, nil }
func (t *table) Servers(context.Context) ([]hosting.Place, error)  { return nil, nil }
func (t *table) Table(context.Context) ([]hosting.Row, error)      { return t.rows, nil }

func address(i int) string { return fmt.Sprintf("p%d@acme.example", i) }

// world is a backend whose records say that n people have rows.
func world(n int) (*v1alpha1.HostingBackend, []v1alpha1.AccessRecord, []hosting.Row) {
	minimum := int32(10)
	b := &v1alpha1.HostingBackend{}
	b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Minimum: &minimum}
	records, rows := make([]v1alpha1.AccessRecord, n), make([]hosting.Row, n)
	for i := range records {
		records[i].Spec.Email = v1alpha1.Email(address(i))
		records[i].Status.RowID, records[i].Status.Person = int64(i+1), v1alpha1.PersonActive
		records[i].Status.Live = access.Names{}.Live(hosting.NewRights(hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}))
		rows[i] = hosting.Row{ID: int64(i + 1), Email: address(i), Rights: hosting.NewRights(hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"})}
	}
	return b, records, rows
}

func reading(t *testing.T, rows []hosting.Row) *provider.Snapshot {
	t.Helper()
	s := provider.NewConnections(clocktesting.NewFakeClock(time.Unix(1, 0)), nil).Ensure(keyOfWorld)
	s.Configure("owner", "digest", "ours", &table{rows: rows}, nil)
	snapshot, err := s.Refresh(t.Context(), func(*provider.Snapshot, *provider.Snapshot) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

var keyOfWorld = types.NamespacedName{Namespace: "n", Name: "b"}

func TestHowManyMayBeMissing(t *testing.T) { // I2
	for _, c := range []struct {
		known, there int
		believed     bool
	}{
		{0, 0, true}, {1, 0, false}, {2, 1, true}, {2, 0, false}, {3, 2, true}, {3, 1, false},
		{40, 30, true}, {40, 29, false}, {100, 75, true}, {100, 74, false}, {100, 0, false},
	} {
		b, records, rows := world(c.known)
		d, _, err := plausibility(b, records, reading(t, rows[:c.there]), nil, nil)
		if (err == nil) != c.believed || (d == nil) != c.believed {
			t.Errorf("%d of %d: %v", c.there, c.known, err)
		}
	}
}

// S52: blocked at first, told, reopened by naming the digest, and closed for others than
// those who were named.
func TestAcceptingATable(t *testing.T) {
	b, records, rows := world(100)
	few := reading(t, rows[:60])
	for seen := int32(1); seen <= 4; seen++ {
		d, _, err := plausibility(b, records, few, nil, nil)
		class := hosting.ClassImplausible
		if seen >= confirmations {
			class = hosting.ClassUnconfirmed
		}
		if hosting.ClassOf(err) != class || d.Seen != min(seen, confirmations) || d.People != 40 {
			t.Fatal(seen, err, d.Seen, d.People)
		}
		b.Status.TableDoubt = d
	}
	digest := b.Status.TableDoubt.Digest
	b.Annotations = map[string]string{v1alpha1.AnnotationAcceptTable: "another, " + digest}
	if !acceptable(b) {
		t.Fatal("naming the digest does nothing")
	}
	d, seen, err := plausibility(b, records, few, nil, nil)
	if err != nil || !d.Accepted {
		t.Fatal(err)
	}
	b.Status.TableDoubt = d
	if d, _, err := plausibility(b, records[:90], few, nil, seen); err != nil || d == nil || !d.Accepted || d.People != 30 || d.Digest == digest {
		t.Error("what is left of those accepted is doubted again", d, err)
	}
	if _, _, err := plausibility(b, records, few, nil, nil); err != nil {
		t.Error("the same people are doubted again after a restart", err)
	}
	if _, _, err := plausibility(b, records[:90], few, nil, nil); err == nil {
		t.Error("some people are believed to be of those accepted, whom nobody knows")
	}
	if _, _, err := plausibility(b, records, reading(t, rows[:59]), nil, seen); err == nil {
		t.Error("somebody who was not named goes with those who were")
	}
	if d, _, err := plausibility(b, records, reading(t, rows), nil, seen); d != nil || err != nil {
		t.Error("doubted although everybody is there", err)
	}
}

// I2: a table without anybody is to be believed where all who were in it are those whose rows we sent to be removed.
func TestATableThatWeEmptied(t *testing.T) {
	for what, c := range map[string]struct {
		sent, owed int
		believed   bool
	}{
		"all were sent to be removed": {3, 3, true}, "one was not": {2, 3, false}, "one is not ours to remove": {3, 2, false}, "nobody was": {0, 3, false},
	} {
		b, records, rows := world(3)
		for i := range records {
			if i < c.owed {
				records[i].Status.Owed = []v1alpha1.OwedRights{{Rights: []v1alpha1.Rights{{Scope: v1alpha1.ScopeOverall, Permissions: []string{"Billing"}}}}}
			}
			if i < c.sent {
				records[i].Status.RemovalIntendedAt = &metav1.Time{Time: time.Unix(1, 0)}
			}
		}
		if d, _, err := plausibility(b, records, reading(t, nil), reading(t, rows), nil); (err == nil) != c.believed || (d == nil) != c.believed {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAnotherTableIsCountedAnew(t *testing.T) {
	b, records, rows := world(100)
	for i := range 6 {
		d, _, err := plausibility(b, records, reading(t, rows[:50+i%2]), nil, nil)
		if d.Seen != 1 || hosting.ClassOf(err) != hosting.ClassImplausible {
			t.Error(i, d.Seen, err)
		}
		b.Status.TableDoubt = d
	}
}

func TestWhoDoesNotCountAsMissing(t *testing.T) {
	b, records, _ := world(4)
	for i := range records { // all of them by our own doing
		records[i].Status.Owed = []v1alpha1.OwedRights{{Rights: access.Bundle(access.LiveOf(records[i].Status))}}
	}
	if _, _, err := plausibility(b, records, reading(t, nil), nil, nil); err != nil {
		t.Error("our own removals", err)
	}
	b, records, rows := world(4)
	for i := range rows { // all renamed
		rows[i].Email = "new-" + rows[i].Email
	}
	if _, _, err := plausibility(b, records, reading(t, rows), nil, nil); err != nil {
		t.Error("people who were renamed", err)
	}
	if _, _, err := plausibility(b, nil, reading(t, nil), reading(t, rows), nil); err == nil {
		t.Error("an empty table is believed where the last one held people whom no grant names")
	}
}

func TestAnotherOwner(t *testing.T) {
	b := &v1alpha1.HostingBackend{}
	b.Spec.Endpoint.URL = "https://api.example/v1/"
	first := hosting.Identity{CustomerID: 1, Email: "owner@acme.example"}
	if err := sameOwner(b, first); err != nil {
		t.Error("the first", err)
	}
	b.Status.Identity = identity(b, first)
	for name, c := range map[string]struct {
		now  hosting.Identity
		url  string
		same bool
	}{
		"the same":                       {first, b.Spec.Endpoint.URL, true},
		"a new address":                  {hosting.Identity{CustomerID: 1, Email: "boss@acme.example"}, b.Spec.Endpoint.URL, true},
		"another owner":                  {hosting.Identity{CustomerID: 2, Email: "owner@acme.example"}, b.Spec.Endpoint.URL, false},
		"the provider moved":             {first, "https://api.example/v2/", true},
		"another provider, the same id":  {hosting.Identity{CustomerID: 1, Email: "stranger@other.example"}, "https://api.other.example/", false},
		"another provider, same address": {hosting.Identity{CustomerID: 9, Email: "owner@acme.example"}, "https://api.other.example/", false},
	} {
		b.Spec.Endpoint.URL = c.url
		if err := sameOwner(b, c.now); (err == nil) != c.same {
			t.Error(name, err)
		}
		b.Spec.Endpoint.URL = "https://api.example/v1/"
	}
}

func TestUnclaimed(t *testing.T) { // S18
	b := &v1alpha1.HostingBackend{}
	b.Spec.TakeOverFrom = []v1alpha1.OwnerMark{"gone"}
	for _, c := range []struct {
		marks []string
		free  bool
	}{{nil, true}, {[]string{"ours"}, true}, {[]string{"gone", "ours"}, true}, {[]string{"theirs"}, false}, {[]string{"ours", "theirs"}, false}} {
		if err := unclaimed(b, "ours", c.marks); (err == nil) != c.free {
			t.Error(c.marks, err)
		}
	}
}
