package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/matrix"
)

// matrixHead is a matrix for programs, but for its people, who are written one by one.
type matrixHead struct {
	Backend string        `json:"backend"`
	Owner   string        `json:"owner,omitempty"`
	AsOf    *metav1.Time  `json:"asOf,omitempty"`
	Places  []matrixPlace `json:"places"`
	Legend  []matrixMark  `json:"legend"`
	Notes   []string      `json:"notes,omitempty"`
}

type matrixPlace struct {
	Scope hosting.Scope `json:"scope"`
	// Name of an account or server; absent for the scope Overall.
	Name string `json:"name,omitempty"`
	// Holders are the people who hold something there at the provider.
	Holders int `json:"holders"`
}

type matrixMark struct {
	Mark        string `json:"mark"`
	Meaning     string `json:"meaning"`
	Permissions int    `json:"permissions"`
	People      int    `json:"people"`
}

type matrixPerson struct {
	matrixWho
	Permissions []matrixPermission `json:"permissions"`
}

type matrixWho struct {
	Person    string                  `json:"person"`
	Record    string                  `json:"record"`
	Profile   string                  `json:"profile,omitempty"`
	State     v1alpha1.PersonState    `json:"state"`
	TwoFactor v1alpha1.TwoFactorState `json:"twoFactor,omitempty"`
	// Shortened: the person has more than is listed.
	Shortened bool `json:"shortened,omitempty"`
}

type matrixPermission struct {
	Scope      hosting.Scope      `json:"scope"`
	Place      string             `json:"place,omitempty"`
	Permission string             `json:"permission"`
	State      inventory.State    `json:"state"`
	Leaving    v1alpha1.OwedCause `json:"leaving,omitempty"`
	Held       bool               `json:"held,omitempty"`
	Protected  bool               `json:"protected,omitempty"`
	// Grants that name it, as namespace/name.
	Grants []string `json:"grants,omitempty"`
}

func (v *matrixView) head() matrixHead {
	head := matrixHead{Backend: v.Backend.String(), Owner: v.owner(), Notes: v.notes(), Places: []matrixPlace{}, Legend: []matrixMark{}}
	if !v.AsOf.IsZero() {
		head.AsOf = &v.AsOf
	}
	for _, c := range v.Columns {
		head.Places = append(head.Places, matrixPlace{c.Scope, c.Name, c.Holders})
	}
	for _, c := range v.Legend {
		head.Legend = append(head.Legend, matrixMark{c.Mark.Words(), c.Mark.Meaning(), c.Permissions, c.People})
	}
	return head
}

func (v *matrixView) person(row matrix.Row) matrixPerson {
	p := row.Person
	person := matrixPerson{
		matrixWho{Person: row.Name, Record: p.Record, Profile: p.Profile(), State: p.State, TwoFactor: p.TwoFactor, Shortened: p.Shortened}, []matrixPermission{},
	}
	add := func(e matrix.Entry, place string) {
		one := matrixPermission{Scope: e.Scope, Place: place, Permission: e.Name, State: e.State, Leaving: e.Leaving, Held: e.Held, Protected: e.Protected}
		for _, at := range e.Grants {
			one.Grants = append(one.Grants, p.Grants[at].String())
		}
		person.Permissions = append(person.Permissions, one)
	}
	if row.Box != nil {
		add(*row.Box, "")
	}
	for at, cell := range row.Cells {
		for _, e := range cell {
			add(e, v.Columns[at].Name)
		}
	}
	return person
}

// matrixJSON is one object; its people are its last member.
func matrixJSON(out io.Writer, v *matrixView) error {
	w := bufio.NewWriterSize(out, 64<<10)
	head, err := jsonText(v.head(), "")
	if err != nil {
		return err
	}
	_, _ = w.WriteString(strings.TrimSuffix(string(head), "\n}") + ",\n  \"people\": [")
	before, end := "\n    ", "]\n}\n"
	for row := range v.Rows() {
		body, err := jsonText(v.person(row), "    ")
		if err != nil {
			return err
		}
		if _, err := w.WriteString(before + string(body)); err != nil {
			return err //nolint:wrapcheck // writing to the terminal
		}
		before, end = ",\n    ", "\n  ]\n}\n"
	}
	_, _ = w.WriteString(end)
	return w.Flush() //nolint:wrapcheck // writing to the terminal
}

// matrixYAML is the same, with a line for each permission.
func matrixYAML(out io.Writer, v *matrixView) error {
	w := bufio.NewWriterSize(out, 64<<10)
	err := writeYAML(w, v.head())
	before := "people: []\n"
	if v.People > 0 {
		before = "people:\n"
	}
	_, _ = w.WriteString(before)
	for row := range v.Rows() {
		if err != nil {
			return err
		}
		person := v.person(row)
		if err = writeYAML(w, []matrixWho{person.matrixWho}); err != nil {
			return err
		}
		err = writePermissions(w, person.Permissions)
	}
	return errors.Join(err, w.Flush())
}

// writePermissions writes JSON, which is YAML too, and quick.
func writePermissions(w *bufio.Writer, permissions []matrixPermission) error {
	if len(permissions) == 0 {
		_, err := w.WriteString("  permissions: []\n")
		return err //nolint:wrapcheck // writing to the terminal
	}
	_, _ = w.WriteString("  permissions:\n")
	for _, one := range permissions {
		body, err := json.Marshal(one)
		if err != nil {
			return err //nolint:wrapcheck // these are strings and numbers
		}
		if _, err := w.WriteString("  - " + string(escapedJSON(body)) + "\n"); err != nil {
			return err //nolint:wrapcheck // writing to the terminal
		}
	}
	return nil
}
