package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/table"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/status"
)

type tableDiffOptions struct{ outputOptions }

func newTableDiffCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := tableDiffOptions{}
	command := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Show by person what became different between two looks at a table",
		Long: `Show by person what became different between two looks at a table, and which accounts and servers came or
went. Tables of two owners, and a NEW that is older than OLD, are refused.

It ends with 0 where nothing is different, with 2 where something is, and with 1 after an error.`,
		Example: `  hostgrant table diff last-week.yaml today.yaml`,
		Args:    takes("OLD", "NEW"),
		RunE:    func(_ *cobra.Command, args []string) error { return o.run(streams, args[0], args[1]) },
	}
	o.addFlags(command, "text", differenceFormats.names())
	return command
}

// drifted is a person in what is printed.
type drifted struct {
	Person  string        `json:"person"`
	Row     string        `json:"row,omitempty"`
	Added   []table.Grant `json:"added,omitempty"`
	Removed []table.Grant `json:"removed,omitempty"`
}

// difference is what is printed.
type difference struct {
	People     []drifted `json:"people"`
	PlacesCame []string  `json:"placesCame,omitempty"`
	PlacesWent []string  `json:"placesWent,omitempty"`

	from, to time.Time
}

var differenceFormats = formats[difference]{"text": printDifference, "json": writeJSON[difference]}

func (o tableDiffOptions) run(streams genericiooptions.IOStreams, older, newer string) error {
	render, err := differenceFormats.named(o.format)
	if err != nil {
		return err
	}
	before, err := readTable(older)
	if err != nil {
		return err
	}
	after, err := readTable(newer)
	if err != nil {
		return err
	}
	if err := after.Check(clock.RealClock{}.Now(), table.Requirement{}); err != nil {
		return fmt.Errorf("%s: %w", newer, err)
	}
	diff, err := table.Diff(before, after)
	if err != nil {
		return fmt.Errorf("%s: %w", newer, err)
	}
	shown := difference{People: []drifted{}, PlacesCame: diff.PlacesCame, PlacesWent: diff.PlacesWent, from: before.TakenAt, to: after.TakenAt}
	for _, d := range diff.People {
		row := map[bool]string{d.Came: "new", d.Went: "gone"}[true]
		shown.People = append(shown.People, drifted{personName(d.Email, o.shows(streams)), row, d.Added, d.Removed})
	}
	if err := render(streams.Out, shown); err != nil {
		return err
	}
	if !diff.Empty() {
		return errChanges
	}
	return nil
}

func printDifference(out io.Writer, d difference) error {
	var b strings.Builder
	for _, one := range d.People {
		fmt.Fprintf(&b, "%s\n", manifest.Plain(strings.TrimSpace(one.Person+" "+map[string]string{"new": "(new)", "gone": "(no row any more)"}[one.Row])))
		printGrants(&b, "+", one.Added)
		printGrants(&b, "-", one.Removed)
	}
	for _, name := range d.PlacesCame {
		fmt.Fprintf(&b, "%s is new\n", manifest.Plain(name))
	}
	for _, name := range d.PlacesWent {
		fmt.Fprintf(&b, "%s is gone\n", manifest.Plain(name))
	}
	count := status.Count(len(d.People), "person differs", "people differ")
	if len(d.People) == 0 {
		count = "nobody differs"
	}
	fmt.Fprintf(&b, "From %s to %s: %s.\n", table.Time(d.from), table.Time(d.to), count)
	_, err := io.WriteString(out, b.String())
	return err //nolint:wrapcheck // writing to the terminal
}

// printGrants prints a line for each place.
func printGrants(b *strings.Builder, sign string, grants []table.Grant) {
	for at := 0; at < len(grants); {
		one, labels := grants[at], []string{}
		for ; at < len(grants) && grants[at].Scope == one.Scope && grants[at].Place == one.Place; at++ {
			labels = append(labels, permissionLabel(grants[at]))
		}
		where := ""
		if one.Scope != hosting.ScopeFlag {
			where = place(one.Scope, one.Place) + ": "
		}
		fmt.Fprintf(b, "  %s %s\n", sign, manifest.Plain(where+strings.Join(labels, ", ")))
	}
}

// permissionLabel is the provider's word for a permission, or its name where the catalogue lacks it.
func permissionLabel(grant table.Grant) string {
	if p, known := hosting.ByName(grant.Scope, grant.Name); known {
		return p.LabelEN
	}
	return grant.Name
}

type tableCheckOptions struct {
	providerOptions
	owner, after string
	maxAge       days
}

func newTableCheckCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := tableCheckOptions{}
	command := &cobra.Command{
		Use:   "check TABLE",
		Short: "Check a table file: its age, its owner, and whether it is complete",
		Long: `Check a table file. One that is dated in the future is refused; with --max-age one that is older; with --owner
one of another owner; with --after one that is older than the table before it, or of another owner. With
--backend-url the provider is asked what accounts and servers there are (documented calls that change nothing),
and a table that lacks one, or lists another, is refused.

It ends with 0 where the table is good, and with 1 where it is not.`,
		Example: `  hostgrant table check table.yaml --max-age 7d --owner me@example.com --after last-week.yaml`,
		Args:    takes("TABLE"),
		RunE:    func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), streams, args[0]) },
	}
	o.addURLFlags(command)
	command.Flags().Var(&o.maxAge, "max-age", "how old the table may be: 7d, 36h")
	command.Flags().Lookup("max-age").DefValue = "" // any age, and not one of 0d
	command.Flags().StringVar(&o.owner, "owner", "", "whose table it has to be")
	command.Flags().StringVar(&o.after, "after", "", "the table file before it")
	return command
}

func (o tableCheckOptions) run(ctx context.Context, streams genericiooptions.IOStreams, name string) error {
	t, err := readTable(name)
	if err != nil {
		return err
	}
	want := table.Requirement{Owner: o.owner, MaxAge: o.maxAge.Duration()}
	if o.after != "" {
		before, err := readTable(o.after)
		if err != nil {
			return err
		}
		want.After = &before
	}
	if o.url != "" {
		there, err := o.askPlaces(ctx)
		if err != nil {
			return err
		}
		named, err := table.Of(there, t.TakenAt, "")
		if err != nil {
			return errors.Join(errors.New("what the provider has cannot be told by a file"), err)
		}
		want.Accounts, want.Servers = named.Accounts, named.Servers
		if want.Owner == "" {
			want.Owner = named.Owner
		}
	}
	if err := t.Check(clock.RealClock{}.Now(), want); err != nil {
		return eachLine(name, err)
	}
	fmt.Fprintf(streams.Out, "%s\nNot known: who has a profile, an invitation or a second factor. Nothing is concluded from that.\n", about(t))
	return nil
}
