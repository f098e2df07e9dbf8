package cli

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/overview"
	"github.com/hostgrant/hostgrant/internal/status"
)

// statusRows of a section are printed for people; JSON and YAML have all.
const statusRows = 20

// statusOf is an overview as it is told at a time.
type statusOf struct {
	overview.Overview
	now time.Time
}

func (s statusOf) page() page {
	p := page{title: "How the HostingBackends are, and what needs somebody", notes: s.Notes, summary: lastLine(s.Overview)}
	for _, g := range []grid{
		backendGrid(s.Overview, s.now), heldGrid(s.Overview, s.now), failureGrid("Needs somebody", s.Failing),
		dateGrid(s.Overview, s.now), reviewGrid(s.Overview, s.now), invitationGrid(s.Overview), failureGrid("Suspended or expired, and still with access", s.Residual),
	} {
		if g.most = statusRows; len(g.rows) > 0 {
			p.grids = append(p.grids, g)
		}
	}
	return p
}

func backendGrid(o overview.Overview, now time.Time) grid {
	g := grid{columns: []column{{"Backend", false}, {"Ready", true}, {"Reason", false}, {"Mode", true}, {"Changed", true}, {"Managed", true}, {"Undeclared", true}, {"Invited", true}, {"Grants", true}, {"Waiting", true}}}
	for _, b := range o.Backends {
		mode := string(b.Mode)
		if b.Authority == v1alpha1.AuthorityAuthoritative {
			mode += "," + string(b.Authority)
		}
		if b.Suspended {
			mode += ",suspended"
		}
		changed, managed, undeclared, invited := "-", "-", "-", "-"
		if b.TableChangedAt != nil {
			changed = duration.HumanDuration(now.Sub(b.TableChangedAt.Time))
		}
		if p := b.People; p != nil {
			managed, undeclared, invited = fmt.Sprint(p.Managed), fmt.Sprint(p.Undeclared), fmt.Sprint(p.Invited)
		}
		waiting := fmt.Sprint(b.WaitingPeople())
		if b.WaitingPeople() > 0 {
			waiting += fmt.Sprintf(" (%d writes a minute)", b.WritesPerMinute)
		}
		g.rows = append(g.rows, []string{b.Namespace + "/" + b.Name, string(b.Ready), b.Reason, mode, changed, managed, undeclared, invited, fmt.Sprintf("%d/%d", b.Grants.Ready, b.Grants.Total), waiting})
	}
	return g
}

func heldGrid(o overview.Overview, now time.Time) grid {
	g := grid{caption: "Held removals (hostgrant approve BACKEND shows and approves one)", columns: []column{{"Backend", false}, {"Digest", false}, {"Because of", false}, {"People", true}, {"For", true}, {"State", true}}}
	for _, b := range o.Held {
		state := "waits for an approval"
		if b.Released {
			state = "approved, not done yet"
		}
		g.rows = append(g.rows, []string{b.Namespace + "/" + b.Backend, b.Digest, b.Cause, fmt.Sprint(b.People), duration.HumanDuration(now.Sub(b.Since.Time)), state})
	}
	return g
}

func failureGrid(title string, failures []overview.Failure) grid {
	g := grid{caption: title, columns: []column{{"Object", false}, {"Reason", false}, {"Message", false}}}
	for _, f := range failures {
		g.rows = append(g.rows, []string{f.Object, f.Reason, f.Message})
	}
	return g
}

func dateGrid(o overview.Overview, now time.Time) grid {
	g := grid{caption: "Ends soon", columns: []column{{"Object", false}, {"In", true}, {"At", true}}}
	for _, d := range o.Expiring {
		g.rows = append(g.rows, []string{d.Object, duration.HumanDuration(d.At.Sub(now)), d.At.UTC().Format(time.RFC3339)})
	}
	return g
}

func reviewGrid(o overview.Overview, now time.Time) grid {
	g := grid{caption: "To be reviewed", columns: []column{{"Object", false}, {"Due", true}, {"If missed", true}}}
	for _, r := range o.Reviews {
		due := "in " + duration.HumanDuration(r.At.Sub(now))
		if r.Overdue {
			due = "overdue for " + duration.HumanDuration(now.Sub(r.At.Time))
		}
		g.rows = append(g.rows, []string{r.Object, due, string(r.Missed)})
	}
	return g
}

func invitationGrid(o overview.Overview) grid {
	g := grid{caption: "Invitations that did not arrive, or may not have", columns: []column{{"Person", false}, {"Backend", false}, {"State", true}, {"Message", false}}}
	for _, i := range o.Invitations {
		g.rows = append(g.rows, []string{i.Person, i.Namespace + "/" + i.Backend, string(i.State), i.Message})
	}
	return g
}

// lastLine says how much needs somebody.
func lastLine(o overview.Overview) string {
	if o.Quiet() {
		return "Nothing needs anybody."
	}
	waiting := 0
	for _, batch := range o.Held {
		if !batch.Released {
			waiting++
		}
	}
	return fmt.Sprintf("%s held, %d failing, %d ending, %s, %s, %d with residual access.", status.Count(waiting, "batch", "batches"), len(o.Failing),
		len(o.Expiring), status.Count(len(o.Reviews), "review", "reviews"), status.Count(len(o.Invitations), "invitation", "invitations"), len(o.Residual))
}
