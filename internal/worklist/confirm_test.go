package worklist

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting/table"
)

// ticked has all items of a list in Markdown, or in JSON, ticked but those of some people.
func ticked(t *testing.T, l List, format string, but ...string) []byte {
	t.Helper()
	text, err := l.Markdown(In(table.French), now)
	open, done := "- [ ]", "- [X]"
	if format == "JSON" {
		var body []byte
		body, err = json.MarshalIndent(l, "", "  ")
		text = string(body)
		open, done = `"done": false`, `"done": true`
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text, "\n")
	person := ""
	for i, line := range lines {
		for _, item := range l.Items {
			if strings.Contains(line, `"person": "`+item.Person) || strings.Contains(line, "`"+item.Person+"`") {
				person = item.Person
			}
		}
		if !strings.Contains(strings.Join(but, " "), person) || person == "" {
			lines[i] = strings.Replace(line, open, done, 1)
		}
	}
	return []byte(strings.Join(lines, "\n"))
}

// after is the table in which all is done but what is named.
func after(but string) []table.Row {
	rows := []table.Row{
		{Email: "ann@acme.example", Accounts: []table.Held{{Name: "shop", Permissions: []string{"Sites", "Databases", "wire:newer"}}}},
		{Email: "bob@acme.example", Accounts: []table.Held{{Name: long, Permissions: []string{"Databases"}}}},
		{Email: "new@acme.example", Accounts: []table.Held{{Name: "blog", Permissions: []string{"Sites"}}}},
	}
	switch but {
	case "half of ann":
		rows[0].Overall = []string{"Billing"}
	case "bob":
		rows[1].Accounts[0].Permissions = []string{"Sites", "Databases"}
	case "new":
		rows = rows[:2]
	case "cyd":
		rows = append(rows, table.Row{Email: "cyd@acme.example", Servers: []table.Held{{Name: "web1", Permissions: []string{"SSHUsers"}}}})
	}
	return rows
}

// shown tells of somebody by the address.
func shown(address string) string { return address }

// TestOnlyTheTableConfirms: what was ticked and is not in the next table is told, with what is missing.
func TestOnlyTheTableConfirms(t *testing.T) {
	before := listed(three())
	for _, format := range []string{"Markdown", "JSON"} {
		for but, want := range map[string]string{
			"nothing":     "4 []",
			"half of ann": "3 [{ann [] [{Overall  Billing}]}]",
			"bob":         "3 [{bob [] [{Account " + long + " Sites}]}]",
			"new":         "3 [{new [{Account blog Sites}] []}]",
			"cyd":         "3 [{cyd [] [{Server web1 SSHUsers}]}]",
		} {
			previous, err := Read(ticked(t, before, format))
			if err != nil {
				t.Fatal(format, err)
			}
			later := look(seen.Add(time.Hour), after(but)...)
			l := Of(input(later))
			if err := l.Confirm(previous, later, shown); err != nil {
				t.Fatal(err)
			}
			type open struct {
				person             string
				unchecked, checked []table.Grant
			}
			list := []open{}
			for _, u := range l.Unconfirmed {
				person, _, _ := strings.Cut(u.Person, "@")
				list = append(list, open{person, u.Unchecked, u.Checked})
			}
			if got := fmt.Sprint(l.Confirmed, " ", list); got != want {
				t.Errorf("%s, all but %s: %s, want %s", format, but, got, want)
			}
		}
	}
	// What was not ticked is no broken promise.
	previous, err := Read(ticked(t, before, "Markdown", "bob@acme.example"))
	if err != nil {
		t.Fatal(err)
	}
	later := look(seen.Add(time.Hour), after("bob")...)
	l := Of(input(later))
	if err := l.Confirm(previous, later, shown); err != nil || l.Confirmed != 3 || len(l.Unconfirmed) > 0 {
		t.Error(err, l.Confirmed, l.Unconfirmed)
	}
}

// TestWhatConfirmsNothing: a table that is not newer, or of another owner; a list that lost lines.
func TestWhatConfirmsNothing(t *testing.T) {
	text := ticked(t, listed(three()), "Markdown")
	previous, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	same := three()
	l := Of(input(same))
	if err := l.Confirm(previous, same, shown); err == nil || !strings.Contains(err.Error(), "take a new look") {
		t.Error(err)
	}
	other := look(seen.Add(time.Hour))
	other.Identity.Email = "other@acme.example"
	l = Of(input(other))
	if err := l.Confirm(previous, other, shown); err == nil || !strings.Contains(err.Error(), "another owner") {
		t.Error(err)
	}
	for what, damaged := range map[string]string{
		"it is no worklist: give":                "# A list\n- [x] something\n",
		"it is no worklist in JSON":              `{"items": 1}`,
		"of version":                             `{"apiVersion": "worklist.hostgrant.io/v9", "kind": "Worklist", "owner": "", "takenAt": "2026-11-29T08:00:00Z", "items": []}`,
		"has 3 of its 4 items":                   strings.Replace(string(text), "<!-- item ", "<!-- ", 1),
		"the comment of an item is damaged":      strings.Replace(string(text), `<!-- item {"id":`, `<!-- item {"id"`, 1),
		"the worklist's first comment is damage": strings.Replace(string(text), `<!-- worklist {`, `<!-- worklist {{`, 1),
	} {
		if _, err := Read([]byte(damaged)); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestAddressesOfTheListBefore: a list with addresses gives none to one without.
func TestAddressesOfTheListBefore(t *testing.T) {
	previous, err := Read(ticked(t, listed(three()), "Markdown"))
	if err != nil {
		t.Fatal(err)
	}
	later := look(seen.Add(time.Hour), after("bob")...)
	l := Of(input(later))
	hidden := func(address string) string { return "person " + idOf(address) }
	if err := l.Confirm(previous, later, hidden); err != nil || len(l.Unconfirmed) != 1 {
		t.Fatal(err, l.Unconfirmed)
	}
	if got := l.Unconfirmed[0].Person; got != "person "+idOf("bob@acme.example") {
		t.Error(got)
	}
}

// TestWhatAStrangerWrote: a list before is read only as worklist writes one, for some of it is told again.
func TestWhatAStrangerWrote(t *testing.T) {
	body, err := json.MarshalIndent(listed(three()), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text := string(body)
	for what, c := range map[string][2]string{
		"controls in a person":    {`"person": "new@acme.example"`, `"person": "new\u009b2Jx"`},
		"a person without an end": {`"person": "new@acme.example"`, `"person": "` + strings.Repeat("x", 2000) + `"`},
		"direction in a place":    {`"place": "blog"`, `"place": "bl\u202eog"`},
		"no scope":                {`"scope": "Account"`, `"scope": "Everything"`},
		"no permission":           {`"permission": "Sites"`, `"permission": "Sites and more"`},
		"no id":                   {`"id": "` + idOf("new@acme.example"), `"id": "x`},
	} {
		damaged := strings.Replace(text, c[0], c[1], 1)
		if damaged == text {
			t.Fatal(what, "changes nothing")
		}
		if _, err := Read([]byte(damaged)); err == nil || !strings.Contains(err.Error(), "item 1 of the worklist") || len(err.Error()) > 500 {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := Read([]byte(text)); err != nil {
		t.Error(err)
	}
}
