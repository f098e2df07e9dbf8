package plan

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/status"
)

// passing says whether a status only tells that something is on its way, so that it may be put off (I9): it
// changes nothing that is remembered, and takes the place of no Ready=True of the spec as it is.
func (in Inputs) passing(want v1alpha1.AccessRecordStatus, o status.Outcome) bool {
	have := in.Record.Status
	return o.OnItsWay(have.Conditions, in.Record.Generation) && in.Done.failure() == nil && !in.Done.Written && !in.Done.Relinquished &&
		sameMemory(have, want) && (have.ObservedGeneration < 0 || sameRow(have, want))
}

// sameMemory says whether nothing that is remembered changes or goes. What is new, and is persisted with the
// intent of the first write, is no change: since when a namespace names the person, and what a name means.
func sameMemory(have, want v1alpha1.AccessRecordStatus) bool {
	sources := map[string]v1alpha1.SourceNamespace{}
	for _, s := range want.Sources {
		sources[s.Namespace] = s
	}
	for _, s := range have.Sources {
		if !equality.Semantic.DeepEqual(sources[s.Namespace], s) {
			return false
		}
	}
	states := map[types.UID]v1alpha1.ContributionState{}
	for _, echo := range want.Contributions {
		states[echo.UID] = echo.State
	}
	if have.Invitation == nil && want.Invitation != nil && want.Invitation.State == v1alpha1.InvitationNotNeeded {
		want.Invitation = nil // so it is as long as nothing is written
	}
	gone := func(echo v1alpha1.ContributionStatus) bool {
		return states[echo.UID] == "" || echo.State == v1alpha1.ContributionRelinquished
	}
	return !slices.ContainsFunc(have.Contributions, gone) && equality.Semantic.DeepEqual(remembered(have), remembered(want))
}

func sameRow(have, want v1alpha1.AccessRecordStatus) bool {
	return have.RowID == want.RowID && have.Person == want.Person && have.TwoFactor == want.TwoFactor && have.LiveDigest == want.LiveDigest &&
		equality.Semantic.DeepEqual(have.Live, want.Live)
}

// remembered is what of a status is memory, and nothing else.
func remembered(s v1alpha1.AccessRecordStatus) v1alpha1.AccessRecordStatus {
	return v1alpha1.AccessRecordStatus{
		Applied: s.Applied, Owed: s.Owed, WriteIntendedAt: s.WriteIntendedAt, RemovalIntendedAt: s.RemovalIntendedAt,
		Drift: s.Drift, History: s.History, Invitation: s.Invitation,
	}
}
