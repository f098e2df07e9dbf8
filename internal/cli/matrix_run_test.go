package cli

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/matrix"
)

func TestMatrixAgainstAProvider(t *testing.T) {
	ask := append([]string{"matrix"}, provided(t)[1:]...)
	manifests := folder(t, strings.Replace(declared, "permissions: [Sites]", "permissions: [Sites, FTP]", 1))
	for what, c := range map[string]struct {
		args        []string
		want, lacks []string
		notes       string
	}{
		"without manifests": {nil, []string{"2 people, 2 places", "EVERYWHERE", "Billing*", "Sites*", "* no grant"}, []string{"@"}, ""},
		"with manifests":    {[]string{"-f", manifests}, []string{"Profile/ann", "Billing", "Sites FTP+", "+ pending"}, []string{"@", "*"}, ""},
		"with addresses":    {[]string{"-f", manifests, "--show-addresses"}, []string{"ann@acme.example", "bob@acme.example"}, []string{"Profile/ann"}, ""},
		"one account":       {[]string{"-f", manifests, "--account", "blog"}, []string{"1 person, 1 place", "Profile/ann"}, []string{"shop", "Sites"}, "Note: 1 person has nothing on these places"},
		"csv": {[]string{"-f", manifests, "-o", "csv"}, []string{
			"person,state,2FA,everywhere,account blog,account shop\r\n", "Profile/ann,Active,,Billing,,\r\n", ",Sites; FTP (pending)\r\n",
		}, []string{"@"}, ""},
		"long csv": {[]string{"-f", manifests, "-o", "csv", "--long"}, []string{",Active,Account,shop,FTP,pending,hosting/sites\r\n"}, []string{"@"}, ""},
		"html":     {[]string{"-f", manifests, "-o", "html"}, []string{"<h1>Who has what on HostingBackend hosting/owner</h1>", "not shown", "Profile/ann"}, []string{"acme.example"}, ""},
		"json":     {[]string{"-f", manifests, "-o", "json"}, []string{`"person": "Profile/ann"`, `"state": "Pending"`}, []string{"acme.example"}, ""},
	} {
		code, out, failure := run(t, "", append(slices.Clone(ask), c.args...)...)
		if code != 0 || !strings.Contains(failure, c.notes) {
			t.Errorf("%s: ends with %d, says %s", what, code, failure)
		}
		for _, want := range c.want {
			if !strings.Contains(strings.ReplaceAll(out, "<wbr>", ""), want) {
				t.Errorf("%s: does not say %q:\n%s", what, want, out)
			}
		}
		for _, lack := range c.lacks {
			if _, body, found := strings.Cut(out, "</style>"); found {
				out = body
			}
			if strings.Contains(strings.ReplaceAll(out, "<wbr>", ""), lack) {
				t.Errorf("%s: says %q:\n%s", what, lack, out)
			}
		}
	}
}

func TestWhatMatrixRefuses(t *testing.T) {
	ask := append([]string{"matrix"}, provided(t)[1:]...)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"-o", "xml"}, `error: --output "xml": give one of csv, html, json, markdown, table, yaml`},
		{[]string{"--long"}, "error: --long: -o table has no long form; give -o csv"},
		{[]string{"--page", "0"}, "error: --page 0: pages are numbered from 1"},
		{[]string{"--page", "2"}, "error: --page 2: the places fit on 1 page"},
		{[]string{"--page", "7", "--page-size", "1"}, "error: --page 7: the places fit on 2 pages"},
		{[]string{"-o", "markdown", "--page", "7", "--page-size", "1"}, "error: --page 7: the places fit on 2 pages"},
		{[]string{"--page-size", "-1"}, "error: --page-size -1: give a number of places, or 0"},
		{[]string{"--account", "shops"}, `error: --account "shops": HostingBackend hosting/provider has no account of this name, as far as is known here; did you mean "shop"?`},
		{[]string{"--server", "shop"}, `error: --server "shop": HostingBackend hosting/provider has no server of this name, as far as is known here`},
	} {
		args := append(append(slices.Clone(ask), "-n", "hosting"), c.args...)
		if code, out, failure := run(t, "", args...); code != 1 || strings.TrimSpace(failure) != c.want || out != "" {
			t.Errorf("%v: ends with %d, says %s%s, want %s", c.args, code, failure, out, c.want)
		}
	}
}

// A table is no wider than the terminal, nor longer than people read; together its pages have every place once.
func TestMatrixTableIsBounded(t *testing.T) {
	inv := crowd(maxRows+20, 37, 5)
	for _, width := range []int{80, 132, 200} {
		seen := map[string]int{}
		pages := 1
		for page := 1; page <= pages; page++ {
			var out bytes.Buffer
			v := viewOf(t, inv, func(v *matrixView, _ *matrix.Options) { v.width, v.page = width, page })
			if err := matrixTable(&out, v); err != nil {
				t.Fatal(err)
			}
			text, _, _ := strings.Cut(out.String(), "\nMarks\n")
			for line := range strings.SplitSeq(text, "\n") {
				if utf8.RuneCountInString(line) > width && !strings.HasPrefix(line, "Page ") && !strings.HasPrefix(line, "Numbers ") {
					t.Errorf("on %d columns a line is %d wide: %s", width, utf8.RuneCountInString(line), line)
				}
				if strings.HasPrefix(line, "PERSON") {
					for _, place := range strings.Fields(line)[beforePlaces:] {
						seen[place]++
					}
				}
			}
			if !strings.Contains(text, "and 20 more people; -o csv, html, json and yaml have all") {
				t.Error("people are left out without a word")
			}
			_, of, _ := strings.Cut(text, "\nPage ")
			_, _ = fmt.Sscanf(of, "%d of %d:", new(int), &pages)
		}
		if len(seen) != 37 || pages < 2 {
			t.Errorf("on %d columns %d pages have %d places", width, pages, len(seen))
		}
		for place, n := range seen {
			if n != 1 {
				t.Errorf("%s is on %d pages", place, n)
			}
		}
	}
}

// crowd is a large inventory: each person has five permissions on some accounts.
func crowd(people, accounts, each int) inventory.Inventory {
	inv := inventory.Inventory{Backend: types.NamespacedName{Namespace: "hosting", Name: "owner"}, Places: access.Places{}}
	for i := range accounts {
		inv.Places[access.PlaceKey{Scope: hosting.ScopeAccount, Name: fmt.Sprintf("account-%03d", i)}] = int64(i + 1)
	}
	states := []inventory.State{inventory.Effective, inventory.Effective, inventory.Effective, inventory.Pending, inventory.NoProfile}
	permissions := hosting.Catalogue()[5:24]
	for i := range people {
		address := fmt.Sprintf("person-%05d@acme.example", i)
		p := inventory.Person{Address: address, Record: access.RecordName("owner", address), State: v1alpha1.PersonActive, Grants: []inventory.Grant{{Counts: true}}}
		for j := range each {
			for k := range 5 {
				p.Holdings = append(p.Holdings, inventory.Holding{
					Right: hosting.Right{Scope: hosting.ScopeAccount, ID: int64((i+j*7)%accounts + 1), Name: permissions[(i+k*3)%len(permissions)].Name}, State: states[(i+j)%len(states)], Grants: []int{0},
				})
			}
		}
		slices.SortFunc(p.Holdings, func(a, b inventory.Holding) int { return a.Compare(b.Right) })
		inv.People = append(inv.People, p)
	}
	return inv
}

// counter counts what is written, and looks now and then at how much memory is in use.
type counter struct {
	written, looked int64
	peak            uint64
}

func (c *counter) Write(body []byte) (int, error) {
	if c.written += int64(len(body)); c.written-c.looked > 4<<20 || c.looked == 0 {
		c.looked = c.written
		c.measure()
	}
	return len(body), nil
}

func (c *counter) measure() {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	c.peak = max(c.peak, stats.HeapInuse)
}

var _ io.Writer = &counter{}

// BenchmarkMatrix is of 5,000 people with five permissions on each of 20 of 100 accounts. heap-MB is what is in use
// at most beyond the inventory, garbage included.
func BenchmarkMatrix(b *testing.B) {
	inv := crowd(5000, 100, 20)
	for _, format := range []string{"table", "markdown", "csv", "html", "json", "yaml"} {
		b.Run(format, func(b *testing.B) {
			runtime.GC()
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			c := &counter{}
			for b.Loop() {
				*c = counter{peak: c.peak}
				if err := matrixFormats[format](c, viewOf(b, inv, nil)); err != nil {
					b.Fatal(err)
				}
				c.measure()
			}
			b.ReportMetric(float64(c.written)/1e6, "written-MB")
			b.ReportMetric(max(0, float64(c.peak)-float64(before.HeapInuse))/1e6, "heap-MB")
		})
	}
}
