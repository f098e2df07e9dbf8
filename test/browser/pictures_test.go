package browser

import (
	"bytes"
	"encoding/csv"
	"html/template"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/web"
)

const (
	// pictures are those of docs/real-account.md, of pages so wide in CSS pixels, and of so many bytes at most.
	pictures     = "../../docs/pictures"
	pictureWidth = 1000
	pictureBytes = 80 << 10
)

// sheet shows cells as a spreadsheet does whose headings are turned.
var sheet = template.Must(template.New("sheet").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>cells.csv</title>
<style>body{font:12px sans-serif;margin:0;padding:12px;width:max-content}table{border-collapse:collapse}td,th{border:1px solid #c8c8c8;padding:2px 3px;font-weight:normal;text-align:left;height:18px}
th{background:#f1f3f4;vertical-align:bottom}span{writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap}td.mark{text-align:center}</style>
<table>{{range $i, $line := .}}<tr>{{range $j, $cell := $line}}{{if $i}}<td{{if gt $j 2}} class="mark"{{end}}>{{$cell}}</td>{{else}}<th>{{if gt $j 2}}<span>{{$cell}}</span>{{else}}{{$cell}}{{end}}</th>{{end}}{{end}}</tr>{{end}}</table>`))

// TestThePicturesOfARealAccount goes the way of docs/real-account.md, and compares what the pictures in it show with what there
// is to see; with PICTURES=write it takes them anew.
func TestThePicturesOfARealAccount(t *testing.T) {
	l := storyteller(t)
	l.logIn(owner, password, nil)
	l.open("/permissions").click("Change of bob@acme.example")
	l.picture("form", "details[open]")

	l.hostgrant(0, "table", "template", "--owner", owner, "--account", "shop", "--account", "blog",
		"--person", "ann@acme.example", "--person", "bob@acme.example", "--file", l.file("cells.csv"))
	l.mark("cells.csv", "ann@acme.example", "", "2FA required", "Billing")
	l.mark("cells.csv", "bob@acme.example", "shop", "Sites", "Databases")
	l.open("file://" + l.sheet("cells.csv"))
	l.picture("cells", "body")

	yesterday := time.Now().Add(-24 * time.Hour).UTC().Format(time.RFC3339)
	l.hostgrant(0, "table", "from-csv", l.file("cells.csv"), "--taken-at", yesterday, "--file", l.file("table.yaml"))
	l.hostgrant(0, "table", "from-provider", "--file", l.file("asked.yaml"), "--backend-url", l.api.URL(), "--backend-ca", l.write("ca.pem", string(l.api.CABundle())), "--allow-private-endpoints")
	l.g.Expect(l.hostgrant(0, "table", "diff", l.file("table.yaml"), l.file("asked.yaml"))).To(ContainSubstring("nobody differs"), "the cells are what the pages show")
	l.hostgrant(0, "import", "owner", "--namespace", "hosting", "--table", l.file("table.yaml"), "--folder", l.file("before"))
	grants, err := os.ReadFile(l.file("before/grants.yaml"))
	l.g.Expect(err).NotTo(HaveOccurred())
	people, err := os.ReadFile(l.file("before/people.yaml"))
	l.g.Expect(err).NotTo(HaveOccurred())
	l.write("hosting/people.yaml", string(people))
	l.write("hosting/grants.yaml", strings.Replace(string(grants), "- Databases", "- Backups", 1))
	known := []string{"-f", l.file("hosting"), "--table", l.file("table.yaml"), "--show-addresses", "-o", "html"}
	l.open("file://" + l.write("worklist.html", l.hostgrant(2, append([]string{"worklist", "--base", l.file("before")}, known...)...)))
	l.picture("worklist", "html")
	l.open("file://" + l.write("matrix.html", l.hostgrant(0, append([]string{"matrix"}, known...)...)))
	l.picture("matrix", ".scroll")

	shown, err := os.ReadFile("../../docs/real-account.md")
	l.g.Expect(err).NotTo(HaveOccurred())
	files, err := filepath.Glob(pictures + "/*.png")
	l.g.Expect(err).NotTo(HaveOccurred())
	l.g.Expect(files).To(HaveLen(4))
	for _, file := range files {
		l.g.Expect(string(shown)).To(MatchRegexp(`!\[[^\]]{20,}\]\(pictures/`+filepath.Base(file)+`\)`), "the page shows the picture, with words for who does not see it")
	}
}

// narrator is an owner, with a hosting that the documents tell of.
type narrator struct {
	*ledger
	api *reference.Server
}

// storyteller opens the hosting of docs/real-account.md.
func storyteller(t *testing.T) *narrator {
	t.Helper()
	g := NewWithT(t)
	server, err := reference.Open(t.Context(), reference.Options{Dir: t.TempDir(), Pages: web.Pages})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = server.Close(t.Context()) })
	g.Expect(server.Seed(t.Context(), reference.Seed{
		Owners: []reference.SeedOwner{{
			Email: owner, Token: "owner-token", SeedLogIn: reference.SeedLogIn{Password: password}, Accounts: []reference.SeedAccount{{Name: "shop"}, {Name: "blog"}},
			Rows: []reference.Row{
				{Email: "ann@acme.example", RequireTwoFactor: true, Overall: []string{"Billing"}},
				{Email: "bob@acme.example", Accounts: map[string][]string{"shop": {"Sites", "Databases"}}},
			},
		}},
		Profiles: []reference.SeedProfile{{Email: "ann@acme.example"}, {Email: "bob@acme.example"}},
	})).To(Succeed())
	t.Setenv("HOSTGRANT_TOKEN", "owner-token")
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	return &narrator{&ledger{newBrowser(t, server.Origin(), server.CABundle(), "story"), t, t.TempDir()}, server}
}

// cells reads a file of cells.
func (l *narrator) cells(name string) [][]string {
	l.t.Helper()
	body, err := os.ReadFile(l.file(name))
	l.g.Expect(err).NotTo(HaveOccurred())
	lines, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	l.g.Expect(err).NotTo(HaveOccurred())
	return lines
}

// mark puts an x where somebody holds something.
func (l *narrator) mark(name, person, place string, labels ...string) {
	l.t.Helper()
	lines := l.cells(name)
	for _, label := range labels {
		column := slices.Index(lines[0], label)
		at := slices.IndexFunc(lines, func(line []string) bool { return line[0] == person && line[2] == place })
		l.g.Expect(min(column, at)).To(BeNumerically(">", 0), label)
		lines[at][column] = "x"
	}
	var out bytes.Buffer
	l.g.Expect(csv.NewWriter(&out).WriteAll(lines)).To(Succeed())
	l.write(name, out.String())
}

// sheet is a page with cells as a spreadsheet shows them.
func (l *narrator) sheet(name string) string {
	l.t.Helper()
	var out strings.Builder
	l.g.Expect(sheet.Execute(&out, l.cells(name))).To(Succeed())
	return l.write(name+".html", out.String())
}
