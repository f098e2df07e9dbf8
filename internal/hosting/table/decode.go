package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Decode reads a table from YAML or JSON. It refuses what it does not know, and what is there twice, with the
// line and column; addresses are not repeated. The result is canonical.
func Decode(body []byte) (Table, error) {
	if len(body) > MaxBytes {
		return Table{}, fmt.Errorf("the table is larger than %d MiB", MaxBytes>>20)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(body))
	document, second := yaml.Node{}, yaml.Node{}
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) {
			return Table{}, errors.New("line 1: the table is empty")
		}
		return Table{}, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return Table{}, errors.New("there is more than one document; give one table")
	}
	d := &decoding{}
	t := d.table(document.Content[0])
	if d.err != nil {
		return Table{}, d.err
	}
	return t.Canonical(), nil
}

// decoding keeps the first error.
type decoding struct{ err error }

func (d *decoding) fail(at *yaml.Node, format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("line %d, column %d: %s", at.Line, at.Column, fmt.Sprintf(format, args...))
	}
}

// fields are the values of a mapping by its keys: those that are required, and those that may be there.
func (d *decoding) fields(of *yaml.Node, what string, required, optional []string) map[string]*yaml.Node {
	values := map[string]*yaml.Node{}
	if of.Kind != yaml.MappingNode {
		d.fail(of, "%s: a mapping with the fields %s is wanted", what, strings.Join(append(required, optional...), ", "))
		return values
	}
	allowed := map[string]bool{}
	for _, name := range append(append([]string{}, required...), optional...) {
		allowed[name] = true
	}
	for i := 0; i+1 < len(of.Content); i += 2 {
		key := of.Content[i]
		switch {
		case key.Kind != yaml.ScalarNode || !allowed[key.Value]:
			d.fail(key, "%s has no field %.64q; its fields are %s", what, key.Value, strings.Join(append(required, optional...), ", "))
		case values[key.Value] != nil:
			d.fail(key, "%s has the field %s twice", what, key.Value)
		}
		values[key.Value] = of.Content[i+1]
	}
	for _, name := range required {
		if values[name] == nil {
			d.fail(of, "%s: the field %s is missing", what, name)
		}
	}
	return values
}

// text is a string; empty where there is none.
func (d *decoding) text(at *yaml.Node, what string) string {
	if at == nil {
		return ""
	}
	if at.Kind != yaml.ScalarNode || at.ShortTag() != "!!str" {
		d.fail(at, "%s: a text is wanted; put it into quotes", what)
		return ""
	}
	return at.Value
}

// list are the items of a sequence of at most so many.
func (d *decoding) list(at *yaml.Node, what string, most int) []*yaml.Node {
	switch {
	case at == nil:
		return nil
	case at.Kind != yaml.SequenceNode:
		d.fail(at, "%s: a list is wanted", what)
		return nil
	case len(at.Content) > most:
		d.fail(at, "%s: there are more than %d", what, most)
		return nil
	}
	return at.Content
}

func (d *decoding) table(at *yaml.Node) (t Table) {
	fields := d.fields(at, "the table", []string{"apiVersion", "kind", "owner", "takenAt", "source", "notKnown", "accounts", "servers", "rows"}, nil)
	for name, want := range map[string]string{"apiVersion": APIVersion, "kind": Kind} {
		if got := d.text(fields[name], name); got != want && d.err == nil {
			d.fail(fields[name], "%s: %q is wanted, not %.64q", name, want, got)
		}
	}
	t.Owner = d.address(fields["owner"], "owner")
	t.TakenAt = d.time(fields["takenAt"])
	if t.Source = d.text(fields["source"], "source"); len(t.Source) > MaxSource {
		d.fail(fields["source"], "source: it has more than %d bytes", MaxSource)
	}
	d.notKnown(fields["notKnown"])
	accounts, servers := d.places(fields["accounts"], "accounts"), d.places(fields["servers"], "servers")
	t.Accounts, t.Servers = accounts.names, servers.names
	people := map[string]int{}
	for _, item := range d.list(fields["rows"], "rows", MaxRows) {
		row := d.row(item, accounts, servers)
		person := personOf(row.Email)
		if first, twice := people[person]; twice {
			d.fail(item, "this person has a row already, in line %d", first)
		}
		people[person] = item.Line
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (d *decoding) address(at *yaml.Node, what string) string {
	address := d.text(at, what)
	if _, err := access.NormalizeAddress(address); err != nil && d.err == nil {
		d.fail(at, "%s: %v", what, err)
	}
	return strings.TrimSpace(address)
}

func (d *decoding) time(at *yaml.Node) time.Time {
	if at == nil || d.err != nil {
		return time.Time{}
	}
	taken, err := time.Parse(time.RFC3339, at.Value)
	if at.Kind != yaml.ScalarNode || err != nil || taken.Year() < 2000 {
		d.fail(at, "takenAt: a time such as 2026-11-29T08:00:00Z is wanted")
	}
	return taken
}

func (d *decoding) notKnown(at *yaml.Node) {
	said := map[string]bool{}
	items := d.list(at, "notKnown", len(Unknown))
	for _, item := range items {
		said[d.text(item, "notKnown")] = true
	}
	for _, name := range Unknown {
		if at != nil && (!said[name] || len(items) != len(Unknown)) {
			d.fail(at, "notKnown: a table of %s knows none of %s; list all of them", APIVersion, strings.Join(Unknown, ", "))
		}
	}
}

// places are accounts or servers by name.
type places struct {
	names []string
	known map[string]bool
}

func (d *decoding) places(at *yaml.Node, what string) places {
	p := places{names: []string{}, known: map[string]bool{}}
	for _, item := range d.list(at, what, MaxPlaces) {
		name := d.text(item, what)
		if err := checkName(name); err != nil {
			d.fail(item, "%s: %v", what, err)
		}
		if p.known[name] {
			d.fail(item, "%s: %q is there twice", what, name)
		}
		p.known[name] = true
		p.names = append(p.names, name)
	}
	return p
}

func (d *decoding) row(at *yaml.Node, accounts, servers places) (row Row) {
	fields := d.fields(at, "a row", []string{"email"}, []string{"requireTwoFactor", "overall", "accounts", "servers"})
	row.Email = d.address(fields["email"], "email")
	if box := fields["requireTwoFactor"]; box != nil {
		if box.Kind != yaml.ScalarNode || box.ShortTag() != "!!bool" || box.Value != "true" && box.Value != "false" {
			d.fail(box, "requireTwoFactor: true or false is wanted")
		}
		row.RequireTwoFactor = box.Value == "true"
	}
	row.Overall = d.permissions(fields["overall"], hosting.ScopeOverall, "overall")
	row.Accounts = d.held(fields["accounts"], hosting.ScopeAccount, "accounts", accounts)
	row.Servers = d.held(fields["servers"], hosting.ScopeServer, "servers", servers)
	return row
}

func (d *decoding) permissions(at *yaml.Node, scope hosting.Scope, what string) (names []string) {
	known := map[string]bool{}
	for _, item := range d.list(at, what, MaxPlaces) {
		name := d.text(item, what)
		if err := checkPermission(scope, name); err != nil {
			d.fail(item, "%s: %v", what, err)
		}
		if known[name] {
			d.fail(item, "%s: %s is there twice", what, name)
		}
		known[name] = true
		names = append(names, name)
	}
	return names
}

func (d *decoding) held(at *yaml.Node, scope hosting.Scope, what string, of places) (list []Held) {
	known := map[string]bool{}
	for _, item := range d.list(at, what, MaxPlaces) {
		fields := d.fields(item, what, []string{"name", "permissions"}, nil)
		name := d.text(fields["name"], what+" name")
		if d.err == nil && !of.known[name] {
			d.fail(item, "%s: the table lists no %q among its %s", what, name, what)
		}
		if known[name] {
			d.fail(item, "%s: %q is there twice", what, name)
		}
		known[name] = true
		list = append(list, Held{name, d.permissions(fields["permissions"], scope, what+" permissions")})
	}
	return list
}
