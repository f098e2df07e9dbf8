package overview

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

var now = time.Unix(1_800_000_000, 0)

func in(d time.Duration) *metav1.Time { return ptr.To(metav1.NewTime(now.Add(d))) }

func metaOf(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: "hosting", Name: name}
}

// condition of a type, with a reason of which the message is made.
func condition(kind string, status metav1.ConditionStatus, reason string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: reason + " of ann@a.example"}
}

var (
	ready     = []metav1.Condition{condition(v1alpha1.ConditionReady, metav1.ConditionTrue, "AsDeclared")}
	onItsWay  = []metav1.Condition{condition(v1alpha1.ConditionReady, metav1.ConditionFalse, "Progressing"), condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, "Progressing")}
	unknown   = []metav1.Condition{condition(v1alpha1.ConditionReady, metav1.ConditionUnknown, "ProviderUnavailable"), condition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, "ProviderUnavailable")}
	stalled   = []metav1.Condition{condition(v1alpha1.ConditionReady, metav1.ConditionFalse, "RefusedByRule"), condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, "RefusedByRule")}
	unfounded = []metav1.Condition{condition(v1alpha1.ConditionReady, metav1.ConditionFalse, "NothingGiven")}
)

func grant(name string, conditions []metav1.Condition, change func(*v1alpha1.PermissionGrantSpec)) v1alpha1.PermissionGrant {
	g := v1alpha1.PermissionGrant{ObjectMeta: metaOf(name)}
	g.Spec.BackendRef.Name = "owner"
	g.Status.Conditions = conditions
	if change != nil {
		change(&g.Spec)
	}
	return g
}

func record(name string, change func(*v1alpha1.AccessRecord)) v1alpha1.AccessRecord {
	r := v1alpha1.AccessRecord{ObjectMeta: metaOf("owner-" + name + strings.Repeat("0", 12))}
	r.Spec.BackendRef.Name, r.Spec.Email = "owner", v1alpha1.Email(name+"@a.example")
	r.Spec.Contributions = []v1alpha1.Contribution{{Via: []string{"email"}}}
	change(&r)
	return r
}

// invited is a record whose invitation has a state.
func invited(name string, state v1alpha1.InvitationState) v1alpha1.AccessRecord {
	return record(name, func(r *v1alpha1.AccessRecord) { r.Status.Invitation = &v1alpha1.InvitationStatus{State: state} })
}

func pending(name, blockedBy string) v1alpha1.AccessRecord {
	return record(name, func(r *v1alpha1.AccessRecord) { r.Status.Pending = &v1alpha1.PendingChange{BlockedBy: blockedBy} })
}

// scene is a namespace in which everything occurs.
func everything() Inputs {
	backend := v1alpha1.HostingBackend{ObjectMeta: metaOf("owner")}
	backend.Spec = v1alpha1.HostingBackendSpec{Mode: v1alpha1.ModeEnforce, Authority: v1alpha1.AuthorityAdditive, RateLimit: v1alpha1.RateLimit{WritesPerMinute: 50}}
	backend.Status = v1alpha1.HostingBackendStatus{
		Conditions: ready, TableChangedAt: in(-time.Hour), Counts: &v1alpha1.BackendCounts{Managed: 5, Undeclared: 2, Invited: 1},
		HeldRemovals: []v1alpha1.HeldRemoval{{Digest: "d2", Namespace: "agency", People: 12, Since: *in(-time.Minute), More: 12}, {Digest: "d1", Namespace: "agency", People: 3, Since: *in(-time.Hour), Released: true, More: 3}},
	}
	ended := func(name string, at *metav1.Time) v1alpha1.Profile {
		return v1alpha1.Profile{ObjectMeta: metaOf(name), Spec: v1alpha1.ProfileSpec{ExpiresAt: at}, Status: v1alpha1.ProfileStatus{Conditions: ready}}
	}
	bob := ended("bob", nil)
	bob.Status.Conditions = append(bob.Status.Conditions, condition(v1alpha1.ConditionResidualAccess, metav1.ConditionTrue, "PersonSuspended"))
	ann := invited("ann", v1alpha1.InvitationRefused)
	ann.Spec.Contributions[0].Via = []string{"Team/t/Profile/ann"}
	ann.Status.Invitation.Message = "550 no mailbox ann@a.example"
	olga := invited("olga", v1alpha1.InvitationUnknown)
	olga.Spec.Contributions = nil
	return Inputs{
		Now: now, Within: 7 * 24 * time.Hour,
		Backends: []v1alpha1.HostingBackend{{ObjectMeta: metaOf("zoo")}, backend},
		Grants: []v1alpha1.PermissionGrant{
			grant("fine", ready, nil), grant("coming", onItsWay, nil), grant("down", unknown, nil), grant("new", nil, nil),
			grant("refused", stalled, nil), grant("over", unfounded, func(s *v1alpha1.PermissionGrantSpec) { s.ExpiresAt, s.ReviewBy = in(-time.Hour), in(-time.Hour) }),
			grant("ends-later", ready, func(s *v1alpha1.PermissionGrantSpec) { s.ExpiresAt = in(7*24*time.Hour + time.Second) }),
			grant("ends", ready, func(s *v1alpha1.PermissionGrantSpec) { s.ExpiresAt = in(7 * 24 * time.Hour) }),
			grant("review", ready, func(s *v1alpha1.PermissionGrantSpec) { s.ReviewBy = in(time.Hour) }),
			grant("overdue", ready, func(s *v1alpha1.PermissionGrantSpec) {
				s.ReviewBy, s.OnMissedReview = in(-time.Hour), v1alpha1.MissedReviewWithdraw
			}),
			grant("review-later", ready, func(s *v1alpha1.PermissionGrantSpec) { s.ReviewBy = in(8 * 24 * time.Hour) }),
		},
		Profiles:        []v1alpha1.Profile{bob, ended("cyd", in(time.Hour))},
		Teams:           []v1alpha1.Team{{ObjectMeta: metaOf("t"), Status: v1alpha1.TeamStatus{Conditions: stalled}}},
		Approvals:       []v1alpha1.RemovalApproval{{ObjectMeta: metaOf("a"), Status: v1alpha1.RemovalApprovalStatus{Conditions: stalled}}},
		Relinquishments: []v1alpha1.Relinquishment{{ObjectMeta: metaOf("r"), Status: v1alpha1.RelinquishmentStatus{Conditions: ready}}},
		Records: []v1alpha1.AccessRecord{
			ann, olga, invited("sent", v1alpha1.InvitationSent), invited("eve", v1alpha1.InvitationUnanswered), pending("p", ""), pending("q", "RemovalLimit"), pending("s", "RemovalLimit"),
		},
	}
}

func TestOf(t *testing.T) {
	want := Overview{
		Backends: []Backend{
			{
				Namespace: "hosting", Name: "owner", Mode: v1alpha1.ModeEnforce, Authority: v1alpha1.AuthorityAdditive, Ready: metav1.ConditionTrue, Reason: "AsDeclared", TableChangedAt: in(-time.Hour),
				People: &v1alpha1.BackendCounts{Managed: 5, Undeclared: 2, Invited: 1}, Grants: Grants{Total: 11, Ready: 6, Failing: 2},
				WritesPerMinute: 50, Waiting: map[string]int{"Progressing": 1, "RemovalLimit": 2},
			},
			{Namespace: "hosting", Name: "zoo", Ready: metav1.ConditionUnknown, Waiting: map[string]int{}},
		},
		Held: []Batch{
			{Namespace: "hosting", Backend: "owner", Digest: "d1", Cause: "agency", People: 3, Since: *in(-time.Hour), Released: true},
			{Namespace: "hosting", Backend: "owner", Digest: "d2", Cause: "agency", People: 12, Since: *in(-time.Minute)},
		},
		Failing: []Failure{
			{"PermissionGrant hosting/over", "NothingGiven", "NothingGiven of [address]"}, {"PermissionGrant hosting/refused", "RefusedByRule", "RefusedByRule of [address]"},
			{"RemovalApproval hosting/a", "RefusedByRule", "RefusedByRule of [address]"}, {"Team hosting/t", "RefusedByRule", "RefusedByRule of [address]"},
		},
		Expiring: []Date{{"Profile hosting/cyd", *in(time.Hour)}, {"PermissionGrant hosting/ends", *in(7 * 24 * time.Hour)}},
		Reviews: []Review{
			{"PermissionGrant hosting/overdue", *in(-time.Hour), true, v1alpha1.MissedReviewWithdraw}, {"PermissionGrant hosting/review", *in(time.Hour), false, v1alpha1.MissedReviewWarn},
		},
		Invitations: []Invitation{
			{Namespace: "hosting", Backend: "owner", Person: "Profile/ann", Record: "owner-ann000000000000", State: v1alpha1.InvitationRefused, Message: "550 no mailbox [address]"},
			{Namespace: "hosting", Backend: "owner", Person: "person 000000000000", Record: "owner-eve000000000000", State: v1alpha1.InvitationUnanswered},
		},
		Residual: []Failure{{"Profile hosting/bob", "PersonSuspended", "PersonSuspended of [address]"}},
	}
	got := Of(everything())
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.Quiet() || got.Backends[0].WaitingPeople() != 3 {
		t.Error(got.Quiet(), got.Backends[0].WaitingPeople())
	}
}

// Addresses are told where they are asked for, and then in messages, too.
func TestAddresses(t *testing.T) {
	s := everything()
	s.Addresses = true
	got := Of(s)
	if got.Invitations[0].Person != "ann@a.example" || !strings.Contains(got.Invitations[0].Message, "ann@a.example") || got.Failing[0].Message != "NothingGiven of ann@a.example" {
		t.Errorf("%+v %+v", got.Invitations, got.Failing)
	}
	if !Of(Inputs{Backends: []v1alpha1.HostingBackend{{ObjectMeta: metaOf("zoo")}}}).Quiet() {
		t.Error("a backend of which nothing is said needs somebody")
	}
}
