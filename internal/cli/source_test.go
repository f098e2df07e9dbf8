package cli

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/preview"
)

// A Secret that may not be read makes nobody somebody else: the record tells the address.
func TestARecordTellsTheAddressOfAProfile(t *testing.T) {
	profile := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: "ann"}}
	profile.Spec.EmailFrom = &v1alpha1.EmailSource{}
	record := v1alpha1.AccessRecord{Spec: v1alpha1.AccessRecordSpec{Email: "ann@acme.example", Contributions: []v1alpha1.Contribution{
		{Grant: v1alpha1.GrantReference{Namespace: "hosting", Name: "g"}, Via: []string{"Team/t/Profile/ann"}},
	}}}
	key := preview.Key{Kind: "Profile", Namespace: "hosting", Name: "ann"}
	for records, want := range map[*v1alpha1.AccessRecord]string{&record: "ann@acme.example", nil: "ann@hosting.invalid"} {
		objects := preview.Objects{key: profile}
		var known []v1alpha1.AccessRecord
		if records != nil {
			known = append(known, *records)
		}
		people, unknown := placeholders(objects, known)
		if got := objects[key].(*v1alpha1.Profile).Spec.Email; string(got) != want || people[want] != "Profile/ann" || (len(unknown) == 1) != (records == nil) {
			t.Errorf("%s, want %s; %v, unknown %v", got, want, people, unknown)
		}
	}
}

// What manifests do not say of objects that are there today stays as it is.
func TestIdentify(t *testing.T) {
	backend := preview.Key{Kind: "HostingBackend", Namespace: "hosting", Name: "owner"}
	namespace := preview.Key{Kind: "Namespace", Name: "hosting"}
	today := preview.Objects{
		backend:   &v1alpha1.HostingBackend{Status: v1alpha1.HostingBackendStatus{Identity: &v1alpha1.Identity{Email: "owner@acme.example"}}},
		namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"a": "1", "b": "1"}}},
	}
	objects := preview.Objects{
		backend:   &v1alpha1.HostingBackend{},
		namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"b": "2"}}},
	}
	identify(objects, today, metav1.Time{})
	if got := objects[backend].(*v1alpha1.HostingBackend); got.Status.Identity == nil {
		t.Error("the owner is not known any more")
	}
	if got := objects[namespace].GetLabels(); got["a"] != "1" || got["b"] != "2" {
		t.Error(got)
	}
}
