package app

import (
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/leaderelection"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	"github.com/hostgrant/hostgrant/internal/lease"
	"github.com/hostgrant/hostgrant/internal/timing"
)

// lock is the lease that this process writes under; nil where it was told that it is alone. A
// manager that ends in order gives it back; after a crash the next one waits for it to run out.
func (s settings) lock(config *rest.Config, t timing.Timing) (*lease.Lease, error) {
	if !s.leaderElection {
		return nil, nil //nolint:nilnil // no lease is what is asked for
	}
	lock, err := leaderelection.NewResourceLock(config, silent{}, leaderelection.Options{
		LeaderElection: true, LeaderElectionID: "manager.hostgrant.io", LeaderElectionNamespace: s.leaseNamespace, RenewDeadline: t.RenewDeadline,
	})
	if err != nil {
		return nil, fmt.Errorf("make the lease: %w", err)
	}
	return lease.Watch(lock, t.LeaseDuration, clock.RealClock{}), nil
}

// silent has the lock tell its changes to nobody: the log does.
type silent struct{}

func (silent) GetEventRecorderFor(string) record.EventRecorder { return nil }
func (silent) GetEventRecorder(string) recorder.EventRecorder  { return nil }
