package preview

import (
	"maps"
	"reflect"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// drawn stands for what the connection's clients were made from.
const drawn provider.Configuration = "drawn"

// cluster is what really happens: objects and records, and the steps of the controllers, one object after another in
// an order that is drawn, against the reference provider over its API. It shares nothing with a preview but the
// functions that decide.
type cluster struct {
	*rapid.T
	objects Objects
	records map[string]*v1alpha1.AccessRecord
	// leaving are grants that are deleted and wait for their finalizer.
	leaving []*v1alpha1.PermissionGrant
	// provider is what the connection talks to.
	provider   *faulty
	connection *provider.Connection
	retries    map[string]plan.Retry
	clock      *clocktesting.FakePassiveClock
	now        metav1.Time
	// lost is how long something missing keeps what it gave.
	lost time.Duration
}

func (c *cluster) must(err error) {
	if err != nil {
		c.Fatal(err)
	}
}

// backend is as the API server has it now.
func (c *cluster) backend() *v1alpha1.HostingBackend {
	return c.objects[Key{"HostingBackend", acme.Namespace, acme.Name}].(*v1alpha1.HostingBackend)
}

// live lets everything that is to be done now be done, and then what waits: for others to be lost with it, and for what
// is missing to come back.
func (c *cluster) live() {
	c.Helper()
	c.settle()
	c.lose()
}

// settle lets everything be done but what waits for what is missing.
func (c *cluster) settle() {
	c.Helper()
	c.rest()
	c.pass(plan.RulesOf(c.backend()).Settle + time.Second)
	c.tryAgain()
}

// lose lets what is missing be gone for good.
func (c *cluster) lose() {
	c.Helper()
	if c.lost > 0 {
		c.pass(c.lost)
		c.pass(plan.RulesOf(c.backend()).Settle + time.Second)
		c.tryAgain()
	}
}

// retryAfter is longer than a failure puts off the next try, and than a write that was not answered may come late.
const retryAfter = 5*time.Minute + 30*time.Second

// tryAgain lets the time pass after which is tried again what failed.
func (c *cluster) tryAgain() {
	c.Helper()
	if c.provider.inTrouble() {
		c.pass(retryAfter)
	}
}

func (c *cluster) pass(d time.Duration) {
	c.Helper()
	c.now = metav1.NewTime(c.now.Add(d))
	c.read()
	c.rest()
}

// read reads the table anew: a list says nothing of what was written in the same second.
func (c *cluster) read() {
	c.Helper()
	c.now = metav1.NewTime(c.now.Add(time.Second))
	c.clock.SetTime(c.now.Time)
	_, err := c.connection.Refresh(c.Context(), func(_, _ *provider.Snapshot) error { return nil })
	c.must(err)
}

// rest looks at everything again and again until nothing moves twice in a row.
func (c *cluster) rest() {
	c.Helper()
	for still, sweep := 0, 0; still < 2; sweep++ {
		if sweep > 20 {
			c.Fatal("it does not come to rest")
		}
		before := c.remembered()
		c.sweep()
		if still++; !reflect.DeepEqual(before, c.remembered()) {
			still = 0
		}
	}
}

// remembered is what everything that is decided later depends on.
func (c *cluster) remembered() map[string]any {
	all := map[string]any{"leaving": len(c.leaving)}
	for name, record := range c.records {
		s := record.Status
		all[name] = []any{record.Spec.Contributions, s.Applied, s.Owed, s.Invitation, s.RowID, s.Sources, s.Contributions}
	}
	return all
}

// sweep looks at each grant, and then at each record. Who names people first may have the last room that a rule leaves,
// so grants come in the order of their names.
func (c *cluster) sweep() {
	c.Helper()
	c.lost = 0
	for _, grant := range of[*v1alpha1.PermissionGrant](c.objects) {
		c.grant(grant)
	}
	for _, grant := range c.leaving {
		c.release(grant)
	}
	c.leaving = slices.DeleteFunc(c.leaving, func(g *v1alpha1.PermissionGrant) bool { return len(g.Finalizers) == 0 })
	names := slices.Sorted(maps.Keys(c.records))
	for _, name := range names {
		// A loss that has waited long enough is judged by what else is known to be lost at that moment.
		c.connection.Guard().Update(name, plan.Compute(c.observe(c.records[name])).Person)
	}
	for _, name := range rapid.Permutation(names).Draw(c.T, "order") {
		c.record(c.records[name])
	}
}

func (c *cluster) origin(namespace string) access.Origin {
	labels, err := resolve.NamespaceLabels(c.Context(), c.objects, namespace)
	c.must(err)
	return access.Origin{Namespace: namespace, Labels: labels}
}

// holding are the records that a predicate is true of, in order.
func (c *cluster) holding(is func(*v1alpha1.AccessRecord) bool) (list []v1alpha1.AccessRecord) {
	for _, name := range slices.Sorted(maps.Keys(c.records)) {
		if is(c.records[name]) {
			list = append(list, *c.records[name].DeepCopy())
		}
	}
	return list
}

// ofGrant says whether a record holds, echoes or owes something of a grant.
func ofGrant(uid types.UID) func(*v1alpha1.AccessRecord) bool {
	return func(record *v1alpha1.AccessRecord) bool {
		return slices.ContainsFunc(record.Spec.Contributions, func(c v1alpha1.Contribution) bool { return c.UID == uid }) ||
			slices.ContainsFunc(record.Status.Contributions, func(c v1alpha1.ContributionStatus) bool { return c.UID == uid }) ||
			slices.ContainsFunc(record.Status.Owed, func(o v1alpha1.OwedRights) bool { return slices.Contains(o.By, uid) })
	}
}

// grant does one reconcile of a grant, as controllers/grant does.
func (c *cluster) grant(grant *v1alpha1.PermissionGrant) {
	in := handover.Inputs{Grant: grant, Now: c.now, ReferenceGrace: time.Hour, Backend: c.backend()}
	in.Origin = handover.OriginOf(grant, c.origin(grant.Namespace).Labels)
	in.Records = c.holding(ofGrant(grant.UID))
	if !grant.Spec.Suspend {
		var err error
		in.People, err = resolve.Subjects(c.Context(), c.objects, grant.Namespace, grant.Spec.Subjects)
		c.must(err)
		in.Sets, in.SetIssues, err = resolve.Sets(c.Context(), c.objects, grant.Namespace, grant.Spec.PermissionSetRefs)
		c.must(err)
		for _, name := range handover.Newcomers(in) {
			if record := c.records[name]; record != nil {
				in.Records = append(in.Records, *record.DeepCopy())
			}
		}
	}
	desired := handover.Compute(in)
	d := handover.Decide(in, desired, c.excess(in, desired.Demands))
	for _, action := range d.Actions {
		c.apply(grant, action)
	}
	for _, lost := range d.Lost {
		c.lost = max(c.lost, lost.Left)
	}
	grant.Status = handover.Status(in, d).Status
}

// apply makes what a record holds of a grant what an action says, as a server-side apply does.
func (c *cluster) apply(grant *v1alpha1.PermissionGrant, action handover.Action) {
	record := action.Record
	if record == nil {
		record = contribute.NewRecord(c.backend(), action.Address)
		record.UID, record.CreationTimestamp = types.UID(record.Name+c.now.String()), c.now
		if c.records[record.Name] == nil {
			c.records[record.Name] = record
		}
	}
	record = c.records[record.Name]
	spec := &record.Spec
	spec.Contributions = slices.DeleteFunc(slices.Clone(spec.Contributions), func(one v1alpha1.Contribution) bool { return one.UID == grant.UID })
	if action.Contribution != nil {
		spec.Contributions = append(spec.Contributions, *action.Contribution)
	}
	record.Generation++
}

// state is what everybody has, and how often they were mailed.
type state struct {
	rights map[string]hosting.Rights
	mails  map[string]int
}

func (c *cluster) state() state {
	s := state{map[string]hosting.Rights{}, map[string]int{}}
	table := c.table()
	for _, address := range table.Addresses() {
		row, _ := table.Row(address)
		s.rights[address] = row.Rights
	}
	for address, mails := range c.provider.mails {
		s.mails[address] = mails.of
	}
	return s
}
