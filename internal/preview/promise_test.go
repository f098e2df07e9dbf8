package preview

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// edits is how many edits a round has: before each, time passes and somebody edits the table in the console.
const edits = 2

// between edits pass four hours or some times that. An edit takes up to an hour and 17 minutes, so nothing that ends
// within the last quarter of the hours 3, 7, 11 and so on after it was drawn ends while one settles: a preview looks no
// further ahead than what is missing makes it.
const between = 4 * time.Hour

// owners are numbered, so that each round has a table of its own on one server.
var owners atomic.Int64

// TestAPlanIsWhatHappens: what a preview says of random manifests and edits is what the reference provider then has:
// every right that is added, taken away or held, and every mail. Writes for some people fail: of theirs that is stopped
// which their records tell by name, and where the provider works again it comes to be as it was said.
func TestAPlanIsWhatHappens(t *testing.T) {
	server, err := reference.Open(t.Context(), reference.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(context.Background()) })
	rounds(t, 200)
	met, round := map[string]int{}, 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		c := founded(t, server)
		d := &draws{T: t}
		for edit := range edits {
			c.pass(between * time.Duration(rapid.IntRange(1, 15).Draw(t, "times four hours")))
			c.provider.consoleEdits(t)
			d.now = c.now
			c.judge(edit, d.edited(c.objects), met)
		}
	})
	for _, f := range failures {
		if least := round / 100; !t.Failed() && met[f.name] < least {
			t.Errorf("in %d rounds %q failed for %d people, want %d at least: that shows little; all: %v", round, f.name, met[f.name], least, met)
		}
	}
}

// rounds has rapid do so many, fewer with the race detector, where its own flag does not say otherwise.
func rounds(t *testing.T, count int) {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	if before := checks.Value.String(); before == checks.DefValue {
		t.Cleanup(func() { _ = checks.Value.Set(before) })
		_ = checks.Value.Set(fmt.Sprint(count / fewer))
	}
}

// founded is a new owner at the provider, with people who were given things by hand, and a cluster without objects.
func founded(t *rapid.T, server *reference.Server) *cluster {
	owner := fmt.Sprintf("owner%d@acme.example", owners.Add(1))
	seed := reference.Seed{Owners: []reference.SeedOwner{{Email: owner, Token: "token-of-" + owner[:len(owner)-len("@acme.example")], Accounts: []reference.SeedAccount{{Name: "shop"}, {Name: "blog"}, {Name: "intranet"}}}}}
	for _, email := range known {
		seed.Profiles = append(seed.Profiles, reference.SeedProfile{Email: email})
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(server.Seed(t.Context(), seed))
	budget := rest.NewBudget(1_000_000, 1_000_000, clock.RealClock{})
	writer, err := rest.NewWriter(rest.Options{URL: server.URL(), Token: seed.Owners[0].Token, CABundle: server.CABundle(), AllowPrivate: true, Budget: budget})
	must(err)
	c := &cluster{T: t, objects: Objects{}, records: map[string]*v1alpha1.AccessRecord{}, retries: map[string]plan.Retry{}, now: metav1.NewTime(now)}
	c.clock = clocktesting.NewFakePassiveClock(now.Add(-gate.Day)) // when the gate begins to count
	c.connection = provider.NewConnections(c.clock, func(types.NamespacedName, string) {}).Ensure(acme)
	c.provider = &faulty{Writer: writer, server: server, owner: owner, mails: map[string]mailed{}}
	c.provider.identity, err = writer.Identity(t.Context())
	must(err)
	c.provider.accounts, err = writer.Accounts(t.Context())
	must(err)
	c.connection.Configure(owner, drawn, "", c.provider, c.provider)
	c.provider.consoleEdits(t)
	c.read()
	d := &draws{T: t, now: c.now}
	c.edit(d.edited(c.objects))
	c.live()
	return c
}

// consoleEdits are what somebody does in the provider's console.
func (f *faulty) consoleEdits(t *rapid.T) {
	rows, err := f.server.Rows(t.Context(), f.owner)
	if err != nil {
		t.Fatal(err)
	}
	for range rapid.IntRange(0, 2).Draw(t, "console edits") {
		email := rapid.SampledFrom(everyone[:6]).Draw(t, "whose row")
		permission := rapid.SampledFrom([]string{"Sites", "Databases", "Emails"}).Draw(t, "ticked")
		tick := func(r *reference.Row) {
			if r.Accounts == nil {
				r.Accounts = map[string][]string{}
			}
			if at := slices.Index(r.Accounts["shop"], permission); at >= 0 {
				r.Accounts["shop"] = slices.Delete(r.Accounts["shop"], at, at+1)
			} else {
				r.Accounts["shop"] = append(r.Accounts["shop"], permission)
			}
		}
		if slices.ContainsFunc(rows, func(r reference.Row) bool { return r.Email == email }) {
			err = f.server.EditRow(t.Context(), f.owner, email, tick)
		} else {
			row := reference.Row{Email: email}
			tick(&row)
			_, err = f.server.AddRow(t.Context(), f.owner, row, false)
			rows = append(rows, row)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// edit applies manifests: grants that are not among them are deleted.
func (c *cluster) edit(after Objects) {
	for key, object := range c.objects {
		grant, ok := object.(*v1alpha1.PermissionGrant)
		if _, stays := after[key]; ok && !stays {
			gone := grant.DeepCopy()
			gone.DeletionTimestamp, gone.Finalizers = &c.now, []string{v1alpha1.GrantFinalizer}
			c.leaving = append(c.leaving, gone)
		}
	}
	c.objects = after
}

func (c *cluster) excess(in handover.Inputs, demands []handover.Demand) *handover.Excess {
	for _, demand := range demands {
		people := maps.Clone(demand.Names)
		all := c.holding(func(*v1alpha1.AccessRecord) bool { return true })
		for _, others := range handover.NamedByOthers(in, demand.Rule, all) {
			maps.Copy(people, others)
		}
		if len(people) > demand.Most {
			return &handover.Excess{Demand: demand, People: len(people)}
		}
	}
	return nil
}

// release does one reconcile of a grant that is being deleted.
func (c *cluster) release(grant *v1alpha1.PermissionGrant) {
	actions, waits := handover.Release(handover.Deletion{
		Grant: grant, Now: c.now, Origin: handover.OriginOf(grant, c.origin(grant.Namespace).Labels), Records: c.holding(ofGrant(grant.UID)),
		Backends:         map[types.NamespacedName]*v1alpha1.HostingBackend{acme: c.backend()},
		FinalizerTimeout: 30 * time.Second, RecordTimeout: time.Minute, Retry: time.Second,
	})
	for _, action := range actions {
		c.apply(grant, action)
	}
	if !waits {
		grant.Finalizers = nil
	}
}
