package handover

import (
	"fmt"
	"os"
	"testing"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// A record is full where the API server would refuse the next contribution.
func TestCapacityIsThatOfTheCRD(t *testing.T) {
	body, err := os.ReadFile("../../config/crd/bases/hostgrant.io_accessrecords.yaml")
	if err != nil {
		t.Fatal(err)
	}
	crd := &apiextensions.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(body, crd); err != nil {
		t.Fatal(err)
	}
	list := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties["contributions"]
	if list.MaxItems == nil || *list.MaxItems != recordCapacity {
		t.Errorf("the CRD takes %v, and %d are full", list.MaxItems, recordCapacity)
	}
}

// BenchmarkDecideEverybodyTooLarge decides on a grant that is too large for each of the people it names: ten
// times as many cost about ten times as much.
func BenchmarkDecideEverybodyTooLarge(b *testing.B) {
	for _, people := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			w := someone()
			for i := range people {
				w.People.Persons = append(w.People.Persons, Person{Address: fmt.Sprintf("p%d@acme.example", i)})
			}
			for i := range 600 {
				w.Grant.Spec.Accounts = append(w.Grant.Spec.Accounts, v1alpha1.AccountPermissions{
					Names: []v1alpha1.PlaceName{v1alpha1.PlaceName(fmt.Sprintf("account-%d", i))}, Permissions: []v1alpha1.AccountPermission{"Sites"},
				})
			}
			desired := Compute(w.Inputs)
			for b.Loop() {
				if d := Decide(w.Inputs, desired, nil); len(d.Issues) != people {
					b.Fatal(len(d.Issues))
				}
			}
		})
	}
}
