package apivalidation_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var relinquishment = kind{
	name: "Relinquishment", valid: `{backendRef: {name: acme}}`,
	invalid: []invalid{
		{"without a backend", `{confirm: [7]}`,
			`spec.backendRef: Required value`},
		{"with a backend of another namespace", `{backendRef: {name: acme, namespace: other}}`,
			`strict decoding error: unknown field "spec.backendRef.namespace"`},
		{"that confirms nothing", `{backendRef: {name: acme}, confirm: []}`,
			`spec.confirm: Invalid value: 0: spec.confirm in body should have at least 1 items`},
		{"that confirms everything", `{backendRef: {name: acme}, confirm: ["*"]}`,
			`spec.confirm[0]: Invalid value: "string": spec.confirm[0] in body must be of type integer: "string"`},
		{"that confirms an id there cannot be", `{backendRef: {name: acme}, confirm: [0]}`,
			`spec.confirm[0]: Invalid value: 0: spec.confirm[0] in body should be greater than or equal to 1`},
		{"that confirms an id twice", `{backendRef: {name: acme}, confirm: [7, 8, 7]}`,
			`spec.confirm[2]: Duplicate value: 7`},
		{"that confirms too many", `{backendRef: {name: acme}, confirm: [` + many(65, `1%d`) + `]}`,
			`spec.confirm: Too many: 65: must have at most 64 items`},
		{"with an empty reason", `{backendRef: {name: acme}, reason: ""}`,
			`spec.reason: Invalid value: "": spec.reason in body should be at least 1 chars long`},
	},
}

var _ = Describe("A Relinquishment's spec", func() {
	const frozen = `spec: Invalid value: cannot be changed once it is set, because it is carried out once; make another Relinquishment`
	It("may be confirmed once", func(ctx SpecContext) {
		o := relinquishment.object("once", `{backendRef: {name: acme}}`)
		Expect(k8s.Create(ctx, o)).To(Succeed())
		DeferCleanup(k8s.Delete, o)
		patch := func(spec string) error {
			return k8s.Patch(ctx, o.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(`{"spec":`+spec+`}`)))
		}
		Expect(causes(patch(`{"backendRef":{"name":"other"}}`))).To(Equal(
			`spec.backendRef: Invalid value: cannot be changed, because ids are those of one HostingBackend; make another Relinquishment`))
		Expect(patch(`{"reason":"it ended"}`)).To(Succeed())
		Expect(patch(`{"confirm":[7,8]}`)).To(Succeed())
		Expect(patch(`{"confirm":[7,8],"reason":"it ended"}`)).To(Succeed(), "applying the same again")
		for _, change := range []string{`{"confirm":[7]}`, `{"confirm":[7,8,9]}`, `{"confirm":null}`, `{"reason":"another"}`, `{"reason":null}`} {
			Expect(causes(patch(change))).To(Equal(frozen), change)
		}
	})
})
