package record

import (
	"context"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/plan"
)

// unsaved holds how sending and writing ended until that is written down, so that a write of the
// status which fails because the record changed meanwhile loses nothing. Only a crash does: then
// an intent without a result counts as sent, and a write as one that may still be done.
type unsaved struct {
	mu          sync.Mutex
	invitations map[types.NamespacedName]*v1alpha1.InvitationStatus
	memories    map[types.NamespacedName]afterWrite
}

// afterWrite is the memory after a write to the provider, what was changed by it, and when that was intended.
type afterWrite struct {
	intended *metav1.Time
	memory   access.Memory
	changes  []v1alpha1.Change
}

func newUnsaved() *unsaved {
	return &unsaved{invitations: map[types.NamespacedName]*v1alpha1.InvitationStatus{}, memories: map[types.NamespacedName]afterWrite{}}
}

func (u *unsaved) keepInvitation(key types.NamespacedName, result *v1alpha1.InvitationStatus) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.invitations[key] = result
}

func (u *unsaved) keepMemory(key types.NamespacedName, intended *metav1.Time, in plan.Inputs) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.memories[key] = afterWrite{intended, in.Memory, in.Done.Changes}
}

func (u *unsaved) drop(key types.NamespacedName) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.invitations, key)
	delete(u.memories, key)
}

// recall gives inputs what is remembered: what the status of their record tells, or how the intent
// in it ended.
func (u *unsaved) recall(in plan.Inputs) plan.Inputs {
	u.mu.Lock()
	defer u.mu.Unlock()
	key, have := client.ObjectKeyFromObject(in.Record), in.Record.Status
	in.Memory, in.Invitation = access.MemoryOf(have), have.Invitation
	if kept := u.memories[key]; kept.intended != nil && kept.intended.Equal(have.WriteIntendedAt) {
		in.Memory, in.Done.Changes = kept.memory, kept.changes
	}
	result := u.invitations[key]
	if result != nil && have.Invitation != nil && have.Invitation.State == v1alpha1.InvitationIntended && have.Invitation.MessageID == result.MessageID {
		in.Invitation = result
	}
	return in
}

// writeTimeout bounds writing down how sending ended while the manager is being stopped.
const writeTimeout = 5 * time.Second

// toWrite is the context to publish in. Where a mail was tried, that the manager is
// being stopped is no reason not to tell how it ended.
func (u *unsaved) toWrite(ctx context.Context, key types.NamespacedName) (context.Context, context.CancelFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.invitations[key] == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
}
