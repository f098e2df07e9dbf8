package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/table"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/worklist"
)

// report is what a plan says, in an order that does not change.
type report struct {
	// Groups of people for whom the same changes.
	Groups []group `json:"groups"`
	// Issues keep something from being given.
	Issues []issue `json:"issues,omitempty"`
	// Held are batches of removals that would be held.
	Held []heldBatch `json:"heldBatches,omitempty"`
	// Notes say what is not known.
	Notes   []string `json:"notes,omitempty"`
	Summary summary  `json:"summary"`

	addresses    bool
	placeholders map[string]string
}

type group struct {
	Backend string `json:"backend"`
	// People by address where addresses are shown, else by Profile or by their record's name.
	People []string `json:"people"`
	Add    []change `json:"add,omitempty"`
	Remove []change `json:"remove,omitempty"`
	Held   []change `json:"held,omitempty"`
	Later  []change `json:"later,omitempty"`
	// Mails to each of them, if they have no profile at the provider.
	Mails int `json:"mails,omitempty"`
}

type change struct {
	// What in the catalogue's words: "account shop: Databases, Sites".
	What []string `json:"what"`
	Why  string   `json:"why,omitempty"`
}

type issue struct {
	Grant   string `json:"grant"`
	Subject string `json:"subject"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

type heldBatch struct {
	Backend   string `json:"backend"`
	Namespace string `json:"namespace"`
	People    int    `json:"people"`
}

type summary struct {
	// People for whom something changes, or is held.
	People  int `json:"people"`
	Added   int `json:"added"`
	Removed int `json:"removed"`
	Held    int `json:"held"`
	Later   int `json:"later"`
	Mails   int `json:"mails"`
}

// changes says whether anything would change, also where all of it would be held.
func (s summary) changes() bool { return s != summary{} }

func (r *report) note(format string, args ...any) {
	if note := fmt.Sprintf(format, args...); !slices.Contains(r.Notes, note) {
		r.Notes = append(r.Notes, note)
	}
}

// noteBackend says what a plan cannot know of a backend, or what keeps it from happening now.
func (r *report) noteBackend(backend *v1alpha1.HostingBackend) {
	name := backend.Namespace + "/" + backend.Name
	switch {
	case backend.Spec.Suspend:
		r.note("HostingBackend %s is suspended: nothing of this is done before it is not", name)
	case backend.Spec.Mode != v1alpha1.ModeEnforce:
		r.note("HostingBackend %s has mode Observe: nothing of this is done before it has mode Enforce", name)
	}
	if counts := backend.Status.Counts; counts != nil && counts.Undeclared > 0 && !access.ListsEverybody(backend) {
		r.note("HostingBackend %s: what %s have whom no grant names is not known here (inventory: Counts); if they are named now, less is added than is shown",
			name, status.Count(counts.Undeclared, "person", "people"))
	}
}

// add takes in a result: people of equal change make a group.
func (r *report) add(in preview.Inputs, result preview.Result) {
	groups := map[string]int{}
	for _, c := range result.Changes {
		one := groupOf(c, in.Tables[c.Backend].Names)
		key := fmt.Sprintf("%q", fmt.Sprint(one))
		at, known := groups[key]
		if !known {
			at = len(r.Groups)
			groups[key] = at
			r.Groups = append(r.Groups, one)
		}
		r.Groups[at].People = append(r.Groups[at].People, r.person(c))
		r.Summary.count(c)
	}
	for i := range r.Groups {
		slices.Sort(r.Groups[i].People)
	}
	slices.SortStableFunc(r.Groups, func(a, b group) int {
		return cmp.Or(strings.Compare(a.Backend, b.Backend), strings.Compare(a.People[0], b.People[0]))
	})
	for _, i := range result.Issues {
		r.Issues = append(r.Issues, issue{i.Grant.String(), i.Subject, i.Reason, i.Message})
	}
	for backend, batches := range result.Batches {
		for _, batch := range batches {
			r.Held = append(r.Held, heldBatch{backend.String(), batch.Namespace, batch.People})
		}
	}
	slices.SortFunc(r.Held, func(a, b heldBatch) int {
		return cmp.Or(strings.Compare(a.Backend, b.Backend), strings.Compare(a.Namespace, b.Namespace), cmp.Compare(a.People, b.People))
	})
	for _, backend := range result.Unread {
		r.note("HostingBackend %s: no table is at hand, and nothing of it is planned", backend)
	}
}

func (s *summary) count(c preview.Change) {
	s.People++
	s.Added += c.Added().Len()
	s.Removed += c.Removed().Len()
	s.Held += c.Held.Len()
	s.Later += c.Later.Len()
	s.Mails += c.Mails
}

// person is how somebody is told of.
func (r *report) person(c preview.Change) string {
	if profile, placed := r.placeholders[c.Address]; placed {
		return profile
	}
	profile := ""
	for _, via := range c.Via {
		if name, ok := handover.ProfileOf(via); ok && profile == "" {
			profile = name
		}
	}
	return personNamed(r.addresses, c.Address, profile, c.Record)
}

func groupOf(c preview.Change, names access.Names) group {
	g := group{Backend: c.Backend.String(), Mails: c.Mails}
	for _, part := range c.Add {
		why := "for " + part.Grants
		if part.Drift {
			why = "somebody took it away at the provider; " + why
		}
		g.Add = append(g.Add, change{describe(part.Rights, names), why})
	}
	for _, part := range c.Remove {
		g.Remove = append(g.Remove, change{describe(part.Rights, names), whyRemoved(part)})
	}
	if !c.Held.Empty() {
		g.Held = []change{{describe(c.Held, names), c.HeldBecause}}
	}
	if !c.Later.Empty() {
		g.Later = []change{{describe(c.Later, names), "after driftGrace"}}
	}
	return g
}

func whyRemoved(part preview.Part) string {
	words := make([]string, 0, len(part.Causes))
	for _, cause := range part.Causes {
		words = append(words, worklist.In(table.English).Cause(cause))
	}
	why := strings.TrimSpace(strings.Join(words, ", ") + " " + part.Grants)
	if part.After.Hours() >= 1 {
		why += fmt.Sprintf(" (after %s)", part.After.Round(1e9))
	}
	return why
}

// describe tells rights in the catalogue's words: places with equal permissions on one line.
func describe(rights hosting.Rights, names access.Names) (lines []string) {
	for _, bundle := range names.Bundle(rights) {
		permissions := strings.Join(bundle.Permissions, ", ")
		switch hosting.Scope(bundle.Scope) {
		case hosting.ScopeOverall:
			lines = append(lines, "overall: "+permissions)
		case hosting.ScopeFlag:
			lines = append(lines, "2FA required")
		default:
			lines = append(lines, strings.ToLower(string(bundle.Scope))+" "+strings.Join(bundle.Places, ", ")+": "+permissions)
		}
	}
	slices.Sort(lines)
	return lines
}
