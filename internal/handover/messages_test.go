package handover

import (
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/testkit/golden"
)

// The table of all messages of a grant, as TestMessages of internal/plan is of a record.
func TestMessages(t *testing.T) {
	table := &golden.Table{}
	for _, c := range messageCases() {
		in := c.w.Inputs
		desired := Compute(in)
		var excess *Excess
		if len(desired.Demands) > 0 && desired.Demands[0].Most == 1 {
			excess = &Excess{desired.Demands[0], 2}
		}
		report := Status(in, Decide(in, desired, excess))
		table.Conditions(c.what, report.Status.Conditions)
		for _, issue := range report.Status.Issues {
			table.Add(c.what, "issue "+issue.Subject+" "+issue.Reason, issue.Message)
		}
		for _, event := range report.Events {
			table.Add(c.what, "event Warning "+event.Reason, event.Message)
		}
	}
	deleted := someone(ann).Grant
	table.Conditions("deleted", Terminating(Deletion{Grant: deleted, Now: now}).Status.Conditions)
	table.Compare(t, "testdata/messages.txt")
}

type messageCase struct {
	what string
	w    *world
}

func messageCases() []messageCase {
	echo := func(state v1alpha1.ContributionState, reason, message string) func(*world) {
		return func(w *world) {
			e := &w.Records[0].Status.Contributions[0]
			e.State, e.Reason, e.Message = state, reason, message
		}
	}
	person := func(state v1alpha1.PersonState, reason, message string) func(*world) {
		return func(w *world) {
			w.Records[0].Status.Person = state
			w.Records[0].Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionActive, Status: metav1.ConditionFalse, Reason: reason, Message: message}}
		}
	}
	active := person(v1alpha1.PersonActive, "", "")
	set := func(spec v1alpha1.PermissionSetSpec) func(*world) {
		return func(w *world) {
			w.Sets = append(w.Sets, v1alpha1.PermissionSet{ObjectMeta: metav1.ObjectMeta{Name: "role"}, Spec: spec})
		}
	}
	role := v1alpha1.PermissionSetSpec{PerAccount: []v1alpha1.AccountPermission{"Sites"}, PerServer: []v1alpha1.ServerPermission{"SSHUsers"}}
	accounts := func(w *world) {
		w.Grant.Spec.Accounts = append(w.Grant.Spec.Accounts, v1alpha1.AccountPermissions{Names: []v1alpha1.PlaceName{"shop"}})
	}
	resend := func(value string) func(*world) {
		return func(w *world) {
			w.Grant.Annotations = map[string]string{v1alpha1.AnnotationResendInvitation: value}
		}
	}
	date := func(of func(*v1alpha1.PermissionGrantSpec) **metav1.Time, after time.Duration) func(*world) {
		return func(w *world) { *of(&w.Grant.Spec) = &metav1.Time{Time: now.Add(after)} }
	}
	withheld := func(w *world) {
		for i := range w.Records {
			w.Records[i].Status.Contributions[0].State = v1alpha1.ContributionWithheld
		}
	}
	begin := func(s *v1alpha1.PermissionGrantSpec) **metav1.Time { return &s.NotBefore }
	end := func(s *v1alpha1.PermissionGrantSpec) **metav1.Time { return &s.ExpiresAt }
	review := func(s *v1alpha1.PermissionGrantSpec) **metav1.Time { return &s.ReviewBy }
	withdraws := func(w *world) { w.Grant.Spec.OnMissedReview = v1alpha1.MissedReviewWithdraw }
	nothing := v1alpha1.GrantRule{Name: "agency", Permissions: v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{}}}
	list := []messageCase{
		{"all is well", someone(ann).holds(ann).with(active)},
		{"somebody new", someone(ann, bob).holds(ann).with(active)},
		{"nobody", someone()},
		{"suspended", someone(ann).holds(ann).with(active).with(func(w *world) { w.Grant.Spec.Suspend = true })},
		{"no backend", someone(ann).holds(ann).with(func(w *world) { w.Backend = nil })},
		{"the record waits", someone(ann).holds(ann).with(echo(v1alpha1.ContributionPending, v1alpha1.ReasonRemovalSettling, "(as the record says)"))},
		{"the provider is down", someone(ann).holds(ann).with(echo(v1alpha1.ContributionPending, v1alpha1.ReasonProviderUnavailable, "(as the record says)"))},
		{"the record failed", someone(ann).holds(ann).with(echo(v1alpha1.ContributionFailed, v1alpha1.ReasonPlaceUnknown, "(as the record says)"))},
		{"observed", someone(ann).holds(ann).with(echo(v1alpha1.ContributionFailed, v1alpha1.ReasonObserveOnly, "to add: Billing"))},
		{"the Profile withholds it", someone(ann).holds(ann).with(echo(v1alpha1.ContributionWithheld, v1alpha1.ReasonPersonSuspended, ""))},
		{"Profiles withhold it", someone(ann, bob).holds(ann).holds(bob).with(withheld)},
		{"two issues", someone(ann).lacks(KindTeam, "web").lacks(KindPermissionSet, "role")},
		{"it gives nothing, to somebody without a row", someone(ann).with(func(w *world) { w.Grant.Spec.Overall = nil }).holds(ann)},
		{"no row", someone(ann).holds(ann)},
		{"invited", someone(ann, bob).holds(ann).holds(bob).with(person(v1alpha1.PersonInvited, v1alpha1.ReasonInvited, ""))},
		{"no answer", someone(ann, bob).holds(ann).holds(bob).with(person(v1alpha1.PersonInvited, v1alpha1.ReasonInvitationUnanswered, "(as the record says)"))},
		{"no second factor", someone(ann, bob).holds(ann).holds(bob).with(active).with(func(w *world) { w.Records[0].Status.TwoFactor = v1alpha1.TwoFactorMissing })},
		{"not begun", someone(ann).with(date(begin, time.Hour))},
		{"ends tomorrow", someone(ann).with(date(end, 24*time.Hour)).holds(ann).with(active)},
		{"is to be reviewed, and ends", someone(ann).with(withdraws).with(date(review, 24*time.Hour)).holds(ann).with(active)},
		{"ended", someone(ann).with(date(end, -time.Hour))},
		{"not reviewed", someone(ann).with(date(review, -time.Hour)).holds(ann).with(active)},
		{"not reviewed, and over", someone(ann).with(withdraws).with(date(review, -time.Hour))},
		{"a Team is gone", someone().holds(ann, by("Team/web")).lacks(KindTeam, "web")},
		{"a Team is gone for an hour", someone().holds(ann, by("Team/web")).lacks(KindTeam, "web", 2*time.Hour)},
		{"a Team and a set are gone", someone().holds(ann, by("Team/web")).lacks(KindTeam, "web").lacks(KindPermissionSet, "role")},
		{"a rule refuses", someone(ann).from("agency", nothing)},
		{"no rule", someone(ann).from("agency", nothing).with(func(w *world) { w.Backend.Spec.GrantRules[0].Namespaces.From = v1alpha1.NamespacesSame })},
		{"four rules refuse", someone(ann).from("agency", nothing).with(func(w *world) {
			w.Backend.Spec.GrantRules = slices.Repeat(w.Backend.Spec.GrantRules, 4)
		})},
		{"a rule demands a second factor", someone(ann).from("agency", v1alpha1.GrantRule{Name: "agency", RequireTwoFactor: true})},
		{"other domains", someone(ann).from("agency", v1alpha1.GrantRule{Name: "agency"}).with(func(w *world) { w.Backend.Spec.GrantRules[0].EmailDomains = []v1alpha1.DomainName{"agency.example"} })},
		{"too many people", someone(ann, bob).from("agency", v1alpha1.GrantRule{Name: "agency", MaxPeople: 1})},
		{"a set for nothing", someone(ann).with(set(role)).holds(ann).with(active)},
		{"a part of a set", someone(ann).with(set(role)).with(accounts).holds(ann).with(active)},
		{"an item for nothing", someone(ann).with(accounts).holds(ann).with(active)},
		{"an annotation that cannot be read", someone(ann).with(resend("a b=c=")).holds(ann).with(active)},
		{"an annotation that names strangers", someone(ann).with(resend("now=b-0")).holds(ann).with(active)},
	}
	return append(list, roomCases()...)
}

// ends is a grant under a rule with maxDuration, that ends after a time; 0 for never.
func ends(after time.Duration, policy v1alpha1.DeletionPolicy) *world {
	w := someone(ann).with(func(w *world) {
		w.Grant.CreationTimestamp, w.Grant.Spec.DeletionPolicy = now, policy
		if after > 0 {
			w.Grant.Spec.ExpiresAt = &metav1.Time{Time: now.Add(after)}
		}
	})
	return w.from("agency", v1alpha1.GrantRule{Name: "agency", MaxDuration: &metav1.Duration{Duration: 90 * 24 * time.Hour}})
}

// named is somebody whom so many grants of a namespace name already, for a grant of the namespace agency.
func named(namespace string, times int) *world {
	var list []v1alpha1.Contribution
	for i := range times {
		list = append(list, v1alpha1.Contribution{UID: types.UID(fmt.Sprint(namespace, i)), Grant: v1alpha1.GrantReference{Namespace: namespace}})
	}
	return someone(ann).from("agency", v1alpha1.GrantRule{Name: "agency"}).record(ann, list...)
}

func roomCases() []messageCase {
	large := someone(ann)
	for i := range 600 {
		large.Grant.Spec.Accounts = append(large.Grant.Spec.Accounts, on([]v1alpha1.AccountPermission{"Sites"}, v1alpha1.PlaceName(fmt.Sprintf("account-%d", i))))
	}
	return []messageCase{
		{"no end", ends(0, v1alpha1.DeletionRevoke)},
		{"a late end", ends(1000*24*time.Hour, v1alpha1.DeletionRevoke)},
		{"an end that retains", ends(time.Hour, v1alpha1.DeletionRetain)},
		{"too large", large},
		{"a full record", named("ns", recordCapacity)},
		{"a namespace that has all its room", named("agency", namespaceCapacity)},
		{"other namespaces that have all their room", named("other", recordCapacity-namespaceCapacity)},
	}
}
