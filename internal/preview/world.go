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
	// waits are the times that are let pass, one after another: nothing, and the longest time that a removal
	// waits. lost is how long something missing keeps what it gave.
	waits    []time.Duration
	lost     time.Duration
	backends map[types.NamespacedName]backend
	grants   []*v1alpha1.PermissionGrant
	// leaving are grants that are deleted, as far as records know them.
	leaving []*v1alpha1.PermissionGrant
	people  map[types.NamespacedName]*person
	// grantNames by UID, also of grants that are not there any more.
	grantNames map[types.UID]string
	// named are the people of whom a grant holds something, by the grant's UID.
	named map[types.UID]map[types.NamespacedName]bool
	// sources are the people of a backend to whom grants of a namespace gave something, by index.Source.
	sources map[string]map[types.NamespacedName]bool
	// bounding are the Profiles that suspend somebody or end, by a digest of the address.
	bounding map[string][]v1alpha1.Profile
	issues   map[types.NamespacedName][]GrantIssue
}

// backend is a HostingBackend, and what its removal gate knows.
type backend struct {
	*v1alpha1.HostingBackend
	ledger *gate.Ledger
}

// person is somebody's record, and what became of them.
type person struct {
	record *v1alpha1.AccessRecord
	// in is what is known of the person besides the record, the row as it is now with it.
	in plan.Inputs
	// desired is what was computed of the person last, for the ledger.
	desired plan.Desired
	change  Change
	// due: something changed since it was decided last, or was put off.
	due bool
}

// newWorld copies what is: no input is changed.
func newWorld(ctx context.Context, in Inputs) (*world, error) {
	w := &world{
		Inputs: in, now: in.Now, waits: []time.Duration{0, 0},
		backends: map[types.NamespacedName]backend{}, people: map[types.NamespacedName]*person{}, grantNames: map[types.UID]string{},
		named: map[types.UID]map[types.NamespacedName]bool{}, sources: map[string]map[types.NamespacedName]bool{},
		bounding: map[string][]v1alpha1.Profile{}, issues: map[types.NamespacedName][]GrantIssue{},
	}
	for _, object := range of[*v1alpha1.HostingBackend](in.Objects) {
		one := newBackend(object, in.Now)
		w.backends[types.NamespacedName{Namespace: one.Namespace, Name: one.Name}] = one
		w.waits[1] = max(w.waits[1], plan.RulesOf(one.HostingBackend).Settle+time.Second)
	}
	for _, grant := range of[*v1alpha1.PermissionGrant](in.Objects) {
		w.grants = append(w.grants, grant.DeepCopy())
	}
	if err := w.bound(ctx); err != nil {
		return nil, err
	}
	for i := range in.Records {
		w.addRecord(in.Records[i].DeepCopy())
	}
	w.findLeaving()
	return w, nil
}

// newBackend is a copy that may be written to: what would change is asked, whether or not it may be done today.
func newBackend(object *v1alpha1.HostingBackend, now metav1.Time) backend {
	one := backend{object.DeepCopy(), gate.NewLedger(now.Add(-gate.Day))}
	one.Spec.Mode, one.Spec.Suspend = v1alpha1.ModeEnforce, false
	one.ledger.MarkComplete(nil) // it is told of everybody before anybody is decided on
	approved := map[string]string{}
	for _, batch := range one.Status.HeldRemovals {
		if batch.Released {
			approved[batch.Digest] = "somebody"
		}
	}
	one.ledger.Approve(approved)
	return one
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

// addRecord takes in a record, with the row of its person. One whose backend is not there stays out.
func (w *world) addRecord(record *v1alpha1.AccessRecord) {
	key := types.NamespacedName{Namespace: record.Namespace, Name: record.Name}
	of := handover.BackendOf(record)
	backend, there := w.backends[of]
	if !there || handover.Misnamed(record) {
		return
	}
	address := string(record.Spec.Email)
	p := &person{due: true, record: record, change: Change{Backend: of, Record: record.Name, Address: address}}
	p.in = plan.Inputs{Backend: backend.HostingBackend, Fresh: true, Profiles: w.bounding[access.AddressDigest(address)], Offboards: map[string]bool{}}
	for _, profile := range p.in.Profiles {
		p.in.Offboards[profile.Namespace] = access.Offboards(backend.HostingBackend, w.origin(profile.Namespace))
	}
	if table := w.Tables[of]; table != nil {
		p.in.Provider, p.in.Row = viewOf(table, w.Now.Time).Person(address)
	}
	w.people[key] = p
	for _, c := range record.Spec.Contributions {
		w.index(p, c.UID, c.Grant.Namespace)
		w.grantNames[c.UID] = c.Grant.Namespace + "/" + string(c.Grant.Name)
	}
	for _, echo := range record.Status.Contributions {
		addTo(w.named, echo.UID, key)
	}
}

// index finds a person by a grant, and by the namespace that it is of.
func (w *world) index(p *person, grant types.UID, namespace string) {
	key := types.NamespacedName{Namespace: p.record.Namespace, Name: p.record.Name}
	addTo(w.named, grant, key)
	addTo(w.sources, sourceOf(p.change.Backend, namespace), key)
}

func sourceOf(backend types.NamespacedName, namespace string) string {
	return backend.Namespace + "/" + index.Source(backend.Name, namespace)
}

func addTo[K comparable](sets map[K]map[types.NamespacedName]bool, key K, record types.NamespacedName) {
	if sets[key] == nil {
		sets[key] = map[types.NamespacedName]bool{}
	}
	sets[key][record] = true
}

func (w *world) origin(namespace string) access.Origin {
	labels := map[string]string{}
	if object := w.Objects[Key{"Namespace", "", namespace}]; object != nil {
		maps.Copy(labels, object.GetLabels())
	}
	labels[corev1.LabelMetadataName] = namespace // the API server sets it
	return access.Origin{Namespace: namespace, Labels: labels}
}

// findLeaving finds the grants that records hold something of and that are not there: they are deleted.
func (w *world) findLeaving() {
	there, found := map[types.UID]bool{}, map[types.UID]bool{}
	for _, grant := range w.grants {
		there[grant.UID] = true
	}
	for _, key := range w.inOrder() {
		for _, c := range w.people[key].record.Spec.Contributions {
			if there[c.UID] || found[c.UID] || w.Read != nil && !w.Read[c.Grant.Namespace] {
				continue
			}
			found[c.UID] = true
			gone := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Namespace: c.Grant.Namespace, Name: string(c.Grant.Name), UID: c.UID, DeletionTimestamp: &w.Now}}
			if c.Retain {
				gone.Spec.DeletionPolicy = v1alpha1.DeletionRetain
			}
			if today, there := w.Today[Key{"PermissionGrant", gone.Namespace, gone.Name}].(*v1alpha1.PermissionGrant); there && today.UID == c.UID {
				gone.Spec, gone.CreationTimestamp = today.Spec, today.CreationTimestamp
			}
			w.leaving = append(w.leaving, gone)
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
	in.Record, in.Now, in.Provider.Verified, in.Provider.Read = p.record, now, now.Time, now.Time
	in.Memory, in.Invitation = access.MemoryOf(p.record.Status), p.record.Status.Invitation
	return in
}
