package record

import (
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/queue"
)

// turn is what one reconcile holds of what is scarce: a turn to write, the slot of a worker that
// waits for a provider, and the right to mail the person. It is given back when the reconcile ends.
type turn struct {
	r            *Reconciler
	key, backend types.NamespacedName
	// keep: the place in the queue is kept, for the same is still to be done.
	keep bool
	// reserved: the person may be mailed; mailed: that was used.
	reserved, mailed bool
}

func (r *Reconciler) turnOf(record *v1alpha1.AccessRecord) *turn {
	return &turn{r: r, key: client.ObjectKeyFromObject(record), backend: backendKey(record)}
}

// acquire takes a turn, or a place in the queue: then the record is woken when its turn comes.
func (t *turn) acquire(request queue.WriteRequest) bool {
	connection, ok := t.r.Connections.Get(t.backend)
	acquired := ok && connection.Writes().Acquire(t.key.Name, request) && t.r.Slots.Acquire(t.key)
	t.keep = !acquired
	return acquired
}

// waitForMail looks whether the person still waits to be mailed: then nobody's turn is taken for it.
func (t *turn) waitForMail(in plan.Inputs, d plan.Decision) (plan.Inputs, plan.Decision) {
	connection, ok := t.r.Connections.Get(t.backend)
	switch {
	case !ok:
		return in, d
	case !d.Invitation.Mails:
		connection.Mails().Leave(t.key.Name)
		return in, d
	}
	connection.Mails().Charge(t.key.Name, d.Invitation.Account)
	if wait, waits := connection.Mails().Waits(t.key.Name); waits {
		return decideWaiting(in, d, wait)
	}
	return in, d
}

// release gives everything back.
func (t *turn) release() {
	connection, ok := t.r.Connections.Get(t.backend)
	if ok && t.reserved && !t.mailed {
		connection.Mails().Cancel(t.key.Name)
	}
	if t.keep {
		return
	}
	t.r.Slots.Release(t.key)
	if ok {
		connection.Writes().Release(t.key.Name)
	}
}
