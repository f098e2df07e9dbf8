package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/status"
)

// review is the evidence of who has what, why, since when and until when, and when it was looked at.
type review struct {
	Backend string `json:"backend"`
	// Source is where it is known from, AsOf when that was read, and Asked when it was asked.
	Source string       `json:"source"`
	AsOf   *metav1.Time `json:"asOf,omitempty"`
	Asked  metav1.Time  `json:"asked"`
	Owner  string       `json:"owner"`
	// Within is how far ahead a review counts as due, and Only which rows are listed: "due", "overdue" or, empty, all.
	Within  string        `json:"dueWithin"`
	Only    string        `json:"only,omitempty"`
	Summary reviewSummary `json:"summary"`
	Rows    []reviewRow   `json:"rows"`
	Notes   []string      `json:"notes,omitempty"`
}

// reviewSummary counts all rows, also those that are not listed.
type reviewSummary struct {
	People int `json:"people"`
	Rows   int `json:"rows"`
	// Undeclared rows: no grant that counts names them.
	Undeclared int `json:"undeclared"`
	// NoReview: no grant that gives it is to be reviewed.
	NoReview int `json:"noReview"`
	Overdue  int `json:"overdue"`
	Due      int `json:"due"`
}

// The states of a row's review.
const (
	reviewOverdue = "overdue"
	reviewDue     = "due"
)

// reviewRow is what one person has at one place in one way.
type reviewRow struct {
	Person      string   `json:"person"`
	Place       string   `json:"place"`
	Permissions []string `json:"permissions"`
	Access      string   `json:"access"`
	Declared    bool     `json:"declared"`
	Grants      []string `json:"grants,omitempty"`
	// Reasons of the grants.
	Reasons []string `json:"reasons,omitempty"`
	// Since is when the first of the grants was created.
	Since   string `json:"since,omitempty"`
	Until   string `json:"until,omitempty"`
	Because string `json:"untilBecause,omitempty"`
	// ReviewBy is when the first of the grants is to be reviewed, Review "overdue" or "due", and Reviewed what the grants
	// say of the last time.
	ReviewBy string   `json:"reviewBy,omitempty"`
	Review   string   `json:"review,omitempty"`
	Reviewed []string `json:"reviewed,omitempty"`
}

var reviewColumns = []column{
	{"Person", false}, {"Place", false}, {"Permissions", false}, {"Access", true}, {"Declared", true}, {"Grants", false}, {"Reasons", false},
	{"Since", true}, {"Until", true}, {"Review by", true}, {"Review", true}, {"Reviewed", false},
}

func (r reviewRow) cells() []string {
	declared := "yes"
	if !r.Declared {
		declared = "no"
	}
	return []string{
		r.Person, r.Place, strings.Join(r.Permissions, ", "), r.Access, declared, strings.Join(r.Grants, ", "), strings.Join(r.Reasons, "; "),
		r.Since, ended(r.Until, r.Because), r.ReviewBy, r.Review, strings.Join(r.Reviewed, "; "),
	}
}

func (r review) page() page {
	g := grid{caption: r.caption(), columns: reviewColumns, empty: "No rows."}
	for _, row := range r.Rows {
		g.rows = append(g.rows, row.cells())
	}
	return page{title: "Review of HostingBackend " + r.Backend, grids: []grid{g}, notes: r.Notes, facts: []fact{
		{"HostingBackend", r.Backend}, {"Asked at", date(&r.Asked)}, {"Known from", r.Source}, {"Owner", r.Owner + ", who may do everything, is not listed"},
		{"Rows", fmt.Sprintf("%d, of %s; %d not declared by a grant", r.Summary.Rows, status.Count(r.Summary.People, "person", "people"), r.Summary.Undeclared)},
		{"Reviews", fmt.Sprintf("%d overdue, %d due within %s; %d without a date", r.Summary.Overdue, r.Summary.Due, r.Within, r.Summary.NoReview)},
	}}
}

// caption says which rows are listed.
func (r review) caption() string {
	switch r.Only {
	case reviewOverdue:
		return "Rows whose review is overdue"
	case reviewDue:
		return "Rows whose review is overdue, or due within " + r.Within
	}
	return "All rows"
}

type reviewOptions struct {
	questionOptions
	due     days
	overdue bool
	clock   clock.PassiveClock
}

// reviewFormats are those of evidence.
var reviewFormats = formats[answer]{
	"table": printTable, "markdown": printMarkdown, "json": writeJSON[answer], "yaml": writeYAML[answer], "csv": printCSV, "html": printHTML,
}

func newReviewCommand(config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams) *cobra.Command {
	o := reviewOptions{clock: clock.RealClock{}, due: days(30 * day)}
	command := &cobra.Command{
		Use:   "review",
		Short: "List who has what, why, since when, until when, and which reviews are due",
		Long: `List everything that people have at the provider, line by line: whether a grant declares it, why, since when,
until when, when it was reviewed, and when the next review is due. First comes how many reviews are overdue or due.

--due lists only what is overdue or due within that time, --overdue only what is overdue. To record a review, move
spec.reviewBy of the grant on; the annotation hostgrant.io/reviewed-at on it says who looked at it last, and when.

What the provider has is known from the AccessRecords of the cluster; or, without a cluster, from the provider itself
with --backend-url, or from a table file with --table (see "hostgrant table"). Then the manifests of -f say why.`,
		Example: `  hostgrant review -n hosting
  hostgrant review --due 30d -n hosting
  hostgrant review -n hosting -o html --show-addresses > review.html
  HOSTGRANT_TOKEN=... hostgrant review -f hosting/ --backend-url https://api.example.com/v1/ -o csv > review.csv
  hostgrant review -f hosting/ --table table.yaml -o html --show-addresses > review.html`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := either(cmd, "due", "overdue"); err != nil {
				return err
			}
			return o.run(cmd.Context(), config, streams, cmd.Flags().Changed("due"))
		},
	}
	o.inventoryOptions.addFlags(command)
	o.outputOptions.addFlags(command, "table", reviewFormats.names())
	command.Flags().Var(&o.due, "due", "list only what is overdue, or due within this time; the default is what is counted as due")
	command.Flags().BoolVar(&o.overdue, "overdue", false, "list only what is overdue")
	return command
}

func (o *reviewOptions) run(ctx context.Context, config *genericclioptions.ConfigFlags, streams genericiooptions.IOStreams, onlyDue bool) error {
	only := ""
	switch {
	case o.overdue:
		only = reviewOverdue
	case onlyDue:
		only = reviewDue
	}
	return o.answer(ctx, config, streams, reviewFormats, func(t teller) (answer, error) {
		r := t.review(metav1.NewTime(o.clock.Now()), o.due.Duration(), only)
		r.Within = o.due.String()
		if o.tableFile != "" {
			r.Source = "a table file, of what somebody saw at " + date(&t.AsOf)
		}
		return r, nil
	})
}

// review tells of each row, and counts. The person rows of one person come together.
func (t teller) review(now metav1.Time, within time.Duration, only string) review {
	r := review{Backend: t.Backend.String(), Source: t.asOf(), AsOf: t.asOfTime(), Asked: now, Owner: t.owner(), Only: only, Rows: []reviewRow{}, Notes: slices.Clone(t.Notes)}
	for _, p := range t.People {
		rows := t.rows(p, now, within)
		if len(rows) > 0 {
			r.Summary.People++
		}
		for _, row := range rows {
			r.Summary.count(row)
			if only == "" || row.Review == reviewOverdue || only == reviewDue && row.Review == reviewDue {
				r.Rows = append(r.Rows, row)
			}
		}
	}
	return r
}

func (s *reviewSummary) count(row reviewRow) {
	s.Rows++
	switch row.Review {
	case reviewOverdue:
		s.Overdue++
	case reviewDue:
		s.Due++
	}
	if row.ReviewBy == "" {
		s.NoReview++
	}
	if !row.Declared {
		s.Undeclared++
	}
}

// rows of what somebody has at the provider.
func (t teller) rows(p inventory.Person, now metav1.Time, within time.Duration) (rows []reviewRow) {
	for _, h := range t.holdings(p) {
		if !h.State.Live() {
			continue
		}
		row := reviewRow{
			Person: t.person(p), Place: h.Place, Permissions: h.Permissions, Access: h.Access, Declared: h.Declared, Grants: h.Grants,
			Until: h.Until, Because: h.Because, ReviewBy: h.ReviewBy,
		}
		switch by := p.ReviewDue(h.holding); {
		case by == nil:
		case !now.Before(by):
			row.Review = reviewOverdue
		case by.Sub(now.Time) <= within:
			row.Review = reviewDue
		}
		row.because(p, h.holding)
		rows = append(rows, row)
	}
	return rows
}

// because enters what the grants of a holding say.
func (r *reviewRow) because(p inventory.Person, h inventory.Holding) {
	var first metav1.Time
	for _, at := range h.Grants {
		g := p.Grants[at]
		r.Reasons, r.Reviewed = append(r.Reasons, g.Reason), append(r.Reviewed, g.ReviewedAt)
		if g.Counts && !g.Since.IsZero() && (first.IsZero() || g.Since.Before(&first)) {
			first = g.Since
		}
	}
	r.Reasons, r.Reviewed, r.Since = unique(r.Reasons), unique(r.Reviewed), date(&first)
}
