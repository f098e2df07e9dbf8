package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"testing/iotest"
	"time"

	"k8s.io/utils/clock"
)

// answer is what a call would have been answered.
type answer struct {
	status int
	header http.Header
	body   bytes.Buffer
}

// recorder keeps an answer instead of sending it.
type recorder struct{ answer }

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

// Handler lets calls fail as the switch says, and the others through.
func (s *Switch) Handler(c clock.Clock, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, with := s.meet(r)
		if f == nil {
			next.ServeHTTP(w, r)
			return
		}
		switch f.Kind {
		case Delay:
			wait(r, with.reset, c.After(f.For))
			next.ServeHTTP(w, r)
		case Hang:
			wait(r, with.reset, nil)
			cut()
		case Late:
			if f.Hold {
				wait(r, with.reset, nil)
			}
			with.later(due(c, f.For), r, next)
			cut()
		case Cut:
			cut()
		case Refuse:
			f.refuse(w)
		case Ignore:
			w.WriteHeader(http.StatusNoContent)
		default:
			s.spoil(w, r, f, next)
		}
	})
}

// meet is the fault that a request meets. It reads the body, which whoever serves has
// bounded, and puts it back, also an error that ended it.
func (s *Switch) meet(r *http.Request) (*armed, *calls) {
	if s.off() {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	rest := io.Reader(bytes.NewReader(body))
	if err != nil {
		rest = io.MultiReader(rest, iotest.ErrReader(err))
	}
	r.Body = io.NopCloser(rest)
	return s.next(r.Method, r.URL.Path, body)
}

// wait blocks until the time is over, the caller gave up, or the fault was taken back.
func wait(r *http.Request, reset <-chan struct{}, over <-chan time.Time) {
	select {
	case <-over:
	case <-reset:
	case <-r.Context().Done():
	}
}

// later does what a call asks for when its caller has given up.
func (c *calls) later(over <-chan time.Time, r *http.Request, next http.Handler) {
	r = r.Clone(context.WithoutCancel(r.Context()))
	go func() {
		defer c.late.Done()
		select {
		case <-over:
		case <-c.reset:
		}
		next.ServeHTTP(&recorder{answer{header: http.Header{}}}, r) // nobody hears the answer
	}()
}

// due is told when a time is over; never, for none.
func due(c clock.Clock, after time.Duration) <-chan time.Time {
	if after == 0 {
		return nil
	}
	return c.After(after)
}

// cut closes the connection: net/http does so, without a word in the log.
func cut() { panic(http.ErrAbortHandler) }

func (f *armed) refuse(w http.ResponseWriter) {
	if f.For > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((f.For+time.Second-1)/time.Second), 10))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(f.Status)
	_, _ = w.Write([]byte(`{"detail": "refused on demand"}`)) // the caller may be gone
}

// spoil does what was asked and answers something else.
func (s *Switch) spoil(w http.ResponseWriter, r *http.Request, f *armed, next http.Handler) {
	recorded := &recorder{answer{header: http.Header{}}}
	next.ServeHTTP(recorded, r)
	a := recorded.answer
	switch f.Kind {
	case LoseAnswer:
		cut()
	case Stale:
		a = s.kept(f, r.URL.String(), a)
	case Page:
		a = answer{status: http.StatusOK, header: http.Header{"Content-Type": {"text/html"}}}
		a.body.WriteString("<!doctype html><title>Maintenance</title>")
	default:
		if a.status == http.StatusOK {
			a.body = *bytes.NewBuffer(alter(f.Kind, a.body.Bytes()))
		}
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(a.body.Len()))
	w.WriteHeader(a.status)
	if f.Kind == Truncate {
		_, _ = w.Write(a.body.Bytes()[:a.body.Len()/2])
		_ = http.NewResponseController(w).Flush() // the half has to leave before the cut
		cut()
	}
	_, _ = w.Write(a.body.Bytes()) // the caller may be gone
}

var addresses = regexp.MustCompile(`"email": ?"[^"]*"`)

// alter changes the body of a good answer; one that is no list is left alone where lists
// are meant.
func alter(kind Kind, body []byte) []byte {
	if kind == OtherCase {
		return addresses.ReplaceAllFunc(body, func(field []byte) []byte {
			return append([]byte(`"email"`), bytes.ToUpper(field[len(`"email"`):])...)
		})
	}
	var list []json.RawMessage
	if (kind != Empty && kind != Shorten) || json.Unmarshal(body, &list) != nil {
		return body
	}
	if kind == Empty {
		return []byte("[]")
	}
	short, err := json.Marshal(list[:len(list)/2])
	if err != nil {
		return body
	}
	return short
}
