package grant

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/resolve"
)

// loss is a reference that once gave something and is missing.
type loss struct {
	v1alpha1.LostReference
	// left of the grace; 0 when it is over.
	left time.Duration
}

func (l loss) reference() resolve.Reference {
	return resolve.Reference{Kind: l.Kind, Name: string(l.Name)}
}

// losses lists the missing references that gave something to a record, and since when: the
// time already remembered counts. What they gave is kept for the grace.
func losses(issues []resolve.Issue, before []v1alpha1.LostReference, records []v1alpha1.AccessRecord, uid types.UID, now metav1.Time, grace time.Duration) []loss {
	var lost []loss
	for _, issue := range issues {
		known := func(l loss) bool { return l.reference() == *issue.Missing }
		if issue.Missing == nil || slices.ContainsFunc(lost, known) || !gave(*issue.Missing, records, uid) {
			continue
		}
		one := loss{LostReference: v1alpha1.LostReference{Kind: issue.Missing.Kind, Name: v1alpha1.ObjectName(issue.Missing.Name), Since: now}}
		one.Since = since(one.LostReference, before)
		one.left = max(0, grace-now.Sub(one.Since.Time))
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
func gave(ref resolve.Reference, records []v1alpha1.AccessRecord, uid types.UID) bool {
	return slices.ContainsFunc(records, func(record v1alpha1.AccessRecord) bool {
		c, ok := find(record.Spec.Contributions, uid)
		return ok && (ref.Kind == resolve.KindPermissionSet || cameBy(c, ref))
	})
}

func cameBy(c v1alpha1.Contribution, ref resolve.Reference) bool {
	return slices.ContainsFunc(c.Via, func(via string) bool {
		return via == ref.String() || strings.HasPrefix(via, ref.String()+"/") || strings.HasSuffix(via, "/"+ref.String())
	})
}

// keeps says whether somebody whom nothing names any more keeps their contribution, because
// what named them is missing and not yet taken to be gone for good.
func (h *handover) keeps(c v1alpha1.Contribution) bool {
	return slices.ContainsFunc(h.lost, func(l loss) bool { return l.left > 0 && cameBy(c, l.reference()) })
}

// frozen says whether contributions stay as they are, because a PermissionSet is missing:
// one that never gave anything is waited for, one that did is kept for the grace.
func (h *handover) frozen(missingSets []resolve.Issue) bool {
	return slices.ContainsFunc(missingSets, func(issue resolve.Issue) bool {
		i := slices.IndexFunc(h.lost, func(l loss) bool { return l.reference() == *issue.Missing })
		return i < 0 || h.lost[i].left > 0
	})
}

// after is when the next grace ends; 0 for none.
func (h *handover) after() time.Duration {
	var next time.Duration
	for _, l := range h.lost {
		if l.left > 0 && (next == 0 || l.left < next) {
			next = l.left
		}
	}
	return next
}
