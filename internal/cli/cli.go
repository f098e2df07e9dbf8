// Package cli holds the commands of hostgrant. They are thin: what they say is decided in
// internal/preview, internal/plan and internal/inventory.
package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/manifest"
)

// The codes with which commands end.
const (
	exitOK     = 0
	exitError  = 1
	exitChange = 2
)

// errChanges: a plan found changes.
var errChanges = errors.New("there are changes")

// Run runs one command, told by its arguments, and returns the code to exit with. name is what the
// program is called by.
func Run(ctx context.Context, name string, args []string, streams genericiooptions.IOStreams) int {
	root := newRoot(name, streams) //nolint:contextcheck // commands take the context that they are run with
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errChanges):
		return exitChange
	}
	for line := range strings.SplitSeq(withHint(command, err).Error(), "\n") {
		if line == "" {
			continue
		}
		fmt.Fprintln(streams.ErrOut, "error:", manifest.Plain(line))
	}
	return exitError
}

func newRoot(name string, streams genericiooptions.IOStreams) *cobra.Command {
	root := &cobra.Command{
		Use:         strings.ReplaceAll(name, " ", "-"),
		Annotations: map[string]string{cobra.CommandDisplayNameAnnotation: name},
		Short:       "Ask what manifests would change, and who may do what on your hosting",
		Long: `Ask what manifests would change, and who may do what on your hosting. Nothing is changed at the provider by any
command; only "approve" creates something, a RemovalApproval in the cluster.

With a cluster, begin with "doctor" and "status", and with "plan -f FILE" before you apply something.
Without one, begin with "table --help".`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	root.SetUsageTemplate(usageTemplate)
	root.SetFlagErrorFunc(func(command *cobra.Command, err error) error {
		return fmt.Errorf("%w; see %s --help", err, command.CommandPath())
	})
	// kubectl's own flags, so that --context and --namespace mean what they do there.
	config := genericclioptions.NewConfigFlags(true)
	config.AddFlags(root.PersistentFlags())
	root.AddCommand(newPlanCommand(config, streams), newImportCommand(config, streams), newNotifiedCommand(config, streams), newVersionCommand(streams))
	root.AddCommand(newApproveCommand(config, streams), newStatusCommand(config, streams), newDoctorCommand(config, streams))
	root.AddCommand(newWhoCanCommand(config, streams), newAccessCommand(config, streams), newReviewCommand(config, streams), newMatrixCommand(config, streams))
	root.AddCommand(newTableCommand(streams), newWorklistCommand(config, streams), newOptionsCommand(streams))
	return root
}

// readBackend reads a HostingBackend and its records; an error comes with the backend where only records cannot be read.
func readBackend(ctx context.Context, kube client.Reader, key client.ObjectKey) (*v1alpha1.HostingBackend, []v1alpha1.AccessRecord, error) {
	backend := &v1alpha1.HostingBackend{}
	if err := kube.Get(ctx, key, backend); err != nil {
		return nil, nil, err //nolint:wrapcheck // Kubernetes says what is missing
	}
	records := &v1alpha1.AccessRecordList{}
	if err := kube.List(ctx, records, client.InNamespace(key.Namespace)); err != nil {
		return backend, nil, err //nolint:wrapcheck // Kubernetes says what is not allowed
	}
	others := func(record v1alpha1.AccessRecord) bool { return string(record.Spec.BackendRef.Name) != key.Name }
	return backend, slices.DeleteFunc(records.Items, others), nil
}

// namespaceOf is the one that kubectl's own flags and files name.
func namespaceOf(config *genericclioptions.ConfigFlags) (string, error) {
	namespace, _, err := config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", fmt.Errorf("find the namespace: %w", err)
	}
	return namespace, nil
}

// connect makes a client from kubectl's own flags and files.
func connect(config *genericclioptions.ConfigFlags) (client.Client, string, error) {
	namespace, err := namespaceOf(config)
	if err != nil {
		return nil, "", err
	}
	if raw, err := config.ToRawKubeConfigLoader().RawConfig(); err == nil && len(raw.Clusters) == 0 && *config.APIServer == "" {
		return nil, "", errNoCluster
	}
	rest, err := config.ToRESTConfig()
	if err != nil {
		return nil, "", fmt.Errorf("find the cluster: %w", err)
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme), addForOperators(scheme)); err != nil {
		return nil, "", fmt.Errorf("make a client: %w", err)
	}
	kube, err := client.New(rest, client.Options{Scheme: scheme})
	if err != nil {
		return nil, "", fmt.Errorf("make a client: %w", err)
	}
	return kube, namespace, nil
}
