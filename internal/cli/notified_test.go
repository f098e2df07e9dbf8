package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/notified"
)

func TestQuestionOf(t *testing.T) {
	for alert, want := range map[string]notified.Question{
		"balance":        {Kind: hosting.NegativeBalance},
		"billing-ticket": {Kind: hosting.BillingTicket},
		"account/shop":   {Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: "shop"},
		"server/web1":    {Kind: hosting.TechnicalTicket, Scope: hosting.ScopeServer, Place: "web1"},
	} {
		if got, err := questionOf(alert); err != nil || got != want {
			t.Errorf("%s: %+v, %v", alert, got, err)
		}
	}
	for _, alert := range []string{"", "shop", "account", "account/", "host/x", "/shop", "Balance"} {
		if _, err := questionOf(alert); err == nil || !strings.Contains(err.Error(), "give balance, billing-ticket, account/NAME or server/NAME") {
			t.Errorf("%q: %v", alert, err)
		}
	}
}

func TestUnseen(t *testing.T) {
	question := notified.Question{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: "shop"}
	read := func(undeclared int32, change func(*v1alpha1.HostingBackend)) *v1alpha1.HostingBackend {
		b := &v1alpha1.HostingBackend{}
		b.Status.Counts = &v1alpha1.BackendCounts{Undeclared: undeclared}
		if change != nil {
			change(b)
		}
		return b
	}
	for name, c := range map[string]struct {
		backend *v1alpha1.HostingBackend
		seen    bool
		want    []string
	}{
		"all is seen":              {read(0, nil), true, nil},
		"never read":               {&v1alpha1.HostingBackend{}, true, []string{"has not been read"}},
		"people without a record":  {read(2, nil), true, []string{"2 people in the table whom no grant names"}},
		"everybody has a record":   {read(2, func(b *v1alpha1.HostingBackend) { b.Spec.Inventory = v1alpha1.InventoryRecords }), true, nil},
		"everybody is to be named": {read(2, func(b *v1alpha1.HostingBackend) { b.Spec.Authority = v1alpha1.AuthorityAuthoritative }), true, nil},
		"no grant names the place": {read(0, nil), false, []string{`no grant names account "shop"`}},
	} {
		got := unseen(c.backend, question, c.seen)
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

func TestPrintTold(t *testing.T) {
	var out bytes.Buffer
	if err := printNotified(&out, []notified.Person{{Email: "ann@a.example", Profile: true, Grants: []string{"web/a", "web/b"}}, {Email: "bob@a.example"}}); err != nil {
		t.Fatal(err)
	}
	want := `PERSON          TOLD                       GRANTS
ann@a.example   yes                        web/a,web/b
bob@a.example   once they have a profile   <none>
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
