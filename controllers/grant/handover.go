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
	"github.com/hostgrant/hostgrant/internal/contribute"
	"github.com/hostgrant/hostgrant/internal/index"
	"github.com/hostgrant/hostgrant/internal/resolve"
	"github.com/hostgrant/hostgrant/internal/status"
)

// recordCapacity is how many contributions a record holds; the CRD bounds it.
const recordCapacity = 64

// handover is what one pass saw and did.
type handover struct {
	backendMissing bool
	// people the grant gives something to now, with what and where.
	people []handed
	issues []resolve.Issue
	lost   []loss
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
	backend := &v1alpha1.HostingBackend{}
	if err := r.Get(ctx, types.NamespacedName{Namespace: grant.Namespace, Name: string(grant.Spec.BackendRef.Name)}, backend); err != nil {
		given.backendMissing = true
		return given, client.IgnoreNotFound(err)
	}
	people, err := resolve.Subjects(ctx, r.Client, grant.Namespace, grant.Spec.Subjects)
	if err != nil {
		return nil, err
	}
	sets, setIssues, err := resolve.Sets(ctx, r.Client, grant.Namespace, grant.Spec.PermissionSetRefs)
	if err != nil {
		return nil, err
	}
	given.issues = slices.Concat(people.Issues, setIssues)
	given.lost = losses(given.issues, grant.Status.LostReferences, records, grant.UID, r.now())

	named := map[types.UID]bool{}
	for _, person := range people.Persons {
		contribution := resolve.Contribution(grant, sets, person)
		one, err := r.give(ctx, given, backend, contribution, person.Address, given.frozen(setIssues))
		if err != nil {
			return nil, err
		}
		if one != nil {
			named[one.UID] = true
		}
	}
	return given, r.takeBack(ctx, grant.UID, records, func(record *v1alpha1.AccessRecord, c v1alpha1.Contribution) bool {
		return named[record.UID] || given.keeps(c) && record.Namespace == backend.Namespace && string(record.Spec.BackendRef.Name) == backend.Name
	})
}

// give makes one person's record hold the contribution. It returns the record, nil where
// the person gets nothing now.
func (r *Reconciler) give(ctx context.Context, given *handover, backend *v1alpha1.HostingBackend, c v1alpha1.Contribution, address string, frozen bool) (*v1alpha1.AccessRecord, error) {
	record, err := r.record(ctx, backend, address, !frozen)
	if err != nil || record == nil {
		return nil, err
	}
	have, contributes := find(record.Spec.Contributions, c.UID)
	if frozen {
		if !contributes {
			return nil, nil
		}
		c = have
	}
	if reason, message := refusal(record, c, contributes); reason != "" {
		given.issues = append(given.issues, resolve.Issue{Subject: "AccessRecord/" + record.Name, Reason: reason, Message: message})
		return record, nil
	}
	if !contributes || have.Digest != c.Digest {
		if err := contribute.Apply(ctx, r.Client, record, c.UID, &c); err != nil {
			return nil, err
		}
	}
	given.people = append(given.people, handed{contribution: c, record: record})
	return record, nil
}

// refusal says why a record cannot take a contribution; empty where it can.
func refusal(record *v1alpha1.AccessRecord, c v1alpha1.Contribution, contributes bool) (reason, message string) {
	switch {
	case resolve.TooLarge(c):
		return v1alpha1.ReasonTooLarge, fmt.Sprintf("one person's share of the grant is larger than %d bytes; split the grant", resolve.MaxContribution)
	case !contributes && len(record.Spec.Contributions) >= recordCapacity:
		return v1alpha1.ReasonRecordFull, fmt.Sprintf("%d grants name this person already; join some of them", recordCapacity)
	}
	return "", ""
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
	err = r.Create(ctx, record, status.Owner)
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

// takeBack un-applies the grant's contributions, but those that keep says stay.
func (r *Reconciler) takeBack(ctx context.Context, uid types.UID, records []v1alpha1.AccessRecord, keep func(*v1alpha1.AccessRecord, v1alpha1.Contribution) bool) error {
	for i := range records {
		c, ok := find(records[i].Spec.Contributions, uid)
		if !ok || keep(&records[i], c) {
			continue
		}
		if err := contribute.Apply(ctx, r.Client, &records[i], uid, nil); err != nil {
			return err
		}
	}
	return nil
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
