package apply_test

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/internal/apply"
)

// A status is put off for so long and no longer, however often it is asked, and anew after something was written.
func TestPostponed(t *testing.T) {
	var p apply.Postponed
	key, began := types.NamespacedName{Name: "x"}, time.Unix(1000, 0)
	for _, c := range []struct{ after, want time.Duration }{{0, 10 * time.Second}, {4 * time.Second, 6 * time.Second}, {10 * time.Second, 0}, {11 * time.Second, 0}} {
		if got := p.Wait(key, began.Add(c.after), 10*time.Second); got != c.want {
			t.Errorf("after %s: %s, want %s", c.after, got, c.want)
		}
	}
	p.Forget(key)
	if got := p.Wait(key, began.Add(time.Minute), 10*time.Second); got != 10*time.Second {
		t.Error(got)
	}
}
