package browser

import (
	"encoding/json"
	"os"
	"testing"

	. "github.com/onsi/gomega"
)

// axeRun looks for barriers and tells what was found. The script is evaluated by the
// debugger, to which the pages' policy against scripts does not apply.
const axeRun = `axe.run(document, {runOnly: {type: "tag", values:
	["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}).then(found => JSON.stringify({
	passes: found.passes.length,
	violations: found.violations.map(v => ({rule: v.id, help: v.help,
		nodes: v.nodes.map(n => n.target.join(" ") + ": " + n.failureSummary)}))}))`

type violation struct {
	Rule, Help string
	Nodes      []string
}

func axeScript(t testing.TB) string {
	t.Helper()
	script, err := os.ReadFile(setting("AXE", "../../hack/axe/node_modules/axe-core/axe.min.js"))
	if err != nil {
		t.Fatalf("%v: run make test-browser, which installs it", err)
	}
	return string(script)
}

// barriers are what axe-core finds on the page, and how many rules found nothing wrong.
func (b *browser) barriers() (found []violation, passes int) {
	b.t.Helper()
	if !eval[bool](b, `typeof axe === "object"`) {
		eval[bool](b, axeScript(b.t)+"; true")
	}
	var result struct {
		Passes     int
		Violations []violation
	}
	b.g.Expect(json.Unmarshal([]byte(eval[string](b, axeRun)), &result)).To(Succeed())
	return result.Violations, result.Passes
}

// axe expects no barrier on the page.
func (b *browser) axe(name string) {
	b.t.Helper()
	found, passes := b.barriers()
	b.g.Expect(passes).To(BeNumerically(">", 10), "axe looked at %s", name)
	b.g.Expect(found).To(BeEmpty(), name)
}

// What finds nothing anywhere would find nothing here.
func TestAxeFindsBarriers(t *testing.T) {
	s := openSite(t)
	b := s.browser("axe").open("/login")
	eval[bool](b, `document.documentElement.removeAttribute("lang"); document.querySelector("label").remove();
		document.querySelector("h1").style.color = "#eeeeee"; true`)
	found, _ := b.barriers()
	rules := []string{}
	for _, v := range found {
		rules = append(rules, v.Rule)
	}
	b.g.Expect(rules).To(ContainElements("html-has-lang", "label", "color-contrast"))
}
