package cli

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/hostgrant/hostgrant/internal/worklist"
)

// Texts of a table, which may be a stranger's, control no terminal in any format of a worklist; somebody whose address
// is in a Secret that is not at hand is no item; and addresses of the list before stay where they were.
func TestWorklistTellsWhatMayBeTold(t *testing.T) {
	alone(t)
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	look := func(at string) string {
		return `{"apiVersion": "table.hostgrant.io/v1", "kind": "AccessTable", "owner": "me@acme.example", "takenAt": "` + at + `",
  "source": "a look\u009b2J\u202e", "notKnown": ["ids", "profiles", "invitations", "secondFactors"], "accounts": ["shop"], "servers": [], "rows": []}`
	}
	write("first.json", look("2026-01-01T08:00:00Z"))
	write("second.json", look("2026-01-01T09:00:00Z"))
	write("all.yaml", `apiVersion: hostgrant.io/v1alpha1
kind: HostingBackend
metadata: {name: owner, namespace: hosting}
spec: {endpoint: {url: "https://api.example.com/v1/", credentialsSecretRef: {name: key}}}
---
apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: secret, namespace: hosting}
spec: {emailFrom: {secretKeyRef: {name: addresses, key: email}}}
---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: sites, namespace: hosting}
spec: {backendRef: {name: owner}, subjects: [{email: ann@acme.example}, {profileRef: {name: secret}}], accounts: [{names: [shop], permissions: [Sites]}]}
`)
	ask := []string{"worklist", "-f", "all.yaml", "--table"}
	for _, format := range []string{"markdown", "html", "json"} {
		code, out, said := run(t, "", append(ask, "first.json", "--show-addresses", "-o", format)...)
		if code != 2 || strings.Count(said, "1 item to do") != 1 {
			t.Fatal(format, code, out, said)
		}
		if strings.ContainsFunc(out, func(c rune) bool { return c != '\n' && unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) }) {
			t.Errorf("%s has controls: %q", format, out)
		}
		if format == "html" {
			continue
		}
		for open, done := range map[string]string{"- [ ]": "- [x]", `"done": false`: `"done": true`} {
			out = strings.ReplaceAll(out, open, done)
		}
		write("before", out)
		code, out, said = run(t, "", append(ask, "second.json", "--previous", "before", "-o", "json")...)
		list := worklist.List{}
		if err := json.Unmarshal([]byte(out), &list); err != nil || code != 2 || len(list.Unconfirmed) != 1 || strings.Contains(out, "ann@") {
			t.Error(format, code, err, out, said)
		}
	}
}
