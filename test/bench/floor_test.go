package bench_test

import (
	"runtime"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	restclient "k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
	"github.com/hostgrant/hostgrant/test/bench/result"
)

// floor is what a bare client takes for as many grants that decides nothing, ten at a time. For each there is one call
// to the provider, and five writes to the Kubernetes API, which nobody can do without: the grant, the record of what it
// gives, what is about to be written to the provider, that it was written, and that the grant is Ready.
func (b *bench) floor() {
	GinkgoHelper()
	provider, err := rest.NewReader(rest.Options{
		URL: b.world.Provider.URL(), Token: world.Token, CABundle: b.world.Provider.CABundle(), AllowPrivate: true,
		Budget: rest.NewBudget(60000, 60000, clock.RealClock{}), // as the backend's: no limit that matters
	})
	Expect(err).NotTo(HaveOccurred())
	bare := &bareClient{bench: b, provider: provider, namespace: b.world.Sibling(), user: unpaced(cluster.Admin), manager: unpaced(cluster.Rights)}
	took := b.profile("floor", func() { b.each(bare.give) })
	b.perGrant = took / time.Duration(b.grants)
	machine := result.Machine{CPUs: runtime.NumCPU(), Go: runtime.Version()}
	b.result = result.Grants{Grants: b.grants, Machine: machine, FloorSeconds: seconds(took)}
	GinkgoWriter.Printf("floor: %s\n", took)
	b.each(bare.clear)
}

// bareClient gives what grants name, and decides nothing.
type bareClient struct {
	*bench
	provider  hosting.Reader
	namespace string
	// user creates grants, manager does what the manager may.
	user, manager client.Client
}

// unpaced is a client that asks as fast as it is answered, as the manager's does.
func unpaced(config *restclient.Config) client.Client {
	GinkgoHelper()
	config = restclient.CopyConfig(config)
	config.QPS = -1
	c, err := client.New(config, client.Options{Scheme: controllers.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	return c
}

func (c *bareClient) give(i int) error {
	grant := c.grant(i)
	grant.Namespace = c.namespace
	if err := c.user.Create(c.ctx, grant); err != nil {
		return err
	}
	record := c.recordOf(grant, c.emails[i])
	if err := c.manager.Create(c.ctx, record); err != nil {
		return err
	}
	before := record.DeepCopy()
	record.Status.Applied = []v1alpha1.AppliedRights{{
		Rights:     []v1alpha1.Rights{{Scope: v1alpha1.ScopeAccount, IDs: []int64{1}, Permissions: []string{"Sites"}}},
		Namespaces: []string{grant.Namespace},
	}}
	if err := c.manager.Status().Patch(c.ctx, record, client.MergeFrom(before)); err != nil {
		return err
	}
	if _, err := c.provider.Accounts(c.ctx); err != nil {
		return err
	}
	before = record.DeepCopy()
	record.Status.Conditions = readyNow(record)
	if err := c.manager.Status().Patch(c.ctx, record, client.MergeFrom(before)); err != nil {
		return err
	}
	asCreated := grant.DeepCopy()
	grant.Status.Conditions = readyNow(grant)
	return c.manager.Status().Patch(c.ctx, grant, client.MergeFrom(asCreated))
}

// clear removes what give made, which the manager is not to see.
func (c *bareClient) clear(i int) error {
	grant := c.grant(i)
	grant.Namespace = c.namespace
	if err := c.manager.Delete(c.ctx, c.recordOf(grant, c.emails[i])); err != nil {
		return err
	}
	return c.user.Delete(c.ctx, grant)
}

// recordOf is the record of the person whom a grant names.
func (c *bareClient) recordOf(grant *v1alpha1.PermissionGrant, email string) *v1alpha1.AccessRecord {
	backend := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: grant.Namespace, Name: string(grant.Spec.BackendRef.Name)}}
	record := contribute.NewRecord(backend, email)
	record.Spec.Contributions = []v1alpha1.Contribution{{
		UID: grant.UID, Grant: v1alpha1.GrantReference{Namespace: grant.Namespace, Name: v1alpha1.ObjectName(grant.Name)},
		Digest: access.AddressDigest(email), Via: []string{"email"}, Accounts: grant.Spec.Accounts,
	}}
	return record
}

func readyNow(o client.Object) []metav1.Condition {
	return []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonAsDeclared, Message: "the provider has what is declared",
		ObservedGeneration: o.GetGeneration(), LastTransitionTime: metav1.Now(),
	}}
}
