package chaos

import (
	"maps"
	"slices"
	"strings"
)

// Holding is who holds what: address, then permission.
type Holding map[string]map[string]bool

// Parse reads lines like "ann@acme.example: Billing shop/Sites". A person twice is told.
func Parse(lines []string) (table Holding, doubled int) {
	table = Holding{}
	for _, line := range lines {
		email, permissions, _ := strings.Cut(line, ":")
		if table[email] != nil {
			doubled++
		}
		table.Add(email, strings.Fields(permissions)...)
	}
	return table, doubled
}

// Add gives somebody permissions.
func (h Holding) Add(email string, permissions ...string) {
	if h[email] == nil {
		h[email] = map[string]bool{}
	}
	for _, p := range permissions {
		h[email][p] = true
	}
}

// And is what both hold.
func (h Holding) And(other Holding) Holding {
	both := Holding{}
	for email, permissions := range h {
		for p := range permissions {
			if other[email][p] {
				both.Add(email, p)
			}
		}
	}
	return both
}

// Lacks lists what is held here and not there.
func (h Holding) Lacks(there Holding) (missing []string) {
	for email, permissions := range h {
		for p := range permissions {
			if !there[email][p] {
				missing = append(missing, email+" "+p)
			}
		}
	}
	slices.Sort(missing)
	return missing
}

// Lines is the table as Parse reads it, sorted.
func (h Holding) Lines() []string {
	var lines []string
	for _, email := range slices.Sorted(maps.Keys(h)) {
		lines = append(lines, strings.TrimSpace(email+": "+strings.Join(slices.Sorted(maps.Keys(h[email])), " ")))
	}
	return lines
}
