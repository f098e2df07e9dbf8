// Package overview sums up what is true of HostingBackends, and what needs somebody, from the objects of some namespaces.
// It is pure.
package overview

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/held"
)

// Inputs are the objects of some namespaces.
type Inputs struct {
	Now time.Time
	// Within is how far ahead ends and reviews are told.
	Within time.Duration
	// Addresses has people told of by address; else by Profile, or by the end of their record's name.
	Addresses bool

	Backends        []v1alpha1.HostingBackend
	Grants          []v1alpha1.PermissionGrant
	Profiles        []v1alpha1.Profile
	Teams           []v1alpha1.Team
	Approvals       []v1alpha1.RemovalApproval
	Relinquishments []v1alpha1.Relinquishment
	// Records are nil where they may not be read.
	Records []v1alpha1.AccessRecord
}

// Overview is what is true now, and what needs somebody. Each list is in a fixed order, and whole.
type Overview struct {
	Backends []Backend `json:"backends"`
	// Held are batches of removals that wait for an approval, or are approved and not done yet.
	Held []Batch `json:"heldRemovals,omitempty"`
	// Failing objects go no further before somebody acts.
	Failing []Failure `json:"failing,omitempty"`
	// Expiring are grants and Profiles that end soon.
	Expiring []Date `json:"expiring,omitempty"`
	// Reviews of grants that are due soon or overdue.
	Reviews []Review `json:"reviews,omitempty"`
	// Invitations that did not arrive, or of which that is not known.
	Invitations []Invitation `json:"invitations,omitempty"`
	// Residual are Profiles of people who are suspended or expired and still have access.
	Residual []Failure `json:"residualAccess,omitempty"`
	// Notes say what is not known here.
	Notes []string `json:"notes,omitempty"`
}

// Quiet says whether nothing needs anybody.
func (o Overview) Quiet() bool {
	return len(o.Held)+len(o.Failing)+len(o.Expiring)+len(o.Reviews)+len(o.Invitations)+len(o.Residual) == 0
}

// Backend is one HostingBackend.
type Backend struct {
	Namespace string                 `json:"namespace"`
	Name      string                 `json:"name"`
	Mode      v1alpha1.BackendMode   `json:"mode"`
	Authority v1alpha1.Authority     `json:"authority"`
	Suspended bool                   `json:"suspended,omitempty"`
	Ready     metav1.ConditionStatus `json:"ready"`
	Reason    string                 `json:"reason,omitempty"`
	// TableChangedAt is when a reading last showed another table than the one before.
	TableChangedAt *metav1.Time `json:"tableChangedAt,omitempty"`
	// People and places of the last good reading; nil where there was none.
	People *v1alpha1.BackendCounts `json:"people,omitempty"`
	// Grants that name the backend.
	Grants Grants `json:"grants"`
	// WritesPerMinute is what the provider allows the key.
	WritesPerMinute int32 `json:"writesPerMinute"`
	// Waiting are people for whom something is to be changed at the provider, by the reason why it is not done now;
	// "Progressing" where it is being done. Nil where records may not be read.
	Waiting map[string]int `json:"waiting,omitempty"`
}

// WaitingPeople counts them.
func (b Backend) WaitingPeople() (people int) {
	for _, count := range b.Waiting {
		people += count
	}
	return people
}

// Grants counts grants.
type Grants struct {
	Total int `json:"total"`
	// Ready grants have what they name at the provider.
	Ready int `json:"ready"`
	// Failing grants need somebody; the others are on their way.
	Failing int `json:"failing"`
}

// Batch is a batch of removals that is held.
type Batch struct {
	Namespace string `json:"namespace"`
	Backend   string `json:"backend"`
	Digest    string `json:"digest"`
	// Cause is the namespace whose grants caused it.
	Cause    string      `json:"cause,omitempty"`
	People   int         `json:"people"`
	Since    metav1.Time `json:"since"`
	Released bool        `json:"released,omitempty"`
}

// Failure is an object that needs somebody.
type Failure struct {
	// Object as Kind namespace/name.
	Object  string `json:"object"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// Date is when an object ends.
type Date struct {
	Object string      `json:"object"`
	At     metav1.Time `json:"at"`
}

// Review is one that is due or overdue.
type Review struct {
	Object  string      `json:"object"`
	At      metav1.Time `json:"at"`
	Overdue bool        `json:"overdue,omitempty"`
	// Missed is what happens when it is not done.
	Missed v1alpha1.MissedReview `json:"onMissedReview"`
}

// Invitation is one that needs somebody.
type Invitation struct {
	Namespace string                   `json:"namespace"`
	Backend   string                   `json:"backend"`
	Person    string                   `json:"person"`
	Record    string                   `json:"record"`
	State     v1alpha1.InvitationState `json:"state"`
	Message   string                   `json:"message,omitempty"`
}

// Of sums up.
func Of(in Inputs) Overview {
	o := Overview{}
	records := map[client.ObjectKey][]v1alpha1.AccessRecord{}
	for _, record := range in.Records {
		at := client.ObjectKey{Namespace: record.Namespace, Name: string(record.Spec.BackendRef.Name)}
		records[at] = append(records[at], record)
	}
	grants := grantsOf(in.Grants)
	for i := range in.Backends {
		backend := &in.Backends[i]
		of := records[client.ObjectKeyFromObject(backend)]
		o.Backends = append(o.Backends, backendOf(backend, grants[client.ObjectKeyFromObject(backend)], of))
		o.Held = append(o.Held, batchesOf(backend)...)
	}
	slices.SortFunc(o.Backends, func(a, b Backend) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
	slices.SortStableFunc(o.Held, func(a, b Batch) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Backend, b.Backend))
	})
	o.Failing, o.Residual = failing(in), residual(in)
	o.Expiring, o.Reviews = expiring(in), reviews(in)
	o.Invitations = invitations(in)
	return o
}

func backendOf(b *v1alpha1.HostingBackend, grants Grants, records []v1alpha1.AccessRecord) Backend {
	one := Backend{
		Namespace: b.Namespace, Name: b.Name, Mode: b.Spec.Mode, Authority: b.Spec.Authority, Suspended: b.Spec.Suspend,
		Ready: metav1.ConditionUnknown, TableChangedAt: b.Status.TableChangedAt, People: b.Status.Counts, Grants: grants,
		WritesPerMinute: b.Spec.RateLimit.WritesPerMinute, Waiting: waiting(records),
	}
	if ready := meta.FindStatusCondition(b.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		one.Ready, one.Reason = ready.Status, ready.Reason
	}
	return one
}

// waiting counts people for whom something is to be changed, by what it waits for.
func waiting(records []v1alpha1.AccessRecord) map[string]int {
	counts := map[string]int{}
	for _, record := range records {
		if record.Status.Pending != nil {
			counts[cmp.Or(record.Status.Pending.BlockedBy, v1alpha1.ReasonProgressing)]++
		}
	}
	return counts
}

// grantsOf counts grants by their backend.
func grantsOf(list []v1alpha1.PermissionGrant) map[client.ObjectKey]Grants {
	all := map[client.ObjectKey]Grants{}
	for i := range list {
		grant := &list[i]
		at := grant.Spec.BackendRef.Key(grant.Namespace)
		counts := all[at]
		counts.Total++
		if meta.IsStatusConditionTrue(grant.Status.Conditions, v1alpha1.ConditionReady) {
			counts.Ready++
		} else if _, fails := failure(grant); fails {
			counts.Failing++
		}
		all[at] = counts
	}
	return all
}

func batchesOf(backend *v1alpha1.HostingBackend) (list []Batch) {
	for _, batch := range held.Of(backend, nil) {
		list = append(list, Batch{
			Namespace: backend.Namespace, Backend: backend.Name, Digest: batch.Digest, Cause: batch.Namespace,
			People: batch.Size(), Since: metav1.NewTime(batch.Since), Released: batch.Released,
		})
	}
	return list
}

// personOf is how somebody is told of.
func personOf(record *v1alpha1.AccessRecord, addresses bool) string {
	if addresses {
		return string(record.Spec.Email)
	}
	for _, contribution := range record.Spec.Contributions {
		for _, via := range contribution.Via {
			if name, ok := handover.ProfileOf(via); ok {
				return handover.Reference{Kind: handover.KindProfile, Name: name}.String()
			}
		}
	}
	return "person " + record.Name[max(0, len(record.Name)-12):]
}
