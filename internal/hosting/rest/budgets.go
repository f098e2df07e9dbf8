package rest

import (
	"crypto/sha256"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
)

// Budgets hands out one Budget per key, so that backends which share a key share its budget. It
// holds digests, never tokens, and no more keys than backends. Safe for concurrent use.
type Budgets struct {
	clock clock.Clock

	mu sync.Mutex
	// keys are what backends last asked with.
	keys  map[types.NamespacedName]digest
	byKey map[digest]*Budget
}

type digest [sha256.Size]byte

// NewBudgets makes an empty registry.
func NewBudgets(c clock.Clock) *Budgets {
	return &Budgets{clock: c, keys: map[types.NamespacedName]digest{}, byKey: map[digest]*Budget{}}
}

// Ensure is the budget of a backend's key, made where there is none; that of the key before it goes
// with the last backend that had it. The limits, in calls per minute, hold from now on for
// everybody who shares it; 0 or less stands for the documented limit. Only who has just seen that
// the HostingBackend exists may call it.
func (b *Budgets) Ensure(backend types.NamespacedName, endpoint, token string, readsPerMinute, writesPerMinute int) *Budget {
	key := digest(sha256.Sum256([]byte(canonical(endpoint) + "\x00" + token)))
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.keys[backend] != key {
		b.drop(backend)
		b.keys[backend] = key
	}
	budget, ok := b.byKey[key]
	if !ok {
		budget = NewBudget(readsPerMinute, writesPerMinute, b.clock)
		b.byKey[key] = budget
		return budget
	}
	budget.SetLimits(readsPerMinute, writesPerMinute)
	return budget
}

// Drop forgets a backend that is gone, and its key where no other has it.
func (b *Budgets) Drop(backend types.NamespacedName) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drop(backend)
}

func (b *Budgets) drop(backend types.NamespacedName) {
	key := b.keys[backend]
	delete(b.keys, backend)
	if !slices.Contains(slices.Collect(maps.Values(b.keys)), key) {
		delete(b.byKey, key)
	}
}

// canonical makes notations of one endpoint equal; a provider counts per host and key.
func canonical(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
