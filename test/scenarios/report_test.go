package scenarios_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

// reportFile names the environment variable with the file the report is written to.
const reportFile = "SCENARIOS_REPORT"

// outcome of a spec.
type outcome struct {
	name  string
	state types.SpecState
}

// verdict is what the suite came to.
type verdict struct {
	// lines of the report, one for each scenario, and the sum as the last.
	lines []string
	// wrong is what is the matter with the suite itself.
	wrong []string
}

// judge makes the report: a scenario has passed if it has specs and all of them have. chosen
// says that some specs were left out on purpose; else one that did not run has failed.
func judge(scenarios []scenario, specs []outcome, chosen bool) verdict {
	v := verdict{}
	of := map[string][]types.SpecState{}
	for _, s := range specs {
		for _, id := range ids(s.name) {
			of[id] = append(of[id], s.state)
		}
	}
	passed, failed := 0, 0
	for _, s := range scenarios {
		states := of[s.id]
		delete(of, s.id)
		var word string
		text := s.what
		switch {
		case s.later != "" && len(states) > 0:
			v.wrong = append(v.wrong, s.id+" has a spec and is marked later: empty its later in the table")
			word = "failed"
		case s.later != "":
			word, text = "later", s.later
		case len(states) == 0:
			v.wrong = append(v.wrong, s.id+" has no spec and is not marked later")
			word = "failed"
		default:
			word = sum(states, chosen)
		}
		switch word {
		case "passed":
			passed++
		case "failed":
			failed++
		}
		v.lines = append(v.lines, fmt.Sprintf("%s %-7s %s", s.id, word, text))
	}
	for id := range of {
		v.wrong = append(v.wrong, fmt.Sprintf("a spec begins with %q, which is no scenario", id))
	}
	v.lines = append(v.lines, fmt.Sprintf("%d passed, %d failed", passed, failed))
	return v
}

// ids are the scenarios that a spec's name begins with, at least one.
func ids(name string) []string {
	words := strings.Fields(name)
	end := 1
	for end < len(words) && isID.MatchString(words[end]) {
		end++
	}
	return words[:end]
}

var isID = regexp.MustCompile(`^S[0-9]{2}$`)

// sum makes one word of the states of a scenario's specs.
func sum(states []types.SpecState, chosen bool) string {
	word := "passed"
	for _, state := range states {
		switch {
		case state.Is(types.SpecStatePassed):
		case chosen && state.Is(types.SpecStateSkipped|types.SpecStatePending):
			if word == "passed" {
				word = "skipped"
			}
		default:
			word = "failed"
		}
	}
	return word
}

var _ = ReportAfterSuite("the report", func(report Report) {
	var specs []outcome
	for _, s := range report.SpecReports {
		if s.LeafNodeType == types.NodeTypeIt {
			specs = append(specs, outcome{s.LeafNodeText, s.State})
		}
	}
	chosen := len(report.SuiteConfig.FocusStrings)+len(report.SuiteConfig.SkipStrings) > 0
	v := judge(table, specs, chosen)
	text := strings.Join(v.lines, "\n") + "\n"
	if file := os.Getenv(reportFile); file != "" {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			Fail(err.Error())
		}
	} else {
		fmt.Print("\n" + text)
	}
	if len(v.wrong) > 0 {
		Fail(strings.Join(v.wrong, "\n"))
	}
})

// The report is what people believe, so it is tested by itself.
func TestReport(t *testing.T) {
	ok, bad, skipped := types.SpecStatePassed, types.SpecStateTimedout, types.SpecStateSkipped
	for name, c := range map[string]struct {
		scenarios  []scenario
		specs      []outcome
		chosen     bool
		line, last string
		wrong      string
	}{
		"passed":            {[]scenario{{"S01", "is", ""}}, []outcome{{"S01 a", ok}, {"S01 b", ok}}, false, "S01 passed  is", "1 passed, 0 failed", ""},
		"two at once":       {[]scenario{{"S01", "is", ""}, {"S02", "was", ""}}, []outcome{{"S01 S02 a", ok}}, false, "S01 passed  is", "2 passed, 0 failed", ""},
		"one spec failed":   {[]scenario{{"S01", "is", ""}}, []outcome{{"S01 a", bad}, {"S01 b", ok}}, false, "S01 failed  is", "0 passed, 1 failed", ""},
		"did not run":       {[]scenario{{"S01", "is", ""}}, []outcome{{"S01 a", skipped}}, false, "S01 failed  is", "0 passed, 1 failed", ""},
		"left out":          {[]scenario{{"S01", "is", ""}}, []outcome{{"S01 a", skipped}, {"S01 b", ok}}, true, "S01 skipped is", "0 passed, 0 failed", ""},
		"failed, left out":  {[]scenario{{"S01", "is", ""}}, []outcome{{"S01 a", bad}, {"S01 b", skipped}}, true, "S01 failed  is", "0 passed, 1 failed", ""},
		"later":             {[]scenario{{"S01", "is", "why"}}, nil, false, "S01 later   why", "0 passed, 0 failed", ""},
		"later with a spec": {[]scenario{{"S01", "is", "why"}}, []outcome{{"S01 a", ok}}, false, "S01 failed  is", "0 passed, 1 failed", "S01 has a spec and is marked later: empty its later in the table"},
		"no spec":           {[]scenario{{"S01", "is", ""}}, nil, true, "S01 failed  is", "0 passed, 1 failed", "S01 has no spec and is not marked later"},
		"unknown id":        {[]scenario{{"S01", "is", ""}}, []outcome{{"S01 a", ok}, {"S99 a", ok}}, false, "S01 passed  is", "1 passed, 0 failed", `a spec begins with "S99", which is no scenario`},
	} {
		v := judge(c.scenarios, c.specs, c.chosen)
		if v.lines[0] != c.line || v.lines[len(v.lines)-1] != c.last || strings.Join(v.wrong, "\n") != c.wrong {
			t.Errorf("%s: %q, wrong %q", name, v.lines, v.wrong)
		}
	}
}

func TestTableIsWhole(t *testing.T) {
	if len(table) != 52 {
		t.Errorf("%d scenarios", len(table))
	}
	for i, s := range table {
		if want := fmt.Sprintf("S%02d", i+1); s.id != want || s.what == "" {
			t.Errorf("row %d is %+v, want %s", i, s, want)
		}
	}
}
