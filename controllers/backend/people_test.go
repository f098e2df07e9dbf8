package backend

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/internal/provider"
)

func TestARestartMovesNoTime(t *testing.T) {
	known, began, changed := metav1.Unix(100, 0), time.Unix(200, 500), time.Unix(300, 0)
	for what, c := range map[string]struct {
		known    *metav1.Time
		snapshot *provider.Snapshot
		want     int64
	}{
		"first ever":    {nil, &provider.Snapshot{Began: began}, 200},
		"after a start": {&known, &provider.Snapshot{Began: began}, 100},
		"a change seen": {&known, &provider.Snapshot{Began: began, ChangedAt: changed}, 300},
	} {
		if got := changedAt(c.known, c.snapshot); got.Unix() != c.want || got.Nanosecond() != 0 {
			t.Errorf("%s: got %s", what, got)
		}
	}
}
