package apivalidation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/internal/manifest"
)

// invalid is a spec that the API server refuses, and what it says.
type invalid struct {
	what string
	spec string // YAML; of a whole object where it begins with "metadata:"
	want string // every cause as "field: message", one a line
}

// kind is a kind with a spec that is valid and all specs that are not.
type kind struct {
	name    string
	valid   string
	invalid []invalid
	client  func() client.Client // who may write it; nil for the administrator
	frozen  bool                 // the spec cannot be updated
}

var kinds = []kind{hostingBackend, permissionGrant, profile, team, permissionSet, accessRecord, relinquishment, removalApproval}

var _ = Describe("An invalid manifest is refused with the exact message", func() {
	for _, k := range kinds {
		Describe(k.name, Ordered, func() {
			BeforeAll(func(ctx SpecContext) {
				if k.name == removalApproval.name { // its policy takes effect some moments after it was stored
					Eventually(func() error { return k8s.Create(ctx, k.object("early", k.valid), client.DryRunAll) }).ShouldNot(Succeed())
				}
				Expect(k.writer().Create(ctx, k.object("valid", k.valid))).To(Succeed())
			})
			for _, c := range append(slices.Clip(k.invalid), more[k.name]...) {
				It(c.what+", on create", func(ctx SpecContext) {
					Expect(causes(k.writer().Create(ctx, k.object("invalid", c.spec), client.DryRunAll))).To(Equal(c.want))
				})
				if !strings.HasPrefix(c.want, ": ValidatingAdmissionPolicy") { // only an API server knows who applies it
					It(c.what+", by the command line", func(ctx SpecContext) {
						Expect(offline(ctx, k.object("invalid", c.spec))).To(Equal(c.want))
					})
				}
				if k.frozen || strings.HasPrefix(c.spec, "metadata:") {
					continue // cannot be updated
				}
				It(c.what+", on update", func(ctx SpecContext) {
					Expect(causes(k.update(ctx, c.spec))).To(Equal(c.want))
				})
			}
		})
	}
})

func (k kind) writer() client.Client {
	if k.client != nil {
		return k.client()
	}
	return k8s
}

// object reads a manifest of the kind.
func (k kind) object(name, spec string) *unstructured.Unstructured {
	GinkgoHelper()
	text := "metadata: {name: " + name + "}\nspec: " + spec
	if strings.HasPrefix(spec, "metadata:") {
		text = spec
	}
	o := &unstructured.Unstructured{}
	Expect(yaml.Unmarshal([]byte(text), &o.Object)).To(Succeed())
	o.SetAPIVersion("hostgrant.io/v1alpha1")
	o.SetKind(k.name)
	o.SetNamespace(namespace)
	return o
}

// update tries to give the valid object another spec.
func (k kind) update(ctx context.Context, spec string) error {
	GinkgoHelper()
	wanted := k.object("valid", spec)
	patch, err := json.Marshal([]map[string]any{{"op": "replace", "path": "/spec", "value": wanted.Object["spec"]}})
	Expect(err).NotTo(HaveOccurred())
	return k.writer().Patch(ctx, wanted, client.RawPatch(types.JSONPatchType, patch), client.DryRunAll)
}

// causes lists what an answer complains of. The API server adds that it left out rules while
// there were graver mistakes; that is not a complaint.
func causes(err error) string {
	if err == nil {
		return "accepted"
	}
	var refused apierrors.APIStatus
	if !errors.As(err, &refused) {
		return err.Error()
	}
	status := refused.Status()
	if status.Details == nil || len(status.Details.Causes) == 0 {
		return strict(status.Message)
	}
	lines := []string{}
	for _, c := range status.Details.Causes {
		if !strings.Contains(c.Message, "some validation rules were not checked") {
			lines = append(lines, strict(fmt.Sprintf("%s: %s", c.Field, c.Message)))
		}
	}
	return strings.Join(lines, "\n")
}

var (
	meant        = regexp.MustCompile(`; did you mean "[^"]*"\?|did you mean "[^"]*"\? `)
	unknownField = regexp.MustCompile(`(?m)^([^:]*): Invalid value: unknown field$`)
)

// offline is what the command line says of a manifest, without what it says besides: what was meant.
func offline(ctx context.Context, o *unstructured.Unstructured) string {
	GinkgoHelper()
	body, err := o.MarshalJSON()
	Expect(err).NotTo(HaveOccurred())
	Expect(o.UnmarshalJSON(body)).To(Succeed(), "whole numbers as such")
	errs, err := manifest.Check(ctx, o)
	Expect(err).NotTo(HaveOccurred())
	var lines, unknown []string
	for _, one := range errs {
		text := meant.ReplaceAllString(one.Error(), "")
		if field := unknownField.FindStringSubmatch(text); field != nil {
			unknown = append(unknown, fmt.Sprintf("unknown field %q", field[1]))
			continue
		}
		lines = append(lines, text)
	}
	if len(unknown) > 0 { // the API server looks no further
		return "strict decoding error: " + strings.Join(unknown, ", ")
	}
	return strings.Join(lines, "\n")
}

// strict leaves out of a complaint about unknown fields what differs from verb to verb.
func strict(message string) string {
	return message[max(0, strings.Index(message, "strict decoding error")):]
}

// many repeats an item of a YAML list with a number in it.
func many(n int, format string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(items, ", ")
}
