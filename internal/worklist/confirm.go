package worklist

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting/table"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// Unconfirmed is an item of the list before that was ticked, with what of it the table does not show.
type Unconfirmed struct {
	ID     string `json:"id"`
	Person string `json:"person"`
	// Unchecked are boxes that should be checked and are not, Checked those that should not be and are.
	Unchecked []table.Grant `json:"unchecked,omitempty"`
	Checked   []table.Grant `json:"checked,omitempty"`
}

// Previous is the list before, as far as it can be confirmed.
type Previous struct {
	APIVersion string    `json:"apiVersion"`
	Owner      string    `json:"owner"`
	TakenAt    time.Time `json:"takenAt"`
	// Count is how many items it had.
	Count int    `json:"count"`
	Items []Item `json:"-"`
}

// line is an item in Markdown, and mark what a list in Markdown begins with: what a machine reads stands in
// comments.
var (
	line = regexp.MustCompile(`^\s*[-*+] \[([ xX])\] .*<!-- item (\{.*\}) -->\s*$`)
	mark = regexp.MustCompile(`<!-- worklist (\{.*\}) -->`)
)

// Read reads a list with its ticks: JSON with "done", or Markdown with checkboxes.
func Read(body []byte) (Previous, error) {
	if trimmed := bytes.TrimSpace(body); len(trimmed) > 0 && trimmed[0] == '{' {
		list := List{}
		decoder := json.NewDecoder(bytes.NewReader(trimmed))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&list); err != nil {
			return Previous{}, fmt.Errorf("it is no worklist in JSON: %w", err)
		}
		p := Previous{APIVersion: list.APIVersion, Owner: list.Owner, TakenAt: list.TakenAt, Count: len(list.Items), Items: list.Items}
		return p, p.check()
	}
	found := mark.FindSubmatch(body)
	if found == nil {
		return Previous{}, errors.New("it is no worklist: give the JSON or Markdown that worklist wrote, with its comments")
	}
	p := Previous{}
	if err := json.Unmarshal(found[1], &p); err != nil {
		return Previous{}, fmt.Errorf("the worklist's first comment is damaged: %w", err)
	}
	for text := range strings.SplitSeq(string(body), "\n") {
		item := line.FindStringSubmatch(strings.TrimSuffix(text, "\r"))
		if item == nil {
			continue
		}
		one := Item{}
		if err := json.Unmarshal([]byte(item[2]), &one); err != nil {
			return Previous{}, fmt.Errorf("the comment of an item is damaged: %w", err)
		}
		one.Done = item[1] != " "
		p.Items = append(p.Items, one)
	}
	return p, p.check()
}

func (p Previous) check() error {
	switch {
	case p.APIVersion != APIVersion:
		return fmt.Errorf("the worklist is of version %.64q; %q is wanted", p.APIVersion, APIVersion)
	case len(p.Items) != p.Count:
		return fmt.Errorf("the worklist has %d of its %d items; leave their lines and comments as they are", len(p.Items), p.Count)
	}
	for i, item := range p.Items {
		if err := item.check(); err != nil {
			return fmt.Errorf("item %d of the worklist: %w; leave its lines and comments as they are", i+1, err)
		}
	}
	return nil
}

// maxPerson is how long the words for somebody are at most, in bytes: an address, or the name of a Profile.
const maxPerson = 512

var id = regexp.MustCompile(`^[0-9a-f]{12}$`)

// check says what no list of ours has: some of an item is told again.
func (i Item) check() error {
	switch {
	case !id.MatchString(i.ID):
		return fmt.Errorf("%.20q is no id", i.ID)
	case len(i.Person) > maxPerson || manifest.Plain(i.Person) != i.Person:
		return errors.New("the person is too long, or has controls in it")
	}
	for _, g := range append(slices.Clone(i.Check), i.Uncheck...) {
		if err := g.Check(); err != nil {
			return err //nolint:wrapcheck // it says what is wrong
		}
	}
	return nil
}

// Confirm enters what of the list before the table shows, and what was ticked and it does not show; address is how
// somebody is told of who is known by the address alone. It fails where the table is of another owner, or not newer than
// the one that list was made from.
func (l *List) Confirm(before Previous, now *provider.Snapshot, address func(string) string) error {
	if before.Owner != l.Owner {
		return errors.New("the worklist before is of another owner")
	}
	if !l.TakenAt.After(before.TakenAt) {
		return fmt.Errorf("the table is of %s, and the worklist before was made from one of %s: take a new look, which shows what was done", table.Time(l.TakenAt), table.Time(before.TakenAt))
	}
	names, held := namesOf(now.Places), map[string]map[table.Grant]bool{}
	for _, one := range now.Addresses() {
		row, _ := now.Row(one)
		held[idOf(one)] = setOf(grants(row.Rights, names))
	}
	for _, item := range before.Items {
		open := missing(item, held[item.ID])
		if strings.Contains(item.Person, "@") {
			open.Person = address(item.Person) // that list may be for other eyes
		}
		switch {
		case len(open.Unchecked)+len(open.Checked) == 0:
			l.Confirmed++
		case item.Done:
			l.Unconfirmed = append(l.Unconfirmed, open)
		}
	}
	return nil
}

// missing is what of an item is not done where a person holds this.
func missing(item Item, held map[table.Grant]bool) Unconfirmed {
	open := Unconfirmed{ID: item.ID, Person: item.Person}
	for _, g := range item.Check {
		if !held[g] {
			open.Unchecked = append(open.Unchecked, g)
		}
	}
	for _, g := range item.Uncheck {
		if held[g] {
			open.Checked = append(open.Checked, g)
		}
	}
	return open
}

// namesOf are the whole names of places, by id.
func namesOf(places access.Places) access.Names {
	names := make(access.Names, len(places))
	for key, id := range places {
		names[access.Place{Scope: key.Scope, ID: id}] = key.Name
	}
	return names
}
