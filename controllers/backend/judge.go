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
	"github.com/hostgrant/hostgrant/internal/hosting/session"
	"github.com/hostgrant/hostgrant/internal/status"
)

// confirmations is how often in a row the same people have to be missing before somebody
// may say that they were really removed.
const confirmations = 3

// judge says why a reading is not to be believed (I2): it is another owner's, another
// installation manages the table, or people are missing who cannot all have gone.
func (v *visit) judge(ctx context.Context, r *Reconciler) (session.Judge, error) {
	records := &v1alpha1.AccessRecordList{}
	if err := r.List(ctx, records, ofBackend(v.backend)...); err != nil {
		return nil, fmt.Errorf("list AccessRecords: %w", err)
	}
	return func(snapshot, last *session.Snapshot) error {
		if err := sameOwner(v.backend, snapshot.Identity); err != nil {
			return err
		}
		if v.backend.Spec.Mode == v1alpha1.ModeEnforce {
			if err := unclaimed(v.backend, v.session.Mark(), snapshot.Marks()); err != nil {
				return err
			}
		}
		var err error
		v.doubt, err = doubt(v.backend, records.Items, snapshot, last)
		return err
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
		"this HostingBackend was set up for owner %d and the key is now that of owner %d; put back a key of the first one, or make another HostingBackend", before.CustomerID, now.CustomerID)}
}

// unclaimed: two that manage one table would undo each other's work.
func unclaimed(backend *v1alpha1.HostingBackend, own string, marks []string) error {
	for _, mark := range marks {
		if mark == own || slices.Contains(backend.Spec.TakeOverFrom, v1alpha1.OwnerMark(mark)) {
			continue
		}
		return &hosting.Error{Class: hosting.ClassOwned, Op: "list permissions", Detail: fmt.Sprintf(
			"rows carry the mark %q; if that installation is gone, name it in spec.takeOverFrom", mark)}
	}
	return nil
}

// doubt is what is remembered of a table that lacks people who were there, and why it is
// not to be believed; nil and nil where it is plausible. It is pure.
func doubt(backend *v1alpha1.HostingBackend, records []v1alpha1.AccessRecord, snapshot, last *session.Snapshot) (*v1alpha1.TableDoubt, error) {
	missing, known := missingRows(records, snapshot)
	if !emptied(snapshot, last, known) && !access.LimitOf(backend.Spec.RemovalLimit).Exceeded(len(missing), known) {
		return nil, nil
	}
	before := backend.Status.TableDoubt
	if before != nil && before.Accepted && contains(before.Rows, missing) {
		return before, nil
	}
	next := &v1alpha1.TableDoubt{Digest: digestOf(missing), People: int32(len(missing)), Seen: 1, Rows: missing[:min(maxRows, len(missing))]} //nolint:gosec // bounded by the number of records
	if before != nil && before.Digest == next.Digest {
		next.Seen = min(before.Seen+1, confirmations)
	}
	next.Accepted = next.Seen >= confirmations && names(backend, v1alpha1.AnnotationAcceptTable, next.Digest)
	return next, disbelief(next, known)
}

// emptied: nobody is there, and somebody was.
func emptied(snapshot, last *session.Snapshot, known int) bool {
	return len(snapshot.Addresses()) == 0 && (known > 0 || last != nil && len(last.Addresses()) > 0)
}

// disbelief is why nothing is written on a table that is doubted; nil where it was accepted.
func disbelief(doubt *v1alpha1.TableDoubt, known int) error {
	failure := &hosting.Error{Class: hosting.ClassImplausible, Op: "list permissions", Detail: fmt.Sprintf("missing in the table: %d of %s known there", doubt.People, status.Count(known, "person", "people"))}
	switch {
	case doubt.Accepted:
		return nil
	case doubt.Seen >= confirmations:
		failure.Class = hosting.ClassUnconfirmed
		failure.Detail += fmt.Sprintf("; if they were really removed there, annotate the HostingBackend with %s=%s", v1alpha1.AnnotationAcceptTable, doubt.Digest)
	}
	return failure
}

// maxRows is how many missing rows are remembered; the CRD bounds it.
const maxRows = 20000

// missingRows lists, by id and in order, the rows that records say exist and a reading
// lacks, and counts all that they say exist. Rows that we may have removed ourselves do
// not count.
func missingRows(records []v1alpha1.AccessRecord, snapshot *session.Snapshot) (missing []int64, known int) {
	ids := snapshot.IDs()
	for i := range records {
		status := records[i].Status
		if status.RowID == 0 || status.Person == v1alpha1.PersonAbsent || len(status.Owed) > 0 && !access.HeldMore(status) {
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
