package store

import (
	"path/filepath"
	"strings"
	"testing"
)

// To find one row, the database looks at that one and what belongs to it, however many others there are.
func TestOneRowIsFoundWithoutTheOthers(t *testing.T) {
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for _, f := range []Filter{{ID: 1}, {Owner: 1, ID: 1}, {Owner: 1, ID: 1, Hidden: true}, {Address: "a"}, {Owner: 1, Address: "a", Hidden: true}} {
		where, args := f.where()
		for _, query := range []string{selectPermissions + where + orderOfPermissions, selectHeld + where + orderOfHeld} {
			for _, step := range steps(t, s, query, args) {
				one := strings.Contains(step, "rowid=?") || strings.Contains(step, "address=?") || strings.Contains(step, "permission=?")
				if !one && !strings.HasPrefix(step, "USE TEMP B-TREE") {
					t.Errorf("%+v: %s", f, step)
				}
			}
		}
	}
}

// steps are what the database does for a query.
func steps(t *testing.T, s *Store, query string, args []any) (list []string) {
	t.Helper()
	err := s.View(t.Context(), func(tx *Tx) error {
		return tx.each(func(scan func(...any) error) error {
			var id, parent, unused int
			var step string
			err := scan(&id, &parent, &unused, &step)
			list = append(list, step)
			return err
		}, "EXPLAIN QUERY PLAN "+query, args...)
	})
	if err != nil || len(list) == 0 {
		t.Fatal(err, list)
	}
	return list
}
