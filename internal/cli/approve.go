package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/held"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/status"
)

type approveOptions struct {
	outputOptions
	digest, source, reason string
	yes, wait              bool
	timeout                time.Duration
}

func newApproveCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	o := approveOptions{}
	command := &cobra.Command{
		Use:   "approve BACKEND",
		Short: "Show who would lose what by a held batch of removals, and approve it",
		Long: `Show everybody who would lose something by a batch of removals that a HostingBackend holds, and what; ask
whether that is meant; and create a RemovalApproval in your name. Then wait until it is done, and tell who lost
access and who was spared. "hostgrant status" lists the batches that are held.

Exactly the batch that was shown is approved. People who are declared again in the meantime are spared; what
becomes due later is in another batch, and stays held. Before the approval is created, the batch is read again:
if it is not held any more, or somebody would lose more than was shown, nothing is created.

The ClusterRole hostgrant-removal-approver suffices. Where standard input is no terminal, --digest, --reason
and --yes are needed.`,
		Example: `  hostgrant approve owner -n hosting
  hostgrant approve owner -n hosting --digest 4882fe3d67e6 --reason "The contract with the agency ended." --yes`,
		Args: takes("BACKEND"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.run(cmd.Context(), config, streams, args[0])
		},
	}
	flags := command.Flags()
	flags.StringVar(&o.digest, "digest", "", "the batch to approve; absent: the only one, or you are asked which")
	flags.StringVar(&o.source, "namespace-of-batch", "", "look only at batches that grants of this namespace caused")
	flags.StringVar(&o.reason, "reason", "", "why these removals are meant, for whoever reads it in a year; absent: you are asked")
	flags.BoolVar(&o.yes, "yes", false, "approve without a question; needs --digest and --reason")
	flags.BoolVar(&o.wait, "wait", true, "wait until everybody of the batch has lost access or was spared")
	flags.DurationVar(&o.timeout, "timeout", 5*time.Minute, "how long to wait at most")
	o.addAddressesFlag(command)
	return command
}

// maxReason is how long a reason may be, in characters; the CRD bounds it.
const maxReason = 1024

// check says what is wrong with the flags.
func (o approveOptions) check() error {
	switch {
	case len([]rune(o.reason)) > maxReason:
		return fmt.Errorf("--reason: it has %d characters, and may have %d: shorten it", len([]rune(o.reason)), maxReason)
	case o.yes && (o.digest == "" || o.reason == ""):
		return errors.New("--yes: give --digest and --reason as well, so that what is approved is what was looked at; without --yes the batches are listed")
	case o.timeout <= 0:
		return fmt.Errorf("--timeout %s: give a time above 0, or --wait=false", o.timeout)
	}
	return nil
}

// approving is one run of the command.
type approving struct {
	approveOptions
	kube    client.Client
	backend client.ObjectKey
	streams genericiooptions.IOStreams
	// answers is nil where nobody can be asked.
	answers *questions
	now     time.Time
}

// heldState is what the cluster tells of a backend.
type heldState struct {
	backend *v1alpha1.HostingBackend
	// records are nil where they may not be read.
	records []v1alpha1.AccessRecord
	batches []held.Batch
}

func (o approveOptions) run(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams, name string) error {
	o.reason = strings.TrimSpace(o.reason)
	if err := o.check(); err != nil {
		return err
	}
	kube, namespace, err := connect(config)
	if err != nil {
		return err
	}
	o.addresses = o.shows(streams)
	a := approving{o, kube, client.ObjectKey{Namespace: namespace, Name: name}, streams, newQuestions(streams), clock.RealClock{}.Now()}
	return a.run(ctx)
}

// run shows a batch, asks, creates the approval and follows it.
func (a approving) run(ctx context.Context) error {
	s, err := a.read(ctx)
	if err != nil {
		return err
	}
	batch, err := a.choose(ctx, s)
	if err != nil || batch.Digest == "" {
		return err
	}
	if err := pageThrough(ctx, a.streams, heldListing(s, batch, a.addresses, a.now)); err != nil {
		return err
	}
	if a.reason, err = a.consent(ctx, s, batch); err != nil {
		return err
	}
	approval, err := a.create(ctx, batch)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.streams.ErrOut, "RemovalApproval %s was created, approved by %s.\n", approval.Name, manifest.Plain(string(approval.Spec.ApprovedBy)))
	if !a.wait {
		return nil
	}
	return a.follow(ctx, approval, batch)
}

// read reads the backend and its records, which not everybody may.
func (a approving) read(ctx context.Context) (heldState, error) {
	s := heldState{}
	backend, records, err := readBackend(ctx, a.kube, a.backend)
	switch {
	case err == nil:
		s.records = append([]v1alpha1.AccessRecord{}, records...)
	case backend == nil || !apierrors.IsForbidden(err):
		return s, err
	}
	s.backend = backend
	s.batches = held.Of(s.backend, s.records)
	return s, nil
}

// choose finds the batch that is meant; it has no digest where nothing waits to be approved.
func (a approving) choose(ctx context.Context, s heldState) (held.Batch, error) {
	waiting := held.Waiting(s.batches)
	if a.source != "" {
		waiting = held.From(waiting, a.source)
	}
	if a.digest != "" {
		return a.named(s, waiting)
	}
	switch {
	case len(waiting) == 0:
		fmt.Fprintln(a.streams.Out, nothingWaits(s, a.source))
		return held.Batch{}, nil
	case len(waiting) == 1:
		return waiting[0], nil
	}
	fmt.Fprint(a.streams.Out, heldChoices(s, waiting, a.now))
	if a.answers == nil {
		return held.Batch{}, fmt.Errorf("%s wait to be approved: name one with --digest", status.Count(len(waiting), "batch", "batches"))
	}
	digest, err := a.answers.ask(ctx, "Which one? Type its digest:")
	if err != nil {
		return held.Batch{}, err
	}
	batch, known := held.Find(waiting, digest)
	if !known {
		return held.Batch{}, fmt.Errorf("%q is none of these digests: nothing was approved", digest)
	}
	return batch, nil
}

// named is the batch of --digest.
func (a approving) named(s heldState, waiting []held.Batch) (held.Batch, error) {
	if batch, is := held.Find(waiting, a.digest); is {
		return batch, nil
	}
	batch, there := held.Find(s.batches, a.digest)
	switch {
	case !there:
		return batch, fmt.Errorf("--digest %q: %s", a.digest, nothingWaits(s, ""))
	case batch.Released:
		return batch, fmt.Errorf("--digest %s: the batch is approved already, and not done yet; see kubectl get removalapprovals -n %s", a.digest, a.backend.Namespace)
	}
	return batch, fmt.Errorf("--digest %s: namespace %s caused this batch, not %s of --namespace-of-batch", a.digest, batch.Namespace, a.source)
}

// consent asks for the reason, and whether what was shown is meant.
func (a approving) consent(ctx context.Context, s heldState, batch held.Batch) (reason string, err error) {
	reason = a.reason
	switch {
	case batch.More > 0 && !batch.Blind:
		return "", fmt.Errorf("nothing was approved: %s of the batch cannot be listed yet, because their AccessRecords are being written; run the command again", status.Count(batch.More, "person", "people"))
	case a.yes:
		return reason, nil
	case a.answers == nil:
		return "", fmt.Errorf("nothing was approved: standard input is no terminal, and nobody can be asked; repeat it with --digest %s, --reason and --yes", batch.Digest)
	}
	for _, note := range heldObstacles(s.backend) {
		fmt.Fprintln(a.streams.ErrOut, "Note:", note)
	}
	if reason == "" {
		if reason, err = a.answers.ask(ctx, "Why are these removals meant? (for whoever reads it in a year)"); err != nil {
			return "", err
		}
	}
	if reason == "" || len([]rune(reason)) > maxReason {
		return "", fmt.Errorf("nothing was approved: a reason of 1 to %d characters is needed", maxReason)
	}
	return reason, a.confirm(ctx, batch)
}

// confirm asks whether what was shown is meant; an error says that it is not.
func (a approving) confirm(ctx context.Context, batch held.Batch) error {
	answer, err := a.answers.ask(ctx, fmt.Sprintf("Take this away from %s? Type yes:", status.Count(batch.Size(), "person", "people")))
	if err == nil && answer != "yes" {
		err = errors.New("nothing was approved: the answer was not yes")
	}
	return err
}
