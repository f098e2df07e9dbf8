package crash_test

import (
	"math/rand/v2"

	. "github.com/onsi/ginkgo/v2"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/chaos"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// site is where manifests change, with the creations that went to its provider.
type site struct {
	*chaos.Site
	rows *creations
}

// newSite makes a site whose backend is reached through the trap.
func newSite(t *trap, random *rand.Rand, change ...func(*world.World, *v1alpha1.HostingBackend)) *site {
	GinkgoHelper()
	s := &site{Site: chaos.Enter(&cluster, random)}
	var endpoint string
	var authority []byte
	s.rows, endpoint, authority = provider(t, s.World)
	mails(t, s.World)
	s.Backend(func(b *v1alpha1.HostingBackend) {
		b.Spec.Endpoint.URL, b.Spec.Endpoint.CABundle = endpoint, authority
		for _, c := range change {
			c(s.World, b)
		}
	})
	return s
}

// look judges the table and the mails as they are now.
func (s *site) look(f *findings) {
	f.table(s.Rows(), s.Stable())
	for i := range chaos.People {
		email := chaos.Person(i)
		mails := s.Mailed(email)
		f.post(email, mails, s.rows.atLeast(email, mails))
	}
}
