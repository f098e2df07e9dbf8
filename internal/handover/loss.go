package handover

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Loss is a reference that once gave something and is missing.
type Loss struct {
	v1alpha1.LostReference
	// Left of the grace; 0 when it is over.
	Left time.Duration
}

func (l Loss) reference() Reference { return Reference{Kind: l.Kind, Name: string(l.Name)} }

// losses lists the missing references that gave something to a record, and since when: the
// time already remembered counts. What they gave is kept for the grace.
func losses(in Inputs) []Loss {
	var lost []Loss
	for _, issue := range slices.Concat(in.People.Issues, in.SetIssues) {
		ref := issue.Missing
		if ref == nil || slices.ContainsFunc(lost, func(l Loss) bool { return l.reference() == *ref }) || !gave(*ref, in.Records, in.Grant.UID) {
			continue
		}
		one := Loss{LostReference: v1alpha1.LostReference{Kind: ref.Kind, Name: v1alpha1.ObjectName(ref.Name), Since: in.Now.Rfc3339Copy()}}
		one.Since = since(one.LostReference, in.Grant.Status.LostReferences)
		one.Left = max(0, in.ReferenceGrace-in.Now.Sub(one.Since.Time))
		lost = append(lost, one)
	}
	return lost
}

// maxLost is how many missing references a status remembers; the CRD bounds it.
const maxLost = 512

// since is from when on a reference is remembered as missing. Where more are missing than
// are remembered, the others count from the latest that is, so that their grace ends too.
func since(one v1alpha1.LostReference, before []v1alpha1.LostReference) metav1.Time {
	latest := metav1.Time{}
	for _, b := range before {
		if b.Kind == one.Kind && b.Name == one.Name {
			return b.Since
		}
		if latest.Before(&b.Since) {
			latest = b.Since
		}
	}
	if len(before) < maxLost {
		return one.Since
	}
	return latest
}

// gave says whether a contribution of the grant came through the reference; a
// PermissionSet is in all of them.
func gave(ref Reference, records []v1alpha1.AccessRecord, uid types.UID) bool {
	return slices.ContainsFunc(records, func(record v1alpha1.AccessRecord) bool {
		c := find(&record, uid)
		return c != nil && (ref.Kind == KindPermissionSet || cameBy(*c, ref))
	})
}

func cameBy(c v1alpha1.Contribution, ref Reference) bool {
	return slices.ContainsFunc(c.Via, func(via string) bool {
		return via == ref.String() || strings.HasPrefix(via, ref.String()+"/") || strings.HasSuffix(via, "/"+ref.String())
	})
}

// keeps says whether somebody whom nothing names any more keeps their contribution, because
// what named them is missing and not yet taken to be gone for good.
func keeps(lost []Loss, c v1alpha1.Contribution) bool {
	return slices.ContainsFunc(lost, func(l Loss) bool { return l.Left > 0 && cameBy(c, l.reference()) })
}

// frozen says whether contributions stay as they are, because a PermissionSet is missing:
// one that never gave anything is waited for, one that did is kept for the grace.
func frozen(missingSets []Issue, lost []Loss) bool {
	return slices.ContainsFunc(missingSets, func(issue Issue) bool {
		i := slices.IndexFunc(lost, func(l Loss) bool { return l.reference() == *issue.Missing })
		return i < 0 || lost[i].Left > 0
	})
}
