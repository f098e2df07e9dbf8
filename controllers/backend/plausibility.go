package backend

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
)

// confirmations is how often in a row the same people have to be missing before somebody
// may say that they were really removed.
const confirmations = 3

// judge says why a reading is not to be believed (I2): it is another owner's, another
// installation manages the table, or people are missing who cannot all have gone.
func (v *scope) judge(ctx context.Context, r *Reconciler) (provider.Plausible, error) {
	records := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, records, ofBackend(v.backend)...); err != nil {
		return nil, fmt.Errorf("list AccessRecords: %w", err)
	}
	return func(snapshot, last *provider.Snapshot) error {
		if err := sameOwner(v.backend, snapshot.Identity); err != nil {
			return err
		}
		if v.backend.Spec.Mode == v1alpha1.ModeEnforce {
			if err := unclaimed(v.backend, v.connection.View().Mark, snapshot.Marks()); err != nil {
				return err
			}
		}
		return r.sight(ctx, v, records.Items, snapshot, last)
	}, nil
}

// sameOwner: ids of accounts, servers and rows mean nothing with another owner, so a
// backend stays with the one it was first read for.
func sameOwner(backend *v1alpha1.HostingBackend, now hosting.Identity) error {
	before := backend.Status.Identity
	if before == nil || before.CustomerID == now.CustomerID && (before.URL == "" || before.URL == backend.Spec.Endpoint.URL || access.SameAddress(before.Email, now.Email)) {
		return nil
	}
	return &hosting.Error{Class: hosting.ClassIdentityChanged, Op: "read identity", Detail: fmt.Sprintf(
		"the key belongs to owner %d, and this HostingBackend was set up for owner %d; put back a key of owner %[2]d, or create another HostingBackend", now.CustomerID, before.CustomerID)}
}

// unclaimed: two that manage one table would undo each other's work.
func unclaimed(backend *v1alpha1.HostingBackend, own string, marks []string) error {
	for _, mark := range marks {
		if mark == own || slices.Contains(backend.Spec.TakeOverFrom, v1alpha1.OwnerMark(mark)) {
			continue
		}
		return &hosting.Error{Class: hosting.ClassOwned, Op: "list permissions", Detail: fmt.Sprintf(
			"rows carry its mark %q; if that installation is gone, add the mark to spec.takeOverFrom, else set mode: Observe on one of the two", mark)}
	}
	return nil
}

// plausibility is what is remembered of a table that lacks people who were there, who they are, and why it
// is not to be believed; nothing where it is plausible. seen are those who were missing at the last
// reading, where that is known. It is pure.
func plausibility(backend *v1alpha1.HostingBackend, records []v1alpha1.AccessRecord, snapshot, last *provider.Snapshot, seen []int64) (*v1alpha1.TableDoubt, []int64, error) {
	if plausible(backend, records, snapshot, last) {
		return nil, nil, nil
	}
	missing, known := missingRows(records, snapshot)
	before, next := backend.Status.TableDoubt, doubtOf(missing)
	switch {
	case before == nil:
	case before.Digest == next.Digest:
		next.Seen, next.Accepted = min(before.Seen+1, confirmations), before.Accepted
	case before.Accepted && before.Digest == digestOf(seen) && contains(seen, missing):
		next.Seen, next.Accepted = before.Seen, true // some of them were looked at meanwhile
	}
	next.Accepted = next.Accepted || next.Seen >= confirmations && names(backend, v1alpha1.AnnotationAcceptTable, next.Digest)
	return next, missing, implausible(next, known)
}

// plausible says whether a table lacks no more people than the removal limit lets go.
func plausible(backend *v1alpha1.HostingBackend, records []v1alpha1.AccessRecord, snapshot, last *provider.Snapshot) bool {
	missing, known := missingRows(records, snapshot)
	return !emptied(records, snapshot, last, known) && !access.LimitOf(backend.Spec.RemovalLimit).Exceeded(len(missing), known)
}

func doubtOf(missing []int64) *v1alpha1.TableDoubt {
	return &v1alpha1.TableDoubt{Digest: digestOf(missing), People: int32(len(missing)), Seen: 1} //nolint:gosec // bounded by the number of records
}

// remaining is an accepted doubt of those who are still to be looked at; nil once all were. So it is
// known after a restart whom the acceptance is of, without a list of them.
func remaining(accepted v1alpha1.TableDoubt, seen []int64, records []v1alpha1.AccessRecord) (*v1alpha1.TableDoubt, []int64) {
	if !accepted.Accepted || accepted.Digest != digestOf(seen) {
		return &accepted, seen
	}
	claimed := map[int64]bool{}
	for i := range records {
		if claims(records[i].Status) {
			claimed[records[i].Status.RowID] = true
		}
	}
	left := slices.DeleteFunc(slices.Clone(seen), func(id int64) bool { return !claimed[id] })
	if len(left) == 0 {
		return nil, nil
	}
	next := doubtOf(left)
	next.Seen, next.Accepted = accepted.Seen, true
	return next, left
}

// emptied: nobody is there, and somebody was whose row we did not send to be removed.
func emptied(records []v1alpha1.AccessRecord, snapshot, last *provider.Snapshot, known int) bool {
	switch {
	case len(snapshot.Addresses()) > 0:
		return false
	case known > 0:
		return true
	case last == nil:
		return false
	}
	removed := map[string]bool{}
	for i := range records {
		if status := records[i].Status; status.RemovalIntendedAt != nil && !claims(status) {
			removed[access.AddressDigest(string(records[i].Spec.Email))] = true
		}
	}
	return slices.ContainsFunc(last.Addresses(), func(address string) bool { return !removed[access.AddressDigest(address)] })
}

// implausible is why nothing is written on a table that is doubted; nil where it was accepted.
func implausible(doubt *v1alpha1.TableDoubt, known int) error {
	failure := &hosting.Error{Class: hosting.ClassImplausible, Op: "list permissions", Detail: fmt.Sprintf("%d of %s missing", doubt.People, status.Count(known, "person is", "people are"))}
	switch {
	case doubt.Accepted:
		return nil
	case doubt.Seen >= confirmations:
		failure.Class = hosting.ClassUnconfirmed
		failure.Detail += fmt.Sprintf(". Look at the table at the provider. If these people were really removed there, annotate the HostingBackend with %s=%s", v1alpha1.AnnotationAcceptTable, doubt.Digest)
	}
	return failure
}

// claims says whether a record says that there is a row, which we did not remove ourselves.
func claims(status v1alpha1.AccessRecordStatus) bool {
	return status.RowID != 0 && status.Person != v1alpha1.PersonAbsent && (len(status.Owed) == 0 || access.HeldMore(status))
}

// missingRows lists, by id and in order, the rows that records say exist and a reading
// lacks, and counts all that they say exist.
func missingRows(records []v1alpha1.AccessRecord, snapshot *provider.Snapshot) (missing []int64, known int) {
	ids := snapshot.IDs()
	for i := range records {
		status := records[i].Status
		if !claims(status) {
			continue
		}
		known++
		if _, there := snapshot.Row(string(records[i].Spec.Email)); !there && !ids[status.RowID] {
			missing = append(missing, status.RowID)
		}
	}
	slices.Sort(missing)
	return missing, known
}

// whoIsMissing names the records of people whom a table lacks that is doubted, after the outcome's message;
// they are the backend's own business, and no other status tells them.
func whoIsMissing(o status.Outcome, records []v1alpha1.AccessRecord, rows []int64) string {
	if o.Reason != v1alpha1.ReasonTableImplausible && o.Reason != v1alpha1.ReasonTableUnconfirmed {
		return ""
	}
	var names []string
	for i := range records {
		if _, missing := slices.BinarySearch(rows, records[i].Status.RowID); missing {
			names = append(names, records[i].Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "; AccessRecords of the missing people: " + status.Brief(names)
}

func contains(all, some []int64) bool {
	for _, id := range some {
		if _, found := slices.BinarySearch(all, id); !found {
			return false
		}
	}
	return true
}

func digestOf(rows []int64) string {
	sum := sha256.Sum256([]byte(fmt.Sprint(rows)))
	return hex.EncodeToString(sum[:6])
}

// names says whether an annotation of the backend names a digest; several are separated by
// commas or spaces.
func names(backend *v1alpha1.HostingBackend, annotation, digest string) bool {
	split := func(r rune) bool { return r == ',' || r == ' ' }
	return slices.Contains(strings.FieldsFunc(backend.Annotations[annotation], split), digest)
}

// acceptable says whether somebody has just accepted the table that is doubted: then it is
// read again at once.
func acceptable(backend *v1alpha1.HostingBackend) bool {
	doubt := backend.Status.TableDoubt
	return doubt != nil && !doubt.Accepted && doubt.Seen >= confirmations && names(backend, v1alpha1.AnnotationAcceptTable, doubt.Digest)
}
