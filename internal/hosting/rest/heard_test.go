package rest

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// What time the provider says it is, by answers that went well.
func TestHeard(t *testing.T) {
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for what, c := range map[string]struct {
		date   string
		status int
		body   string
		want   []time.Time
	}{
		"a list":             {at.Format(http.TimeFormat), http.StatusOK, "[]", []time.Time{at}},
		"no time":            {"", http.StatusOK, "[]", nil},
		"no such time":       {"Wed, 32 Jul 2026 12:00:00 GMT", http.StatusOK, "[]", nil},
		"a failure":          {at.Format(http.TimeFormat), http.StatusServiceUnavailable, "", nil},
		"who knows by whom":  {at.Format(http.TimeFormat), http.StatusOK, "<html>", nil},
		"in the oldest form": {at.Format(time.ANSIC), http.StatusOK, "[]", []time.Time{at}},
	} {
		t.Run(what, func(t *testing.T) {
			p := newProvider(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Date"] = []string{c.date}
				answering(c.status, c.body)(w, r)
			})
			var heard []time.Time
			w := p.writer(t, func(o *Options) { o.Heard = func(date time.Time) { heard = append(heard, date) } })
			_, _ = w.Table(t.Context())
			if !slices.EqualFunc(heard, c.want, time.Time.Equal) {
				t.Errorf("heard %v, want %v", heard, c.want)
			}
		})
	}
	p := newProvider(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", at.Format(http.TimeFormat))
		w.WriteHeader(http.StatusNoContent)
	})
	var heard []time.Time
	w := p.writer(t, func(o *Options) { o.Heard = func(date time.Time) { heard = append(heard, date) } })
	if err := w.DeleteRow(t.Context(), 7); err != nil || len(heard) != 1 || !heard[0].Equal(at) {
		t.Errorf("a write: %v, %v", heard, err)
	}
}
