package record

import (
	"slices"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

const relinquishedMessage = "the person, who has a profile, no longer has anything at the provider, and not by our doing: they gave it up, or were removed by hand; that is respected until the grant changes, or is annotated with " +
	v1alpha1.AnnotationAskAgain + " and a new value"

// gaveUp says whether a person gave up what this contribution gives, as it is (I11): it was
// seen to happen, or happens now.
func (p *pass) gaveUp(c v1alpha1.Contribution) bool {
	return slices.ContainsFunc(p.record.Status.Contributions, func(echo v1alpha1.ContributionStatus) bool {
		known := echo.UID == c.UID && echo.Digest == c.Digest
		return known && (echo.State == v1alpha1.ContributionRelinquished || p.vanished() && echo.State != v1alpha1.ContributionWithheld)
	})
}

// unproven says whether the row of somebody whom grants name is missing in a list, and was
// not looked for by itself. Until it was, what was known of it stands: only that tells
// whether they gave up what they had, however long it takes until somebody looks.
func (p *pass) unproven() bool {
	return p.known && !p.fresh && p.row == nil && p.declared() && p.record.Status.RowID != 0
}

// vanished says whether the whole row of a person with a profile is gone, and not by our
// doing. Whoever has a profile can drop all that an owner gave them, and nothing less; the
// provider does not tell that from a removal by the owner, and both were somebody's decision.
// (Somebody without a profile cannot have dropped anything: their row is made again.)
func (p *pass) vanished() bool {
	before := p.record.Status
	if !p.fresh || p.row != nil || before.Person != v1alpha1.PersonActive || before.RowID == 0 {
		return false
	}
	return access.HeldMore(before)
}

// relinquished counts the contributions that the person gave up.
func (p *pass) relinquished() int {
	count := 0
	for _, c := range p.record.Spec.Contributions {
		if b := p.boundOf(c); b.relinquished && !b.suspended {
			count++
		}
	}
	return count
}
