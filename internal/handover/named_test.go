package handover

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Whom a grant names is listed also where it gives them nothing, with why.
func TestNamedBy(t *testing.T) {
	at := func(d time.Duration) *metav1.Time { return &metav1.Time{Time: now.Add(d)} }
	missing := func(w *world) {
		w.SetIssues = []Issue{{Subject: "PermissionSet/s", Reason: v1alpha1.ReasonReferenceNotFound, Message: "there is none", Missing: &Reference{Kind: KindPermissionSet, Name: "s"}}}
	}
	for name, c := range map[string]struct {
		w      *world
		excess *Excess
		want   string
	}{
		"given":     {someone(ann), nil, ""},
		"to begin":  {someone(ann).with(func(w *world) { w.Grant.Spec.NotBefore = at(time.Hour) }), nil, "Scheduled: the grant begins at"},
		"over":      {someone(ann).with(func(w *world) { w.Grant.Spec.ExpiresAt = at(-time.Hour) }), nil, "Expired: the grant ended at"},
		"suspended": {someone(ann).with(func(w *world) { w.Grant.Spec.Suspend = true }), nil, "Suspended: suspend is set"},
		"not reviewed": {someone(ann).with(func(w *world) {
			w.Grant.Spec.ReviewBy, w.Grant.Spec.OnMissedReview = at(-time.Hour), v1alpha1.MissedReviewWithdraw
		}), nil, "ReviewMissed: nobody reviewed the grant by"},
		"reviewed late, and only warned of": {someone(ann).with(func(w *world) { w.Grant.Spec.ReviewBy = at(-time.Hour) }), nil, ""},
		"refused by a rule": {someone(ann).from("other", v1alpha1.GrantRule{Name: "r", Permissions: v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{"AccountManagement"}}}), nil,
			`RefusedByRule: rule "r" of HostingBackend ns/b`},
		"a missing set": {someone(ann).with(missing), nil, "ReferenceNotFound: PermissionSet/s: there is none"},
		"too many":      {someone(ann).from("other", v1alpha1.GrantRule{Name: "r", MaxPeople: 1}), &Excess{Demand: Demand{Rule: 0, Most: 1}, People: 2}, `TooManyPeople: rule "r" of HostingBackend ns/b has maxPeople`},
	} {
		list := NamedBy(c.w.Inputs, c.excess)
		if len(list) != 1 || list[0].Address != ann || list[0].Held || len(list[0].Contribution.Overall) != 1 {
			t.Errorf("%s: %+v", name, list)
			continue
		}
		got := strings.TrimSuffix(fmt.Sprint(list[0].Reason, ": ", list[0].Message), ": ")
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	held := NamedBy(someone(ann, bob).holds(ann).Inputs, nil)
	if len(held) != 2 || !held[0].Held || held[1].Held {
		t.Errorf("%+v", held)
	}
	if list := NamedBy(someone(ann).with(func(w *world) { w.Backend = nil }).Inputs, nil); list != nil {
		t.Errorf("without a backend: %+v", list)
	}
}
