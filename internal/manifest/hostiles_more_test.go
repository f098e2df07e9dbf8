package manifest

import (
	"fmt"
	"strings"
)

// hostileDocuments are streams of which not all is a manifest.
func hostileDocuments() []hostile {
	return []hostile{
		{"nothing", ""},
		{"comments", "# a\n---\n# b\n"},
		{"a null", "null\n"},
		{"an empty mapping", "{}\n"},
		{"a text", "hello\n"},
		{"a list", "- a\n- b\n"},
		{"a number", "5\n"},
		{"HTML", "<!DOCTYPE html>\n<html><body>not found</body></html>\n"},
		{"a program's source", "package main\n\nfunc main() {}\n"},
		{"JSON", `{"apiVersion": "hostgrant.io/v1alpha1", "kind": "Team", "metadata": {"name": "t"}, "spec": {"members": [{"email": "bob@acme.example"}]}}`},
		{"JSON that is cut off", `{"apiVersion": "hostgrant.io/v1alpha1", "kind": "Te`},
		{"a document that is cut off", grant[:len(grant)-3]},
		{"one broken of three", team + "---\n" + in(grant, "[Billing]", "[Billing") + "---\n" + profile},
		{"one wrong of three", team + "---\n" + in(grant, "Billing", "Biling") + "---\n" + profile},
		{"a broken one after comments", "# one\n# two\n---\n\n# three\n" + in(grant, "overall", "overal")},
		{"a document after its end", team + "...\n" + grant},
		{"a document after a marker with a tab", team + "---\t\n" + grant},
		{"a document in the line of its marker", "--- {apiVersion: hostgrant.io/v1alpha1, kind: Team, metadata: {name: t}, spec: {members: []}}\n"},
		{"a marker in a text", in(grant, "  overall", "  reason: |\n    ---\n    x\n  overall")},
		{"two documents of one quoted text", in(grant, "name: accounting", "name: \"a\n---\nb\"")},
		{"the same twice", grant + "---\n" + grant},
		{"the same twice, by its namespace", grant + "---\n" + in(grant, "{name: accounting}", "{name: accounting, namespace: hosting}")},
		{"a List", "apiVersion: v1\nkind: List\nitems:\n- " + indented(team) + "- " + indented(in(grant, "Billing", "Biling"))},
		{"a List of nothing", "apiVersion: v1\nkind: List\n"},
		{"a List of texts", "apiVersion: v1\nkind: List\nitems: [a]\n"},
		{"a List that is a text", "apiVersion: v1\nkind: List\nitems: a\n"},
		{"a List in Lists", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n  - apiVersion: hostgrant.io/v1alpha1\n    kind: Tem\n    metadata: {name: x}\n"},
		{"two of one name in a List", "apiVersion: v1\nkind: List\nitems:\n- " + indented(team) + "- " + indented(team)},
		{"another operator's Team", in(team, "hostgrant.io/v1alpha1", "other.example/v1")},
		{"a template of Helm", in(grant, "name: accounting", "name: {{ .Values.name }}")},
		{"a key twice", grant + "kind: Team\n"},
		{"a field twice", in(grant, "  overall", "  overall: [AccountTechnical]\n  overall")},
		{"a field twice in a flow", in(grant, "{name: owner}", "{name: owner, name: other}")},
		{"a field twice in a list", in(grant, "{email: ann@acme.example}", "{email: ann@acme.example, email: bob@acme.example}")},
		{"two mistakes", in(in(grant, "Billing", "Biling"), "{name: owner}", "{name: owner, x: 1}")},
		{"two and 58 more mistakes", strings.Repeat("---\na: b\n", 60)},
	}
}

// indented is a manifest as an item of a list.
func indented(manifest string) string {
	return strings.ReplaceAll(strings.TrimSuffix(manifest, "\n"), "\n", "\n  ") + "\n"
}

// hostileFields are fields that are not there, of another type, or with values that are not allowed.
func hostileFields() (all []hostile) {
	all = append(all, many("misspelt", grant, "Billing", "Biling", "billing", "BILLING", "AccountManagment", "Xyz", "Sites")...)
	all = append(all, many("misspelt on an account", in(grant, "overall: [Billing]", "accounts: [{names: [shop], permissions: [HERE]}]"), "HERE", "Site", "Database", "SSLCertificate", "DNS", "Billing")...)
	all = append(all, many("misspelt on a server", in(grant, "overall: [Billing]", "servers: [{names: [web1], permissions: [HERE]}]"), "HERE", "SSHUser", "Firewall", "FirewallRule")...)
	all = append(all, many("misspelt field", grant, "subjects:", "subject:", "Subjects:", "sujbects:")...)
	all = append(all, many("misspelt field of a subject", grant, "{email:", "{emial:", "{mail:")...)
	all = append(all, many("misspelt kind", grant, "PermissionGrant", "PermisionGrant", "permissiongrant", "Grant", "ClusterRole")...)
	all = append(all, many("version", grant, "v1alpha1", "v1", "v1beta1", "")...)
	all = append(all, many("no overall", grant, "[Billing]", "5", "true", "{}", "[]", "Billing", "[5]", "[null]", "[[Billing]]", "null", "[Billing, Billing]", "yes")...)
	all = append(all, many("no backendRef", grant, "{name: owner}", "owner", "[owner]", "{}", "{name: 5}", "{name: ''}", "{name: owner, namespace: A B}", "{name: owner, kind: x}")...)
	all = append(all, many("no subjects", grant, "[{email: ann@acme.example}]", "[]", "{}", "ann", "[ann]", "[{}]", "[{email: ann@acme.example, teamRef: {name: t}}]", `[{email: "a"}]`, `[{email: "no address"}]`, "[{email: 5}]", "[{teamRef: agency}]", "[{teamRef: {name: A_B}}]")...)
	all = append(all, many("no time", grant, "  overall", "  expiresAt: tomorrow\n  overall", "  expiresAt: 2026-13-45T00:00:00Z\n  overall", "  expiresAt: 5\n  overall")...)
	all = append(all, many("no interval", backend, "  endpoint", "  interval: 1\n  endpoint", "  interval: 1s\n  endpoint", "  interval: soon\n  endpoint", "  mode: enforce\n  endpoint", "  removalLimit: {percent: 250}\n  endpoint", "  protectedEmails: [x]\n  endpoint")...)
	all = append(all, many("no endpoint", backend, "https://api.example.com/v1/", "http://api.example.com/v1/", "https://user:pass@api.example.com/", "javascript:alert(1)", "api.example.com")...)
	return all
}

// hostileNames are metadata that no object can have.
func hostileNames() (all []hostile) {
	all = append(all, many("no metadata", grant, "metadata: {name: accounting}", "metadata: accounting", "metadata: []", "metadata: {}", "metadata:", "x: y")...)
	all = append(all, many("metadata", grant, "{name: accounting}",
		"{name: 5}", "{name: true}", "{name: null}", "{name: [a]}", "{name: ''}", "{name: Accounting}", "{name: -a}", "{name: a_b}", "{name: "+strings.Repeat("a", 300)+"}", "{name: a, namespace: 5}",
		"{name: a, namespace: A}", "{generateName: a-}", "{name: a, lables: {x: y}}", "{name: a, labels: [x]}", "{name: a, labels: {x: 5}}", "{name: a, labels: {'x y': z}}", "{name: a, annotations: {x: true}}",
		"{name: a, uid: stolen, resourceVersion: '1', deletionTimestamp: '2026-01-01T00:00:00Z'}", "{name: a, ownerReferences: 5}", "{name: a, finalizers: [x]}", "{name: a, creationTimestamp: never}")...)
	return all
}

// hostileOthers are the kinds beside grants.
func hostileOthers() (all []hostile) {
	all = append(all, many("profile", profile, "email: ann@acme.example", "email: ann", "emial: ann@acme.example", "email: ann@acme.example\n  state: Gone", "email: ann@acme.example\n  displayName: [x]", "{}", "emailFrom: {secretKeyRef: {name: a}}", "emailFrom: x")...)
	all = append(all, many("team", team, "[{email: ann@acme.example}]", "[]", "[{}]", "[{email: ann@acme.example}, {email: ann@acme.example}]", "[{profileRef: {name: ''}}]", "[{teamRef: {name: t}}]", fmt.Sprintf("[%s]", strings.TrimSuffix(strings.Repeat("{email: ann@acme.example}, ", 2000), ", ")))...)
	all = append(all, many("secret", secret, "stringData: {email: ann@acme.example}", "data: {email: '%%%'}", "data: {email: 5}", "data: x", "stringData: {email: [a]}", "stringData: 5")...)
	all = append(all, hostile{"a namespace without a name", "apiVersion: v1\nkind: Namespace\n"}, hostile{"a secret without a name", in(secret, "{name: ann}", "{}")},
		hostile{"a status that is claimed", in(grant, "  overall: [Billing]", "  overall: [Billing]\nstatus: {observedGeneration: 5}")},
		hostile{"two fields that a record lacks", in(in(grant, "PermissionGrant", "AccessRecord"), "spec:", "spec: {}\nx:")},
	)
	return all
}
