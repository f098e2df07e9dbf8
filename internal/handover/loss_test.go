package handover

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

func TestEveryLossEnds(t *testing.T) {
	lost := func(name string, since int64) v1alpha1.LostReference {
		return v1alpha1.LostReference{Kind: "Profile", Name: v1alpha1.ObjectName(name), Since: metav1.Unix(since, 0)}
	}
	full := make([]v1alpha1.LostReference, maxLost)
	for i := range full {
		full[i] = lost(fmt.Sprintf("p%d", i), int64(i))
	}
	for what, c := range map[string]struct {
		before []v1alpha1.LostReference
		name   string
		want   int64
	}{
		"new":                         {nil, "x", 9999},
		"remembered":                  {[]v1alpha1.LostReference{lost("w", 8), lost("x", 7)}, "x", 7},
		"others are remembered":       {[]v1alpha1.LostReference{lost("w", 8)}, "x", 9999},
		"remembered among many":       {full, "p3", 3},
		"more than can be remembered": {full, "x", maxLost - 1},
	} {
		if got := since(lost(c.name, 9999), c.before); got.Unix() != c.want {
			t.Errorf("%s: since %d, want %d", what, got.Unix(), c.want)
		}
	}
}
