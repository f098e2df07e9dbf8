package record

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// How a mail ended is written down also by a manager that is being stopped; anything else is
// read again by the next one.
func TestResultsOutliveTheManager(t *testing.T) {
	r, mailed, other := newResults(), types.NamespacedName{Name: "mailed"}, types.NamespacedName{Name: "other"}
	r.keep(mailed, &v1alpha1.InvitationStatus{State: v1alpha1.InvitationDeferred})
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for key, lives := range map[types.NamespacedName]bool{mailed: true, other: false} {
		ctx, done := r.toWrite(stopped, key)
		if _, bounded := ctx.Deadline(); (ctx.Err() == nil) != lives || bounded != lives {
			t.Errorf("%s: %v, bounded %v", key.Name, ctx.Err(), bounded)
		}
		done()
	}
}
