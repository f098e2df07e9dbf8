package preview

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// edits is how many edits a round has: before each, time passes and somebody edits the table in the console.
const edits = 2

// owners are numbered, so that each round has a table of its own on one server.
var owners atomic.Int64

// TestAPlanIsWhatHappens: what a preview says of random manifests and edits is what the reference provider then has:
// every right that is added, taken away or held, and every mail.
func TestAPlanIsWhatHappens(t *testing.T) {
	server, err := reference.Open(t.Context(), reference.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close(context.Background()) })
	rounds(t, 200)
	rapid.Check(t, func(t *rapid.T) {
		owner, c := founded(t, server)
		d := &draws{T: t}
		for edit := range edits {
			c.pass(time.Duration(rapid.IntRange(2, 60).Draw(t, "hours")) * time.Hour)
			consoleEdits(t, server, owner)
			d.now = c.now
			c.judge(edit, d.edited(c.objects))
		}
	})
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
func founded(t *rapid.T, server *reference.Server) (string, *cluster) {
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
	consoleEdits(t, server, owner)
	c := &cluster{T: t, objects: Objects{}, records: map[string]*v1alpha1.AccessRecord{}, guard: gate.NewGuard(now.Add(-gate.Day)), writer: writer, now: metav1.NewTime(now)}
	c.read()
	d := &draws{T: t, now: c.now}
	c.edit(d.edited(c.objects))
	c.live()
	return owner, c
}

// consoleEdits are what somebody does in the provider's console.
func consoleEdits(t *rapid.T, server *reference.Server, owner string) {
	rows, err := server.Rows(t.Context(), owner)
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
			err = server.EditRow(t.Context(), owner, email, tick)
		} else {
			row := reference.Row{Email: email}
			tick(&row)
			_, err = server.AddRow(t.Context(), owner, row, false)
			rows = append(rows, row)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func (c *cluster) read() {
	table, err := provider.Read(c.Context(), c.writer, clocktesting.NewFakePassiveClock(c.now.Time))
	c.must(err)
	c.table = table
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

// state is what everybody has, and how often they were mailed.
type state struct {
	rights map[string]hosting.Rights
	mails  map[string]int
}

func (c *cluster) state() state {
	s := state{map[string]hosting.Rights{}, map[string]int{}}
	for _, address := range c.table.Addresses() {
		row, _ := c.table.Row(address)
		s.rights[address] = row.Rights
		if row.Invitation != nil && row.Invitation.Mails != nil {
			s.mails[address] = int(*row.Invitation.Mails)
		}
	}
	return s
}

// judge compares what a preview says of an edit with what then happens.
func (c *cluster) judge(edit int, after Objects) {
	c.read()
	before, records := c.state(), c.holding(func(*v1alpha1.AccessRecord) bool { return true })
	said, err := Of(c.Context(), Inputs{
		Objects: after, Today: c.objects, Records: records, Now: c.now, ReferenceGrace: time.Hour,
		Tables: map[types.NamespacedName]*provider.Snapshot{acme: c.table},
	})
	c.must(err)
	defer func() {
		if c.Failed() {
			for _, r := range records {
				c.Logf("before: %s %+v owed %+v applied %+v", r.Spec.Email, r.Spec.Contributions, r.Status.Owed, r.Status.Applied)
			}
			c.Logf("issues: %+v", said.Issues)
		}
	}()
	c.edit(after)
	c.live()
	c.read()
	happened, changes := c.state(), map[string]Change{}
	for _, change := range said.Changes {
		changes[change.Address] = change
	}
	for _, address := range everyone {
		change := changes[address]
		want, both := before.rights[address].Union(change.Added()).Minus(change.Removed()), change.Added().Intersect(change.Removed())
		// What goes and comes again, for a grant finds room once others have left, is there or not: a plan tells of both.
		if got := happened.rights[address]; !got.Minus(both).Equal(want.Minus(both)) {
			c.Fatalf("edit %d: %s\nhad  %v\nhas  %v\nsaid %v\n%+v\n%s", edit, address, before.rights[address].Sorted(), got.Sorted(), want.Sorted(), change, c.told(address))
		}
		if got := c.held(address); !got.Equal(change.Held) {
			c.Fatalf("edit %d: %s: held are %v, said %v\n%+v\n%s", edit, address, got.Sorted(), change.Held.Sorted(), change, c.told(address))
		}
		if slices.Contains(known, address) || !before.rights[address].Empty() && happened.rights[address].Empty() {
			continue // nobody with a profile is mailed; who has no row any more is not told of
		}
		if got := happened.mails[address] - before.mails[address]; got != change.Mails {
			c.Fatalf("edit %d: %s got %d mails, said %d\n%+v\n%s", edit, address, got, change.Mails, change, c.told(address))
		}
	}
}

// held is what is due to go from somebody and stays.
func (c *cluster) held(address string) hosting.Rights {
	record := c.records[access.RecordName(acme.Name, address)]
	if record == nil {
		return hosting.Rights{}
	}
	row, _ := c.table.Row(address)
	return access.MemoryOf(record.Status).Due(row.Rights)
}

// told is what the records say of somebody, for people to find out why a round failed.
func (c *cluster) told(address string) string {
	var b strings.Builder
	if record := c.records[access.RecordName(acme.Name, address)]; record != nil {
		fmt.Fprintf(&b, "after: %+v owed %+v applied %+v\n", record.Spec.Contributions, record.Status.Owed, record.Status.Applied)
	}
	for _, grant := range of[*v1alpha1.PermissionGrant](c.objects) {
		fmt.Fprintf(&b, "%s/%s: %+v\n", grant.Namespace, grant.Name, grant.Spec)
	}
	fmt.Fprintf(&b, "%+v at %s\n", c.backend().Spec, c.now)
	return b.String()
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
