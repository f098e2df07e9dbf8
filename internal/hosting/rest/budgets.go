package rest

import (
	"crypto/sha256"
	"net"
	"net/url"
	"strings"
	"sync"

	"k8s.io/utils/clock"
)

// Budgets hands out one Budget per key, so that backends which share a key share its
// budget. It holds digests, never tokens. A budget stays until the end of the program:
// keys are few and a budget is small. Safe for concurrent use.
type Budgets struct {
	clock clock.Clock

	mu    sync.Mutex
	byKey map[[sha256.Size]byte]*Budget
}

// NewBudgets makes an empty registry.
func NewBudgets(c clock.Clock) *Budgets {
	return &Budgets{clock: c, byKey: map[[sha256.Size]byte]*Budget{}}
}

// For is the budget of a key, made where there is none. The limits, in calls per minute,
// hold from now on for everybody who shares it; 0 or less stands for the documented limit.
func (b *Budgets) For(endpoint, token string, readsPerMinute, writesPerMinute int) *Budget {
	key := sha256.Sum256([]byte(canonical(endpoint) + "\x00" + token))
	b.mu.Lock()
	defer b.mu.Unlock()
	budget, ok := b.byKey[key]
	if !ok {
		budget = NewBudget(readsPerMinute, writesPerMinute, b.clock)
		b.byKey[key] = budget
		return budget
	}
	budget.SetLimits(readsPerMinute, writesPerMinute)
	return budget
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
