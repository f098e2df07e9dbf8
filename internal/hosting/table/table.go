// Package table is a permission table as evidence: what somebody saw at a provider, and when. It reads and
// writes such tables as files (YAML, JSON) and as cells of a spreadsheet, and compares them. It is pure: files
// and clocks are the caller's.
package table

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// What a file begins with. The API version is none of Kubernetes' kinds: in a folder of manifests a table is
// passed over.
const (
	APIVersion = "table.hostgrant.io/v1"
	Kind       = "AccessTable"
)

// The bounds of a table.
const (
	// MaxBytes of a file.
	MaxBytes = 16 << 20
	// MaxRows is how many people a table may list.
	MaxRows = 10_000
	// MaxPlaces is how many accounts a table may list, and how many servers.
	MaxPlaces = 10_000
	// MaxName is how long the name of a place may be, in bytes.
	MaxName = 255
	// MaxSource is how long the words on where a table is from may be, in bytes.
	MaxSource = 255
)

// Schema is the JSON schema of the file.
//
//go:embed schema.json
var Schema []byte

// Unknown lists what a table of this version does not know. Nothing is concluded from it.
var Unknown = []string{"ids", "profiles", "invitations", "secondFactors"}

// Table is a permission table as somebody saw it.
type Table struct {
	// Owner is the address of the owner of accounts and servers.
	Owner string `json:"owner" yaml:"owner"`
	// TakenAt is when it was seen, to the second.
	TakenAt time.Time `json:"takenAt" yaml:"takenAt"`
	// Source says in a few words where it is from.
	Source string `json:"source" yaml:"source"`
	// NotKnown says what the table does not know: all of Unknown.
	NotKnown []string `json:"notKnown" yaml:"notKnown"`
	// Accounts and Servers list all that the owner has, by name.
	Accounts []string `json:"accounts" yaml:"accounts"`
	Servers  []string `json:"servers" yaml:"servers"`
	// Rows list everybody who has one.
	Rows []Row `json:"rows" yaml:"rows"`
}

// Row is what one person holds. Permissions are the catalogue's names; one that the catalogue lacks is
// "wire:" and the provider's key.
type Row struct {
	Email            string   `json:"email" yaml:"email"`
	RequireTwoFactor bool     `json:"requireTwoFactor,omitempty" yaml:"requireTwoFactor,omitempty"`
	Overall          []string `json:"overall,omitempty" yaml:"overall,omitempty"`
	Accounts         []Held   `json:"accounts,omitempty" yaml:"accounts,omitempty"`
	Servers          []Held   `json:"servers,omitempty" yaml:"servers,omitempty"`
}

// Held is what somebody holds on one account or server.
type Held struct {
	Name        string   `json:"name" yaml:"name"`
	Permissions []string `json:"permissions" yaml:"permissions"`
}

// Canonical is the table in an order that does not change: equal tables are equal then. Of the lists that
// may be empty in a file, those of the table are never nil, and those of a row never empty.
func (t Table) Canonical() Table {
	t.TakenAt = t.TakenAt.UTC().Truncate(time.Second)
	t.NotKnown = slices.Clone(Unknown)
	t.Accounts, t.Servers = sortedNames(t.Accounts), sortedNames(t.Servers)
	rows := make([]Row, 0, len(t.Rows))
	for _, row := range t.Rows {
		row.Overall = inOrder(hosting.ScopeOverall, row.Overall)
		row.Accounts, row.Servers = heldInOrder(hosting.ScopeAccount, row.Accounts), heldInOrder(hosting.ScopeServer, row.Servers)
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b Row) int { return strings.Compare(personOf(a.Email), personOf(b.Email)) })
	t.Rows = rows
	return t
}

func sortedNames(names []string) []string {
	sorted := append([]string{}, names...)
	slices.Sort(sorted)
	return sorted
}

func heldInOrder(scope hosting.Scope, held []Held) (list []Held) {
	for _, one := range held {
		if len(one.Permissions) > 0 {
			list = append(list, Held{one.Name, inOrder(scope, one.Permissions)})
		}
	}
	slices.SortFunc(list, func(a, b Held) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// ranks is the provider's order of permissions.
var ranks = func() map[hosting.Right]int {
	ranks := map[hosting.Right]int{}
	for at, p := range hosting.Catalogue() {
		ranks[hosting.Right{Scope: p.Scope, Name: p.Name}] = at + 1
	}
	return ranks
}()

// inOrder lists permissions in the provider's order, and after them those that the catalogue lacks.
func inOrder(scope hosting.Scope, names []string) []string {
	rank := func(name string) int {
		return cmp.Or(ranks[hosting.Right{Scope: scope, Name: name}], len(ranks)+1)
	}
	if len(names) == 0 {
		return nil
	}
	sorted := slices.Clone(names)
	slices.SortFunc(sorted, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(a, b)) })
	return sorted
}

// personOf is by what rows are told apart.
func personOf(address string) string {
	if normalised, err := access.NormalizeAddress(address); err == nil {
		return normalised
	}
	return address
}

// checkName says what is wrong with the name of a place.
func checkName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("the name is empty")
	case len(name) > MaxName:
		return fmt.Errorf("the name has more than %d bytes", MaxName)
	case strings.TrimSpace(name) != name || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }):
		return fmt.Errorf("the name begins or ends with a space, or holds a control or damaged character")
	}
	return nil
}

// checkPermission says what is wrong with the name of a permission.
func checkPermission(scope hosting.Scope, name string) error {
	if key, wire := strings.CutPrefix(name, wirePrefix); wire {
		if key == "" || len(key) > 64 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return fmt.Errorf("a permission that the catalogue lacks is %q and a key of 1 to 64 printable ASCII characters", wirePrefix)
		}
		if hosting.NameOfKey(scope, key) != name {
			return fmt.Errorf("%q is %s in the catalogue; write that", name, hosting.NameOfKey(scope, key))
		}
		return nil
	}
	if _, known := hosting.ByName(scope, name); !known {
		return fmt.Errorf("%.64q is no permission of scope %s; give a name of the catalogue, for instance %s", name, scope, example[scope])
	}
	return nil
}

const wirePrefix = "wire:"

var example = map[hosting.Scope]string{hosting.ScopeOverall: "Billing", hosting.ScopeAccount: "Sites", hosting.ScopeServer: "SSHUsers"}
