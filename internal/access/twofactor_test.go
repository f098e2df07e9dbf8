package access

import (
	"testing"

	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

func TestTwoFactorOf(t *testing.T) {
	required := hosting.NewRights(hosting.TwoFactorRight)
	for what, c := range map[string]struct {
		row  *hosting.Row
		want v1alpha1.TwoFactorState
	}{
		"no row":                    {nil, v1alpha1.TwoFactorNotRequired},
		"not required, and has one": {&hosting.Row{ProfileID: 1, TwoFactor: ptr.To(true)}, v1alpha1.TwoFactorNotRequired},
		"no profile":                {&hosting.Row{Rights: required}, v1alpha1.TwoFactorUnknown},
		"not told":                  {&hosting.Row{ProfileID: 1, Rights: required}, v1alpha1.TwoFactorUnknown},
		"has one":                   {&hosting.Row{ProfileID: 1, Rights: required, TwoFactor: ptr.To(true)}, v1alpha1.TwoFactorEnabled},
		"has none":                  {&hosting.Row{ProfileID: 1, Rights: required, TwoFactor: ptr.To(false)}, v1alpha1.TwoFactorMissing},
	} {
		if got := TwoFactorOf(c.row); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}
