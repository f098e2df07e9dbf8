package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// choices are the boxes of the Permissions form that are checked, by the value they send:
// "Overall/0/Billing", "Account/12/Sites", "Server/8/FirewallRules".
type choices map[string]bool

// twoFactor is the value of the "2FA required" box.
var twoFactor = valueOf(hosting.ScopeFlag, 0, hosting.TwoFactor)

func valueOf(scope hosting.Scope, place int64, name string) string {
	return string(scope) + "/" + strconv.FormatInt(place, 10) + "/" + name
}

// section is a part of the form: the permissions overall, or of one account or server.
type section struct {
	Scope hosting.Scope
	Place reference.ConsolePlace
	Boxes []box
	// Others are permissions held here that the catalogue lacks. The form shows them and
	// leaves them as they are.
	Others []string
	// Chosen is how many boxes are checked.
	Chosen int
}

// box is a permission that can be checked.
type box struct {
	hosting.Permission
	Value   string
	Checked bool
}

// owned is where an owner can give permissions.
type owned struct{ accounts, servers []reference.ConsolePlace }

// sections lays the form out: what row and owner have, with the boxes of chosen checked.
func sections(row reference.Row, places owned, chosen choices) []section {
	list := []section{sectionOf(hosting.ScopeOverall, reference.ConsolePlace{}, row.Overall, chosen)}
	for _, p := range places.accounts {
		list = append(list, sectionOf(hosting.ScopeAccount, p, row.Accounts[p.Name], chosen))
	}
	for _, p := range places.servers {
		list = append(list, sectionOf(hosting.ScopeServer, p, row.Servers[p.Name], chosen))
	}
	return list
}

func sectionOf(scope hosting.Scope, place reference.ConsolePlace, held []string, chosen choices) section {
	s := section{Scope: scope, Place: place, Others: others(scope, held)}
	for _, p := range hosting.Catalogue() {
		if p.Scope != scope {
			continue
		}
		value := valueOf(scope, place.ID, p.Name)
		s.Boxes = append(s.Boxes, box{p, value, chosen[value]})
		if chosen[value] {
			s.Chosen++
		}
	}
	return s
}

// others are the permissions held that the catalogue lacks.
func others(scope hosting.Scope, held []string) []string {
	return slices.DeleteFunc(slices.Clone(held), func(name string) bool {
		_, known := hosting.ByName(scope, name)
		return known
	})
}

// chosenOf are the boxes that a row has checked.
func chosenOf(row reference.Row, places owned) choices {
	chosen := choices{}
	add := func(scope hosting.Scope, place int64, held []string) {
		for _, name := range held {
			if _, known := hosting.ByName(scope, name); known {
				chosen[valueOf(scope, place, name)] = true
			}
		}
	}
	add(hosting.ScopeOverall, 0, row.Overall)
	for _, p := range places.accounts {
		add(hosting.ScopeAccount, p.ID, row.Accounts[p.Name])
	}
	for _, p := range places.servers {
		add(hosting.ScopeServer, p.ID, row.Servers[p.Name])
	}
	if row.RequireTwoFactor {
		chosen[twoFactor] = true
	}
	return chosen
}

// chosenIn reads the boxes sent with a form. One that the form does not have, because its
// place has gone or the form was made elsewhere, is an error beside all others.
func chosenIn(sent []string, places owned) (chosen choices, err error) {
	possible := map[string]bool{twoFactor: true}
	for _, s := range sections(reference.Row{}, places, nil) {
		for _, b := range s.Boxes {
			possible[b.Value] = true
		}
	}
	chosen = choices{}
	for _, value := range sent {
		if possible[value] {
			chosen[value] = true
		} else {
			err = fmt.Errorf("there is no box %.64q", value)
		}
	}
	return chosen, err
}

// apply has a row hold what is chosen, and what it holds that the catalogue lacks.
func (chosen choices) apply(row *reference.Row, places owned) {
	row.RequireTwoFactor = chosen[twoFactor]
	row.Overall = chosen.at(hosting.ScopeOverall, 0, row.Overall)
	accounts, servers := map[string][]string{}, map[string][]string{}
	for _, p := range places.accounts {
		if names := chosen.at(hosting.ScopeAccount, p.ID, row.Accounts[p.Name]); len(names) > 0 {
			accounts[p.Name] = names
		}
	}
	for _, p := range places.servers {
		if names := chosen.at(hosting.ScopeServer, p.ID, row.Servers[p.Name]); len(names) > 0 {
			servers[p.Name] = names
		}
	}
	row.Accounts, row.Servers = accounts, servers
}

func (chosen choices) at(scope hosting.Scope, place int64, held []string) []string {
	names := others(scope, held)
	for _, p := range hosting.Catalogue() {
		if p.Scope == scope && chosen[valueOf(scope, place, p.Name)] {
			names = append(names, p.Name)
		}
	}
	return names
}

// stateOf stands for what a row holds. A form carries it, so that one made from an older
// state is noticed.
func stateOf(row reference.Row) string {
	held := []any{row.ID, row.Email, row.RequireTwoFactor, row.Annotation, sorted(row.Overall), sortedAll(row.Accounts), sortedAll(row.Servers)}
	text, err := json.Marshal(held)
	if err != nil {
		return "" // Numbers, texts and lists of them always have a form in JSON.
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

func sortedAll(places map[string][]string) map[string][]string {
	all := map[string][]string{}
	for place, names := range places {
		if len(names) > 0 {
			all[place] = sorted(names)
		}
	}
	return all
}

// change is a box that somebody had set otherwise than it is now.
type change struct {
	Scope hosting.Scope
	// Place is the name of the account or server.
	Place, Name string
	// Add: they had checked it.
	Add bool
}

// differences lists what somebody wanted and is not so, in the order of the form.
func differences(now, wanted choices, places owned) []change {
	names := map[string]string{}
	for _, p := range slices.Concat(places.accounts, places.servers) {
		names[strconv.FormatInt(p.ID, 10)] = p.Name
	}
	var list []change
	union := maps.Clone(now)
	maps.Copy(union, wanted)
	for _, value := range slices.Sorted(maps.Keys(union)) {
		if now[value] != wanted[value] {
			scope, rest, _ := strings.Cut(value, "/")
			place, name, _ := strings.Cut(rest, "/")
			list = append(list, change{hosting.Scope(scope), names[place], name, wanted[value]})
		}
	}
	return list
}
