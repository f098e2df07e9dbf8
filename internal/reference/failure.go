package reference

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// unknownField begins the error of encoding/json, which has no type of its own for it.
const unknownField = "json: unknown field "

// refusal is an answer other than success, the way the vendor's neighbours give it: field
// names with their complaints.
type refusal struct {
	status int
	body   Failure
	// retryAfter is told where it is not 0.
	retryAfter time.Duration
}

// Error names the fields; complaints hold no addresses or secrets.
func (r *refusal) Error() string {
	text, err := json.Marshal(r.body)
	if err != nil {
		return http.StatusText(r.status)
	}
	return http.StatusText(r.status) + ": " + string(text)
}

func refuse(status int, detail string) *refusal {
	return &refusal{status: status, body: Failure{"detail": detail}}
}

func invalid(field, complaint string) *refusal {
	return &refusal{status: http.StatusBadRequest, body: Failure{field: []string{complaint}}}
}

// writeFailure answers with an error: a refusal as it is, a missing thing 404, all else 500
// without its cause, which goes to the log.
func (s *Server) writeFailure(w http.ResponseWriter, r *http.Request, err error) {
	var known *refusal
	switch {
	case errors.As(err, &known):
	case errors.Is(err, store.ErrNotFound):
		known = refuse(http.StatusNotFound, "Not found.")
	default:
		s.log.ErrorContext(r.Context(), "call failed", "method", r.Method, "error", err)
		known = refuse(http.StatusInternalServerError, "Server error.")
	}
	if known.retryAfter > 0 {
		seconds := int64((known.retryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if known.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="API"`)
	}
	writeJSON(w, known.status, known.body)
}

// badRequest answers a request that could not be understood, naming the field where the
// decoder knows it and never what was sent.
func (s *Server) badRequest(w http.ResponseWriter, r *http.Request, err error) {
	var wrongType *json.UnmarshalTypeError
	var tooLarge *http.MaxBytesError
	var parameter *InvalidParamFormatError
	switch {
	case errors.As(err, &tooLarge):
		s.writeFailure(w, r, refuse(http.StatusRequestEntityTooLarge, "The body is too large: at most 1 MiB."))
	case errors.As(err, &wrongType) && wrongType.Field != "":
		// The decoder's word for the type may be followed by the value: keep the word.
		kind, _, _ := strings.Cut(wrongType.Value, " ")
		s.writeFailure(w, r, invalid(wrongType.Field, "Wrong type: a JSON "+kind+" is not accepted here."))
	case errors.As(err, &parameter) && parameter.ParamName == "id":
		s.writeFailure(w, r, store.ErrNotFound)
	case errors.As(err, &parameter):
		s.writeFailure(w, r, invalid(parameter.ParamName, "Invalid value."))
	case strings.HasPrefix(err.Error(), unknownField):
		s.writeFailure(w, r, invalid(strings.Trim(err.Error()[len(unknownField):], `"`), "There is no such field."))
	default:
		s.writeFailure(w, r, refuse(http.StatusBadRequest, "The request is not understood: send a JSON object."))
	}
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	text, err := json.Marshal(body)
	if err != nil {
		http.Error(w, "Server error.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client has gone if this fails; there is nobody to tell.
	_, _ = w.Write(text)
}

// Complaints are what is wrong with the values of a call, by field; nil where err is of
// another kind.
func Complaints(err error) map[string]string {
	var known *refusal
	if !errors.As(err, &known) || known.status != http.StatusBadRequest {
		return nil
	}
	told := map[string]string{}
	for field, complaint := range known.body {
		if list, ok := complaint.([]string); ok && len(list) > 0 {
			told[field] = list[0]
		}
	}
	return told
}
