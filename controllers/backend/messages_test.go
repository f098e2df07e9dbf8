package backend

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/testkit/golden"
)

// The table of the messages of a backend, as TestMessages of internal/plan is of a record.
func TestMessages(t *testing.T) {
	table := &golden.Table{}
	b, records, rows := world(12)
	b.Namespace, b.Name = "hosting", "owner"
	b.Spec.RemovalLimit.Minimum, b.Spec.Interval.Duration = ptr.To(int32(10)), 5*time.Minute
	for i := range records {
		records[i].Namespace, records[i].Name = "hosting", fmt.Sprintf("owner-%d", i)
	}
	tell := func(what string, counts v1alpha1.BackendCounts, held []v1alpha1.HeldRemoval, ahead time.Duration) {
		facts := append(heldFact(b, held), clockFact(ahead)...)
		table.Conditions(what, status.Conditions(nil, 1, metav1.Time{}, status.Outcome{}, append(facts, undeclared(counts, b.Spec.Authority))...))
	}
	batch := v1alpha1.HeldRemoval{Digest: "3f9c0d1e2b4a", Namespace: "agency", People: 12}
	tell("all is well", v1alpha1.BackendCounts{}, nil, 0)
	tell("somebody whom no grant names", v1alpha1.BackendCounts{Undeclared: 1}, nil, 0)
	tell("a batch is held", v1alpha1.BackendCounts{}, []v1alpha1.HeldRemoval{batch}, 0)
	tell("three are held", v1alpha1.BackendCounts{}, []v1alpha1.HeldRemoval{batch, batch, batch}, 0)
	tell("the clock is wrong", v1alpha1.BackendCounts{}, nil, time.Hour)
	b.Spec.Authority = v1alpha1.AuthorityAuthoritative
	tell("several whom no grant names", v1alpha1.BackendCounts{Undeclared: 3}, nil, 0)

	failed := func(what string, err error, rows ...int64) {
		o := status.Failed(err, nil, time.Minute)
		o.Message += whoIsMissing(o, records, rows)
		table.Conditions(what, status.Conditions(nil, 1, metav1.Time{}, o))
	}
	b.Status.Identity = &v1alpha1.Identity{CustomerID: 11, URL: b.Spec.Endpoint.URL}
	failed("another owner's key", sameOwner(b, hosting.Identity{CustomerID: 12}))
	failed("another installation", unclaimed(b, "ours", []string{"theirs"}))
	for seen := range 3 {
		doubt, missing, err := plausibility(b, records, reading(t, rows[:1]), nil, nil)
		b.Status.TableDoubt = doubt
		failed(fmt.Sprintf("people are missing, reading %d", seen+1), err, missing...)
	}
	right := rest.Options{URL: "https://api.example/v1/", Token: "t"}
	for _, wrong := range []func(*rest.Options){
		func(o *rest.Options) { o.URL = "http://api.example/" }, func(o *rest.Options) { o.URL = "https://api.example/?key=1" },
		func(o *rest.Options) { o.Token = "" }, func(o *rest.Options) { o.Customer = "a b" }, func(o *rest.Options) { o.CABundle = []byte("x") },
	} {
		options := right
		wrong(&options)
		_, err := rest.NewReader(options)
		if err == nil {
			t.Fatalf("%+v is taken", options)
		}
		table.Add("the endpoint cannot be used", "Ready=False EndpointRefused", endpointMessage(err))
	}
	_, _, err := (&Reconciler{Hosts: []string{"api.example"}}).clients(rest.Options{URL: "https://other.example/"}, v1alpha1.ModeObserve)
	table.Add("the endpoint cannot be used", "Ready=False EndpointRefused", endpointMessage(err))
	for _, line := range losses(hosting.NewRights(hosting.TwoFactorRight), namer(nil)) {
		table.Add("what somebody would lose", "loses", line)
	}
	table.Compare(t, "testdata/messages.txt")
}
