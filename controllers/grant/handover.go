package grant

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/apply"
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// recordCapacity is how many contributions a record holds; the CRD bounds it. A namespace
// that is not the backend's own has a part of it.
const (
	recordCapacity   = 64
	strangerCapacity = 16
)

// handover is what one pass saw and did.
type handover struct {
	// missing names the backend where there is none.
	missing string
	// dated: the grant has not begun or is over; those in people have something left of it.
	dated bool
	// people the grant gives something to now, with what and where.
	people []handed
	issues []resolve.Issue
	// notes are issues that keep the grant from nothing.
	notes []resolve.Issue
	lost  []loss
	// crowded: others of the namespace name so many people that there is no room for these now.
	crowded bool
}

// handed is one person's contribution and their record as the cache has it.
type handed struct {
	contribution v1alpha1.Contribution
	record       *v1alpha1.AccessRecord
}

// handOver applies one contribution per person, and takes back those of people the grant
// no longer names.
func (r *Reconciler) handOver(ctx context.Context, grant *v1alpha1.PermissionGrant) (*handover, error) {
	given := &handover{}
	records, err := r.records(ctx, grant.UID)
	if err != nil {
		return nil, err
	}
	s, err := r.resolve(ctx, grant)
	if s == nil || err != nil {
		given.missing = grant.Spec.BackendRef.Key(grant.Namespace).String()
		return given, err
	}
	given.issues = slices.Concat(s.people.Issues, s.setIssues)
	given.lost = losses(given.issues, grant.Status.LostReferences, records, grant.UID, r.now(), r.Timing.ReferenceGrace)
	given.dated = !begun(grant.Spec, r.now()) || ended(grant.Spec, r.now())
	if len(s.setIssues) == 0 && !ended(grant.Spec, r.now()) {
		var unused []resolve.Issue
		unused, given.notes = resolve.Unused(grant.Spec, s.sets)
		given.issues = append(given.issues, unused...)
	}

	named, err := r.applyContributions(ctx, given, s, s.offers(grant, r.due(grant, s.people.Persons, records, s.backend), records))
	if err != nil {
		return nil, err
	}
	return given, r.takeBack(ctx, grant.UID, records, func(record *v1alpha1.AccessRecord, c v1alpha1.Contribution) disposition {
		return s.dispose(record, c, named[record.UID], given.keeps(c))
	})
}

// dispose says what becomes of what a record has: of somebody who is still named, or whom
// nothing names any more because what did is missing.
func (s *references) dispose(record *v1alpha1.AccessRecord, c v1alpha1.Contribution, named, kept bool) disposition {
	switch {
	case named:
		return keep
	case !of(record, s.backend):
		return withdraw
	case s.permit(c, string(record.Spec.Email)).Refusal != "":
		return evict
	case kept:
		return keep
	}
	return withdraw
}

func (s *references) permit(c v1alpha1.Contribution, email string) access.Permission {
	return access.Permit(s.backend, s.origin, c, email)
}

// references are everything that a grant refers to.
type references struct {
	backend   *v1alpha1.HostingBackend
	origin    access.Origin
	people    resolve.People
	sets      []v1alpha1.PermissionSet
	setIssues []resolve.Issue
}

// resolve resolves what a grant refers to; nil where its backend does not exist.
func (r *Reconciler) resolve(ctx context.Context, grant *v1alpha1.PermissionGrant) (*references, error) {
	s := &references{backend: &v1alpha1.HostingBackend{}}
	err := r.Get(ctx, grant.Spec.BackendRef.Key(grant.Namespace), s.backend)
	if err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	if s.origin, err = r.origin(ctx, grant); err != nil {
		return nil, err
	}
	if s.people, err = resolve.Subjects(ctx, r.Client, grant.Namespace, grant.Spec.Subjects); err != nil {
		return nil, err
	}
	s.sets, s.setIssues, err = resolve.Sets(ctx, r.Client, grant.Namespace, grant.Spec.PermissionSetRefs)
	return s, err
}

func of(record *v1alpha1.AccessRecord, backend *v1alpha1.HostingBackend) bool {
	return record.Namespace == backend.Namespace && string(record.Spec.BackendRef.Name) == backend.Name
}

// due are the people who have something to do with the grant now: nobody before it begins,
// and after it ended those of whom something is left of it.
func (r *Reconciler) due(grant *v1alpha1.PermissionGrant, people []resolve.Person, records []v1alpha1.AccessRecord, backend *v1alpha1.HostingBackend) []resolve.Person {
	switch {
	case !begun(grant.Spec, r.now()):
		return nil
	case !ended(grant.Spec, r.now()):
		return people
	}
	left := map[string]bool{}
	for i := range records {
		_, contributes := find(records[i].Spec.Contributions, grant.UID)
		left[records[i].Name] = contributes && !finished(&records[i], grant.UID)
	}
	return slices.DeleteFunc(slices.Clone(people), func(p resolve.Person) bool { return !left[access.RecordName(backend.Name, p.Address)] })
}

// applyContribution makes one person's record hold the contribution. It returns the record, nil where
// the person gets nothing now.
func (r *Reconciler) applyContribution(ctx context.Context, given *handover, s *references, c v1alpha1.Contribution, address string, frozen bool) (*v1alpha1.AccessRecord, error) {
	record, err := r.record(ctx, s.backend, address, !frozen)
	if err != nil || record == nil {
		return nil, err
	}
	have, contributes := find(record.Spec.Contributions, c.UID)
	if frozen {
		if !contributes || !given.stands(s, have, address) {
			return nil, nil
		}
		c = have
	}
	if reason, message := refusal(record, c, s.backend.Namespace); reason != "" {
		given.issues = append(given.issues, resolve.Issue{Subject: "AccessRecord/" + record.Name, Reason: reason, Message: message})
		if reason == v1alpha1.ReasonRecordFull {
			return nil, nil // what got in at the same moment as others goes again
		}
		return record, nil
	}
	if have.Digest != c.Digest || have.Resend != c.Resend {
		if err := contribute.Apply(ctx, r.Client, record, c.UID, &c); err != nil {
			return nil, err
		}
	}
	given.people = append(given.people, handed{contribution: c, record: record})
	return record, nil
}

// stands says whether what was handed over before may stay as it is; it notes why not.
func (h *handover) stands(s *references, have v1alpha1.Contribution, address string) bool {
	refusal := s.permit(have, address).Refusal
	if refusal != "" {
		h.refuse(refusal)
	}
	return refusal == ""
}

// refusal says why a record cannot take a contribution; empty where it can. Room is kept for
// the backend's own namespace, so that no stranger fills a record until others fail. Several
// grants may have been handed over at the same moment: what is there already is asked as well.
func refusal(record *v1alpha1.AccessRecord, c v1alpha1.Contribution, own string) (reason, message string) {
	if resolve.TooLarge(c) {
		return v1alpha1.ReasonTooLarge, fmt.Sprintf("one person's share of the grant is larger than %d bytes; split the grant", resolve.MaxContribution)
	}
	all, same, foreign := before(record.Spec.Contributions, c, own)
	stranger := c.Grant.Namespace != own
	switch {
	case all >= recordCapacity:
		return v1alpha1.ReasonRecordFull, fmt.Sprintf("%d grants name this person already; join some of them", recordCapacity)
	case stranger && same >= strangerCapacity:
		return v1alpha1.ReasonRecordFull, fmt.Sprintf("%d grants of this namespace name this person already; join some of them", strangerCapacity)
	case stranger && foreign >= recordCapacity-strangerCapacity:
		return v1alpha1.ReasonRecordFull, "grants of other namespaces name this person so often that the rest is kept for the backend's own; join some of them"
	}
	return "", ""
}

// before counts what a record holds ahead of a contribution: in all, of the same namespace,
// and of others than the backend's own.
func before(list []v1alpha1.Contribution, c v1alpha1.Contribution, own string) (all, same, foreign int) {
	for _, other := range list {
		if other.UID == c.UID {
			break
		}
		all++
		if other.Grant.Namespace == c.Grant.Namespace {
			same++
		}
		if other.Grant.Namespace != own {
			foreign++
		}
	}
	return all, same, foreign
}

// record is a person's record on a backend, created plainly if it is missing and wanted:
// an apply that creates could also re-create what was just deleted.
func (r *Reconciler) record(ctx context.Context, backend *v1alpha1.HostingBackend, address string, create bool) (*v1alpha1.AccessRecord, error) {
	record := &v1alpha1.AccessRecord{}
	key := types.NamespacedName{Namespace: backend.Namespace, Name: access.RecordName(backend.Name, address)}
	err := r.Get(ctx, key, record)
	if err == nil || !apierrors.IsNotFound(err) || !create {
		return record, ignoreMissing(&record, err)
	}
	record = contribute.NewRecord(backend, address)
	if err := controllerutil.SetOwnerReference(backend, record, r.Scheme()); err != nil {
		return nil, fmt.Errorf("own the record: %w", err)
	}
	err = r.Create(ctx, record, apply.Owner)
	if apierrors.IsAlreadyExists(err) {
		// The cache lags behind: the next pass finds it.
		return nil, apierrors.NewConflict(v1alpha1.SchemeGroupVersion.WithResource("accessrecords").GroupResource(), key.Name, err)
	}
	if err != nil {
		return nil, fmt.Errorf("create AccessRecord: %w", err)
	}
	return record, nil
}

func ignoreMissing(record **v1alpha1.AccessRecord, err error) error {
	if apierrors.IsNotFound(err) {
		*record = nil
		return nil
	}
	return err
}

// records lists what the cache has that contains, echoes or owes to the grant.
func (r *Reconciler) records(ctx context.Context, uid types.UID) ([]v1alpha1.AccessRecord, error) {
	list := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, list, client.MatchingFields{index.RecordGrants: string(uid)}); err != nil {
		return nil, fmt.Errorf("list AccessRecords: %w", err)
	}
	return list.Items, nil
}

func (r *Reconciler) now() metav1.Time { return metav1.NewTime(r.Clock.Now().Truncate(time.Second)) }

func find(contributions []v1alpha1.Contribution, uid types.UID) (v1alpha1.Contribution, bool) {
	i := slices.IndexFunc(contributions, func(c v1alpha1.Contribution) bool { return c.UID == uid })
	if i < 0 {
		return v1alpha1.Contribution{}, false
	}
	return contributions[i], true
}
