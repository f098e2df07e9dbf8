package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	thousand = `{"grants":1000,"cpus":2,"go":"go1.x","floorSeconds":10,"phases":[` +
		`{"name":"apply","seconds":25,"overFloor":2.5,"writesPerGrant":9,"writesBy":{"grants/status":2.25,"records":1},"providerReadsPerGrant":1,"providerWritesPerGrant":2,"memoryMiB":80,"maxMemoryMiB":90},` +
		`{"name":"one | by one","seconds":9,"p50Seconds":0.4,"p95Seconds":0.9,"writesPerGrant":9,"writesBy":{},"providerReadsPerGrant":1,"providerWritesPerGrant":2,"memoryMiB":80,"maxMemoryMiB":90},` +
		`{"name":"removal judged","seconds":0.25,"writesPerGrant":0,"writesBy":{},"providerReadsPerGrant":0,"providerWritesPerGrant":0,"memoryMiB":80,"maxMemoryMiB":90}]}`
	tenThousand = `{"grants":10000,"cpus":2,"go":"go1.x","floorSeconds":105,"phases":[` +
		`{"name":"apply","seconds":275,"overFloor":2.62,"writesPerGrant":9,"writesBy":{},"providerReadsPerGrant":1,"providerWritesPerGrant":2,"memoryMiB":200,"maxMemoryMiB":1234}]}`
	simulation = `{"people":1000,"cpus":2,"go":"go1.x","systemMiB":17,"runs":[` +
		`{"people":100,"phases":[{"name":"read","seconds":0.01,"microsecondsPerPerson":100,"keptMiB":0.5}]},` +
		`{"people":1000,"phases":[{"name":"read","seconds":0.105,"microsecondsPerPerson":105,"overTenth":10.5,"keptMiB":5}]}]}`
)

// folder has results by the names of their files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "results"), 0o750); err != nil {
		t.Fatal(err)
	}
	for name, body := range files {
		if err := os.WriteFile(filepath.Join(dir, "results", name), []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func written(t *testing.T, dir, file string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestResultsAreShown: every figure of a file is in the tables, in the order of how many, and growth beside it.
func TestResultsAreShown(t *testing.T) {
	dir := folder(t, map[string]string{"a.json": tenThousand, "b.json": thousand + "\n", "c.json": simulation, "notes.txt": "no result"})
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	doc := written(t, dir, "results.md")
	for _, line := range []string{
		"| 1,000 | 10 s | 25 s (2.5 ×) | – | 0.25 s |",
		"| 10,000 | 105 s | 275 s (2.62 ×) | – | – |",
		"| 10,000 over 1,000 | 10.5 × | 11 × | – | – |",
		"2 CPUs, go1.x. The floor took 105 s.",
		"| apply | 25 | 2.5 × | – | – | 9 | 2 | 1 | 80 | 90 |",
		`| one \| by one | 9 | – | 0.4 s | 0.9 s | 9 | 2 | 1 | 80 | 90 |`,
		"| apply | 275 | 2.62 × | – | – | 9 | 2 | 1 | 200 | 1,234 |",
		"- apply: `grants/status` 2.25, `records` 1",
		"2 CPUs, go1.x. Go took 17 MiB from the system in all.",
		"| read | 0.01 | 100 | 0.5 | 0.105 | 105 | 5 | 10.5 × |",
	} {
		if !strings.Contains(doc, "\n"+line+"\n") {
			t.Errorf("results.md lacks %s\n%s", line, doc)
		}
	}
	if strings.Index(doc, "## 1,000 grants") > strings.Index(doc, "## 10,000 grants") {
		t.Error("more grants come first")
	}
}

// TestCurves: the drawing is XML that shows a mark for each figure and one in the legend, further up where it took longer.
func TestCurves(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		// circles are those of apply, diamonds of the floor.
		circles, paths int
	}{
		"one":  {map[string]string{"a.json": thousand}, 2, 1},
		"many": {map[string]string{"a.json": thousand, "b.json": tenThousand}, 3, 2},
	} {
		dir := folder(t, c.files)
		if err := write(dir); err != nil {
			t.Fatal(name, err)
		}
		svg := written(t, dir, "curves.svg")
		for decoder := xml.NewDecoder(strings.NewReader(svg)); ; {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		_, floor, _ := strings.Cut(svg, `class="floor"><polyline class="line" points="`)
		floor, _, _ = strings.Cut(floor, `"`)
		if points := len(strings.Fields(floor)); strings.Count(svg, "<circle") != c.circles || points != c.paths {
			t.Errorf("%s: %d circles, %d points of the floor", name, strings.Count(svg, "<circle"), points)
		}
		if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%s: a place is no number", name)
		}
		for _, word := range []string{"floor: a bare client", "apply", "second permission", "removal judged", ">seconds<", "grants, each of one person", "prefers-color-scheme: dark"} {
			if !strings.Contains(svg, word) {
				t.Errorf("%s: the drawing lacks %q", name, word)
			}
		}
	}
	y := axisOf([]float64{10, 275}, bottom, top)
	if y.at(10) != bottom || y.at(500) != top || y.at(275) >= y.at(25) {
		t.Error("seconds are not drawn upwards, from a tick to a tick", y)
	}
	if ticks := y.ticks(); len(ticks) != 6 || ticks[1] != 20 || ticks[5] != 500 {
		t.Error("ticks", ticks)
	}
}

// TestWithoutResults: there is a document, and no drawing any more.
func TestWithoutResults(t *testing.T) {
	dir := folder(t, nil)
	if err := os.WriteFile(filepath.Join(dir, "curves.svg"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "curves.svg")); !errors.Is(err, os.ErrNotExist) {
		t.Error("the old drawing stays", err)
	}
	if doc := written(t, dir, "results.md"); !strings.Contains(doc, "There are no results yet") || strings.Contains(doc, "curves.svg") {
		t.Error(doc)
	}
}

// TestWhatIsNoResult is refused with the file's name, and nothing is written.
func TestWhatIsNoResult(t *testing.T) {
	for want, files := range map[string]map[string]string{
		"b.json: another file has a result of 1000 too":            {"a.json": thousand, "b.json": thousand},
		"a.json: it has neither grants nor people":                 {"a.json": `{}`},
		"a.json: it is not the last line of `make bench`":          {"a.json": "PASS\n"},
		`a.json: it is of another version: measure again`:          {"a.json": strings.Replace(thousand, "cpus", "processors", 1)},
		"a.json: it is longer than 1048576 bytes, which no result": {"a.json": thousand + strings.Repeat(" ", 1<<20)},
	} {
		dir := folder(t, files)
		if err := write(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "results.md")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: something is written", want)
		}
	}
}
