package approval

import (
	"context"
	"strconv"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Who was counted once stays counted, and lists are bounded.
func TestResultsAreBounded(t *testing.T) {
	many := names{}
	for i := range 100 {
		many[strings.Repeat("x", i+1)] = true
	}
	first := result(many, 100, nil)
	if first.People != 100 || len(first.Records) != maxNamed {
		t.Error(first.People, len(first.Records))
	}
	if later := result(names{"a": true}, 1, first); later.People != 100 || len(later.Records) != maxNamed || later.Records[0] != "a" {
		t.Error(later)
	}
	if later := result(names{"a": true}, 1, result(names{"b": true}, 1, nil)); later.People != 2 {
		t.Error("one removed yesterday whose record is gone, and one today:", later)
	}
	if none := result(many, 0, nil); none.People != 0 || len(none.Records) != 0 {
		t.Error(none)
	}
}

// Somebody is gone by their history, and left while they owe: of this backend and batch alone.
func TestSides(t *testing.T) {
	record := func(name, backend, gone, owed string) v1alpha1.AccessRecord {
		r := v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Name: name}}
		r.Spec.BackendRef.Name = v1alpha1.ObjectName(backend)
		r.Status.History, r.Status.Owed = []v1alpha1.Change{{Batch: gone}}, []v1alpha1.OwedRights{{Batch: owed}}
		return r
	}
	removed, left := sidesOf([]v1alpha1.AccessRecord{
		record("gone", "acme", "d", ""), record("left", "acme", "", "d"), record("other", "acme", "e", "e"), record("elsewhere", "x", "d", "d"),
	}, "acme")["d"].copy()
	if len(removed) != 1 || !removed["gone"] || len(left) != 1 || !left["left"] {
		t.Error(removed, left)
	}
}

// Past the cache, a small batch is read record by record; a large one, and one of which not all are known, with everybody.
func TestPeoplePastTheCache(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	const everybody = maxGets + 2
	records, large := []client.Object{}, names{}
	for i := range everybody {
		records = append(records, &v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: strconv.Itoa(i)}})
		large[strconv.Itoa(i)] = true
	}
	delete(large, "0")
	gets, lists := 0, 0
	r := &Reconciler{Live: fake.NewClientBuilder().WithScheme(scheme).WithObjects(records...).WithInterceptorFuncs(interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
			gets++
			return c.Get(ctx, key, o, options...)
		},
		List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			lists++
			return c.List(ctx, list, options...)
		},
	}).Build()}
	for name, c := range map[string]struct {
		people            names
		began             int
		read, gets, lists int
	}{
		"small":         {people: names{"7": true, "3": true}, began: 2, read: 2, gets: 2},
		"one is gone":   {people: names{"7": true, "whose record is gone": true}, began: 2, read: 1, gets: 2},
		"one is missed": {people: names{"7": true}, began: 2, read: everybody, lists: 1},
		"large":         {people: large, began: len(large), read: everybody, lists: 1},
	} {
		gets, lists = 0, 0
		read, err := r.live(t.Context(), "ns", c.people, c.began)
		if err != nil || len(read) != c.read || gets != c.gets || lists != c.lists {
			t.Errorf("%s: %d read with %d gets and %d lists, %v", name, len(read), gets, lists, err)
		}
	}
}
