package handover

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

func TestStatus(t *testing.T) {
	echo := func(state v1alpha1.ContributionState, reason string) func(*world) {
		return func(w *world) {
			w.Records[0].Status.Contributions[0].State, w.Records[0].Status.Contributions[0].Reason = state, reason
		}
	}
	invited := func(reason string) func(*world) {
		return func(w *world) {
			w.Records[0].Status.Person = v1alpha1.PersonInvited
			w.Records[0].Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionActive, Status: metav1.ConditionFalse, Reason: reason}}
		}
	}
	set := func(name string, spec v1alpha1.PermissionSetSpec) func(*world) {
		return func(w *world) {
			w.Sets = append(w.Sets, v1alpha1.PermissionSet{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: spec})
		}
	}
	role := v1alpha1.PermissionSetSpec{PerAccount: []v1alpha1.AccountPermission{"Sites"}, PerServer: []v1alpha1.ServerPermission{"SSHUsers"}}
	accounts := func(permissions ...v1alpha1.AccountPermission) func(*world) {
		return func(w *world) {
			w.Grant.Spec.Accounts = append(w.Grant.Spec.Accounts, v1alpha1.AccountPermissions{Names: []v1alpha1.PlaceName{"shop"}, Permissions: permissions})
		}
	}
	at := func(date **metav1.Time, after time.Duration) { *date = &metav1.Time{Time: now.Add(after)} }
	begins := func(w *world) { at(&w.Grant.Spec.NotBefore, time.Hour) }
	ended := func(w *world) { at(&w.Grant.Spec.ExpiresAt, -time.Hour) }
	missed := func(w *world) {
		at(&w.Grant.Spec.ReviewBy, -time.Hour)
		w.Grant.Spec.OnMissedReview = v1alpha1.MissedReviewWithdraw
	}
	active := func(w *world) { w.Records[0].Status.Person = v1alpha1.PersonActive }
	locked := func(w *world) { w.Records[0].Status.TwoFactor = v1alpha1.TwoFactorMissing }
	for what, c := range map[string]struct {
		w *world
		// ready as status/reason, with how it goes on; others are the other conditions; issues by subject.
		ready, others, issues string
		counts                v1alpha1.SubjectCounts
	}{
		"somebody new":              {someone(ann), "False/Progressing Reconciling", "AllActive", "", v1alpha1.SubjectCounts{Total: 1}},
		"nobody":                    {someone(), "True/AsDeclared", "AllActive", "", v1alpha1.SubjectCounts{}},
		"live":                      {someone(ann).holds(ann).with(active), "True/AsDeclared", "AllActive", "", v1alpha1.SubjectCounts{Total: 1, Effective: 1}},
		"live as it was before":     {someone(ann).holds(ann, func(c *v1alpha1.Contribution) { c.Digest = "old" }), "False/Progressing Reconciling", "AllActive", "", v1alpha1.SubjectCounts{Total: 1}},
		"on its way":                {someone(ann).holds(ann).with(echo(v1alpha1.ContributionPending, "Settling")), "False/Settling Reconciling", "AllActive", "", v1alpha1.SubjectCounts{Total: 1}},
		"the table is not believed": {someone(ann).holds(ann).with(echo(v1alpha1.ContributionPending, v1alpha1.ReasonTableImplausible)), "Unknown/TableImplausible Reconciling", "AllActive", "", v1alpha1.SubjectCounts{Total: 1}},
		"the provider is down":      {someone(ann).holds(ann).with(echo(v1alpha1.ContributionPending, v1alpha1.ReasonProviderUnavailable)), "Unknown/ProviderUnavailable Reconciling", "AllActive", "", v1alpha1.SubjectCounts{Total: 1}},
		"failed":                    {someone(ann).holds(ann).with(echo(v1alpha1.ContributionFailed, "PlaceUnknown")), "False/PlaceUnknown Stalled", "AllActive", "AccessRecord", v1alpha1.SubjectCounts{Total: 1, Failed: 1}},
		"given up":                  {someone(ann).holds(ann).with(echo(v1alpha1.ContributionRelinquished, "Relinquished")), "False/Relinquished Stalled", "AllActive", "AccessRecord", v1alpha1.SubjectCounts{Total: 1, Failed: 1}},
		"withheld":                  {someone(ann).holds(ann).with(echo(v1alpha1.ContributionWithheld, "")), "True/AsDeclared", "AllActive", "", v1alpha1.SubjectCounts{Total: 1, Withheld: 1}},
		"invited":                   {someone(ann).holds(ann).with(invited(v1alpha1.ReasonInvited)), "True/AsDeclared", "AllActive", "", v1alpha1.SubjectCounts{Total: 1, Effective: 1, Invited: 1}},
		"invited in vain":           {someone(ann).holds(ann).with(invited(v1alpha1.ReasonInvitationUnanswered)), "True/AsDeclared", "AllActive", "AccessRecord", v1alpha1.SubjectCounts{Total: 1, Effective: 1, Invited: 1}},
		"without second factor":     {someone(ann).holds(ann).with(active).with(locked), "True/AsDeclared", "AllActive TwoFactorMissing", "", v1alpha1.SubjectCounts{Total: 1, Effective: 1, WithoutTwoFactor: 1}},
		"no backend":                {someone(ann).holds(ann).with(func(w *world) { w.Backend = nil }), "False/BackendNotFound Reconciling", "AllActive", "", v1alpha1.SubjectCounts{}},
		"not begun":                 {someone(ann).with(begins), "True/Scheduled", "AllActive", "", v1alpha1.SubjectCounts{}},
		"ended, and still there":    {someone(ann).with(ended).holds(ann), "False/Progressing Reconciling", "AllActive", "", v1alpha1.SubjectCounts{Total: 1}},
		"ended":                     {someone(ann).with(ended), "True/Expired", "AllActive", "", v1alpha1.SubjectCounts{}},
		"not looked at":             {someone(ann).with(missed), "True/ReviewMissed", "AllActive ReviewOverdue", "", v1alpha1.SubjectCounts{}},
		"ends tomorrow":             {someone(ann).with(func(w *world) { at(&w.Grant.Spec.ExpiresAt, 24*time.Hour) }).holds(ann).with(active), "True/AsDeclared", "AllActive ExpiringSoon", "", v1alpha1.SubjectCounts{Total: 1, Effective: 1}},
		"missing, and lost":         {someone().holds(ann, by("Team/t")).lacks(KindTeam, "t"), "False/ReferenceLost Reconciling", "AllActive", "Team/t", v1alpha1.SubjectCounts{}},
		"missing":                   {someone().lacks(KindTeam, "t"), "False/ReferenceNotFound Reconciling", "AllActive", "Team/t", v1alpha1.SubjectCounts{}},
		"refused":                   {someone(ann).from("x", v1alpha1.GrantRule{Permissions: v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{}}}), "False/RefusedByRule Stalled", "AllActive", "backendRef", v1alpha1.SubjectCounts{}},
		"refused, and missing": {someone(ann).lacks(KindTeam, "t").from("x", v1alpha1.GrantRule{Permissions: v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{}}}), "False/ReferenceNotFound Stalled", "AllActive",
			"Team/t backendRef", v1alpha1.SubjectCounts{}},
		"a set for nothing":           {someone(ann).with(set("s", role)).holds(ann).with(active), "False/NothingGiven Stalled", "AllActive", "PermissionSet/s", v1alpha1.SubjectCounts{Total: 1, Effective: 1}},
		"a part of a set":             {someone(ann).with(set("s", role)).with(accounts()).holds(ann).with(active), "True/AsDeclared", "AllActive", "PermissionSet/s", v1alpha1.SubjectCounts{Total: 1, Effective: 1}},
		"an item for nothing":         {someone(ann).with(accounts("FTP")).with(accounts()).holds(ann).with(active), "False/NothingGiven Stalled", "AllActive", "spec.accounts[1]", v1alpha1.SubjectCounts{Total: 1, Effective: 1}},
		"an item, after it has ended": {someone(ann).with(ended).with(accounts()), "True/Expired", "AllActive", "", v1alpha1.SubjectCounts{}},
	} {
		in := c.w.Inputs
		report := Status(in, Decide(in, Compute(in), nil))
		got, others, subjects := read(report.Status)
		if got != c.ready || others != c.others || subjects != c.issues {
			t.Errorf("%s: %s, %s, issues %q (%+v)", what, got, others, subjects, report.Outcome)
		}
		if diff := cmp.Diff(&c.counts, report.Status.Subjects); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

// A message is never longer than the API server takes: then no status could be written.
func TestIssuesAreShort(t *testing.T) {
	w := someone(ann).from("x", v1alpha1.GrantRule{Permissions: v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{}}})
	for range 3 {
		w.Backend.Spec.GrantRules = append(w.Backend.Spec.GrantRules, w.Backend.Spec.GrantRules[0])
	}
	for i := range w.Backend.Spec.GrantRules {
		w.Backend.Spec.GrantRules[i].Name = strings.Repeat("r", 63)
	}
	w.Backend.Namespace, w.Backend.Name = strings.Repeat("n", 63), strings.Repeat("b", 63)
	refused := Status(w.Inputs, Decide(w.Inputs, Compute(w.Inputs), nil)).Status.Issues[0]
	if refused.Reason != v1alpha1.ReasonRefusedByRule || len(refused.Message) > 512 {
		t.Errorf("%d bytes: %s", len(refused.Message), refused.Message)
	}
}

// read is a status in short: Ready and how it goes on, the other conditions, and the subjects of issues.
func read(s v1alpha1.PermissionGrantStatus) (ready, others, issues string) {
	var rest, subjects []string
	progress := ""
	for _, c := range s.Conditions {
		switch c.Type {
		case v1alpha1.ConditionReady:
			ready = fmt.Sprintf("%s/%s", c.Status, c.Reason)
		case v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled:
			progress = " " + c.Type
		default:
			rest = append(rest, c.Type)
		}
	}
	for _, i := range s.Issues {
		subject, _, _ := strings.Cut(i.Subject, "/b-")
		subjects = append(subjects, subject)
	}
	return ready + progress, strings.Join(rest, " "), strings.Join(subjects, " ")
}

// A suspended grant counts those who hold something of it, and tells of no date; what else it told stands.
func TestSuspended(t *testing.T) {
	w := someone(ann).holds(ann).holds(bob).with(func(w *world) {
		w.Records[0].Status.Person, w.Records[1].Status.Person = v1alpha1.PersonActive, v1alpha1.PersonInvited
		w.Grant.Spec.Suspend = true
		w.Grant.Spec.ExpiresAt = &metav1.Time{Time: now.Add(time.Hour)}
		w.Grant.Status = v1alpha1.PermissionGrantStatus{Subjects: &v1alpha1.SubjectCounts{Total: 3}, Issues: []v1alpha1.GrantIssue{{Subject: "x"}},
			LostReferences: []v1alpha1.LostReference{{Kind: KindTeam, Name: "t", Since: now}}}
	})
	report := Status(w.Inputs, Decide(w.Inputs, Compute(w.Inputs), nil))
	want := w.Grant.Status
	want.ObservedGeneration, want.Conditions = 1, report.Status.Conditions
	want.Subjects = &v1alpha1.SubjectCounts{Total: 2, Effective: 2, Invited: 1}
	if diff := cmp.Diff(want, report.Status); diff != "" || report.Outcome.After != 0 || len(report.Events) > 0 {
		t.Error(diff, report)
	}
	if ready, others, _ := read(report.Status); ready != "False/Suspended Stalled" || others != "AllActive" {
		t.Error(report.Status.Conditions)
	}
	if active := meta.FindStatusCondition(report.Status.Conditions, v1alpha1.ConditionAllActive); active.Reason != v1alpha1.ReasonInvited {
		t.Error(active)
	}
}

// Where it is only observed, a grant names at most three who differ, and then how many more; people who
// have no profile are counted whether they differ or not.
func TestAnObservedGrantNamesWhoDiffers(t *testing.T) {
	addresses := []string{ann, bob, "cal@acme.example", "dan@acme.example", "eve@acme.example"}
	w := someone(addresses...)
	for i, address := range addresses {
		w.holds(address).Records[i].Status.Person = v1alpha1.PersonInvited
		if echo := &w.Records[i].Status.Contributions[0]; i > 0 {
			echo.State, echo.Reason, echo.Message = v1alpha1.ContributionFailed, v1alpha1.ReasonObserveOnly, "to add: Billing"
		}
	}
	report := Status(w.Inputs, Decide(w.Inputs, Compute(w.Inputs), nil))
	if ready, _, _ := read(report.Status); ready != "False/ObserveOnly Stalled" {
		t.Error(ready)
	}
	var names []string
	for _, record := range w.Records[1:4] {
		names = append(names, "AccessRecord/"+record.Name+": to add: Billing")
	}
	want := "the HostingBackend's mode is Observe, and 4 of 5 people would change: " + strings.Join(names, "; ") + " and 1 more"
	if report.Outcome.Message != want {
		t.Errorf("got %s, want %s", report.Outcome.Message, want)
	}
	if diff := cmp.Diff(&v1alpha1.SubjectCounts{Total: 5, Effective: 1, Invited: 5, Failed: 4}, report.Status.Subjects); diff != "" {
		t.Error(diff)
	}
}

// A date is told of once, and nothing is written while nothing changes (I9).
func TestDatesAreToldOnce(t *testing.T) {
	w := someone(ann).with(func(w *world) { w.Grant.Spec.ExpiresAt = &metav1.Time{Time: now.Add(time.Hour)} })
	w.Now = metav1.NewTime(now.Add(time.Millisecond))
	first := Status(w.Inputs, Decide(w.Inputs, Compute(w.Inputs), nil))
	if len(first.Events) != 1 || first.Events[0].Reason != v1alpha1.EventExpiringSoon {
		t.Error(first.Events)
	}
	if at := first.Status.Conditions[0].LastTransitionTime; !at.Equal(&now) {
		t.Error("not in whole seconds, as it is stored:", at)
	}
	w.Grant.Status, w.Now = first.Status, metav1.NewTime(now.Add(time.Minute+time.Millisecond))
	second := Status(w.Inputs, Decide(w.Inputs, Compute(w.Inputs), nil))
	if diff := cmp.Diff(first.Status, second.Status); diff != "" || len(second.Events) > 0 {
		t.Error(diff, second.Events)
	}
}

// The same person by several ways is one; the first to give a name or language wins.
func TestReached(t *testing.T) {
	way := func(address, via, name string) Way {
		return Way{Person: Person{Address: address, Via: []string{via}, DisplayName: name}}
	}
	issue := func(subject string) Way { return Way{Issue: &Issue{Subject: subject}} }
	got := Reached([]Way{way(bob, "email", ""), issue("Team/u"), way(ann, "Team/t", "Ann"), way(strings.ToUpper(bob), "Profile/bob", "Bob"), issue("Team/t"), way(bob, "email", "B.")})
	want := People{
		Persons: []Person{{Address: ann, Via: []string{"Team/t"}, DisplayName: "Ann"}, {Address: bob, Via: []string{"Profile/bob", "email"}, DisplayName: "Bob"}},
		Issues:  []Issue{{Subject: "Team/t"}, {Subject: "Team/u"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
