package controllers

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// What is kept of an object is all that it says, in as little room as that takes.
func TestTrimmed(t *testing.T) {
	record := func() *v1alpha1.AccessRecord {
		r := &v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Name: "r", ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "m"}}}}
		r.Spec.Contributions = append(make([]v1alpha1.Contribution, 0, 4), v1alpha1.Contribution{UID: "u"})
		return r
	}
	trim := func(o any) any {
		t.Helper()
		got, err := trimmed(o)
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
