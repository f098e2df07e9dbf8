package cli

import (
	"io"
	"testing"
)

// example is a plan in which everything occurs, with names as strangers may write them.
func example() report {
	r := report{
		Groups: []group{
			{
				Backend: "hosting/owner", People: []string{"Profile/ann", "person 3f9c0d1e2b4a"}, Mails: 1,
				Add: []change{{[]string{"account blog, shop: Databases, Sites", "overall: Billing"}, "for hosting/agency"}},
			},
			{
				Backend: "hosting/owner", People: []string{"Profile/bob"},
				Remove: []change{{[]string{"account <img src=x> @everyone `x`: Sites"}, "no longer named by hosting/agency"}},
				Later:  []change{{[]string{"2FA required"}, "after driftGrace"}},
			},
			{
				Backend: "other/owner", People: []string{"Profile/cyd"},
				Held: []change{{[]string{"overall: Billing"}, "RemovalLimit"}},
			},
		},
		Issues: []issue{{"hosting/agency", "Team/a\x1b[31m", "ReferenceNotFound", "there is no Team of this name in the namespace"}},
		Held:   []heldBatch{{"other/owner", "tenant", 12}},
		Notes:  []string{"3 objects of other kinds are passed over"},
	}
	r.Summary = summary{People: 4, Added: 10, Removed: 1, Held: 1, Later: 1, Mails: 2}
	return r
}

func TestFormats(t *testing.T) {
	for name, render := range planFormats {
		goldenText(t, "plan."+name, func(out io.Writer) error { return render(out, example()) })
	}
}
