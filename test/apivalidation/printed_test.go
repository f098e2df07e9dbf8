package apivalidation_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("What kubectl prints", Ordered, func() {
	const namespace = "printed"
	get := func(ctx SpecContext, args ...string) string {
		GinkgoHelper()
		return kubectl(ctx, append([]string{"--namespace", namespace, "get"}, args...)...)
	}

	BeforeAll(func(ctx SpecContext) {
		kubectl(ctx, "apply", "-f", exampleFile(ctx, namespace))
		for name, spec := range map[string]string{
			"ann": `{backendRef: {name: acme}, email: ann@example.org}`,
			"bob": `{backendRef: {name: acme}, email: bob@example.org}`,
			"eve": `{backendRef: {name: other}, email: ann@example.org}`,
		} {
			o := accessRecord.object(name, spec)
			o.SetNamespace(namespace)
			Expect(manager.Create(ctx, o)).To(Succeed())
		}
		g := permissionGrant.object("elsewhere", strings.Replace(permissionGrant.valid, "acme", "other", 1))
		g.SetNamespace(namespace)
		Expect(k8s.Create(ctx, g)).To(Succeed())
	})

	It("is made of words, and of dates as they were written", func(ctx SpecContext) {
		printed := map[string]string{}
		for kind, crd := range crds(GinkgoTB()) {
			Expect(crd.Spec.Names.ShortNames).To(HaveLen(1), kind)
			printed[kind] = get(ctx, crd.Spec.Names.ShortNames[0], "--output", "wide")
			Expect(printed[kind]).NotTo(ContainSubstring("No resources found"), kind)
			Expect(printed[kind]).NotTo(MatchRegexp(`[\[{]|<invalid>`), kind)
		}
		Expect(printed["PermissionGrant"]).To(And(ContainSubstring("EXPIRES"), ContainSubstring("REVIEWBY"),
			ContainSubstring("2027-06-30T22:00:00Z"), ContainSubstring("2027-01-31T23:00:00Z")))
		Expect(printed["Profile"]).To(And(ContainSubstring("EXPIRES"), ContainSubstring("2027-06-30T22:00:00Z")))
	})

	It("selects records and grants by their fields", func(ctx SpecContext) {
		for _, c := range []struct{ kind, selector, names string }{
			{"access", "spec.email=ann@example.org", "ann eve"},
			{"access", "spec.backendRef.name=acme", "ann bob"},
			{"access", "spec.backendRef.name=acme,spec.email=ann@example.org", "ann"},
			{"hgrant", "spec.backendRef.name=other", "elsewhere"},
		} {
			Expect(get(ctx, c.kind, "--field-selector", c.selector, "--output", "jsonpath={.items[*].metadata.name}")).To(Equal(c.names), c.selector)
		}
	})
})
