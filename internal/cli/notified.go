package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
)

// notifiedOf is the answer to whom the provider tells of an alert, besides the owner.
type notifiedOf struct {
	Backend string       `json:"backend"`
	AsOf    *metav1.Time `json:"asOf,omitempty"`
	Alert   string       `json:"alert"`
	People  []notified   `json:"people"`
	Notes   []string     `json:"notes,omitempty"`
}

type notified struct {
	Person string `json:"person"`
	// Told in words: nobody without a profile is told.
	Told    string   `json:"told"`
	Profile bool     `json:"profile"`
	Grants  []string `json:"grants,omitempty"`
}

func (n notifiedOf) page() page {
	g := grid{caption: "Who is told", empty: "Nobody but the owner.", columns: []column{{"Person", false}, {"Told", true}, {"Grants", false}}}
	for _, p := range n.People {
		g.rows = append(g.rows, []string{p.Person, p.Told, strings.Join(p.Grants, ",")})
	}
	return page{title: fmt.Sprintf("Who is told of %s, besides the owner, HostingBackend %s", n.Alert, n.Backend), grids: []grid{g}, notes: n.Notes}
}

type notifiedOptions struct {
	questionOptions
}

func newNotifiedCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	o := notifiedOptions{}
	command := &cobra.Command{
		Use:   "notified BACKEND ALERT",
		Short: "List whom the provider would tell of an alert",
		Long: `List whom the provider would tell of an alert, besides the owner, whom it always tells: by what its table held
when the manager last read it; or, with --backend-url, by what it holds now; or, with --table, by what a table file
says. ALERT is one of

  balance         the balance of the owner's account is negative
  billing-ticket  a ticket relating to billing is opened
  account/NAME    a technical ticket relating to the account is opened
  server/NAME     a technical ticket relating to the server is opened

Billing reaches those with the overall permission Billing, a technical ticket the technical
contacts of that very account or server. Nobody without a profile is told.`,
		Example: `  hostgrant notified owner billing-ticket
  hostgrant notified owner account/shop`,
		Args: takes("BACKEND", "ALERT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.backend = args[0]
			return o.run(cmd.Context(), config, streams, args[1])
		},
	}
	o.addSourceFlags(command)
	o.outputOptions.addFlags(command, "table", answerFormats.names())
	return command
}

// alertOf reads an ALERT.
func alertOf(alert string) (inventory.Alert, error) {
	kind, place, placed := strings.Cut(alert, "/")
	switch {
	case alert == "balance":
		return inventory.Alert{Kind: hosting.NegativeBalance}, nil
	case alert == "billing-ticket":
		return inventory.Alert{Kind: hosting.BillingTicket}, nil
	case placed && place != "" && kind == "account":
		return inventory.Alert{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: place}, nil
	case placed && place != "" && kind == "server":
		return inventory.Alert{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeServer, Place: place}, nil
	}
	return inventory.Alert{}, fmt.Errorf("alert %q: give balance, billing-ticket, account/NAME or server/NAME", alert)
}

func (o *notifiedOptions) run(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams, word string) error {
	alert, err := alertOf(word)
	if err != nil {
		return err
	}
	return o.answer(ctx, config, streams, answerFormats, func(t teller) (answer, error) { return t.notified(word, alert) })
}

// notified tells whom an alert reaches.
func (t teller) notified(word string, alert inventory.Alert) (notifiedOf, error) {
	n := notifiedOf{Backend: t.Backend.String(), AsOf: t.asOfTime(), Alert: word, People: []notified{}, Notes: slices.Clone(t.Notes)}
	people, seen, err := t.Notified(alert)
	switch {
	case err != nil:
		return n, err //nolint:wrapcheck // it names what to do
	case !seen && t.Complete:
		return n, t.noPlace(alert.Scope, alert.Place)
	case !seen:
		n.Notes = append(n.Notes, fmt.Sprintf("no grant names %s %q: only grants on all of them were looked at, and whether the provider has it is not known here", strings.ToLower(string(alert.Scope)), alert.Place))
	}
	for _, p := range people {
		told := "yes"
		switch {
		case p.Holding.State == inventory.ProfileUnknown:
			told = "if they have a profile"
		case !p.Profile:
			told = "once they have a profile"
		}
		n.People = append(n.People, notified{Person: t.person(*p.Person), Told: told, Profile: p.Profile, Grants: t.grants(*p.Person, *p.Holding)})
	}
	return n, nil
}
