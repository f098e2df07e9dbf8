package record

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
)

var (
	billing    = hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}
	management = hosting.Right{Scope: hosting.ScopeOverall, Name: "AccountManagement"}
)

// look is a look at somebody for whom a record remembers that it applied Billing and
// AccountManagement, and whose grant gives some of it still. The row is as given, nil for none.
func look(still []v1alpha1.OverallPermission, row *hosting.Row) *pass {
	now := metav1.NewTime(time.Unix(1_800_000_000, 0))
	s := session.NewRegistry(clocktesting.NewFakeClock(now.Time), func(types.NamespacedName, string) {}).For(key)
	c := v1alpha1.Contribution{UID: "u", Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "g"}, Overall: still}
	record := &v1alpha1.AccessRecord{
		Spec: v1alpha1.AccessRecordSpec{Email: "ann@acme.example", Contributions: []v1alpha1.Contribution{c}},
		Status: v1alpha1.AccessRecordStatus{
			RowID: 7, Person: v1alpha1.PersonActive, Live: access.Bundle(hosting.NewRights(billing, management)), Permissions: 2,
			Contributions: []v1alpha1.ContributionStatus{{UID: "u", Digest: "d", State: v1alpha1.ContributionLive}},
		},
	}
	record.Namespace, record.Name = "ns", "acme-x"
	access.Memory{Applied: map[hosting.Right]access.Entry{billing: {}, management: {}}}.Store(&record.Status)
	backend := &v1alpha1.HostingBackend{}
	backend.Spec.Mode = v1alpha1.ModeEnforce
	backend.Spec.RemovalLimit.Percent = 100
	p := &pass{record: record, backend: backend, session: s, snapshot: &session.Snapshot{}, health: session.Health{Configuration: "c"}, now: now, known: true, row: row}
	p.think()
	s.Guard().MarkComplete([]string{record.Name})
	p.think()
	return p
}

// I3, S30: what drifted waits for its grace, but not where the row would go meanwhile and come
// back after it.
func TestARowDoesNotGoForAGrace(t *testing.T) {
	for what, c := range map[string]struct {
		live  []hosting.Right
		later int
		add   int
	}{
		"something stays":     {[]hosting.Right{management, {Scope: hosting.ScopeOverall, Name: "ServerTechnical"}}, 1, 0},
		"nothing else stays":  {[]hosting.Right{management}, 0, 1},
		"nothing is to go":    {[]hosting.Right{{Scope: hosting.ScopeOverall, Name: "ServerTechnical"}}, 1, 0},
		"nothing has drifted": {[]hosting.Right{billing, management}, 0, 0},
	} {
		p := look([]v1alpha1.OverallPermission{"Billing"}, &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(c.live...)})
		p.backend.Spec.DriftGrace = &metav1.Duration{Duration: time.Hour}
		p.think()
		if len(p.plan.Later) != c.later || len(p.plan.Add) != c.add || len(p.plan.Target) == 0 && c.add > 0 {
			t.Errorf("%s: later %v, add %v, target %v", what, p.plan.Later, p.plan.Add, p.plan.Target)
		}
	}
}

// I11: that a list lacks a row is not written down before the row was looked for by itself.
func TestAListForgetsNobody(t *testing.T) {
	p := look([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, nil)
	if !p.wantsProof() {
		t.Error("does not look for the row")
	}
	got := p.status(p.outcome(0))
	if got.RowID != 7 || got.Person != v1alpha1.PersonActive || len(got.Live) == 0 || got.Permissions != 2 {
		t.Errorf("forgets by a list: %+v", got)
	}
	p.fresh = true
	p.think()
	got = p.status(p.outcome(0))
	if got.RowID != 0 || got.Person != v1alpha1.PersonAbsent || len(got.Live) != 0 || got.Contributions[0].State != v1alpha1.ContributionRelinquished {
		t.Errorf("does not see that the person left: %+v", got)
	}
}

// I5: what gathers while nothing may be written is known to the gate, also where the row is not
// known.
func TestTheGateKnowsWhatGathers(t *testing.T) {
	for what, change := range map[string]func(*pass){
		"observed":  func(p *pass) { p.backend.Spec.Mode = v1alpha1.ModeObserve },
		"suspended": func(p *pass) { p.backend.Spec.Suspend = true },
		"unread":    func(p *pass) { p.known, p.row, p.snapshot = false, nil, nil },
	} {
		p := look([]v1alpha1.OverallPermission{"Billing"}, &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(billing, management)})
		p.session.Guard().Remove(p.record.Name)
		change(p)
		p.think()
		if what == "unread" {
			p.backend.Status.Identity = &v1alpha1.Identity{Email: "owner@acme.example", Holder: "ANN@acme.example"}
			if losing := p.losing(); len(losing) != 0 {
				t.Error("the holder of the key is to lose", losing.Sorted())
			}
		}
		p.session.Guard().Evaluate("other", gate.Person{Losses: []gate.Loss{{Namespaces: []string{"ns"}, Since: p.now.Time}}}, gate.Rules{}, p.now.Time)
		if held := p.session.Guard().Batches(); len(held) != 1 || held[0].People != 2 {
			t.Errorf("%s: %v", what, held)
		}
	}
}

// I6, S49: what must not be added to somebody is not added in pieces either, when the provider
// refuses the whole.
func TestPiecesAddNothingThatIsRefused(t *testing.T) {
	p := look([]v1alpha1.OverallPermission{"Billing", "AccountManagement", "ServerTechnical"}, &hosting.Row{ID: 7, ProfileID: 1, Rights: hosting.NewRights(management)})
	p.record.Spec.Contributions[0].RequireTwoFactor = true
	p.record.Spec.Contributions[0].Adopt = true
	p.backend.Spec.ProtectedEmails = []v1alpha1.Email{"Ann@acme.example"}
	p.backend.Spec.DriftGrace = &metav1.Duration{Duration: time.Hour}
	p.think()
	added := hosting.Rights{}
	for _, one := range p.pieces() {
		added = added.Union(one.add)
	}
	if !added.Equal(hosting.NewRights(hosting.Right{Scope: hosting.ScopeOverall, Name: "ServerTechnical"})) {
		t.Error("adds", added.Sorted())
	}
}
