package reference

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
)

// operatorPath of the operator API. It is no part of the contract: it lets black-box tests
// and people with the operator token prepare, edit and look. Every call is a POST with a
// JSON object and "Authorization: Bearer TOKEN"; it answers 200 with JSON.
const operatorPath = "/reference/"

type none struct{}

type rowCall struct {
	Owner string `json:"owner"`
	Email string `json:"email"`
	Row   Row    `json:"row"`
	// Notify as in the API; only for a new row.
	Notify *bool `json:"notify"`
}

func (s *Server) operator() http.Handler {
	mux := http.NewServeMux()
	act(s, mux, "counters", func(context.Context, none) (Counters, error) { return s.Counters(), nil })
	act(s, mux, "counters/reset", func(context.Context, none) (none, error) { s.ResetCounters(); return none{}, nil })
	act(s, mux, "check", s.Check)
	act(s, mux, "seed", func(ctx context.Context, seed Seed) (none, error) { return none{}, s.Seed(ctx, seed) })
	act(s, mux, "accept", func(ctx context.Context, in struct {
		Who string `json:"who"`
	}) (none, error) {
		return none{}, s.AcceptInvitation(ctx, in.Who)
	})
	act(s, mux, "code", func(ctx context.Context, in struct {
		Email string `json:"email"`
	}) (code struct {
		Code string `json:"code"`
	}, err error) {
		code.Code, err = s.Code(ctx, in.Email)
		return code, err
	})
	act(s, mux, "rename", func(ctx context.Context, in struct {
		From string `json:"from"`
		To   string `json:"to"`
	}) (none, error) {
		return none{}, s.Rename(ctx, in.From, in.To)
	})
	act(s, mux, "token", func(ctx context.Context, in struct {
		Owner string `json:"owner"`
		Token string `json:"token"`
	}) (none, error) {
		return none{}, s.RotateToken(ctx, in.Owner, in.Token)
	})
	act(s, mux, "permission-api", func(_ context.Context, in struct {
		On bool `json:"on"`
	}) (none, error) {
		s.SetPermissionAPI(in.On)
		return none{}, nil
	})
	act(s, mux, "own-permission-api", func(_ context.Context, in struct {
		On bool `json:"on"`
	}) (none, error) {
		s.SetOwnPermissionAPI(in.On)
		return none{}, nil
	})
	act(s, mux, "faults", func(_ context.Context, in struct {
		Faults []faults.Fault `json:"faults"`
	}) (none, error) {
		return none{}, s.SetFaults(in.Faults...)
	})
	act(s, mux, "place/remove", func(ctx context.Context, in struct {
		Owner string        `json:"owner"`
		Scope hosting.Scope `json:"scope"`
		Name  string        `json:"name"`
	}) (none, error) {
		return none{}, s.RemovePlace(ctx, in.Owner, in.Scope, in.Name)
	})
	s.operateRows(mux)
	s.operateAlerts(mux)
	return s.operatorOnly(mux)
}

func (s *Server) operateRows(mux *http.ServeMux) {
	act(s, mux, "rows", func(ctx context.Context, in rowCall) ([]Row, error) { return s.Rows(ctx, in.Owner) })
	act(s, mux, "rows/add", func(ctx context.Context, in rowCall) (Row, error) {
		id, err := s.AddRow(ctx, in.Owner, in.Row, in.Notify == nil || *in.Notify)
		return Row{ID: id, Email: in.Row.Email}, err
	})
	act(s, mux, "rows/edit", func(ctx context.Context, in rowCall) (none, error) {
		return none{}, s.EditRow(ctx, in.Owner, in.Email, func(row *Row) {
			in.Row.Email = row.Email
			*row = in.Row
		})
	})
	act(s, mux, "rows/remove", func(ctx context.Context, in rowCall) (none, error) {
		return none{}, s.RemoveRow(ctx, in.Owner, in.Email)
	})
}

// act serves one call of the operator API.
func act[In, Out any](s *Server, mux *http.ServeMux, name string, do func(context.Context, In) (Out, error)) {
	mux.HandleFunc("POST "+operatorPath+name, func(w http.ResponseWriter, r *http.Request) {
		var in In
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&in); err != nil {
			s.badRequest(w, r, err)
			return
		}
		out, err := do(r.Context(), in)
		if err != nil {
			s.writeFailure(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, out)
	})
}

func (s *Server) operatorOnly(next http.Handler) http.Handler {
	want := sha256.Sum256([]byte(s.options.OperatorToken))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(token))
		if !ok || subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			writeJSON(w, http.StatusUnauthorized, Failure{"detail": "Give the operator token: Authorization: Bearer TOKEN."})
			return
		}
		next.ServeHTTP(w, r)
	})
}
