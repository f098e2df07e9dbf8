package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/notified"
	"github.com/hostgrant/hostgrant/internal/status"
)

func newNotifiedCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{
		Use:   "notified BACKEND ALERT",
		Short: "List whom the provider would tell of an alert",
		Long: `List whom the provider would tell of an alert, besides the owner, who always is: by what its
table held when the manager last read it. ALERT is one of

  balance         the balance of the owner's account is negative
  billing-ticket  a ticket relating to billing is opened
  account/NAME    a technical ticket relating to the account is opened
  server/NAME     a technical ticket relating to the server is opened

Billing reaches those with the overall permission Billing, a technical ticket the technical
contacts of that very account or server. Nobody without a profile is told.`,
		Example: `  hostgrant notified owner billing-ticket
  hostgrant notified owner account/shop`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			question, err := questionOf(args[1])
			if err != nil {
				return err
			}
			return runNotified(cmd.Context(), config, streams, args[0], question)
		},
	}
}

// questionOf reads an ALERT.
func questionOf(alert string) (notified.Question, error) {
	kind, place, placed := strings.Cut(alert, "/")
	switch {
	case alert == "balance":
		return notified.Question{Kind: hosting.NegativeBalance}, nil
	case alert == "billing-ticket":
		return notified.Question{Kind: hosting.BillingTicket}, nil
	case placed && place != "" && kind == "account":
		return notified.Question{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: place}, nil
	case placed && place != "" && kind == "server":
		return notified.Question{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeServer, Place: place}, nil
	}
	return notified.Question{}, fmt.Errorf("alert %q: give balance, billing-ticket, account/NAME or server/NAME", alert)
}

func runNotified(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams, name string, question notified.Question) error {
	backend, records, err := readBackend(ctx, config, name)
	if err != nil {
		return err
	}
	people, seen, err := notified.Of(records, question)
	if err != nil {
		return err
	}
	for _, warning := range unseen(backend, question, seen) {
		fmt.Fprintln(streams.ErrOut, "Warning:", warning)
	}
	if len(people) == 0 {
		fmt.Fprintln(streams.ErrOut, "Nobody but the owner.")
		return nil
	}
	return printNotified(streams.Out, people)
}

// unseen is what the answer may lack.
func unseen(backend *v1alpha1.HostingBackend, question notified.Question, seen bool) []string {
	var list []string
	if counts := backend.Status.Counts; counts == nil {
		list = append(list, "the provider's table has not been read yet")
	} else if counts.Undeclared > 0 && !access.ListsEverybody(backend) {
		list = append(list, fmt.Sprintf("not looked at: %s in the table whom no grant names; inventory: Records on the HostingBackend lists them", status.Count(counts.Undeclared, "person", "people")))
	}
	if !seen {
		list = append(list, fmt.Sprintf("no grant names %s %q: only grants on all of them were looked at, and whether the provider has it is not known here", strings.ToLower(string(question.Scope)), question.Place))
	}
	return list
}

func printNotified(out io.Writer, people []notified.Person) error {
	table := &metav1.Table{ColumnDefinitions: []metav1.TableColumnDefinition{
		{Name: "Person", Type: "string"}, {Name: "Told", Type: "string"}, {Name: "Grants", Type: "string"},
	}}
	for _, p := range people {
		reached, grants := "yes", strings.Join(p.Grants, ",")
		if !p.Profile {
			reached = "once they have a profile"
		}
		if grants == "" {
			grants = "<none>"
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: []any{p.Email, reached, grants}})
	}
	return printers.NewTablePrinter(printers.PrintOptions{}).PrintObj(table, out) //nolint:wrapcheck // writing to the terminal
}
