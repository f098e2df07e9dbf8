package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

func newVersionCommand(streams genericiooptions.IOStreams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program and of the API that it knows",
		Args:  takes(),
		RunE: func(*cobra.Command, []string) error {
			version := "unknown"
			if build, ok := debug.ReadBuildInfo(); ok {
				version = build.Main.Version
			}
			fmt.Fprintf(streams.Out, "hostgrant %s, API %s\n", version, v1alpha1.SchemeGroupVersion)
			return nil
		},
	}
}
