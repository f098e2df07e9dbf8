package provider

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

func TestConnectionsAreMadeByEnsureAlone(t *testing.T) {
	all := NewConnections(clocktesting.NewFakeClock(time.Unix(0, 0)), func(types.NamespacedName, string) {})
	key := types.NamespacedName{Namespace: "ns", Name: "acme"}
	for range 2 {
		if _, ok := all.Get(key); ok {
			t.Error("asking makes one")
		}
	}
	first := all.Ensure(key)
	if got, ok := all.Get(key); !ok || got != first || all.Ensure(key) != first {
		t.Error("two connections for one backend")
	}
	p := newProvider(hosting.Row{Email: ann})
	first.Configure("owner", "digest", "ours", p, p)
	refresh(t, first)
	if left := all.Drop(key); left == nil || len(left.Addresses()) != 1 {
		t.Error("what was read last is not told")
	}
	if all.Drop(key) != nil {
		t.Error("dropped twice")
	}
	if _, ok := all.Get(key); ok {
		t.Error("a dropped one is there")
	}
}
