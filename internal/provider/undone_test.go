package provider

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// I13: a write is taken for not done only where it was not sent, or the provider answered that it
// refuses it. What fails after it was answered was done.
func TestUndone(t *testing.T) {
	of := func(class hosting.Class, unsent bool) *hosting.Error {
		return &hosting.Error{Class: class, Op: "write", Unsent: unsent}
	}
	for what, c := range map[string]struct {
		update, row error
		lost        error // why another may act meanwhile
		open        bool
		undone      bool
	}{
		"refused":                {update: of(hosting.ClassInvalid, false), open: true, undone: true},
		"forbidden":              {update: of(hosting.ClassForbidden, false), open: true, undone: true},
		"too many":               {update: of(hosting.ClassRateLimited, false), open: true, undone: true},
		"not sent":               {update: of(hosting.ClassUnavailable, true), open: true, undone: true},
		"no lease":               {lost: errors.New("another has it"), open: true, undone: true},
		"no key":                 {undone: true},
		"no answer":              {update: of(hosting.ClassUnavailable, false), row: of(hosting.ClassUnavailable, false), open: true},
		"no answer, and refused": {update: of(hosting.ClassUnavailable, false), row: of(hosting.ClassForbidden, false), open: true},
		"read back too often":    {row: of(hosting.ClassRateLimited, false), open: true},
	} {
		p := newProvider(hosting.Row{Email: ann, Rights: hosting.NewRights(billing)})
		s, _ := open(p)
		have, _ := refresh(t, s).Row(ann)
		s.lease = func(time.Duration) error { return c.lost }
		if !c.open {
			s.Close(errNoClient)
		}
		for name, failure := range map[string]error{"update": c.update, "row": c.row} {
			if failure != nil {
				p.fail[name] = failure
			}
		}
		_, err := s.Update(context.Background(), s.now(), ann, have, hosting.NewRights(sites), "")
		if err == nil || Undone(err) != c.undone {
			t.Errorf("%s: undone %v: %v", what, Undone(err), err)
		}
		if failure := c.update; failure != nil && !errors.Is(err, failure) {
			t.Errorf("%s: lost its cause: %v", what, err)
		}
	}
	if Undone(nil) {
		t.Error("nothing failed")
	}
}
