package cli

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/timing"
)

type planOptions struct {
	providerOptions
	outputOptions
	files []string
	base  string
}

func newPlanCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	o := planOptions{}
	command := &cobra.Command{
		Use:   "plan -f FILE...",
		Short: "Show what manifests would change: for whom, why, what would be held, who would be mailed",
		Long: `Show what manifests would change before they are applied: who would be given what, what would be taken
away and why, what of that the removal limit or a protection would hold, and how many invitations would
leave. Nothing is written anywhere.

What is there now is known from the cluster, by what its AccessRecords remember; or, without a cluster,
with --backend-url from the provider itself, or with --table from a table file (see "hostgrant table"). The
provider's token is read from the variable HOSTGRANT_TOKEN or from --token-file, and is sent to the URL that
was typed and to no other.

Without a cluster nothing is remembered: only what would be added is known, unless --base says what was
declared before. With a cluster, what --base declares and the manifests do not is taken to be deleted.

It ends with 0 where nothing would change, with 2 where something would, and with 1 after an error.`,
		Example: `  hostgrant plan -f hosting/
  hostgrant plan -f hosting/ --base origin/main
  helm template ./chart | hostgrant plan -f -
  HOSTGRANT_TOKEN=... hostgrant plan -f hosting/ --base origin/main --backend-url https://api.example.com/v1/
  hostgrant plan -f hosting/ --base origin/main --table table.yaml`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.run(cmd.Context(), config, streams)
		},
	}
	flags := command.Flags()
	flags.StringSliceVarP(&o.files, "filename", "f", nil, "files, folders, kustomizations, or - for a stream")
	flags.StringVar(&o.base, "base", "", "what was declared before: a folder, or a Git revision of the folders of -f")
	o.providerOptions.addFlags(command)
	o.outputOptions.addFlags(command, "table", planFormats.names())
	_ = command.MarkFlagRequired("filename")
	return command
}

func (o planOptions) run(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) error {
	render, err := planFormats.named(o.format)
	if err != nil {
		return err
	}
	p := watching(streams.ErrOut)
	defer p.done()
	p.say("reading the manifests")
	declared, before, err := o.manifests(ctx, config, streams)
	if err != nil {
		return err
	}
	r := report{addresses: o.shows(streams)}
	if declared.PassedOver > 0 {
		r.note("%d objects of other kinds are passed over", declared.PassedOver)
	}
	p.say("reading %s", o.where())
	in, err := o.inputs(ctx, config, declared.Objects, before, &r)
	if err != nil {
		return err
	}
	in.Progress = func(done, all int) { p.say("planning: %d of %d people", done, all) }
	result, err := preview.Of(ctx, in)
	if err != nil {
		return err //nolint:wrapcheck // it is the context's
	}
	r.add(in, result)
	p.done()
	if err := render(streams.Out, r); err != nil {
		return err
	}
	if r.Summary.changes() {
		return errChanges
	}
	return nil
}

// manifests are those of -f, and what --base says was declared before.
func (o planOptions) manifests(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) (declared manifest.Set, before preview.Objects, err error) {
	namespace, err := namespaceOf(config)
	if err != nil {
		return declared, nil, err
	}
	if declared, err = o.read(ctx, namespace, streams); err != nil {
		return declared, nil, err
	}
	before = preview.Objects{}
	if o.base != "" {
		before, err = readBase(ctx, o.base, namespace, o.files)
	}
	return declared, before, err
}

// read reads what -f names.
func (o planOptions) read(ctx context.Context, namespace string, streams genericiooptions.IOStreams) (manifest.Set, error) {
	reading := manifest.Reading{Namespace: namespace}
	for _, file := range o.files {
		if file == "-" {
			reading.Stream(ctx, "standard input", streams.In)
			continue
		}
		reading.Path(ctx, file)
	}
	set, err := reading.Set()
	if err == nil && len(set.Objects) == 0 {
		err = fmt.Errorf("-f %s: there are no objects of %s", strings.Join(o.files, ","), v1alpha1.SchemeGroupVersion.Group)
	}
	return set, err //nolint:wrapcheck // each line names its file
}

// inputs are what is, from the cluster or from the provider, with what would be declared.
func (o planOptions) inputs(ctx context.Context, config *genericclioptions.ConfigFlags, declared, before preview.Objects, r *report) (preview.Inputs, error) {
	in := preview.Inputs{
		Now: metav1.NewTime(clock.RealClock{}.Now()), ReferenceGrace: timing.Timing{}.Shipped().ReferenceGrace,
		Tables: map[types.NamespacedName]*provider.Snapshot{},
	}
	today := cluster{objects: before}
	if !o.withoutCluster() {
		var err error
		if today, err = o.today(ctx, config, declared, before, r); err != nil {
			return in, err
		}
		in.Read = namespacesOf(declared.Over(before))
	}
	in.Objects, in.Today, in.Records = declared.Over(today.objects), today.objects, today.records
	for key := range before {
		if _, stays := declared[key]; !stays {
			delete(in.Objects, key) // it is taken out of the manifests
		}
	}
	if o.withoutCluster() {
		assumeBackends(ctx, in.Objects, r)
	}
	identify(in.Objects, today.objects, in.Now)
	var unknown []string
	r.placeholders, unknown = placeholders(in.Objects, in.Records)
	for _, profile := range unknown {
		r.note("%s: the Secret with the address is not at hand; whether the person has a row is not known", profile)
	}
	if o.withoutCluster() {
		return in, o.fromProvider(ctx, &in, before, r)
	}
	fromRecords(in, r)
	return in, nil
}

// today is what the cluster has.
func (o planOptions) today(ctx context.Context, config *genericclioptions.ConfigFlags, declared, before preview.Objects, r *report) (cluster, error) {
	kube, _, err := connect(config)
	if err != nil {
		return cluster{}, err
	}
	today, err := readCluster(ctx, kube, declared.Over(before))
	if err != nil {
		return cluster{}, err
	}
	today.readSecrets(ctx, kube, declared.Over(today.objects))
	r.Notes = append(r.Notes, today.notes...)
	for _, key := range today.leaving {
		if _, again := declared[key]; again {
			r.note("%s is being deleted: what is applied before it is gone is lost; wait for it", key)
		}
	}
	return today, nil
}

// fromRecords makes the tables that records tell.
func fromRecords(in preview.Inputs, r *report) {
	if shortened := shortenedOf(in.Records); shortened > 0 {
		r.note("%s more than their AccessRecords have room for: less is added than is shown (ask the provider with --backend-url for all of it)", status.Count(shortened, "person holds", "people hold"))
	}
	for key, object := range in.Objects {
		backend, ok := object.(*v1alpha1.HostingBackend)
		if !ok {
			continue
		}
		r.noteBackend(backend)
		table, unknown := preview.TableOf(backend, in.Records, in.Objects, in.Now.Time)
		in.Tables[types.NamespacedName{Namespace: key.Namespace, Name: key.Name}] = table
		for _, place := range unknown {
			r.note("%s: no record knows %s; what the provider has of it is not known here", key, strings.ToLower(place))
		}
	}
}

// fromProvider reads the table of the one backend that manifests name from the provider, and assumes of
// what was declared before that Hostgrant gave it.
func (o planOptions) fromProvider(ctx context.Context, in *preview.Inputs, before preview.Objects, r *report) error {
	backends := backendsOf(in.Objects)
	maps.Copy(backends, backendsOf(before))
	if len(backends) != 1 {
		return fmt.Errorf("--backend-url, --table: the grants name %d HostingBackends, and one table can be read: give the manifests of one", len(backends))
	}
	snapshot, err := o.table(ctx)
	if err != nil {
		return err
	}
	for backend := range backends {
		in.Tables[backend] = snapshot
	}
	for _, note := range o.notes {
		r.note("%s", note)
	}
	if len(before) == 0 {
		r.note("nothing is remembered without a cluster: only what would be added is known; --base says what was declared before")
		return nil
	}
	r.note("what was taken away within the last day is not known without a cluster: the removal limit may hold more than is shown")
	was := *in
	was.Objects = preview.Objects{}
	maps.Copy(was.Objects, before)
	assumeBackends(ctx, was.Objects, r)
	identify(was.Objects, preview.Objects{}, metav1.NewTime(in.Now.Add(-48*time.Hour)))
	placeholders(was.Objects, nil)
	in.Records, err = preview.Assume(ctx, was)
	return err //nolint:wrapcheck // it is the context's
}
