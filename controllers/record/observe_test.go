package record

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// empty is a provider without anything.
type empty struct{ hosting.Writer }

func (empty) Identity(context.Context) (hosting.Identity, error) {
	return hosting.Identity{Email: "owner@acme.example"}, nil
}
func (empty) Accounts(context.Context) ([]hosting.Place, error) { return nil, nil }
func (empty) Servers(context.Context) ([]hosting.Place, error)  { return nil, nil }
func (empty) Table(context.Context) ([]hosting.Row, error)      { return nil, nil }

// reconciler has a connection whose table, an empty one, was read.
func reconciler(t *testing.T) (*Reconciler, *provider.Connection) {
	t.Helper()
	c := clocktesting.NewFakeClock(time.Unix(1_800_000_000, 0))
	r := &Reconciler{Clock: c, unsaved: newUnsaved(), Connections: provider.NewConnections(c, func(types.NamespacedName, string) {})}
	s := r.Connections.Ensure(types.NamespacedName{Namespace: "ns", Name: "acme"})
	s.Configure("owner", "digest", "mark", empty{}, empty{})
	if _, err := s.Refresh(t.Context(), func(_, _ *provider.Snapshot) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return r, s
}

// given is a record whose grant gives Billing, and which is remembered to have been given.
func given() *v1alpha1.AccessRecord {
	record := &v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: access.RecordName("acme", "ann@acme.example")}}
	record.Spec = v1alpha1.AccessRecordSpec{Email: "ann@acme.example", Contributions: []v1alpha1.Contribution{{
		UID: "u", Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "g"}, Overall: []v1alpha1.OverallPermission{"Billing"},
	}}}
	record.Spec.BackendRef.Name = "acme"
	return record
}

func (r *Reconciler) inputs(record *v1alpha1.AccessRecord) plan.Inputs {
	in := plan.Inputs{Record: record, Backend: &v1alpha1.HostingBackend{}, Now: r.now()}
	in.Backend.Spec.Mode = v1alpha1.ModeEnforce
	in.Provider, in.Row = r.Connections.Ensure(backendKey(record)).View().Person(string(record.Spec.Email))
	return in
}

// I8: where the row cannot be read, what is published is of the record as it is now: a grant that came
// meanwhile is not said to be given because nothing is known to be missing of it.
func TestAFailedReadIsDecidedOnTheRecordAsItIs(t *testing.T) {
	r, s := reconciler(t)
	seen := given()
	now := seen.DeepCopy()
	now.Spec.Contributions = append(now.Spec.Contributions, v1alpha1.Contribution{UID: "v", Digest: "e",
		Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "h"}, Overall: []v1alpha1.OverallPermission{"Domains"}})
	r.Live, _ = counting(t, now)
	in := r.inputs(seen)
	s.Close(nil) // no row can be read
	in, err := r.refresh(t.Context(), in)
	if err != nil || in.Done.Failure == nil || in.Fresh {
		t.Fatal(in.Done, in.Fresh, err)
	}
	d, err := r.decide(t.Context(), in)
	want := hosting.Right{Scope: hosting.ScopeOverall, Name: "Domains"}
	if err != nil || !d.Desired.Want.By["v"].Rights.Has(want) || !d.Plan.Add.Has(want) || d.Step != plan.Rest {
		t.Errorf("decides on %v, to add %v, step %v: %v", d.Desired.Want.By, d.Plan.Add, d.Step, err)
	}
	for _, c := range plan.Status(in, d, 0).Status.Contributions {
		if c.UID == "v" && c.State == v1alpha1.ContributionLive {
			t.Error("said to be given:", c)
		}
	}
}

// Who waits to be mailed on one account, and is then named by another's grants alone, waits on that.
func TestTheAccountOfAMailIsThatOfNow(t *testing.T) {
	r, s := reconciler(t)
	record := given()
	mails := s.Mails()
	mails.Reserve("mailed", "x", 1)
	mails.Reserve(record.Name, "ns", 1)
	mails.Reserve("behind", "tenant", 1)
	wait := func() *plan.MailWait {
		in := r.inputs(record)
		d, err := r.decide(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		in, _ = r.turnOf(record).waitForMail(in, d)
		return in.MailWait
	}
	if got := wait(); got == nil || got.Among != 1 {
		t.Fatalf("is not the next to be mailed: %+v", got)
	}
	record.Spec.Contributions[0].Grant.Namespace = "tenant"
	if got := wait(); got == nil || got.Among != 2 {
		t.Errorf("goes ahead of those of the other account: %+v", got)
	}
}
