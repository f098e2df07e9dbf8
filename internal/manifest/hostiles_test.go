package manifest

import (
	"fmt"
	"strings"
)

// team, profile, set and backend are manifests beside the grant, each right as it is.
const (
	team = `apiVersion: hostgrant.io/v1alpha1
kind: Team
metadata: {name: agency}
spec:
  members: [{email: ann@acme.example}]
`
	profile = `apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: ann}
spec:
  email: ann@acme.example
`
	backend = `apiVersion: hostgrant.io/v1alpha1
kind: HostingBackend
metadata: {name: owner}
spec:
  endpoint: {url: "https://api.example.com/v1/", credentialsSecretRef: {name: key}}
`
	secret = `apiVersion: v1
kind: Secret
metadata: {name: ann}
type: hostgrant.io/address
stringData: {email: ann@acme.example}
`
)

// in is a manifest with one thing in it replaced.
func in(manifest, old, by string) string {
	if strings.Count(manifest, old) != 1 {
		panic(fmt.Sprintf("%q stands %d times in\n%s", old, strings.Count(manifest, old), manifest))
	}
	return strings.Replace(manifest, old, by, 1)
}

// many are cases that differ in one text.
func many(what, manifest, old string, by ...string) (list []hostile) {
	for _, one := range by {
		list = append(list, hostile{fmt.Sprintf("%s: %s", what, brief(strings.Trim(fmt.Sprintf("%.60q", one), `"`))), in(manifest, old, one)})
	}
	return list
}

func hostiles() (all []hostile) {
	for _, some := range [][]hostile{hostileTexts(), hostileYAML(), hostileDocuments(), hostileFields(), hostileNames(), hostileOthers()} {
		all = append(all, some...)
	}
	return all
}

// nasty are texts that harm where they are shown as they are.
var nasty = []string{
	`"\e[31mred"`, `"\e]0;title\a"`, `"\e]8;;https://evil.example\e\\click"`, `"\u009b31m"`, `"a\rb"`, `"a\nb"`, `"a\n::error::x"`, `"a\0b"`, `"\b\b\b"`, `"\u202egpj"`,
	`"\u2066a"`, `"\u200bz"`, `"\u2028x"`, `"\ufeffx"`, `"@everyone"`, `"@acme/admins"`, `"<script>alert(1)</script>"`, `"<img src=x onerror=alert(1)>"`, `"[x](javascript:a)"`,
	`"![x](https://evil.example)"`, "'`x`'", `"=HYPERLINK(1)"`, `"+1+1"`, `"@SUM(1)"`, `"-2+3"`, `"$(reboot)"`, `"; reboot"`, `"../../etc/passwd"`, `"{{ .Values.x }}"`, `"${HOME}"`, `"%s%n"`, `"ann@acme.example"`,
}

// hostileTexts are those in every place of a manifest that a text can be in: they are refused, or said as they are.
func hostileTexts() (all []hostile) {
	all = append(all, many("name", grant, "name: accounting", prefixed("name: ", nasty)...)...)
	all = append(all, many("account", in(grant, "overall: [Billing]", "accounts: [{names: [HERE], permissions: [Sites]}]"), "HERE", nasty[:20]...)...)
	all = append(all, many("permission", grant, "[Billing]", wrapped(nasty[:14])...)...)
	all = append(all, many("field", grant, "  overall", fields(nasty[:14])...)...)
	all = append(all, many("kind", grant, "PermissionGrant", nasty[:8]...)...)
	return all
}

func prefixed(prefix string, texts []string) (list []string) {
	for _, text := range texts {
		list = append(list, prefix+text)
	}
	return list
}

func wrapped(texts []string) (list []string) {
	for _, text := range texts {
		list = append(list, "["+text+"]")
	}
	return list
}

func fields(texts []string) (list []string) {
	for _, text := range texts {
		list = append(list, "  "+text+": 1\n  overall")
	}
	return list
}

// nested is a list in lists.
func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

// doubling are lists of aliases, each of the list before it.
func doubling(levels, width int, seed string) string {
	text := "a0: &a0 " + seed + "\n"
	for i := 1; i <= levels; i++ {
		text += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), width), ", "))
	}
	return text
}

// hostileYAML are texts that are no YAML, or more than a manifest needs.
func hostileYAML() []hostile {
	annotated := func(value string) string {
		return in(grant, "{name: accounting}", "{name: accounting, annotations: {a: "+value+"}}")
	}
	return []hostile{
		{"a tab before a field", in(grant, "  overall", "\toverall")},
		{"a tab in a flow", in(grant, "{name: owner}", "{\tname:\towner}")},
		{"an open quote", in(grant, "name: accounting", `name: "accounting`)},
		{"an open bracket", in(grant, "[Billing]", "[Billing")},
		{"an open brace in the first line", "{\n"},
		{"a wrong indent", in(grant, "  overall", "   overall")},
		{"no space after a colon", in(grant, "kind: PermissionGrant", "kind:PermissionGrant")},
		{"an unknown alias", in(grant, "[Billing]", "*none")},
		{"an unknown escape", in(grant, "name: accounting", `name: "\q"`)},
		{"an unknown tag handle", in(grant, "[Billing]", "!x!y [Billing]")},
		{"a directive of another version", "%YAML 9.9\n---\n" + grant},
		{"two colons", in(grant, "name: accounting", "name: a: b")},
		{"a percent", "%\n" + grant},
		{"at signs for a value", in(grant, "[Billing]", "@everyone")},
		{"a backquote for a value", in(grant, "[Billing]", "`x`")},
		{"a NUL", grant + "# \x00\n"},
		{"an escape of a terminal", in(grant, "accounting", "acc\x1b[31mounting")},
		{"a C1 control", in(grant, "accounting", "acc\u009b31mounting")},
		{"a DEL", in(grant, "accounting", "acc\x7founting")},
		{"Latin-1", in(grant, "accounting", "compt\xe9")},
		{"half a letter at the end", grant + "# \xc3"},
		{"an overlong encoding", grant + "# \xc0\xaf\n"},
		{"a surrogate", grant + "# \xed\xa0\x80\n"},
		{"UTF-16", "\xff\xfea\x00:\x00"},
		{"UTF-16, the other way round", "\xfe\xff\x00a\x00:"},
		{"a program", "\x7fELF\x02\x01\x01\x00"},
		{"an archive", "PK\x03\x04\x14\x00"},
		{"a picture", "\x89PNG\r\n\x1a\n"},
		{"a byte order mark", "\ufeff" + grant},
		{"lines of Windows", strings.ReplaceAll(grant, "\n", "\r\n")},
		{"lines of Windows, with a mistake", strings.ReplaceAll(in(grant, "Billing", "Biling"), "\n", "\r\n")},
		{"lines of an old Macintosh", strings.ReplaceAll(grant, "\n", "\r")},
		{"a bomb of aliases", grant + doubling(12, 10, "[x, x, x, x, x, x, x, x, x, x]")},
		{"a bomb of aliases in a flow", "{a: &a [x,x,x,x,x,x,x,x,x], b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a], c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b], d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c], e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d], f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e], g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f], h: [*g,*g,*g,*g,*g,*g,*g,*g,*g]}"},
		{"a large text by many aliases", grant + doubling(1, 10_000, strings.Repeat("x", 100_000))},
		{"an alias in itself", grant + "a: &a [*a]\n"},
		{"an alias in a mapping in itself", grant + "a: &a {b: [{c: *a}]}\n"},
		{"an alias of the whole", "--- &all\n" + grant + "a: *all\n"},
		{"a merge of itself", grant + "a: &a\n  <<: *a\n"},
		{"aliases as they are meant", in(in(grant, "[Billing]", "&o [Billing]"), "{name: accounting}", "{name: accounting, annotations: &x {a: b}, labels: *x}")},
		{"merges as they are meant", in(in(grant, "{name: accounting}", "{name: accounting, annotations: &x {a: b}, labels: {<<: *x, c: d}}"), "Billing", "Billing")},
		{"nested 300 deep", annotated(nested(300))},
		{"nested 100,000 deep", annotated(nested(100_000))},
		{"mappings nested 9,000 deep", annotated(strings.Repeat("{a: ", 9_000) + "b" + strings.Repeat("}", 9_000))},
		{"a million brackets", strings.Repeat("[", 1_000_000)},
		{"a long line", annotated(strings.Repeat("x", 1<<20))},
		{"a long word for a permission", in(grant, "Billing", strings.Repeat("x", 1<<20))},
		{"larger than all manifests may be", grant + "#" + strings.Repeat("x", MaxBytes)},
		{"larger than one may be", team + "---\n" + grant + strings.Repeat("#\n", maxDocument/2)},
		{"a number that is none", in(grant, "[Billing]", "[.nan]")},
		{"an endless number", in(grant, "{name: owner}", "{name: -.inf}")},
		{"binary data", in(grant, "[Billing]", "[!!binary /w==]")},
		{"a tag of Python", in(grant, "[Billing]", "!!python/object/apply:os.system [reboot]")},
	}
}
