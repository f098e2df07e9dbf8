package provider

import (
	"testing"
	"time"
)

func TestAhead(t *testing.T) {
	s, c := open(newProvider())
	if got := s.View().Ahead; got != 0 {
		t.Error("before the provider told the time", got)
	}
	for _, one := range []struct{ ours, want time.Duration }{
		{0, 0}, {MaxSkew, 0}, {-MaxSkew, 0}, {MaxSkew + time.Second, MaxSkew + time.Second}, {-MaxSkew - time.Second, -MaxSkew - time.Second},
	} {
		s.Hear(c.Now().Add(-one.ours))
		if got := s.View().Ahead; got != one.want {
			t.Errorf("%s ahead: %s", one.ours, got)
		}
	}
	s.Configure("owner", "another key", "ours", newProvider(), nil)
	if s.View().Ahead == 0 {
		t.Error("a new key of the same owner says nothing about clocks")
	}
	s.Configure("another owner", "digest", "ours", newProvider(), nil)
	if s.View().Ahead != 0 {
		t.Error("another provider is not the one that told the time")
	}
}
