package cli

import (
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
)

func TestAlertOf(t *testing.T) {
	for alert, want := range map[string]inventory.Alert{
		"balance":        {Kind: hosting.NegativeBalance},
		"billing-ticket": {Kind: hosting.BillingTicket},
		"account/shop":   {Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: "shop"},
		"server/web1":    {Kind: hosting.TechnicalTicket, Scope: hosting.ScopeServer, Place: "web1"},
	} {
		if got, err := alertOf(alert); err != nil || got != want {
			t.Errorf("%s: %+v, %v", alert, got, err)
		}
	}
	for _, alert := range []string{"", "shop", "account", "account/", "host/x", "/shop", "Balance"} {
		if _, err := alertOf(alert); err == nil || !strings.Contains(err.Error(), "give balance, billing-ticket, account/NAME or server/NAME") {
			t.Errorf("%q: %v", alert, err)
		}
	}
}

// What the records of a backend do not tell is said in every answer.
func TestWhatRecordsDoNotTell(t *testing.T) {
	read := func(undeclared int32, change func(*v1alpha1.HostingBackend)) *v1alpha1.HostingBackend {
		b := &v1alpha1.HostingBackend{}
		b.Name, b.Spec.Mode = "owner", v1alpha1.ModeEnforce
		b.Status.Counts = &v1alpha1.BackendCounts{Undeclared: undeclared}
		if change != nil {
			change(b)
		}
		return b
	}
	for name, c := range map[string]struct {
		backend *v1alpha1.HostingBackend
		want    []string
	}{
		"all is known":             {read(0, nil), nil},
		"never read":               {&v1alpha1.HostingBackend{}, []string{"has not been read"}},
		"people without a record":  {read(2, nil), []string{"2 people in the table whom no grant names"}},
		"everybody has a record":   {read(2, func(b *v1alpha1.HostingBackend) { b.Spec.Inventory = v1alpha1.InventoryRecords }), nil},
		"everybody is to be named": {read(2, func(b *v1alpha1.HostingBackend) { b.Spec.Authority = v1alpha1.AuthorityAuthoritative }), nil},
		"observed":                 {read(0, func(b *v1alpha1.HostingBackend) { b.Spec.Mode = v1alpha1.ModeObserve }), []string{"HostingBackend owner has mode Observe"}},
		"suspended":                {read(0, func(b *v1alpha1.HostingBackend) { b.Spec.Suspend = true }), []string{"HostingBackend owner is suspended"}},
	} {
		got := unknownOf(c.backend)
		if len(got) != len(c.want) {
			t.Errorf("%s: %q", name, got)
			continue
		}
		for i := range got {
			if !strings.Contains(got[i], c.want[i]) {
				t.Errorf("%s: %q lacks %q", name, got[i], c.want[i])
			}
		}
	}
}
