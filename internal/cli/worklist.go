package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/hostgrant/hostgrant/internal/hosting/table"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/worklist"
)

type worklistOptions struct {
	planOptions
	language, previous string
	due                days
}

func newWorklistCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	o := worklistOptions{}
	command := &cobra.Command{
		Use:   "worklist -f FILE... --table FILE",
		Short: "Tell what to do at the provider's Permissions menu so that it becomes what manifests declare",
		Long: `Tell what to do at the provider's Permissions menu so that it becomes what manifests declare. Each item is one
visit to the form of one person, in the words of the menu, with the state in which to leave the form. Who only gets
something comes first, who only loses something last. What the removal limit or a protection holds is told as
something to decide.

An item is done when a newer table shows it: --previous takes the list before, as Markdown or JSON, and tells
what was ticked there and is not in the table.

It ends with 0 where nothing is to be done, with 2 where something is, and with 1 after an error.`,
		Example: `  hostgrant worklist -f hosting/ --base origin/main --table table.yaml > worklist.md
  hostgrant worklist -f hosting/ --table newer.yaml --previous worklist.md --language fr -o html --due 7d`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), config, streams) },
	}
	flags := command.Flags()
	flags.StringSliceVarP(&o.files, "filename", "f", nil, "files, folders, kustomizations, or - for a stream")
	flags.StringVar(&o.base, "base", "", "what was declared before: a folder, or a Git revision of the folders of -f")
	flags.StringVar(&o.tableFile, "table", "", "the table file of what the provider has (see hostgrant table)")
	o.outputOptions.addFlags(command, "markdown", worklistFormats.names())
	flags.StringVar(&o.language, "language", "en", "language of the list, and of the provider's menu: en or fr")
	flags.Var(&o.due, "due", "tell also what ends or is to be reviewed within this time: 7d")
	flags.Lookup("due").DefValue = "" // nothing, and not a time of 0d
	flags.StringVar(&o.previous, "previous", "", "the worklist before, as Markdown or JSON with its ticks")
	_ = command.MarkFlagRequired("filename")
	_ = command.MarkFlagRequired("table")
	return command
}

func (o worklistOptions) run(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) error {
	language, err := languageOf(o.language)
	if err != nil {
		return err
	}
	render, err := worklistFormats.named(o.format)
	if err != nil {
		return err
	}
	r := report{addresses: o.shows(streams)}
	in, err := o.planned(ctx, config, streams, &r)
	if err != nil {
		return err
	}
	list := worklist.Of(in)
	if err := o.confirm(&list, in); err != nil {
		return err
	}
	if err := render(streams.Out, worklistPage{list, worklist.In(language), in.Now}); err != nil {
		return err
	}
	fmt.Fprintf(streams.ErrOut, "%s to do, %d to decide, %d due, %d ticked and not in the table.\n",
		status.Count(len(list.Items), "item", "items"), len(list.Decisions), len(list.Due), len(list.Unconfirmed))
	if list.Open() > 0 {
		return errChanges
	}
	return nil
}

// planned is what manifests change, as a list is made of it.
func (o worklistOptions) planned(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams, r *report) (worklist.Input, error) {
	declared, before, err := o.manifests(ctx, config, streams)
	if err != nil {
		return worklist.Input{}, err
	}
	in, err := o.inputs(ctx, config, declared.Objects, before, r)
	if err != nil {
		return worklist.Input{}, err
	}
	result, err := preview.Of(ctx, in)
	if err != nil {
		return worklist.Input{}, err //nolint:wrapcheck // it is the context's
	}
	r.add(in, result)
	for _, i := range r.Issues {
		r.note("PermissionGrant %s, %s: %s: %s", i.Grant, i.Subject, i.Reason, i.Message)
	}
	list := worklist.Input{
		Result: result, Objects: in.Objects, Now: in.Now.Time, Ahead: o.due.Duration(), Notes: r.Notes,
		Person: r.person, Address: func(address string) string { return personName(address, r.addresses) },
		Unknown: func(address string) bool { _, placed := r.placeholders[address]; return placed },
	}
	for _, snapshot := range in.Tables {
		list.Table = snapshot // there is one
	}
	return list, nil
}

// confirm compares the list before with the table.
func (o worklistOptions) confirm(list *worklist.List, in worklist.Input) error {
	if o.previous == "" {
		return nil
	}
	body, err := readBounded(o.previous, table.MaxBytes)
	if err != nil {
		return err
	}
	before, err := worklist.Read(body)
	if err == nil {
		err = list.Confirm(before, in.Table, in.Address)
	}
	if err != nil {
		return fmt.Errorf("--previous %s: %w", o.previous, err)
	}
	return nil
}

// worklistPage is a list in the words of a language, at a time.
type worklistPage struct {
	worklist.List
	words worklist.Words
	now   time.Time
}

var worklistFormats = formats[worklistPage]{
	"markdown": func(out io.Writer, p worklistPage) error {
		text, err := p.Markdown(p.words, p.now)
		return writeText(out, text, err)
	},
	"html": func(out io.Writer, p worklistPage) error {
		text, err := p.HTML(p.words, p.now)
		return writeText(out, text, err)
	},
	"json": func(out io.Writer, p worklistPage) error { return writeJSON(out, p.List) },
}
