package apivalidation_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// ruled is a backend's spec with some rules.
func ruled(rules string) string {
	return `{endpoint: {url: 'https://api.example.org/v1/', credentialsSecretRef: {name: key}}, grantRules: [` + rules + `]}`
}

// rule is one for which nothing is missing, with something added.
func rule(added string) string {
	return ruled(`{name: own, namespaces: {from: Same}, permissions: {all: true}, emailDomains: ['*'], ` + added + `}`)
}

// of is a rule with some namespaces, permissions and domains.
func of(namespaces, permissions, domains string) string {
	return ruled(`{name: own, namespaces: ` + namespaces + `, permissions: ` + permissions + `, emailDomains: ` + domains + `}`)
}

const eitherPermissions = `write either {all: true} or at least one of the lists overall, perAccount and perServer; what is not listed is not allowed`

var invalidRules = []invalid{
	{"with a rule without a name", ruled(`{namespaces: {from: Same}, permissions: {all: true}, emailDomains: ['*']}`),
		`spec.grantRules[0].name: Required value`},
	{"with a rule with a name of two words", ruled(`{name: The Agency, namespaces: {from: Same}, permissions: {all: true}, emailDomains: ['*']}`),
		`spec.grantRules[0].name: Invalid value: "The Agency": spec.grantRules[0].name in body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'`},
	{"with a rule with a long name", ruled(`{name: ` + strings.Repeat("r", 64) + `, namespaces: {from: Same}, permissions: {all: true}, emailDomains: ['*']}`),
		`spec.grantRules[0].name: Too long: may not be more than 63 bytes`},
	{"with a rule twice", ruled(`{name: own, namespaces: {from: Same}, permissions: {all: true}, emailDomains: ['*']}, {name: own, namespaces: {from: All}, permissions: {overall: []}, emailDomains: ['*']}`),
		`spec.grantRules[1]: Duplicate value: {"name":"own"}`},
	{"with a rule that says nothing", ruled(`{name: own}`),
		`spec.grantRules[0].namespaces: Required value: write {from: Same}, {from: All} or {from: Selector, selector: {matchLabels: {LABEL: VALUE}}}
spec.grantRules[0].permissions: Required value: write {all: true}, or the lists overall, perAccount and perServer; what is not listed is not allowed
spec.grantRules[0].emailDomains: Required value: list the domains of the people, for instance [agency.example], or ['*'] for any`},
	{"with a rule for no namespaces", of(`{}`, `{all: true}`, `['*']`),
		`spec.grantRules[0].namespaces.from: Required value`},
	{"with a rule for a selector that is not there", of(`{from: Selector}`, `{all: true}`, `['*']`),
		`spec.grantRules[0].namespaces: Invalid value: set selector if from is Selector, and leave it out otherwise`},
	{"with a rule that selects nothing", of(`{from: Selector, selector: {matchLabels: {}}}`, `{all: true}`, `['*']`),
		`spec.grantRules[0].namespaces.selector.matchLabels: Invalid value: 0: spec.grantRules[0].namespaces.selector.matchLabels in body should have at least 1 properties`},
	{"with a rule that selects by two labels", of(`{from: Selector, selector: {matchLabels: {a: b, c: d}}}`, `{all: true}`, `['*']`),
		`spec.grantRules[0].namespaces.selector.matchLabels: Too many: 2: must have at most 1 item`},
	{"with a rule that selects by no value", of(`{from: Selector, selector: {matchLabels: {tenant: ''}}}`, `{all: true}`, `['*']`),
		`spec.grantRules[0].namespaces.selector.matchLabels.tenant: Invalid value: "": spec.grantRules[0].namespaces.selector.matchLabels.tenant in body should be at least 1 chars long`},
	{"with a rule that allows neither all nor a list", of(`{from: Same}`, `{}`, `['*']`),
		`spec.grantRules[0].permissions: Invalid value: ` + eitherPermissions},
	{"with a rule that allows all and a list", of(`{from: Same}`, `{all: true, perServer: []}`, `['*']`),
		`spec.grantRules[0].permissions: Invalid value: ` + eitherPermissions},
	{"with a rule that allows not all", of(`{from: Same}`, `{all: false}`, `['*']`),
		`spec.grantRules[0].permissions.all: Unsupported value: false: supported values: "true"`},
	{"with a rule that allows what there is not", of(`{from: Same}`, `{overall: [Everything]}`, `['*']`),
		`spec.grantRules[0].permissions.overall[0]: Unsupported value: "Everything": supported values: "AccountManagement", "Billing", "AccountTechnical", "ServerTechnical"`},
	{"with a rule that allows something twice", of(`{from: Same}`, `{perServer: [SSHUsers, SSHUsers]}`, `['*']`),
		`spec.grantRules[0].permissions.perServer[1]: Duplicate value: "SSHUsers"`},
	{"with a rule for people of no domain", of(`{from: Same}`, `{all: true}`, `[]`),
		`spec.grantRules[0].emailDomains: Invalid value: 0: spec.grantRules[0].emailDomains in body should have at least 1 items`},
	{"with any domain among others", of(`{from: Same}`, `{all: true}`, `[agency.example, '*']`),
		`spec.grantRules[0].emailDomains: Invalid value: '*' allows any domain, so write it alone, or leave it out`},
	{"with a domain with a wildcard", of(`{from: Same}`, `{all: true}`, `['*.example']`),
		`spec.grantRules[0].emailDomains[0]: Invalid value: "*.example": must be a domain, for instance agency.example, without @ and wildcards, or '*' alone for any`},
	{"with a domain that is an address", of(`{from: Same}`, `{all: true}`, `['ann@agency.example']`),
		`spec.grantRules[0].emailDomains[0]: Invalid value: "ann@agency.example": must be a domain, for instance agency.example, without @ and wildcards, or '*' alone for any`},
	{"with permissions where they were before", rule(`perAccount: [Sites]`),
		`strict decoding error: unknown field "spec.grantRules[0].perAccount"`},
	{"with grants of no length", rule(`maxDuration: 0s`),
		`spec.grantRules[0].maxDuration: Invalid value: "0s": must be a duration up to 87600h, for instance 2160h for 90 days`},
	{"with a rule that is for nobody", rule(`maxPeople: 0`),
		`spec.grantRules[0].maxPeople: Invalid value: 0: must be from 1 to 100000 people; to allow nobody, remove the rule`},
	{"with a rule for half the world", rule(`maxPeople: 100001`),
		`spec.grantRules[0].maxPeople: Invalid value: 100001: must be from 1 to 100000 people; to allow nobody, remove the rule`},
}

// limits are what a rule has only where it says so: their absence is no limit, as documented.
// Empty values of them are refused like all others.
var limits = []string{"maxPeople", "maxDuration", "requireTwoFactor"}

var _ = Describe("A template that drops empties", func() {
	full := map[string]any{}
	Expect(yaml.Unmarshal([]byte(`
name: agency
namespaces: {from: Selector, selector: {matchLabels: {tenant: agency}}}
permissions: {overall: [Billing], perAccount: [Sites, FTP], perServer: [SSHUsers]}
emailDomains: [agency.example]
maxPeople: 5
maxDuration: 2160h
requireTwoFactor: true
adopt: true
offboarding: true`), &full)).To(Succeed())
	empties := map[string]any{"null": nil, "an empty list": []any{}, "an empty map": map[string]any{}, "an empty string": ""}

	// everyPlace calls a function with each field of a map, also of those inside, and how to change it.
	var everyPlace func(path []string, fields map[string]any, f func(path []string))
	everyPlace = func(path []string, fields map[string]any, f func([]string)) {
		for _, name := range slices.Sorted(maps.Keys(fields)) { // in the same order in every process
			at := append(slices.Clone(path), name)
			f(at)
			if inner, ok := fields[name].(map[string]any); ok {
				everyPlace(at, inner, f)
			}
		}
	}
	everyPlace(nil, full, func(path []string) {
		It("allows no more without "+strings.Join(path, "."), func(ctx SpecContext) {
			// admitted is what the API server makes of a rule.
			admitted := func(rule map[string]any) (*v1alpha1.HostingBackend, error) {
				text, err := json.Marshal(rule)
				Expect(err).NotTo(HaveOccurred())
				o, b := hostingBackend.object("templated", ruled(string(text))), &v1alpha1.HostingBackend{}
				if err := k8s.Create(ctx, o, client.DryRunAll); err != nil {
					return nil, err
				}
				return b, runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, b)
			}
			whole, err := admitted(full)
			Expect(err).NotTo(HaveOccurred())
			allowed := allowedBy(whole)
			Expect(allowed).To(HaveLen(6)) // four permissions, adopted, and offboarding
			for how, empty := range empties {
				templated(admitted, full, path, how, func(fields map[string]any, name string) { fields[name] = empty }, allowed)
			}
			templated(admitted, full, path, "dropped", func(fields map[string]any, name string) { delete(fields, name) }, allowed)
		})
	})
})

// templated changes one field of a rule and has it admitted, unless it is refused; then it must
// not allow what is not allowed.
func templated(admitted func(map[string]any) (*v1alpha1.HostingBackend, error), full map[string]any, path []string, how string, change func(map[string]any, string), allowed map[string]bool) {
	GinkgoHelper()
	rule := runtime.DeepCopyJSON(full)
	fields := rule
	for _, name := range path[:len(path)-1] {
		fields = fields[name].(map[string]any)
	}
	change(fields, path[len(path)-1])
	b, err := admitted(rule)
	absent := how == "null" || how == "dropped"
	for _, limit := range limits {
		if path[0] == limit {
			Expect(err == nil).To(Equal(absent), "%s %s: %v", limit, how, err)
			return
		}
	}
	if err != nil {
		return
	}
	for what := range allowedBy(b) {
		Expect(allowed).To(HaveKey(what), "%v %s", path, how)
	}
}

// allowedBy is all that a backend's rules allow, of every permission for each of some origins and people.
func allowedBy(b *v1alpha1.HostingBackend) map[string]bool {
	allowed := map[string]bool{}
	b.Namespace = namespace
	end := &v1alpha1.End{At: metav1.NewTime(time.Unix(3600, 0))}
	for _, from := range []access.Origin{
		{Namespace: namespace}, {Namespace: "other"}, {Namespace: "other", Labels: map[string]string{"tenant": ""}},
		{Namespace: "other", Labels: map[string]string{"tenant": "agency"}}, {Namespace: "other", Labels: map[string]string{"tenant": "else"}},
	} {
		from.Begins = metav1.NewTime(time.Unix(0, 0))
		origin := fmt.Sprint(from.Namespace, from.Labels)
		if access.Offboards(b, from) {
			allowed[origin+" offboards"] = true
		}
		for _, p := range hosting.Catalogue() {
			if p.Scope == hosting.ScopeFlag {
				continue
			}
			c := v1alpha1.Contribution{RequireTwoFactor: true, End: end}
			switch p.Scope {
			case hosting.ScopeOverall:
				c.Overall = []v1alpha1.OverallPermission{v1alpha1.OverallPermission(p.Name)}
			case hosting.ScopeAccount:
				c.Accounts = []v1alpha1.AccountPermissions{{Permissions: []v1alpha1.AccountPermission{v1alpha1.AccountPermission(p.Name)}}}
			case hosting.ScopeServer:
				c.Servers = []v1alpha1.ServerPermissions{{Permissions: []v1alpha1.ServerPermission{v1alpha1.ServerPermission(p.Name)}}}
			}
			for _, email := range []string{"ann@agency.example", "ann@other.example"} {
				if permission := access.Permit(b, from, c, email); permission.Refusal == "" {
					allowed[fmt.Sprint(origin, " ", email, " ", p.Scope, "/", p.Name)] = true
					if permission.Adopt {
						allowed[origin+" adopts"] = true
					}
				}
			}
		}
	}
	return allowed
}
