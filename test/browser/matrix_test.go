package browser

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// small is the width of a small window, in CSS pixels.
const small = 400

// TestMatrixPage opens what `hostgrant matrix -o html` writes as a file, without a network: light, dark, on small
// screens and on paper.
func TestMatrixPage(t *testing.T) {
	golden, err := filepath.Abs("../../internal/cli/testdata/matrix.html")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	ofAgency := written(t, "matrix")
	for scheme, value := range map[string]string{"light": "1", "dark": "0"} {
		b := startBrowser(t, "matrix", chromedp.Flag("blink-settings", "preferredColorScheme="+value))
		for name, file := range map[string]string{"states": golden, "agency": ofAgency} {
			b.open("file://" + file)
			b.g.Expect(eval[bool](b, `matchMedia("(prefers-color-scheme: `+scheme+`)").matches`)).To(BeTrue())
			b.g.Expect(eval[int64](b, `performance.getEntriesByType("resource").length`)).To(BeZero(), "nothing is fetched")
			b.g.Expect(eval[int64](b, `document.scripts.length`)).To(BeZero())
			b.lookAtTables(name + "-" + scheme)
		}
	}
}

// lookAtTables looks at a page with tables: it fits the screen, and what does not fit is scrolled in a region that the
// keyboard reaches, under headings that stay in sight.
func (b *browser) lookAtTables(name string) {
	b.t.Helper()
	for _, width := range []int64{narrowest, small, desk} {
		b.size(width, height)
		b.g.Expect(eval[int64](b, `document.documentElement.scrollWidth`)).To(BeNumerically("<=", width), "%s has to be scrolled sideways on %d pixels", name, width)
		b.axe(fmt.Sprintf("%s at %d pixels", name, width))
		b.screenshot(fmt.Sprintf("%s-%d", name, width))
	}
	b.size(small, height)
	b.g.Expect(eval[bool](b, `(() => { const region = document.querySelector(".scroll"); region.focus(); return document.activeElement === region; })()`)).To(BeTrue())
	b.g.Expect(eval[bool](b, `(() => {
		const region = document.querySelector(".scroll"), head = region.querySelector("tbody th"), wide = region.scrollWidth > region.clientWidth;
		region.scrollLeft = region.scrollWidth; region.scrollTop = 60;
		const at = head.getBoundingClientRect(), box = region.getBoundingClientRect();
		return wide && at.left >= box.left && at.right < box.left + box.width / 2 && region.querySelector("thead th").getBoundingClientRect().top >= box.top;
	})()`)).To(BeTrue(), "%s: the headings stay where they are while the table is scrolled", name)
	b.do(chromedp.ScrollIntoView(chromedp.CSS(".scroll")))
	b.screenshot(name + "-scrolled")
	b.size(desk, height)
}

var mediaBox = regexp.MustCompile(`/MediaBox\s*\[\s*0\s+0\s+([\d.]+)\s+([\d.]+)\s*\]`)

// A sheet of paper is landscape, and large enough for the table on it; each table begins on a sheet of its own.
func TestMatrixOnPaper(t *testing.T) {
	b := startBrowser(t, "matrix")
	b.open("file://" + written(t, "matrix", "--page-size", "10"))
	b.g.Expect(sheets(b, "narrow")).To(And(HaveKeyWithValue("842x595", BeNumerically(">=", 4)), HaveLen(1)))
	b.open("file://" + written(t, "matrix"))
	b.g.Expect(sheets(b, "wide")).To(And(HaveKeyWithValue("842x595", BeNumerically(">=", 2)), HaveKeyWithValue("1191x842", BeNumerically(">=", 1)), HaveLen(2)))
}

// sheets counts sheets by their size in points.
func sheets(b *browser, name string) map[string]int {
	b.t.Helper()
	body := get(b, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
	b.g.Expect(os.MkdirAll(b.shots, 0o755)).To(Succeed())
	b.g.Expect(os.WriteFile(filepath.Join(b.shots, name+".pdf"), body, 0o600)).To(Succeed())
	found := map[string]int{}
	for _, box := range mediaBox.FindAllSubmatch(body, -1) {
		var width, height float64
		_, err := fmt.Sscan(string(box[1])+" "+string(box[2]), &width, &height)
		b.g.Expect(err).NotTo(HaveOccurred())
		found[fmt.Sprintf("%.0fx%.0f", width, height)]++
	}
	return found
}

// agencySeed is an agency with 50 people, 26 accounts and 4 servers.
func agencySeed() reference.Seed {
	accounts := strings.Fields("atelier bakery blog boutique campus chalet clinic courses dojo events forum gallery garage intranet journal library lounge museum news orchestra press shop station studio tickets wiki")
	seed := reference.SeedOwner{Email: owner, Token: "owner-token"}
	for i, name := range accounts {
		seed.Accounts = append(seed.Accounts, reference.SeedAccount{ID: int64(i + 1), Name: name})
	}
	for i := range 4 {
		seed.Servers = append(seed.Servers, reference.SeedServer{ID: int64(100 + i), Name: fmt.Sprintf("web%d", i+1)})
	}
	var onAccounts, onServers []string
	for _, p := range hosting.Catalogue() {
		switch p.Scope {
		case hosting.ScopeAccount:
			onAccounts = append(onAccounts, p.Name)
		case hosting.ScopeServer:
			onServers = append(onServers, p.Name)
		}
	}
	names := strings.Fields("ada bea cem dan eva finn gia hugo ida jan kim leo mia noa olaf pia quinn rosa sam tea uma vito wim xenia yara zoe")
	whole := reference.Seed{Owners: []reference.SeedOwner{seed}}
	for i := range 50 {
		address := fmt.Sprintf("%s.%s@agency.example", names[i%len(names)], names[(i*7+i/26)%len(names)])
		row := reference.Row{Email: address, Accounts: map[string][]string{}, Servers: map[string][]string{}, RequireTwoFactor: i%3 == 0}
		for j := range i%5 + 1 {
			at := accounts[(i*5+j*7)%len(accounts)]
			row.Accounts[at] = append(row.Accounts[at], onAccounts[(i+j)%20], onAccounts[(i+j+7)%20], onAccounts[(i*3+j+11)%20])
		}
		if i%7 == 0 {
			row.Servers[fmt.Sprintf("web%d", i%4+1)] = []string{onServers[i%10], onServers[(i+3)%10]}
		}
		if i%11 == 0 {
			row.Overall = []string{"Billing"}
		}
		if i%8 != 1 {
			whole.Profiles = append(whole.Profiles, reference.SeedProfile{Email: address, TwoFactor: i%6 == 0})
		}
		whole.Owners[0].Rows = append(whole.Owners[0].Rows, row)
	}
	return whole
}

const agencyManifests = `apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: editors, namespace: hosting}
spec:
  backendRef: {name: agency}
  subjects: [{email: ada.ada@agency.example}, {email: new@agency.example}, {email: zoe.kim@agency.example}]
  accounts: [{names: [atelier, bakery], permissions: [Sites, Emails, Statistics]}]
`
