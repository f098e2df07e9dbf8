package seed

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

// outcome of a spec.
type outcome struct {
	name  string
	state types.SpecState
}

// amiss says where rows and specs disagree: docs/coverage.md is true only if each row has one
// spec that ran, and each spec has a row. chosen says that some were left out on purpose.
func amiss(rows []Row, specs []outcome, chosen bool) (wrong []string) {
	of := map[string][]types.SpecState{}
	for _, s := range specs {
		of[s.name] = append(of[s.name], s.state)
	}
	for _, row := range rows {
		states := of[row.Spec()]
		delete(of, row.Spec())
		left := func(s types.SpecState) bool { return s.Is(types.SpecStateSkipped | types.SpecStatePending) }
		switch {
		case len(states) != 1:
			wrong = append(wrong, fmt.Sprintf("the row %q has %d specs", row.Spec(), len(states)))
		case !chosen && slices.ContainsFunc(states, left):
			wrong = append(wrong, fmt.Sprintf("the spec of the row %q did not run", row.Spec()))
		}
	}
	for name := range of {
		wrong = append(wrong, fmt.Sprintf("the spec %q has no row", name))
	}
	return wrong
}

var _ = ReportAfterSuite("rows and specs", func(report Report) {
	var specs []outcome
	for _, s := range report.SpecReports {
		if s.LeafNodeType == types.NodeTypeIt {
			specs = append(specs, outcome{s.LeafNodeText, s.State})
		}
	}
	chosen := len(report.SuiteConfig.FocusStrings)+len(report.SuiteConfig.SkipStrings) > 0
	if wrong := amiss(Rows, specs, chosen); len(wrong) > 0 {
		Fail(strings.Join(wrong, "\n"))
	}
})

func TestAmiss(t *testing.T) {
	rows := []Row{{Label: "Sites", Words: "configure"}, {Label: "FTP"}}
	passed, failed, skipped := types.SpecStatePassed, types.SpecStateFailed, types.SpecStateSkipped
	for name, c := range map[string]struct {
		specs  []outcome
		chosen bool
		wrong  string
	}{
		"all there":      {[]outcome{{"Sites: configure", passed}, {"FTP", failed}}, false, ""},
		"one is missing": {[]outcome{{"Sites: configure", passed}}, true, `the row "FTP" has 0 specs`},
		"one is twice":   {[]outcome{{"Sites: configure", passed}, {"FTP", passed}, {"FTP", passed}}, false, `the row "FTP" has 2 specs`},
		"did not run":    {[]outcome{{"Sites: configure", passed}, {"FTP", skipped}}, false, `the spec of the row "FTP" did not run`},
		"left out":       {[]outcome{{"Sites: configure", skipped}, {"FTP", passed}}, true, ""},
		"without a row":  {[]outcome{{"Sites: configure", passed}, {"FTP", passed}, {"SSH", passed}}, false, `the spec "SSH" has no row`},
	} {
		if got := strings.Join(amiss(rows, c.specs, c.chosen), "\n"); got != c.wrong {
			t.Errorf("%s: %q", name, got)
		}
	}
}
