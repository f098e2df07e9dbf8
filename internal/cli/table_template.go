package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/table"
	"github.com/hostgrant/hostgrant/internal/status"
)

// maxBlank is how many people a template may leave to be filled in.
const maxBlank = 1000

type templateOptions struct {
	providerOptions
	owner, language, file     string
	accounts, servers, people []string
	blank                     int
	excel                     bool
}

func newTableTemplateCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := templateOptions{}
	command := &cobra.Command{
		Use:   "template",
		Short: "Make cells to fill in: a line for each person and place, a column for each permission",
		Long: `Make cells to fill in, as CSV: a line for each person and place, a column for each permission in the words of
the provider's menu. Check a box with x, leave it empty otherwise, and keep the last line: it shows that
nothing was cut.

With --backend-url the provider is asked who the owner is and what accounts and servers there are: three calls
that its documentation describes and that change nothing. No permission resource is asked. Without it, name
them with --owner, --account and --server: nobody is asked at all.`,
		Example: `  HOSTGRANT_TOKEN=... hostgrant table template --backend-url https://api.alwaysdata.com/v1/ --file cells.csv
  hostgrant table template --owner me@example.com --account shop --account blog --person ann@example.com --language fr`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addURLFlags(command)
	flags := command.Flags()
	flags.StringVar(&o.owner, "owner", "", "address of the owner, where no provider is asked")
	flags.StringSliceVar(&o.accounts, "account", nil, "name of an account, where no provider is asked; repeat it for several")
	flags.StringSliceVar(&o.servers, "server", nil, "name of a server, where no provider is asked; repeat it for several")
	flags.StringSliceVar(&o.people, "person", nil, "address of somebody to be filled in; repeat it for several")
	flags.IntVar(&o.blank, "blank", 0, "how many people more, whose addresses are to be filled in (default 5 without --person)")
	flags.StringVar(&o.language, "language", "en", "language of the labels: en or fr")
	flags.BoolVar(&o.excel, "excel", false, "as Excel opens it: with a mark of the encoding, and semicolons in French (default in French)")
	flags.StringVar(&o.file, "file", "", "write into this new file, instead of the output")
	return command
}

func (o templateOptions) run(ctx context.Context, streams genericiooptions.IOStreams) error {
	language, err := languageOf(o.language)
	if err != nil {
		return err
	}
	if len(o.people) == 0 && o.blank == 0 {
		o.blank = 5
	}
	if o.blank < 0 || o.blank > maxBlank {
		return fmt.Errorf("--blank %d: give 0 to %d", o.blank, maxBlank)
	}
	t, err := o.empty(ctx)
	if err != nil {
		return err
	}
	cells, err := t.CSV(table.Format{Language: language, Excel: o.excel || language == table.French, Blank: o.blank})
	if err != nil {
		return err //nolint:wrapcheck // it says what failed
	}
	if err := written(o.file, streams.Out, cells); err != nil {
		return err
	}
	fmt.Fprintf(streams.ErrOut, "%s, %s, %s to fill in. Then: hostgrant table from-csv %s --file table.yaml\n",
		status.Count(len(t.Accounts), "account", "accounts"), status.Count(len(t.Servers), "server", "servers"), status.Count(len(t.Rows)+o.blank, "person", "people"), cmp.Or(o.file, "FILE"))
	return nil
}

// empty is the table before anything is filled in.
func (o templateOptions) empty(ctx context.Context) (table.Table, error) {
	contents, err := o.places(ctx)
	if err != nil {
		return table.Table{}, err
	}
	for i, person := range o.people {
		if _, err := access.NormalizeAddress(person); err != nil {
			return table.Table{}, fmt.Errorf("--person, number %d: %w", i+1, err)
		}
		contents.Rows = append(contents.Rows, hosting.Row{ID: int64(i + 1), Email: person})
	}
	t, err := table.Of(contents, time.Time{}, "template")
	if err != nil {
		return t, fmt.Errorf("what is to be filled in: %w", err)
	}
	return t, nil
}

// places are the owner and what they have, asked or named.
func (o templateOptions) places(ctx context.Context) (c table.Contents, err error) {
	if o.url != "" {
		if o.owner != "" || len(o.accounts)+len(o.servers) > 0 {
			return c, errors.New("--backend-url: the provider tells owner, accounts and servers; leave --owner, --account and --server out")
		}
		return o.askPlaces(ctx)
	}
	if len(o.accounts)+len(o.servers) == 0 || o.owner == "" {
		return c, errors.New("say whose table it is: give --backend-url, or name --owner and each --account and --server")
	}
	if _, err := access.NormalizeAddress(o.owner); err != nil {
		return c, fmt.Errorf("--owner: %w", err)
	}
	c.Identity = hosting.Identity{Email: o.owner}
	for i, name := range o.accounts {
		c.Accounts = append(c.Accounts, hosting.Place{ID: int64(i + 1), Name: name})
	}
	for i, name := range o.servers {
		c.Servers = append(c.Servers, hosting.Place{ID: int64(i + 1), Name: name})
	}
	return c, nil
}

// askPlaces asks a provider for the owner, the accounts and the servers, and for nothing else.
func (o *providerOptions) askPlaces(ctx context.Context) (c table.Contents, err error) {
	reader, err := o.reader()
	if err != nil {
		return c, err
	}
	if c.Identity, err = reader.Identity(ctx); err == nil {
		c.Accounts, err = reader.Accounts(ctx)
	}
	if err == nil {
		c.Servers, err = reader.Servers(ctx)
	}
	if err != nil {
		return c, fmt.Errorf("ask the provider: %w; hostgrant doctor --backend-url %s says what to mend", err, o.url)
	}
	return c, nil
}
