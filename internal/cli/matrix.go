package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/matrix"
	"github.com/hostgrant/hostgrant/internal/status"
)

type matrixOptions struct {
	inventoryOptions
	outputOptions
	accounts, servers []string
	page, pageSize    int
	long              bool
}

func newMatrixCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	o := matrixOptions{}
	command := &cobra.Command{
		Use:   "matrix",
		Short: "Show who has what where: people × places",
		Long: `Show who has what where: a row for each person, a column for each account and server, and one for what
holds everywhere. Permissions that do not work now, are due to be taken away, or that no grant names, are
marked.

What the provider has is known from the AccessRecords of the cluster; or, without a cluster, from the provider
itself with --backend-url, or from a table file with --table (see "hostgrant table"). Then the manifests of -f
say why.

-o html writes one file that needs no network and no script; csv is for spreadsheets, which take nothing in
it for a formula: a value that begins with = + - @ or ' has one more ' before it.`,
		Example: `  hostgrant matrix --backend owner -n hosting
  hostgrant matrix --account shop --account blog
  hostgrant matrix -o html --show-addresses > matrix.html
  hostgrant matrix -o csv --long > permissions.csv
  hostgrant matrix -f hosting/ --table table.yaml -o html --show-addresses > matrix.html`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), config, streams)
		},
	}
	o.inventoryOptions.addFlags(command)
	o.outputOptions.addFlags(command, "table", matrixFormats.names())
	flags := command.Flags()
	flags.StringSliceVar(&o.accounts, "account", nil, "show these accounts; with --server those servers too")
	flags.StringSliceVar(&o.servers, "server", nil, "show these servers; with --account those accounts too")
	flags.IntVar(&o.page, "page", 1, "which places a table or Markdown shows, if they do not fit on one page")
	flags.IntVar(&o.pageSize, "page-size", 0, "places on a page of table or Markdown, and in one table of HTML; 0: what fits the terminal, 10, and 30")
	flags.BoolVar(&o.long, "long", false, "csv: a line for each permission of a person at a place, with its grants")
	return command
}

// matrixView is a matrix and how it is to be shown.
type matrixView struct {
	matrix.Matrix
	tell           teller
	page, pageSize int
	// width of the terminal in columns; 0 where it is none.
	width int
	long  bool
}

var matrixFormats = formats[*matrixView]{
	"table": matrixTable, "markdown": matrixMarkdown, "csv": matrixCSV, "html": matrixHTML, "json": matrixJSON, "yaml": matrixYAML,
}

// renderer of the format that is asked for, with the pages that are.
func (o matrixOptions) renderer() (func(io.Writer, *matrixView) error, error) {
	render, err := matrixFormats.named(o.format)
	switch {
	case err != nil:
		return nil, err
	case o.long && o.format != "csv":
		return nil, fmt.Errorf("--long: -o %s has no long form; give -o csv", o.format)
	case o.page < 1:
		return nil, fmt.Errorf("--page %d: pages are numbered from 1", o.page)
	case o.pageSize < 0:
		return nil, fmt.Errorf("--page-size %d: give a number of places, or 0", o.pageSize)
	}
	return render, nil
}

func (o matrixOptions) run(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) error {
	render, err := o.renderer()
	if err != nil {
		return err
	}
	inv, err := o.read(ctx, config, streams)
	if err != nil {
		return err
	}
	v := matrixView{tell: teller{inv, o.shows(streams)}, page: o.page, pageSize: o.pageSize, long: o.long}
	v.width, _ = sizeOf(streams.Out)
	if v.Matrix, err = matrix.Of(&inv, matrix.Options{Accounts: o.accounts, Servers: o.servers, Name: v.name}); err != nil {
		return withMeant(err)
	}
	err = render(streams.Out, &v)
	if err == nil && (o.format == "csv" || o.format == "table") { // as other commands do it
		printNotes(streams.ErrOut, v.notes())
	}
	return err
}

// withMeant adds the name that was most likely meant.
func withMeant(err error) error {
	var unknown *matrix.UnknownPlaceError
	if errors.As(err, &unknown) {
		if meant := manifest.Closest(unknown.Name, unknown.Known); meant != "" {
			return fmt.Errorf("%w; did you mean %q?", err, meant)
		}
	}
	return err
}

func (v *matrixView) name(p *inventory.Person) string { return v.tell.person(*p) }

// owner is empty where addresses are not shown.
func (v *matrixView) owner() string {
	if !v.tell.addresses {
		return ""
	}
	return v.Owner
}

// detailOf is what is told of a person beside the name.
func (v *matrixView) detailOf(p *inventory.Person) string {
	var parts []string
	if v.tell.addresses && p.Address != "" && len(p.Profiles) > 0 {
		parts = append(parts, profileNamed(v.tell.within(p.Profiles[0])))
	}
	switch p.State {
	case v1alpha1.PersonInvited:
		parts = append(parts, "no profile yet")
	case v1alpha1.PersonAbsent:
		parts = append(parts, "no row yet")
	}
	if p.Shortened {
		parts = append(parts, "has more than is listed")
	}
	return strings.Join(parts, "; ")
}

// notes are what is not known, and who is left out.
func (v *matrixView) notes() []string {
	notes := slices.Clone(v.Notes)
	if v.Elsewhere > 0 {
		notes = append(notes, fmt.Sprintf("%s nothing on these places and no overall permission, as far as is known, and no row here", status.Count(v.Elsewhere, "person has", "people have")))
	}
	return notes
}

// facts are what a matrix is of.
func (v *matrixView) facts() string {
	return fmt.Sprintf("%s, %s", status.Count(v.People, "person", "people"), status.Count(v.Places(), "place", "places"))
}

// boxOf tells of a person's second factor: whether it is required, and set up.
func boxOf(row matrix.Row) string {
	if row.Box == nil {
		return ""
	}
	if row.Box.State.Live() && row.Person.TwoFactor == v1alpha1.TwoFactorEnabled {
		return "set up"
	}
	return "required"
}

// marked is a text with its marks in words.
func marked(text string, marks matrix.Mark) string {
	if marks == 0 || text == "" {
		return text
	}
	return text + " (" + marks.Words() + ")"
}
