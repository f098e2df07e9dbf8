package controllers_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// letIn lets the namespace of a tenant give everything to so many people.
func letIn(most int32) func(*v1alpha1.HostingBackend) {
	return func(b *v1alpha1.HostingBackend) {
		b.Spec.Invitations.Sender = v1alpha1.SenderNone
		b.Spec.GrantRules = []v1alpha1.GrantRule{world.Rule("own", v1alpha1.NamespacesSame), world.Rule("others", v1alpha1.NamespacesAll)}
		b.Spec.GrantRules[1].MaxPeople = most
	}
}

// numbered is some addresses, each of its own number.
func numbered(numbers ...int) (emails []string) {
	for _, i := range numbers {
		emails = append(emails, world.Name("p", i)+"@agency.example")
	}
	return emails
}

var _ = Describe("A grant of a tenant that names too many people (I10)", func() {
	var (
		w      *world.World
		tenant world.World
	)
	BeforeEach(func() {
		w = world.New(k8s)
		tenant = *w
		tenant.Namespace = w.Sibling()
	})
	foreign := func(name string, numbers ...int) *v1alpha1.PermissionGrant {
		g := world.Overall(world.GrantFor(name, numbered(numbers...)...), "Billing")
		g.Spec.BackendRef.Namespace = w.Namespace
		return g
	}
	records := func() int {
		GinkgoHelper()
		list := &v1alpha1.AccessRecordList{}
		Expect(k8s.List(w.Ctx, list, client.InNamespace(w.Namespace))).To(Succeed())
		return len(list.Items)
	}

	It("gives nothing to anybody new, says what to do, and takes nothing away", func() {
		w.Backend(letIn(3))
		large := foreign("large", 1, 2, 3, 4)
		tenant.Create(large)
		tenant.ExpectReady(large, "False/TooManyPeople")
		Expect(large.Status.Issues[0].Message).To(And(ContainSubstring("rule \"others\" of HostingBackend"), ContainSubstring("would name 4 people"), ContainSubstring("the limit is 3"), ContainSubstring("maxPeople")))
		Expect(records()).To(BeZero(), "nothing of it is created")

		By("naming fewer")
		world.Update(w, large, func(g *v1alpha1.PermissionGrant) { g.Spec.Subjects = g.Spec.Subjects[:2] })
		tenant.ExpectReady(large, "True/AsDeclared")

		By("another grant for one more, for the same, and for two more")
		one, same, two := foreign("one", 3), foreign("same", 1, 2, 3), foreign("two", 1, 4)
		tenant.Create(one)
		tenant.ExpectReady(one, "True/AsDeclared")
		tenant.Create(same)
		tenant.ExpectReady(same, "True/AsDeclared")
		tenant.Create(two)
		tenant.ExpectReady(two, "False/TooManyPeople")
		Expect(records()).To(Equal(3))
		Expect(two.Status.Subjects.Total).To(BeZero(), "it gives nothing, and not a part of it")

		By("growing beyond: who has it keeps it, and follows what is declared")
		world.Update(w, large, func(g *v1alpha1.PermissionGrant) {
			g.Spec.Subjects = append(g.Spec.Subjects, world.GrantFor("x", numbered(5, 6)...).Spec.Subjects...)
			g.Spec.Overall = append(g.Spec.Overall, "AccountManagement")
		})
		tenant.ExpectReady(large, "False/TooManyPeople")
		has := func(i int) string { return numbered(i)[0] + ": AccountManagement Billing" }
		Eventually(w.Rows).Should(ConsistOf(has(1), has(2), numbered(3)[0]+": Billing"))

		By("other people in their place")
		w.Delete(two) // it would take a place as soon as there is one
		w.ExpectDeleted(two)
		w.Delete(same)
		w.ExpectDeleted(same)
		w.Delete(one)
		w.ExpectDeleted(one)
		world.Update(w, large, func(g *v1alpha1.PermissionGrant) { g.Spec.Subjects = g.Spec.Subjects[2:] })
		tenant.ExpectReady(large, "True/AsDeclared")
		Eventually(w.Rows).Should(ConsistOf(has(5), has(6)))

		By("grants of the backend's own namespace")
		own := world.Overall(world.GrantFor("own", numbered(11, 12, 13, 14, 15)...), "Billing")
		w.Create(own)
		w.ExpectReady(own, "True/AsDeclared")
	})

	It("does not come in by many grants at one moment", func() {
		w.Backend(letIn(6))
		for i := range 12 {
			tenant.Create(foreign(world.Name("g", i), 2*i, 2*i+1))
		}
		grants := &v1alpha1.PermissionGrantList{}
		Eventually(func() map[string]int {
			GinkgoHelper()
			Expect(k8s.List(w.Ctx, grants, client.InNamespace(tenant.Namespace))).To(Succeed())
			count := map[string]int{}
			for i := range grants.Items {
				for _, c := range grants.Items[i].Status.Conditions {
					if c.Type == v1alpha1.ConditionReady {
						count[string(c.Status)+"/"+c.Reason]++
					}
				}
			}
			return count
		}).Should(Equal(map[string]int{"True/AsDeclared": 3, "False/TooManyPeople": 9}))
		Expect(records()).To(Equal(6))
	})
})
