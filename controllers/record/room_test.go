package record

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// named has each of some grants name 300 accounts of its own, next to what look gives.
func named(p *pass, grants int) {
	p.snapshot.Places = access.Places{}
	for g := range grants {
		one := v1alpha1.AccountPermissions{Permissions: []v1alpha1.AccountPermission{"Sites"}}
		for i := range 300 {
			name := fmt.Sprintf("g%d-%d", g, i)
			one.Names = append(one.Names, v1alpha1.PlaceName(name))
			p.snapshot.Places[access.PlaceKey{Scope: hosting.ScopeAccount, Name: name}] = int64(1000*g + i + 1)
		}
		p.record.Spec.Contributions = append(p.record.Spec.Contributions, v1alpha1.Contribution{
			UID: types.UID(fmt.Sprint("g", g)), Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "g"}, Accounts: []v1alpha1.AccountPermissions{one},
		})
	}
}

// I10: a grant that there is no room for fails by itself, and the record goes on.
func TestWhatThereIsNoRoomFor(t *testing.T) {
	p := look([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(billing, management)})
	p.health.Verified, p.backend.Spec.Interval = p.now.Time, metav1.Duration{Duration: time.Minute}
	named(p, 8)
	p.record.Spec.Contributions[8].Resend = "again"
	p.record.Status.Contributions = append(p.record.Status.Contributions, v1alpha1.ContributionStatus{UID: "g7", Digest: "d", State: v1alpha1.ContributionFailed, Reason: v1alpha1.ReasonRecordFull})
	p.think()
	if len(p.full) != 2 || !p.full["g6"] || !p.full["g7"] || len(p.plan.Add) != 1800 {
		t.Fatalf("refuses %v, adds %d", p.full, len(p.plan.Add))
	}
	if asking := p.asking(); len(asking) > 0 {
		t.Error("has somebody mailed for what is not given")
	}
	got := p.status(p.outcome(0))
	for _, echo := range got.Contributions {
		want := v1alpha1.ContributionPending
		switch echo.UID {
		case "u":
			want = v1alpha1.ContributionLive
		case "g6", "g7":
			want = v1alpha1.ContributionFailed
		}
		if echo.State != want || want == v1alpha1.ContributionFailed && echo.Reason != v1alpha1.ReasonRecordFull {
			t.Errorf("%s: %s %s", echo.UID, echo.State, echo.Reason)
		}
	}
	if len(got.Pins) != 1800 {
		t.Error(len(got.Pins), "names are pinned")
	}
	p.record.Status, p.row.Rights = got, p.row.Rights.Union(p.plan.Add)
	given := access.Memory{Applied: map[hosting.Right]access.Entry{}}
	for right := range p.row.Rights {
		given.Applied[right] = access.Entry{Namespaces: []string{"ns"}}
	}
	given.Store(&p.record.Status)
	p.think()
	if o := p.outcome(0); o.Ready != metav1.ConditionTrue || p.nextRoom() > 0 {
		t.Error("fails the record, or looks for room where none was made:", o.Reason, o.Message)
	}
	p.record.Spec.Contributions = append(p.record.Spec.Contributions[:1:1], p.record.Spec.Contributions[2:]...)
	p.think()
	if len(p.full) != 1 || !p.full["g7"] || len(p.plan.Remove) != 300 || len(p.plan.Add) != 300 {
		t.Errorf("once one left: refuses %v, takes away %d, gives %d", p.full, len(p.plan.Remove), len(p.plan.Add))
	}
}

// Where more is undeclared than goes at once, a row is not as declared once a part of it is gone.
func TestUndeclaredGoesOn(t *testing.T) {
	p := look([]v1alpha1.OverallPermission{"Billing"}, &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(billing)})
	p.backend.Spec.Authority = v1alpha1.AuthorityAuthoritative
	p.think()
	p.memory.Owed = map[hosting.Right]access.Debt{}
	if o := p.outcome(0); o.Reason != v1alpha1.ReasonAsDeclared {
		t.Fatal(o.Reason, o.Message)
	}
	p.row.Rights.Add(hosting.Right{Scope: hosting.ScopeOverall, Name: "ServerTechnical"})
	if o := p.outcome(0); !o.Reconciling || o.After != time.Second {
		t.Errorf("%+v", o)
	}
}
