package status

import (
	"maps"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/testkit/golden"
)

var now = metav1.NewTime(time.Unix(1_800_000_000, 0))

// The table of what is told of failures, as TestMessages of internal/plan is of a record.
func TestMessages(t *testing.T) {
	table := &golden.Table{}
	for _, class := range slices.Sorted(maps.Keys(failures)) {
		o := Failed(&hosting.Error{Class: class, Field: "email", Detail: "(details)"}, nil, time.Minute)
		table.Conditions(string(class), Conditions(nil, 1, now, o))
	}
	for _, cause := range hosting.Causes() {
		o := Failed(&hosting.Error{Class: hosting.ClassUnavailable, Cause: cause, Detail: "connection 4711 reset"}, nil, time.Minute)
		table.Conditions(string(cause), Conditions(nil, 1, now, o))
	}
	if len(settings) != len(hosting.Causes()) {
		t.Errorf("%d causes are told, of %d", len(settings), len(hosting.Causes()))
	}
	table.Compare(t, "testdata/messages.txt")
}
