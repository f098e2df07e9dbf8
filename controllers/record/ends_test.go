package record

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// S32: timers do not see a clock that is set, nor one that went on while the machine slept.
func TestAnEndIsLookedForByTheClock(t *testing.T) {
	now := metav1.NewTime(time.Unix(1_800_000_000, 0))
	end := func(in time.Duration) v1alpha1.Contribution {
		return v1alpha1.Contribution{End: &v1alpha1.End{At: metav1.NewTime(now.Add(in)), Cause: v1alpha1.CauseExpired}}
	}
	for what, c := range map[string]struct {
		contributions []v1alpha1.Contribution
		want          time.Duration
	}{
		"none":         {[]v1alpha1.Contribution{{}}, 0},
		"over":         {[]v1alpha1.Contribution{end(-time.Hour)}, 0},
		"soon":         {[]v1alpha1.Contribution{end(time.Hour), end(time.Minute)}, time.Minute},
		"in some time": {[]v1alpha1.Contribution{end(1000 * time.Hour)}, glance},
	} {
		p := &pass{now: now, record: &v1alpha1.AccessRecord{Spec: v1alpha1.AccessRecordSpec{Contributions: c.contributions}}}
		if got := p.nextEnd(); got != c.want {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// A clock that ran ahead for a while is not remembered.
func TestSourcesAreOfThePast(t *testing.T) {
	now := metav1.NewTime(time.Unix(1_800_000_000, 0))
	ahead := metav1.NewTime(now.Add(1000 * time.Hour))
	p := &pass{now: now, record: &v1alpha1.AccessRecord{Status: v1alpha1.AccessRecordStatus{
		Sources: []v1alpha1.SourceNamespace{{Namespace: "ns", Since: ahead, Until: &ahead, Removed: &ahead, Suspended: &ahead}},
	}}}
	got := p.sources()
	if len(got) != 1 || got[0].Since != now || *got[0].Until != now || *got[0].Removed != now || *got[0].Suspended != now {
		t.Errorf("%+v", got)
	}
}
