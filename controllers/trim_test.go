package controllers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unsafe"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// What is kept of an object is all that it says, in as little room as that takes.
func TestTrim(t *testing.T) {
	record := func() *v1alpha1.AccessRecord {
		r := &v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Name: "r", ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "m"}}}}
		r.Spec.Contributions = append(make([]v1alpha1.Contribution, 0, 4), v1alpha1.Contribution{UID: "u"})
		return r
	}
	keep := new(trimmer)
	trim := func(o any) any {
		t.Helper()
		got, err := keep.trim(o)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	one := trim(record()).(*v1alpha1.AccessRecord)
	if one.ManagedFields != nil || cap(one.Spec.Contributions) != 1 || one.Spec.Contributions[0].UID != "u" || one.Name != "r" {
		t.Errorf("%+v", one)
	}
	if trim(one) != any(one) {
		t.Error("what is trimmed already is copied again")
	}
	metadata := &metav1.PartialObjectMetadata{ObjectMeta: record().ObjectMeta}
	if got := trim(metadata).(*metav1.PartialObjectMetadata); got.ManagedFields != nil || got.Name != "r" {
		t.Errorf("%+v", got)
	}
	if gone := (cache.DeletedFinalStateUnknown{Key: "ns/r"}); trim(gone) != any(gone) {
		t.Error("what the cache lost sight of is another thing")
	}
}

// What many objects say is kept once, and each still says what it said.
func TestTrimSharesStrings(t *testing.T) {
	keep := new(trimmer)
	decoded := func(name string) (kept, said *v1alpha1.AccessRecord) {
		body := fmt.Sprintf(`{"metadata":{"name":%[1]q,"uid":%[1]q,"creationTimestamp":"2026-01-02T03:04:05Z","labels":{"a":"b"},"managedFields":[{"manager":"m"}]},
			"spec":{"contributions":[{"uid":"u","until":"2027-01-01T00:00:00Z"}]},
			"status":{"conditions":[{"type":"Ready","reason":"Effective","message":"1 grant is effective","lastTransitionTime":"2026-01-02T03:04:05Z"}]}}`, name)
		kept, said = new(v1alpha1.AccessRecord), new(v1alpha1.AccessRecord)
		for _, record := range []*v1alpha1.AccessRecord{kept, said} {
			if err := json.Unmarshal([]byte(body), record); err != nil {
				t.Fatal(err)
			}
		}
		got, err := keep.trim(kept)
		if err != nil {
			t.Fatal(err)
		}
		said.ManagedFields = nil
		return got.(*v1alpha1.AccessRecord), said
	}
	first, _ := decoded("first")
	long := strings.Repeat("l", maxInternedLength+1)
	if kept, _ := decoded(long); kept.Name != long || keep.interned[long] != "" {
		t.Error("a long string is kept, or not told")
	}
	for i := range 3 * maxInterned {
		kept, said := decoded(fmt.Sprint("record ", i))
		if !equality.Semantic.DeepEqual(kept, said) {
			t.Fatalf("%+v is not %+v", kept, said)
		}
		if same := unsafe.StringData(kept.Status.Conditions[0].Message) == unsafe.StringData(first.Status.Conditions[0].Message); i == 0 && !same {
			t.Error("what two records say takes room twice")
		}
		if len(keep.interned) > maxInterned {
			t.Fatalf("%d strings are kept", len(keep.interned))
		}
	}
}
