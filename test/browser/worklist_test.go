package browser

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/hostgrant/hostgrant/internal/cli"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// ledger is what an owner without an API has: a folder with tables and manifests, and the pages.
type ledger struct {
	*browser
	t   *testing.T
	dir string
}

// hostgrant runs a command, which has to end with a code.
func (l *ledger) hostgrant(code int, args ...string) string {
	l.t.Helper()
	var out, said bytes.Buffer
	got := cli.Run(l.t.Context(), "hostgrant", args, genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &said})
	l.g.Expect(got).To(Equal(code), "%v: %s%s", args, out.String(), said.String())
	return out.String()
}

func (l *ledger) file(name string) string { return filepath.Join(l.dir, name) }

func (l *ledger) write(name, text string) string {
	l.t.Helper()
	l.g.Expect(os.MkdirAll(filepath.Dir(l.file(name)), 0o700)).To(Succeed())
	l.g.Expect(os.WriteFile(l.file(name), []byte(text), 0o600)).To(Succeed())
	return l.file(name)
}

// boxes of the form shown that are checked: the words above them, and their labels.
const boxes = `JSON.stringify([...document.querySelectorAll("input[name=grant]:checked")].map(box => {
	const legend = box.closest("fieldset")?.querySelector("legend").textContent.trim() ?? "";
	return [legend, document.querySelector("label[for='" + box.id + "']").textContent.trim()].join("|")
}))`

// table writes down what the pages show, as a table file of some time.
func (l *ledger) table(name string, takenAt time.Time) string {
	l.t.Helper()
	l.open("/permissions")
	people := strings.Fields(eval[string](l.browser, `[...document.querySelectorAll("th.address")].map(e => e.textContent.trim()).join(" ")`))
	args := []string{"table", "template", "--owner", owner, "--account", "shop,blog,intranet", "--server", "web1", "--file", l.file(name + ".csv")}
	for _, person := range people {
		args = append(args, "--person", person)
	}
	l.hostgrant(0, args...)
	body, err := os.ReadFile(l.file(name + ".csv"))
	l.g.Expect(err).NotTo(HaveOccurred())
	cells, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	l.g.Expect(err).NotTo(HaveOccurred())
	for _, person := range people {
		l.open("/permissions").click("Change of " + person)
		for _, box := range regexp.MustCompile(`"([^"]*)"`).FindAllStringSubmatch(eval[string](l.browser, boxes), -1) {
			legend, label, _ := strings.Cut(box[1], "|")
			place := ""
			if words := strings.Fields(legend); len(words) == 2 && (words[0] == "Account" || words[0] == "Server") {
				place = words[1]
			}
			column, filled := slices.Index(cells[0], label), false
			for _, line := range cells {
				if line[0] == person && line[2] == place {
					line[column], filled = "x", true
				}
			}
			l.g.Expect(filled).To(BeTrue(), "%q of %q has no cell", label, legend)
		}
	}
	var out bytes.Buffer
	l.g.Expect(csv.NewWriter(&out).WriteAll(cells)).To(Succeed())
	filled := l.write(name+".filled.csv", out.String())
	l.hostgrant(0, "table", "from-csv", filled, "--taken-at", takenAt.UTC().Format(time.RFC3339), "--file", l.file(name))
	return l.file(name)
}

// box is where a label is on the form.
func (l *ledger) box(legend, label string) string {
	l.t.Helper()
	id := eval[string](l.browser, fmt.Sprintf(`[...document.querySelectorAll("label")].filter(label => label.textContent.trim() === %q &&
		(label.closest("fieldset")?.querySelector("legend").textContent.trim() ?? "") === %q).map(label => label.htmlFor).join()`, label, legend))
	l.g.Expect(id).NotTo(BeEmpty(), "the form has no box %q under %q", label, legend)
	return id
}

var (
	visit   = regexp.MustCompile("^- \\[ \\] \\*\\*(.+)\\*\\*: `(.+?)`")
	section = regexp.MustCompile("^  - (Overall permissions|By account|By server|Two-factor authentication)(?:, `(.+)`)?: (.*)$")
)

// follow does what one item of a list says, by its words alone.
func (l *ledger) follow(item []string) {
	l.t.Helper()
	words := visit.FindStringSubmatch(item[0])
	page, person := words[1], words[2]
	l.open("/permissions")
	switch page {
	case "Add permissions":
		l.click(page).fill("email", person)
	case "Remove":
		l.click("Remove of " + person).click("Remove them")
		return
	default:
		l.click(page + " of " + person)
	}
	for _, line := range item[1:] {
		found := section.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		legend := map[string]string{"By account": "Account " + found[2], "By server": "Server " + found[2], "Overall permissions": "Overall permissions"}[found[1]]
		for part := range strings.SplitSeq(found[3], "; ") {
			changes, is := strings.CutPrefix(part, "**check** ")
			if !is {
				changes, is = strings.CutPrefix(part, "**uncheck** ")
			}
			if !is {
				continue
			}
			for label := range strings.SplitSeq(changes, ", ") {
				l.tick(l.box(legend, label))
			}
		}
	}
	l.click(map[string]string{"Add permissions": "Add"}[page] + map[bool]string{true: "Save"}[page == "Change"])
}

// grantOf is a manifest that gives one person something.
func grantOf(name, email, what string) string {
	return fmt.Sprintf(`---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: %s, namespace: hosting}
spec: {backendRef: {name: owner}, subjects: [{email: %s}], %s}
`, name, email, what)
}

// TestTheOwnerFollowsAWorklist: nine of ten items are done and all ten ticked. The next look at the pages brings
// back exactly the tenth, and once that is done, nothing.
func TestTheOwnerFollowsAWorklist(t *testing.T) {
	const shop = "accounts: [{names: [shop], permissions: [Sites, Databases]}]"
	s := openSite(t)
	l := &ledger{s.browser("worklist"), t, t.TempDir()}
	t.Setenv("KUBECONFIG", l.file("none"))
	before, after := "", ""
	for i := range 10 {
		name := fmt.Sprintf("p%d", i)
		email := name + "@agency.example"
		row := reference.Row{Email: email, Accounts: map[string][]string{"shop": {"Sites", "Databases"}, "intranet": {"SSH"}}}
		switch {
		case i < 3: // new
			after += grantOf(name, email, "accounts: [{names: [shop, blog], permissions: [Sites, FTP]}], servers: [{names: [web1], permissions: [TechnicalContact]}], overall: [Billing]")
			continue
		case i < 7: // changed, beside what no manifest names
			after += grantOf(name, email, "accounts: [{names: [shop], permissions: [Sites, Backups]}], requireTwoFactor: true")
		case i < 9: // leavers
			delete(row.Accounts, "intranet")
		default: // loses one thing
			after += grantOf(name, email, "accounts: [{names: [shop], permissions: [Sites]}]")
		}
		s.grant(owner, row)
		before += grantOf(name, email, shop)
	}
	backend := "apiVersion: hostgrant.io/v1alpha1\nkind: HostingBackend\nmetadata: {name: owner, namespace: hosting}\nspec: {endpoint: {url: \"https://provider.invalid/v1/\", credentialsSecretRef: {name: key}}, removalLimit: {percent: 100, minimum: 100}}\n"
	base, declared := l.write("before/all.yaml", backend+before), l.write("after/all.yaml", backend+after)
	l.logIn(owner, password, nil)
	work := func(code int, table string, more ...string) string {
		return l.hostgrant(code, append([]string{"worklist", "-f", declared, "--base", base, "--table", table, "--show-addresses"}, more...)...)
	}
	now := time.Now()
	list := work(2, l.table("first.yaml", now.Add(-2*time.Hour)))
	var items [][]string
	for line := range strings.SplitSeq(list, "\n") {
		switch {
		case visit.MatchString(line):
			items = append(items, []string{line})
		case len(items) > 0 && strings.HasPrefix(line, "  - "):
			items[len(items)-1] = append(items[len(items)-1], line)
		}
	}
	l.g.Expect(items).To(HaveLen(10), list)
	const tenth = 4
	for i, item := range items {
		if i != tenth {
			l.follow(item)
		}
	}
	ticked := l.write("ticked.md", strings.ReplaceAll(list, "- [ ] ", "- [x] "))
	person := visit.FindStringSubmatch(items[tenth][0])[2]
	list = work(2, l.table("second.yaml", now.Add(-time.Hour)), "--previous", ticked)
	l.g.Expect(list).To(ContainSubstring("The table shows 9 items of the worklist before."))
	l.g.Expect(list).To(ContainSubstring("## Ticked before, and not in the table (1)\n\n- `" + person + "`\n"))
	l.g.Expect(list).To(ContainSubstring("## To do (1)"))
	l.g.Expect(list).To(ContainSubstring(strings.Join(items[tenth], "\n")))

	l.follow(items[tenth])
	list = work(0, l.table("third.yaml", now), "--previous", ticked)
	l.g.Expect(list).To(And(ContainSubstring("The table shows 10 items"), ContainSubstring("Nothing is to be done.")))
	l.hostgrant(0, "plan", "-f", declared, "--base", base, "--table", l.file("third.yaml"))
}
