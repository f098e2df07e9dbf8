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
)

// results holds how sending and writing ended until that is written down, so that a write of the
// status which fails because the record changed meanwhile loses nothing. Only a crash does: then
// an intent without a result counts as sent, and a write as one that may still be done.
type results struct {
	mu       sync.Mutex
	byKey    map[types.NamespacedName]*v1alpha1.InvitationStatus
	memories map[types.NamespacedName]remembered
}

// remembered is the memory after a write to the provider, and when that was intended.
type remembered struct {
	intended *metav1.Time
	memory   access.Memory
}

func newResults() *results {
	return &results{byKey: map[types.NamespacedName]*v1alpha1.InvitationStatus{}, memories: map[types.NamespacedName]remembered{}}
}

func (r *results) keep(key types.NamespacedName, result *v1alpha1.InvitationStatus) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byKey[key] = result
}

func (r *results) drop(key types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byKey, key)
	delete(r.memories, key)
}

func (r *results) keepMemory(key types.NamespacedName, intended *metav1.Time, memory access.Memory) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memories[key] = remembered{intended, memory}
}

// memory is what is remembered after the write whose intent a record tells of; nil where that is
// what its status says.
func (r *results) memory(record *v1alpha1.AccessRecord) *access.Memory {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept, known := r.memories[client.ObjectKeyFromObject(record)]
	if !known || kept.intended == nil || !kept.intended.Equal(record.Status.WriteIntendedAt) {
		return nil
	}
	return &kept.memory
}

// writeTimeout bounds writing down how sending ended while the manager is being stopped.
const writeTimeout = 5 * time.Second

// toWrite is the context to write down a pass in. Where a mail was tried, that the manager is
// being stopped is no reason not to tell how it ended.
func (r *results) toWrite(ctx context.Context, key types.NamespacedName) (context.Context, context.CancelFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byKey[key] == nil {
		return ctx, func() {}
	}
	return context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
}

// of is what is remembered of a record's invitation: what its status says, or how that
// intent ended.
func (r *results) of(record *v1alpha1.AccessRecord) *v1alpha1.InvitationStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	written := record.Status.Invitation
	result := r.byKey[client.ObjectKeyFromObject(record)]
	if result == nil || written == nil || written.State != v1alpha1.InvitationIntended || written.MessageID != result.MessageID {
		return written
	}
	return result
}
