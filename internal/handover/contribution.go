package handover

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

// MaxContribution is the largest contribution, in bytes of JSON. Together with 64
// contributions a record, it keeps a record well below what etcd takes.
const MaxContribution = 8 << 10

// Contribution is what a grant gives one person, in a fixed order, so that equal wishes
// have equal digests.
func Contribution(grant *v1alpha1.PermissionGrant, sets v1alpha1.PermissionSetSpec, person Person) v1alpha1.Contribution {
	c := v1alpha1.Contribution{
		UID:         grant.UID,
		Grant:       v1alpha1.GrantReference{Namespace: grant.Namespace, Name: v1alpha1.ObjectName(grant.Name)},
		Via:         person.Via,
		Overall:     sorted(grant.Spec.Overall, sets.Overall),
		End:         EndOf(grant.Spec),
		Asked:       asked(grant.Annotations[v1alpha1.AnnotationAskAgain]),
		Retain:      grant.Spec.DeletionPolicy == v1alpha1.DeletionRetain,
		DisplayName: person.DisplayName,
		Language:    person.Language,
	}
	accounts := &bundles[v1alpha1.AccountPermission]{}
	for _, a := range grant.Spec.Accounts {
		accounts.add(a.Names, a.All, sorted(a.Permissions, sets.PerAccount))
	}
	for _, b := range accounts.list {
		c.Accounts = append(c.Accounts, v1alpha1.AccountPermissions{Names: sorted(b.names), All: b.all, Permissions: b.permissions})
	}
	servers := &bundles[v1alpha1.ServerPermission]{}
	for _, s := range grant.Spec.Servers {
		servers.add(s.Names, s.All, sorted(s.Permissions, sets.PerServer))
	}
	for _, b := range servers.list {
		c.Servers = append(c.Servers, v1alpha1.ServerPermissions{Names: sorted(b.names), All: b.all, Permissions: b.permissions})
	}
	// Alone it would make a row that opens nothing, and have people invited to it.
	c.RequireTwoFactor = grant.Spec.RequireTwoFactor && access.Gives(c)
	c.Digest = digest(c)
	return c
}

// Adopting is a contribution that may or may not make its own what the person had before.
func Adopting(c v1alpha1.Contribution, adopt bool) v1alpha1.Contribution {
	c.Adopt = adopt
	c.Digest = digest(c)
	return c
}

// asked stands for an annotation's value, whatever its length; empty for none.
func asked(value string) string {
	if value == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:8])
}

// EndOf is when a grant ends: at expiresAt, or at a review that withdraws; nil for never.
func EndOf(spec v1alpha1.PermissionGrantSpec) *v1alpha1.End {
	var end *v1alpha1.End
	if spec.ExpiresAt != nil {
		end = &v1alpha1.End{At: *spec.ExpiresAt, Cause: v1alpha1.CauseExpired}
	}
	withdraws := spec.ReviewBy != nil && spec.OnMissedReview == v1alpha1.MissedReviewWithdraw
	if withdraws && (end == nil || spec.ReviewBy.Before(&end.At)) {
		end = &v1alpha1.End{At: *spec.ReviewBy, Cause: v1alpha1.CauseReviewMissed}
	}
	return end
}

// TooLarge says whether a contribution is beyond MaxContribution.
func TooLarge(c v1alpha1.Contribution) bool {
	body, err := json.Marshal(c)
	return err != nil || len(body) > MaxContribution
}

// digest of what is given: that somebody is to be mailed again changes nothing of it.
func digest(c v1alpha1.Contribution) string {
	c.Digest, c.Resend = "", ""
	body, _ := json.Marshal(c) //nolint:errchkjson // strings, booleans and lists of them
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16])
}

// bundles groups places by equal permissions.
type bundles[P ~string] struct {
	list []*bundle[P]
}

type bundle[P ~string] struct {
	names       []v1alpha1.PlaceName
	all         *bool
	permissions []P
}

// maxNames is how many places one bundle names; the CRD bounds it.
const maxNames = 300

func (b *bundles[P]) add(names []v1alpha1.PlaceName, all *bool, permissions []P) {
	if len(permissions) == 0 {
		return
	}
	for _, have := range b.list {
		if (have.all == nil) == (all == nil) && slices.Equal(have.permissions, permissions) && len(have.names)+len(names) <= maxNames {
			have.names = append(have.names, names...)
			return
		}
	}
	b.list = append(b.list, &bundle[P]{names: slices.Clone(names), all: all, permissions: permissions})
	slices.SortStableFunc(b.list, func(x, y *bundle[P]) int {
		return strings.Compare(fmt.Sprint(x.all != nil, x.permissions), fmt.Sprint(y.all != nil, y.permissions))
	})
}

// sorted joins lists, each value once, in order.
func sorted[T ~string](lists ...[]T) []T {
	joined := slices.Concat(lists...)
	slices.Sort(joined)
	return slices.Compact(joined)
}
