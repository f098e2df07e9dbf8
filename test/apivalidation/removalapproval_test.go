package apivalidation_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// approver is who approves here: an admission policy holds approvedBy to them.
const approver = "ann@example.org"

var removalApproval = kind{
	name: "RemovalApproval", valid: `{backendRef: {name: acme}, digest: 4882fe3d67e6, approvedBy: ann@example.org, reason: It is meant.}`,
	client: func() client.Client { return user(approver) }, frozen: true,
	invalid: []invalid{
		{"without a backend", `{digest: 4882fe3d67e6, approvedBy: ann@example.org, reason: It is meant.}`,
			`spec.backendRef: Required value`},
		{"with a backend of another namespace", `{backendRef: {name: acme, namespace: other}, digest: 4882fe3d67e6, approvedBy: ann@example.org, reason: It is meant.}`,
			`strict decoding error: unknown field "spec.backendRef.namespace"`},
		{"of no batch", `{backendRef: {name: acme}, approvedBy: ann@example.org, reason: It is meant.}`,
			`spec.digest: Required value`},
		{"of every batch", `{backendRef: {name: acme}, digest: "*", approvedBy: ann@example.org, reason: It is meant.}`,
			`spec.digest: Invalid value: "*": spec.digest in body should match '^[0-9a-f]+$'`},
		{"without a reason", `{backendRef: {name: acme}, digest: 4882fe3d67e6, approvedBy: ann@example.org}`,
			`spec.reason: Required value`},
		{"with an empty reason", `{backendRef: {name: acme}, digest: 4882fe3d67e6, approvedBy: ann@example.org, reason: ""}`,
			`spec.reason: Invalid value: "": spec.reason in body should be at least 1 chars long`},
		{"with a reason that is too long", `{backendRef: {name: acme}, digest: 4882fe3d67e6, approvedBy: ann@example.org, reason: ` + strings.Repeat("x", 1025) + `}`,
			`spec.reason: Too long: may not be more than 1024 bytes`},
		{"by somebody whose name has two lines", `{backendRef: {name: acme}, digest: 4882fe3d67e6, approvedBy: "ann@example.org\nstated by nobody", reason: It is meant.}`,
			`spec.approvedBy: Invalid value: "ann@example.org\nstated by nobody": spec.approvedBy in body should match '^[^\x00-\x1f\x7f]+$'`},
		{"by nobody", `{backendRef: {name: acme}, digest: 4882fe3d67e6, approvedBy: "", reason: It is meant.}`,
			`spec.approvedBy: Invalid value: "": spec.approvedBy in body should be at least 1 chars long`},
		{"by somebody else", `{backendRef: {name: acme}, digest: 4882fe3d67e6, approvedBy: director@example.org, reason: It is meant.}`,
			`: ValidatingAdmissionPolicy 'removalapprovals.hostgrant.io' with binding 'removalapprovals.hostgrant.io' denied request: spec.approvedBy must be your own user name, ann@example.org`},
		{"stated by an applier that is not listed", `{backendRef: {name: acme}, digest: 4882fe3d67e6, approvedBy: director@example.org, statedBy: ann@example.org, reason: It is meant.}`,
			`: ValidatingAdmissionPolicy 'removalapprovals.hostgrant.io' with binding 'removalapprovals.hostgrant.io' denied request: spec.statedBy must be the user name of who creates this, and the ConfigMap hostgrant-removal-appliers in namespace hostgrant-system must list it; leave it out to approve in your own name`},
	},
}

var _ = Describe("A RemovalApproval's spec", func() {
	It("cannot be changed", func(ctx SpecContext) {
		o := removalApproval.object("frozen", removalApproval.valid)
		Expect(removalApproval.writer().Create(ctx, o)).To(Succeed())
		DeferCleanup(k8s.Delete, o)
		patch := func(spec string) error {
			return k8s.Patch(ctx, o.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(`{"spec":`+spec+`}`)))
		}
		for _, change := range []string{
			`{"backendRef":{"name":"other"}}`, `{"digest":"abc"}`, `{"approvedBy":"director@example.org"}`, `{"statedBy":"flux"}`, `{"reason":"another"}`,
		} {
			Expect(causes(patch(change))).To(Equal(
				`spec: Invalid value: cannot be changed, because an approval is for one batch and by one user; create another RemovalApproval`), change)
		}
		Expect(patch(`{"reason":"It is meant."}`)).To(Succeed(), "applying the same again")
		Expect(k8s.Patch(ctx, o.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`)))).To(Succeed(), "by another user")
	})
})
