package scenarios_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

const (
	ann    = "ann@acme.example"
	bob    = "bob@acme.example"
	nobody = "new@acme.example" // without a profile
)

// permissions is the path of the provider's list.
const permissions = "/v1/permission/"

// billing grants on Billing to some people.
func billing(name string, emails ...string) *v1alpha1.PermissionGrant {
	return world.Overall(world.GrantFor(name, emails...), "Billing")
}

// carefully is the removal limit as it is by default, with a shorter settling.
func carefully(b *v1alpha1.HostingBackend) {
	b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Settle: &metav1.Duration{Duration: 5 * time.Second}}
}

// settlesIn changes how long removals of a backend settle.
func settlesIn(w *world.World, b *v1alpha1.HostingBackend, d time.Duration) {
	GinkgoHelper()
	world.Update(w, b, func(b *v1alpha1.HostingBackend) { b.Spec.RemovalLimit.Settle = &metav1.Duration{Duration: d} })
	w.ExpectReady(b, "True/Listed")
}

// silent invites nobody.
func silent(b *v1alpha1.HostingBackend) { b.Spec.Invitations.Sender = v1alpha1.SenderNone }

func heldBatches(w *world.World, b *v1alpha1.HostingBackend) func() []v1alpha1.HeldRemoval {
	return func() []v1alpha1.HeldRemoval { w.Conditions(b); return b.Status.HeldRemovals }
}

// crew is people with a grant each, and the table these make.
func crew(w *world.World, n int) (grants []*v1alpha1.PermissionGrant, table []string) {
	GinkgoHelper()
	for i := range n {
		email := world.Name("p", i) + "@acme.example"
		table = append(table, email+": Billing")
		grants = append(grants, world.Overall(world.GrantFor(world.Name("g", i), email), "Billing"))
		w.Create(grants[i])
	}
	Eventually(w.Ready).Should(Equal(n), w.Describe)
	Expect(w.Rows()).To(ConsistOf(table))
	return grants, table
}

// row is somebody's row as the console shows it.
func row(w *world.World, email string) reference.Row {
	GinkgoHelper()
	rows, err := w.Provider.Rows(w.Ctx, world.Owner)
	Expect(err).NotTo(HaveOccurred())
	for _, r := range rows {
		if r.Email == email {
			return r
		}
	}
	Fail("no row")
	return reference.Row{}
}

// in is the first whole second after so long.
func in(d time.Duration) *metav1.Time {
	t := metav1.NewTime(time.Now().Add(d).Truncate(time.Second).Add(time.Second))
	return &t
}

// mayBill asks the provider whether somebody may open Billing.
func mayBill(w *world.World, email string) func() bool {
	return func() bool { return w.Opens(email, "Billing") }
}

// withoutBilling is what somebody did to a row by hand.
func withoutBilling(r *reference.Row) {
	r.Overall = slices.DeleteFunc(r.Overall, func(p string) bool { return p == "Billing" })
}

// freeAddress is one that nobody listened at a moment ago.
func freeAddress() string {
	GinkgoHelper()
	address, err := testkit.FreeAddress()
	Expect(err).NotTo(HaveOccurred())
	return address
}

// scraped is what a manager tells a scraper.
func scraped(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}
