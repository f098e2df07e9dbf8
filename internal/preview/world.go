package preview

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// world is the copy of what is that a preview acts on.
type world struct {
	Inputs
	now metav1.Time
	// waits are the times that are let pass, one after another; settle is the longest time that a
	// removal waits, lost how long something missing keeps what it gave.
	waits        []time.Duration
	settle, lost time.Duration
	backends     map[types.NamespacedName]*v1alpha1.HostingBackend
	grants       []*v1alpha1.PermissionGrant
	people       map[types.NamespacedName]*person
	// grantNames by UID, also of grants that are not there any more.
	grantNames map[types.UID]string
	// named are the people of whom a grant holds something, by the grant's UID.
	named   map[types.UID]map[types.NamespacedName]bool
	ledgers map[types.NamespacedName]*gate.Ledger
	// bounding are the Profiles that suspend somebody or end, by a digest of the address.
	bounding map[string][]v1alpha1.Profile
	issues   map[types.NamespacedName][]GrantIssue
}

// person is somebody's record, and what became of them.
type person struct {
	record *v1alpha1.AccessRecord
	// in is what is known of the person besides the record, the row as it is now with it.
	in     plan.Inputs
	change Change
	// due: something changed since it was decided last, or was put off.
	due bool
}

// newWorld copies what is: no input is changed.
func newWorld(ctx context.Context, in Inputs) (*world, error) {
	w := &world{
		Inputs: in, now: in.Now,
		backends: map[types.NamespacedName]*v1alpha1.HostingBackend{}, people: map[types.NamespacedName]*person{},
		grantNames: map[types.UID]string{}, named: map[types.UID]map[types.NamespacedName]bool{}, ledgers: map[types.NamespacedName]*gate.Ledger{},
		bounding: map[string][]v1alpha1.Profile{}, issues: map[types.NamespacedName][]GrantIssue{},
	}
	for _, backend := range of[*v1alpha1.HostingBackend](in.Objects) {
		key := types.NamespacedName{Namespace: backend.Namespace, Name: backend.Name}
		backend = backend.DeepCopy()
		// What would change is asked, whether or not it may be done today.
		backend.Spec.Mode, backend.Spec.Suspend = v1alpha1.ModeEnforce, false
		w.backends[key], w.settle = backend, max(w.settle, plan.RulesOf(backend).Settle+time.Second)
		w.ledgers[key] = gate.NewLedger(in.Now.Add(-gate.Day))
		approved := map[string]string{}
		for _, batch := range backend.Status.HeldRemovals {
			if batch.Released {
				approved[batch.Digest] = "somebody"
			}
		}
		w.ledgers[key].Approve(approved)
	}
	w.waits = []time.Duration{0, w.settle}
	for _, grant := range of[*v1alpha1.PermissionGrant](in.Objects) {
		w.grants = append(w.grants, grant.DeepCopy())
	}
	if err := w.bound(ctx); err != nil {
		return nil, err
	}
	for i := range in.Records {
		w.enter(in.Records[i].DeepCopy())
	}
	w.remember()
	w.dropOrphans()
	return w, nil
}

// bound finds the Profiles that suspend somebody or end.
func (w *world) bound(ctx context.Context) error {
	for _, profile := range of[*v1alpha1.Profile](w.Objects) {
		if !index.Bounds(profile) {
			continue
		}
		address, issue, err := resolve.Email(ctx, w.Objects, profile)
		if err != nil {
			return err //nolint:wrapcheck // objects at hand can be read
		}
		if issue == nil {
			digest := access.AddressDigest(address)
			w.bounding[digest] = append(w.bounding[digest], *profile)
		}
	}
	return nil
}

// enter takes in a record, with the row of its person. One whose backend is not there stays out.
func (w *world) enter(record *v1alpha1.AccessRecord) {
	key := types.NamespacedName{Namespace: record.Namespace, Name: record.Name}
	of := handover.BackendOf(record)
	backend := w.backends[of]
	if backend == nil || handover.Misnamed(record) {
		return
	}
	address := string(record.Spec.Email)
	p := &person{due: true, record: record, change: Change{Backend: of, Record: record.Name, Address: address}}
	p.in = plan.Inputs{Backend: backend, Fresh: true, Profiles: w.bounding[access.AddressDigest(address)], Offboards: map[string]bool{}}
	for _, profile := range p.in.Profiles {
		p.in.Offboards[profile.Namespace] = access.Offboards(backend, w.origin(profile.Namespace))
	}
	if table := w.Tables[of]; table != nil {
		p.in.Provider, p.in.Row = viewOf(table, w.Now.Time).Person(address)
	}
	for _, c := range record.Spec.Contributions {
		w.name(c.UID, key)
		w.grantNames[c.UID] = c.Grant.Namespace + "/" + string(c.Grant.Name)
	}
	for _, echo := range record.Status.Contributions {
		w.name(echo.UID, key)
	}
	w.people[key] = p
}

func (w *world) name(uid types.UID, record types.NamespacedName) {
	if w.named[uid] == nil {
		w.named[uid] = map[types.NamespacedName]bool{}
	}
	w.named[uid][record] = true
}

func (w *world) origin(namespace string) access.Origin {
	labels := map[string]string{}
	if object := w.Objects[Key{"Namespace", "", namespace}]; object != nil {
		maps.Copy(labels, object.GetLabels())
	}
	labels[corev1.LabelMetadataName] = namespace // the API server sets it
	return access.Origin{Namespace: namespace, Labels: labels}
}

// remember tells the ledgers of everybody as they are, before anything changes.
func (w *world) remember() {
	for of, ledger := range w.ledgers {
		var names []string
		for _, key := range w.inOrder() {
			if p := w.people[key]; p.change.Backend == of {
				ledger.Update(key.Name, plan.Compute(p.inputs(w.now)).Person)
				names = append(names, key.Name)
			}
		}
		ledger.MarkComplete(names)
	}
}

// dropOrphans takes back what records hold of grants that are not there.
func (w *world) dropOrphans() {
	there := map[types.UID]bool{}
	for _, grant := range w.grants {
		there[grant.UID] = true
	}
	for _, p := range w.people {
		spec := &p.record.Spec
		before := len(spec.Contributions)
		spec.Contributions = slices.DeleteFunc(spec.Contributions, func(c v1alpha1.Contribution) bool {
			return !there[c.UID] && (w.Read == nil || w.Read[c.Grant.Namespace])
		})
		if len(spec.Contributions) != before {
			p.record.Generation++ // everybody is looked at once
		}
	}
}

// inOrder lists the records.
func (w *world) inOrder() []types.NamespacedName {
	return slices.SortedFunc(maps.Keys(w.people), func(a, b types.NamespacedName) int { return strings.Compare(a.String(), b.String()) })
}

// inputs of a decision about a person as they are now.
func (p *person) inputs(now metav1.Time) plan.Inputs {
	in := p.in
	in.Record, in.Now, in.Provider.Verified = p.record, now, now.Time
	in.Memory, in.Invitation = access.MemoryOf(p.record.Status), p.record.Status.Invitation
	return in
}
