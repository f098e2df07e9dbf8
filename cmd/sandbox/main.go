// Command sandbox runs Hostgrant with everything it needs on one machine.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap/zapcore"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/hostgrant/hostgrant/cmd/manager/app"
	"github.com/hostgrant/hostgrant/internal/sandbox"
	"github.com/hostgrant/hostgrant/internal/timing"
)

func main() {
	if filepath.Base(os.Args[0]) == sandbox.Manager {
		app.Main(&timing.Timing{}) // as cmd/manager does
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	go func() {
		<-ctx.Done()
		stop() // a second Ctrl-C ends the program at once
	}()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func command() *cobra.Command {
	o := sandbox.Options{Out: os.Stdout, Err: os.Stderr, Clock: clock.RealClock{}}
	var output string
	c := &cobra.Command{
		Use:   "sandbox",
		Short: "Run Hostgrant with everything it needs on this machine",
		Long: `sandbox starts a Kubernetes control plane, a hosting provider with its database, a mail
server that keeps what it gets, and the manager under the rights it ships with. It applies
config/samples with mode: Enforce, shows what becomes of it, and stays up until Ctrl-C.`,
		Args:          cobra.NoArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(c *cobra.Command, _ []string) error {
			switch output {
			case "text", "json":
			default:
				return fmt.Errorf("--output %q: say text or json", output)
			}
			o.JSON = output == "json"
			ctrl.SetLogger(zap.New(zap.WriteTo(os.Stderr), zap.Level(zapcore.ErrorLevel)))
			return sandbox.Run(c.Context(), o)
		},
	}
	f := c.Flags()
	f.BoolVar(&o.Once, "once", false, "end when everything is Ready (exit 0), or is not in time (exit 1)")
	f.StringVar(&output, "output", "text", "text, or json: the last line is one JSON object with the figures")
	f.DurationVar(&o.Timeout, "timeout", 5*time.Minute, "how long to wait until everything is Ready")
	f.StringVar(&o.State, "state", "", "empty or new folder for everything that is written (default: a temporary one)")
	f.BoolVar(&o.Keep, "keep", false, "keep that folder in the end")
	return c
}
