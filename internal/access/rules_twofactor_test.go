package access

import (
	"testing"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// What gives nothing asks for no second factor, and is not refused for that: its grant says what is
// missing, and what it gave before ends as its deletionPolicy says.
func TestARuleRefusesNothingThatGivesNothing(t *testing.T) {
	rule := anything(v1alpha1.GrantRule{RequireTwoFactor: true})
	for what, c := range map[string]struct {
		contribution v1alpha1.Contribution
		refused      bool
	}{
		"nothing":         {v1alpha1.Contribution{}, false},
		"without the box": {v1alpha1.Contribution{Overall: []v1alpha1.OverallPermission{"Billing"}}, true},
		"with the box":    {v1alpha1.Contribution{Overall: []v1alpha1.OverallPermission{"Billing"}, RequireTwoFactor: true}, false},
	} {
		if why := refuses(rule, Origin{}, c.contribution, "ann@acme.example"); (why != "") != c.refused {
			t.Errorf("%s: %q", what, why)
		}
	}
}
