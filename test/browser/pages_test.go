package browser

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/gomega"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/hostgrant/hostgrant/internal/cli"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// TestReviewAndWorklistPages opens what `hostgrant review -o html` and `hostgrant worklist -o html` write as files, without a
// network: light, dark, on small screens and on paper.
func TestReviewAndWorklistPages(t *testing.T) {
	golden, err := filepath.Abs("../../internal/cli/testdata/review.html")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	pages := map[string]string{"review-states": golden, "review-agency": written(t, "review"), "worklist-agency": worklist(t)}
	for scheme, value := range map[string]string{"light": "1", "dark": "0"} {
		b := startBrowser(t, "review", chromedp.Flag("blink-settings", "preferredColorScheme="+value))
		for name, file := range pages {
			b.open("file://" + file)
			b.g.Expect(eval[int64](b, `performance.getEntriesByType("resource").length`)).To(BeZero(), "nothing is fetched")
			b.g.Expect(eval[int64](b, `document.scripts.length`)).To(BeZero())
			for _, width := range []int64{small, desk} {
				b.size(width, height)
				b.g.Expect(eval[int64](b, `document.documentElement.scrollWidth`)).To(BeNumerically("<=", width), "%s has to be scrolled sideways on %d pixels", name, width)
				b.axe(fmt.Sprintf("%s-%s at %d pixels", name, scheme, width))
				b.screenshot(fmt.Sprintf("%s-%s-%d", name, scheme, width))
			}
			b.g.Expect(sheets(b, name)).NotTo(BeEmpty())
		}
	}
}

// written is the file that a command writes of the agency's table at a provider.
func written(t *testing.T, command string, args ...string) string {
	t.Helper()
	return saved(t, 0, append(append([]string{command, "-o", "html", "--show-addresses", "-f", "-"}, agency(t)...), args...)...)
}

// worklist is the file of a worklist for the agency, by a table file.
func worklist(t *testing.T) string {
	t.Helper()
	table := filepath.Join(t.TempDir(), "table.yaml")
	saved(t, 0, append([]string{"table", "from-provider", "--file", table}, agency(t)...)...)
	return saved(t, 2, "worklist", "-o", "html", "-f", "-", "--table", table)
}

// agency is a provider with the agency's table, as flags to ask it with.
func agency(t *testing.T) []string {
	t.Helper()
	g := NewWithT(t)
	server, err := reference.Open(t.Context(), reference.Options{Dir: t.TempDir()})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	g.Expect(server.Seed(t.Context(), agencySeed())).To(Succeed())
	ca := filepath.Join(t.TempDir(), "ca.pem")
	g.Expect(os.WriteFile(ca, server.CABundle(), 0o600)).To(Succeed())
	t.Setenv("HOSTGRANT_TOKEN", "owner-token")
	return []string{"--backend-url", server.URL(), "--backend-ca", ca, "--allow-private-endpoints"}
}

// saved is a file with what a command prints that ends with a code. The manifests are the agency's.
func saved(t *testing.T, ends int, args ...string) string {
	t.Helper()
	g := NewWithT(t)
	file := filepath.Join(t.TempDir(), "page.html")
	t.Setenv("KUBECONFIG", file+".none")
	var out, failure bytes.Buffer
	code := cli.Run(t.Context(), "hostgrant", args, genericiooptions.IOStreams{In: strings.NewReader(agencyManifests), Out: &out, ErrOut: &failure})
	g.Expect(code).To(Equal(ends), failure.String())
	g.Expect(os.WriteFile(file, out.Bytes(), 0o600)).To(Succeed())
	return file
}
