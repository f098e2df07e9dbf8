// Command hosting-backend is the reference hosting administration: the contract's REST API
// over a database on disk, with its own mails and an access check.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "hosting-backend:", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "hosting-backend",
		Short: "A small, real hosting administration to run Hostgrant against",
		Long: `hosting-backend is the reference hosting administration of Hostgrant. It serves the
permission API of the contract (internal/hosting/contract/openapi.yaml) and web pages over
HTTPS, keeps its data in one folder, mails invitations, and can be asked who may open which
menu.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newServeCommand())
	return root
}
