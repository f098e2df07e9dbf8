// Package app is the manager: its flags, and Hostgrant's controllers.
package app

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/timing"
)

type settings struct {
	metricsAddress string
	metricsSecure  bool
	probeAddress   string
	pprofAddress   string
	leaderElection bool
	leaseNamespace string
	allowPrivate   bool
	hosts          string
	workers        int
	log            zap.Options
}

// Main runs the manager as this process's flags say, until it is told to end. What ships
// has the zero Timing; others may be filled in by flags of their own.
func Main(t *timing.Timing) {
	if err := run(ctrl.SetupSignalHandler(), parse(), t); err != nil {
		fmt.Fprintln(os.Stderr, "hostgrant:", err)
		os.Exit(1)
	}
}

func parse() settings {
	s := settings{}
	flag.StringVar(&s.metricsAddress, "metrics-bind-address", ":8443", "Where metrics are served; 0 serves none.")
	flag.BoolVar(&s.metricsSecure, "metrics-secure", true, "Serve metrics over TLS, to those the API server authenticates and authorises.")
	flag.StringVar(&s.probeAddress, "health-probe-bind-address", ":8081", "Where /healthz and /readyz are served; 0 serves none.")
	flag.StringVar(&s.pprofAddress, "pprof-bind-address", "", "Where profiles of the process are served (net/http/pprof), to everybody who can reach it; nowhere where empty.")
	flag.BoolVar(&s.leaderElection, "leader-elect", true, "Write only while holding the lease. Turn off only where a single process is certain.")
	flag.StringVar(&s.leaseNamespace, "leader-election-namespace", "", "Namespace of the lease; the manager's own where empty, which it knows inside a cluster only.")
	flag.BoolVar(&s.allowPrivate, "allow-private-endpoints", false, "Let providers and mail servers have loopback and private addresses.")
	flag.StringVar(&s.hosts, "allowed-hosts", "", "Hosts that providers and mail servers may have, separated by commas; any where empty.")
	flag.IntVar(&s.workers, "workers", 0, "People, and backends, worked on at the same time; 0 means 64. Providers that hang take two each, and those of one namespace half of them at most.")
	s.log.BindFlags(flag.CommandLine)
	flag.Parse()
	return s
}

func run(ctx context.Context, s settings, given *timing.Timing) error {
	t := given.Shipped()
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&s.log)))
	// It asks without a pace of its own, which would only delay a large first apply: the API server is fair to all.
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w", err)
	}
	lock, err := s.lock(config, t)
	if err != nil {
		return err
	}
	options := ctrl.Options{
		Scheme:                        controllers.Scheme(),
		Cache:                         controllers.CacheOptions(),
		Metrics:                       s.metrics(),
		HealthProbeBindAddress:        s.probeAddress,
		PprofBindAddress:              s.pprofAddress,
		LeaderElection:                s.leaderElection,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &t.LeaseDuration,
		RenewDeadline:                 &t.RenewDeadline,
		RetryPeriod:                   &t.RetryPeriod,
	}
	if lock != nil {
		options.LeaderElectionResourceLockInterface = lock
	}
	mgr, err := ctrl.NewManager(config, options)
	if err != nil {
		return fmt.Errorf("make the manager: %w", err)
	}
	recorder := startEvents(mgr.GetClient(), mgr.GetLogger())
	setup := controllers.Options{Events: recorder, AllowPrivate: s.allowPrivate, Hosts: s.allowedHosts(), Lease: lock, Workers: s.workers, Timing: t}
	if err := controllers.Setup(ctx, mgr, setup); err != nil {
		return err
	}
	for _, add := range []func(string, healthz.Checker) error{mgr.AddHealthzCheck, mgr.AddReadyzCheck} {
		if err := add("ping", healthz.Ping); err != nil {
			return fmt.Errorf("add health check: %w", err)
		}
	}
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("run: %w", err) // at once: whoever lost the lease must not work on
	}
	recorder.drain() // the controllers have ended
	return nil
}

func (s settings) allowedHosts() []string {
	return strings.FieldsFunc(s.hosts, func(r rune) bool { return r == ',' || r == ' ' })
}
