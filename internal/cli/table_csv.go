package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting/table"
	"github.com/hostgrant/hostgrant/internal/status"
)

// tableOutput is how and where a table file is written.
type tableOutput struct {
	outputOptions
	file string
}

var tableFormats = formats[table.Table]{
	"yaml": func(out io.Writer, t table.Table) error {
		body, err := t.YAML()
		return writeText(out, body, err)
	},
	"json": func(out io.Writer, t table.Table) error {
		body, err := t.JSON()
		return writeText(out, body, err)
	},
}

func (o *tableOutput) addFlags(command *cobra.Command) {
	o.addFormatFlag(command, "yaml", tableFormats.names())
	command.Flags().StringVar(&o.file, "file", "", "write into this new file, instead of the output")
}

// write writes the table, and says what it is.
func (o *tableOutput) write(t table.Table, streams genericiooptions.IOStreams) error {
	render, err := tableFormats.named(o.format)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	if err := render(&body, t); err != nil {
		return err
	}
	if err := written(o.file, streams.Out, body.Bytes()); err != nil {
		return err
	}
	fmt.Fprintln(streams.ErrOut, about(t))
	return nil
}

// about says in a line what a table is.
func about(t table.Table) string {
	return fmt.Sprintf("Table of %s: %s, %s, %s.", table.Time(t.TakenAt), status.Count(len(t.Rows), "person", "people"),
		status.Count(len(t.Accounts), "account", "accounts"), status.Count(len(t.Servers), "server", "servers"))
}

type fromCSVOptions struct {
	tableOutput
	takenAt, owner, source string
	nobody                 bool
}

func newTableFromCSVCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := fromCSVOptions{}
	command := &cobra.Command{
		Use:   "from-csv FILE",
		Short: "Make a table file of cells that were filled in",
		Long: `Make a table file of cells that were filled in: of the CSV that "table template" made, as a spreadsheet saves
it, or of cells pasted as text with tabs between them (- reads standard input).

Columns and lines may have another order, labels are English or French and need no accents, a box is checked
with x, 1, yes, oui, true or vrai. What is not known, not complete or there twice is refused, with line and
column: a table is read as a whole or not at all.

The table is of the time that the file was last changed, or of now for standard input, unless --taken-at says
when it was seen.`,
		Example: `  hostgrant table from-csv cells.csv --file table.yaml
  hostgrant table from-csv - --taken-at 2026-11-29T08:00:00Z < pasted.txt`,
		Args: takes("FILE"),
		RunE: func(_ *cobra.Command, args []string) error { return o.run(streams, args[0], clock.RealClock{}) },
	}
	o.addFlags(command)
	flags := command.Flags()
	flags.StringVar(&o.takenAt, "taken-at", "", "when the table was seen, as 2026-11-29T08:00:00Z")
	flags.StringVar(&o.owner, "owner", "", "refuse cells that are of another owner than this address")
	flags.StringVar(&o.source, "source", "", "where the table is from, in a few words (default: the name of the file)")
	flags.BoolVar(&o.nobody, "nobody", false, "the owner has given nobody anything: no person is filled in")
	return command
}

func (o fromCSVOptions) run(streams genericiooptions.IOStreams, name string, c clock.PassiveClock) error {
	body, takenAt, err := o.read(streams.In, name, c)
	if err != nil {
		return err
	}
	if o.source == "" {
		o.source = "cells of " + filepath.Base(name)
		if name == "-" {
			o.source = "pasted cells"
		}
	}
	if len(o.source) > table.MaxSource {
		return fmt.Errorf("--source: give at most %d bytes", table.MaxSource)
	}
	if strings.HasPrefix(string(body), "apiVersion: "+table.APIVersion) {
		return fmt.Errorf("%s: this is a table file already: give it to other commands with --table", name)
	}
	t, err := table.FromCSV(body, takenAt, o.source)
	if err != nil {
		return eachLine(name, err)
	}
	if err := t.Check(c.Now(), table.Requirement{Owner: o.owner}); err != nil {
		return eachLine(name, err)
	}
	if len(t.Rows) == 0 && !o.nobody {
		return fmt.Errorf("%s: nobody is filled in; write addresses in the first column, or give --nobody if nobody holds anything", name)
	}
	return o.write(t, streams)
}

// read reads the cells, and finds out of when they are.
func (o fromCSVOptions) read(in io.Reader, name string, c clock.PassiveClock) (body []byte, takenAt time.Time, err error) {
	takenAt = c.Now()
	if name == "-" {
		body, err = io.ReadAll(io.LimitReader(in, table.MaxBytes+1))
	} else {
		body, err = readBounded(name, table.MaxBytes)
		if info, failed := os.Stat(name); failed == nil {
			takenAt = info.ModTime()
		}
	}
	if o.takenAt != "" && err == nil {
		if takenAt, err = time.Parse(time.RFC3339, o.takenAt); err != nil {
			err = fmt.Errorf("--taken-at %q: give a time such as 2026-11-29T08:00:00Z", o.takenAt)
		}
	}
	return body, takenAt, err
}

type fromProviderOptions struct {
	providerOptions
	tableOutput
}

func newTableFromProviderCommand(streams genericiooptions.IOStreams) *cobra.Command {
	o := fromProviderOptions{}
	command := &cobra.Command{
		Use:     "from-provider",
		Short:   "Make a table file of what a provider with a permission API has",
		Example: `  HOSTGRANT_TOKEN=... hostgrant table from-provider --backend-url https://api.example.com/v1/ --file table.yaml`,
		Args:    takes(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), streams) },
	}
	o.addURLFlags(command)
	o.tableOutput.addFlags(command)
	_ = command.MarkFlagRequired("backend-url")
	return command
}

func (o *fromProviderOptions) run(ctx context.Context, streams genericiooptions.IOStreams) error {
	snapshot, err := o.table(ctx)
	if err != nil {
		return err
	}
	t, err := snapshot.Table("the provider's API")
	if err != nil {
		return errors.Join(errors.New("the provider's table cannot be told by a file"), err)
	}
	if _, err := access.NormalizeAddress(t.Owner); err != nil {
		return fmt.Errorf("the owner behind the key: %w", err)
	}
	return o.write(t, streams)
}
