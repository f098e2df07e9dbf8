package record

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// lookAtSuspended is a look at somebody who has Billing by a grant, and is suspended, after others
// of the same namespace were.
func lookAtSuspended(percent int32, others ...string) *pass {
	p := look([]v1alpha1.OverallPermission{"Billing"}, &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(billing)})
	p.backend.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: percent, Minimum: ptr.To(int32(0))}
	for _, name := range others {
		p.session.Guard().Evaluate(name, gate.Person{
			Sources: map[string]gate.Source{"ns": {Present: true}},
			Losses:  []gate.Loss{{Namespaces: []string{"ns"}, Cause: gate.Suspension, Since: p.now.Time}},
		}, rules(p.backend), p.now.Time)
	}
	profile := v1alpha1.Profile{Spec: v1alpha1.ProfileSpec{State: v1alpha1.ProfileSuspended}}
	profile.Namespace = "ns"
	p.bounding = []v1alpha1.Profile{profile}
	p.think()
	return p
}

func rememberedSuspension(p *pass) *metav1.Time {
	p.acting = true
	for _, s := range p.sources() {
		if s.Namespace == "ns" {
			return s.Suspended
		}
	}
	return nil
}

// I5: who goes as one of the few suspensions of an hour is remembered so with the intent, and who
// goes for another reason is not.
func TestWhatTakesAPlaceIsRemembered(t *testing.T) {
	p := lookAtSuspended(1)
	if !p.plan.Remove.Has(billing) {
		t.Fatalf("%+v", p.plan)
	}
	if got := p.sources(); got[0].Suspended != nil {
		t.Error("before anything is done", got)
	}
	if at := rememberedSuspension(p); at == nil || !at.Equal(&p.now) {
		t.Error("with the intent", at)
	}

	full := lookAtSuspended(100, "x", "y", "z")
	if !full.plan.Remove.Has(billing) || !full.weighed.counted["ns"] {
		t.Fatalf("%+v %+v", full.plan, full.weighed)
	}
	if at := rememberedSuspension(full); at != nil {
		t.Error("a removal that was counted takes a place", at)
	}
}

// I5: what is held as a suspension stays so, whatever it came of at first: an hour later it would
// go otherwise.
func TestWhatIsHeldAsASuspension(t *testing.T) {
	p := lookAtSuspended(1, "x", "y", "z")
	p.record.Spec.Contributions, p.record.Status.Contributions = nil, nil
	access.Memory{Owed: map[hosting.Right]access.Debt{
		billing: {Cause: v1alpha1.CauseRemoved, Namespaces: []string{"ns"}, Since: metav1.NewTime(p.now.Add(-time.Minute))},
	}}.Store(&p.record.Status)
	p.think()
	if len(p.plan.Held) != 1 || p.weighed.worst.Answer != gate.Hold {
		t.Fatalf("%+v %+v", p.plan, p.weighed)
	}
	if debt := p.memory.Owed[billing]; debt.Cause != v1alpha1.CauseSuspended || debt.Batch == "" {
		t.Errorf("%+v", debt)
	}
	if p.along(p.attributed().Debts(nil)[0]) {
		t.Error("it goes along with the next few")
	}
}

// A debt may be paid long after its namespace named the person: that counts all the same.
func TestWhoeverIsBlamedIsRemembered(t *testing.T) {
	p := look([]v1alpha1.OverallPermission{"Billing"}, &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(billing, management)})
	access.Memory{
		Applied: map[hosting.Right]access.Entry{billing: {}},
		Owed:    map[hosting.Right]access.Debt{management: {Cause: v1alpha1.CauseRemoved, Namespaces: []string{"gone"}, Since: metav1.NewTime(p.now.Add(-48 * time.Hour))}},
	}.Store(&p.record.Status)
	p.think()
	p.acting = true
	got := p.sources()
	if len(got) != 2 || got[0].Namespace != "gone" || got[0].Removed == nil || got[0].Until == nil {
		t.Errorf("%+v", got)
	}
}
