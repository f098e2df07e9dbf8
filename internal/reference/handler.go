package reference

import (
	"context"
	"net/http"
	"strings"

	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/reference/faults"
)

// basePath of the contract's API.
const basePath = "/v1"

// handler is everything served. The contract's calls go through, in this order: size,
// key and limits, faults, the switch of the permission resource, the generated routes.
func (s *Server) handler() http.Handler {
	strict := NewStrictHandlerWithOptions(&api{s}, []StrictMiddlewareFunc{s.countOperation}, StrictHTTPServerOptions{
		RequestErrorHandlerFunc: s.badRequest, ResponseErrorHandlerFunc: s.writeFailure,
	})
	routes := HandlerWithOptions(strict, StdHTTPServerOptions{BaseURL: basePath, ErrorHandlerFunc: s.badRequest})
	mux := http.NewServeMux()
	mux.Handle(basePath+"/", bounded(s.authenticated(s.faults.Handler(s.clock, s.permissionSwitch(routes)))))
	if s.options.OperatorToken != "" {
		mux.Handle(operatorPath, bounded(s.operator()))
	}
	if s.options.Pages != nil {
		mux.Handle("/", bounded(s.options.Pages(s, s.log)))
	}
	return s.dated(mux)
}

// dated has answers tell the time.
func (s *Server) dated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", (*s.date.Load()).Now().UTC().Format(http.TimeFormat))
		next.ServeHTTP(w, r)
	})
}

// SetDate has answers tell the time by another clock from now on, and changes nothing else.
func (s *Server) SetDate(c clock.PassiveClock) { s.date.Store(&c) }

func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// authenticated lets calls with a good key pass that stay within its limits, and counts.
func (s *Server) authenticated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, err := s.authenticate(r)
		if err != nil {
			s.writeFailure(w, r, err)
			return
		}
		read := r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
		if err := s.withinLimits(key.token, read); err != nil {
			s.writeFailure(w, r, err)
			return
		}
		s.counters.count(func(seen *Counters) {
			if read {
				seen.Reads++
			} else {
				seen.Writes++
			}
		})
		who, err := s.scope(r.Context(), key)
		if err != nil {
			s.writeFailure(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, who)))
	})
}

// withinLimits refuses an authenticated call beyond the key's limits.
func (s *Server) withinLimits(token string, read bool) error {
	most := s.options.Limits
	if most == nil {
		return nil
	}
	// The token is only compared in memory; the prefix keeps the kinds of call apart.
	if read {
		return s.limited("read "+token, most.Reads)
	}
	return s.limited("write "+token, most.Writes)
}

func (s *Server) limited(key string, limit int) error {
	wait, ok := s.calls.Allow(key, limit)
	if ok {
		return nil
	}
	s.counters.count(func(seen *Counters) { seen.RateLimited++ })
	failure := refuse(http.StatusTooManyRequests, "Too many requests.")
	if s.options.Limits.TellRetryAfter {
		failure.retryAfter = wait
	}
	return failure
}

// badKey refuses a call without a good key; too many of them from one address are
// limited first, so that keys cannot be guessed at speed.
func (s *Server) badKey(r *http.Request) error {
	if s.options.Limits != nil {
		if err := s.limited("from "+clientOf(r.RemoteAddr), s.options.Limits.Unauthenticated); err != nil {
			return err
		}
	}
	s.counters.count(func(seen *Counters) { seen.BadKeys++ })
	return refuse(http.StatusUnauthorized, "Authentication failed.")
}

// permissionSwitch plays a provider without one of the permission resources while it is off.
func (s *Server) permissionSwitch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.permissionAPIOff.Load() && strings.HasPrefix(r.URL.Path, basePath+"/permission") ||
			s.ownPermissionAPIOff.Load() && strings.HasPrefix(r.URL.Path, basePath+"/my_permission") {
			s.writeFailure(w, r, refuse(http.StatusNotFound, "Not found."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) countOperation(next StrictHandlerFunc, operation string) StrictHandlerFunc {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, request any) (any, error) {
		s.counters.operation(operation)
		return next(ctx, w, r, request)
	}
}

// SetPermissionAPI switches the permission resource on or off. Off, it answers 404, as a
// provider does that has none.
func (s *Server) SetPermissionAPI(on bool) { s.permissionAPIOff.Store(!on) }

// SetOwnPermissionAPI switches the resource behind My Permissions on or off.
func (s *Server) SetOwnPermissionAPI(on bool) { s.ownPermissionAPIOff.Store(!on) }

// SetFaults has calls fail on demand from now on, instead of those set before; without any,
// none fails.
func (s *Server) SetFaults(list ...faults.Fault) error {
	if err := s.faults.Set(list...); err != nil {
		return invalid("faults", err.Error())
	}
	return nil
}
