package cli

import (
	"strings"
	"testing"
)

// Who has what is answered from a table file, too; of who has a profile, which it does not tell, nothing is concluded.
func TestQuestionsToATable(t *testing.T) {
	alone(t)
	seenIn(t, "table.yaml", annPays, bobSites, bobKeys)
	endsWith(t, 0, "import", "owner", "-n", "hosting", "--table", "table.yaml", "--folder", "hosting")
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"who-can", "Sites", "--account", "shop"}, []string{"Profile/bob", "yes, if they have a profile", "hosting/bob"}},
		{[]string{"access", "bob@acme.example"}, []string{"yes, if they have a profile", "Sites", "SSHUsers"}},
		{[]string{"notified", "owner", "balance"}, []string{"Profile/ann", "if they have a profile"}},
		{[]string{"review"}, []string{"Profile/ann", "Billing", "Known from: a table file, of what somebody saw at 2"}},
		{[]string{"matrix"}, []string{"Profile/bob", "works if the person has a profile"}},
	} {
		args := append(append([]string{}, c.args...), "--table", "table.yaml", "-f", "hosting", "-n", "hosting")
		out, said := endsWith(t, 0, args...)
		for _, want := range c.want {
			if !strings.Contains(out, want) {
				t.Errorf("%v does not say %q:\n%s%s", c.args, want, out, said)
			}
		}
		if !strings.Contains(out+said, "does not know who has a profile") {
			t.Errorf("%v does not say what is not known:\n%s%s", c.args, out, said)
		}
	}
}
