package approval

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
