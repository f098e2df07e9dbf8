package rest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// operation is one kind of call.
type operation struct {
	// name in errors and metrics.
	name  string
	write bool
	// collection: the path is a list's, not a thing's.
	collection bool
	// optional: a provider may lack it.
	optional bool
	// limit of the answer's body in bytes.
	limit int64
}

const (
	maxList = hosting.MaxListBytes
	// maxItem bounds the answer for one thing, and each entry of a list.
	maxItem = 1 << 20
)

var (
	opIdentity = operation{name: "read identity", collection: true, limit: maxList}
	opAccounts = operation{name: "list accounts", collection: true, limit: maxList}
	opServers  = operation{name: "list servers", collection: true, limit: maxList}
	opTable    = operation{name: "list permissions", collection: true, limit: maxList}
	opFind     = operation{name: "find permission", collection: true, limit: maxList}
	opRow      = operation{name: "read permission", limit: maxItem}
	opCreate   = operation{name: "create permission", write: true, collection: true, limit: maxItem}
	opUpdate   = operation{name: "update permission", write: true, limit: maxItem}
	opDelete   = operation{name: "delete permission", write: true, limit: maxItem}
	opHoldings = operation{name: "list own permissions", collection: true, limit: maxList}
	opDrop     = operation{name: "drop own permissions", write: true, limit: maxItem}
	opInvite   = operation{name: "invite again", write: true, optional: true, limit: maxItem}
)

// OfRow says whether an operation, by the name that Observe is told, is about one row of the table.
func OfRow(op string) bool {
	switch op {
	case opFind.name, opRow.name, opCreate.name, opUpdate.name, opDelete.name:
		return true
	}
	return false
}

// caller does what every call has in common.
type caller struct {
	settings
	api     *Client
	http    *http.Client
	cleaner cleaner
	// forItself has a request act for the key's own profile, whoever the others are for.
	forItself RequestEditorFn
}

func newCaller(o Options, lock func(HttpRequestDoer) HttpRequestDoer) (*caller, error) {
	s, err := o.check()
	if err != nil {
		return nil, err
	}
	c := &caller{settings: s, http: newHTTPClient(s.roots, s.AllowPrivate)}
	credentials, own := basic(c.userName()), basic(s.Token)
	c.forItself = func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Basic "+own)
		return nil
	}
	c.cleaner = newCleaner(credentials, own, s.Token, url.QueryEscape(s.Token), url.PathEscape(s.Token), s.Customer)
	c.api, err = NewClient(s.base.String(), WithHTTPClient(lock(c.http)), WithRequestEditorFn(
		func(_ context.Context, req *http.Request) error {
			req.Header.Set("Authorization", "Basic "+credentials)
			req.Header.Set("Accept", "application/json")
			req.Header.Set("User-Agent", s.UserAgent)
			return nil
		}))
	return c, err
}

// basic is what HTTP Basic sends for a user without a password.
func basic(user string) string { return base64.StdEncoding.EncodeToString([]byte(user + ":")) }

// call waits for its turn, sends once, and gives a good answer to use. An error of use
// means that the answer cannot be understood. It repeats nothing.
func (c *caller) call(ctx context.Context, op operation, send func(context.Context) (*http.Response, error), use func(answer) error) error {
	lane := c.Budget.lane(op.write)
	if after, err := lane.wait(ctx, c.Timeout); err != nil {
		err = notSent(op, after, err)
		c.Observe(op.name, op.write, hosting.ClassOf(err), 0)
		return err
	}
	if err := c.permitted(op); err != nil {
		return err
	}
	began := c.Clock.Now()
	err := c.exchange(ctx, op, send, use)
	var failure *hosting.Error
	if errors.As(err, &failure) && failure.Class == hosting.ClassRateLimited {
		lane.slow(failure.RetryAfter)
	}
	c.Observe(op.name, op.write, hosting.ClassOf(err), c.Clock.Since(began))
	return err
}

// permitted says why a write may not be sent.
func (c *caller) permitted(op operation) error {
	if !op.write {
		return nil
	}
	if err := c.MayWrite(c.Timeout); err != nil {
		c.Observe(op.name, op.write, hosting.ClassUnavailable, 0)
		detail := err.Error()
		if why := (*hosting.Error)(nil); errors.As(err, &why) {
			detail = why.Detail
		}
		return &hosting.Error{Class: hosting.ClassUnavailable, Op: op.name, Unsent: true, Detail: detail}
	}
	return nil
}

func notSent(op operation, after time.Duration, err error) error {
	if !errors.Is(err, errOverBudget) {
		return &hosting.Error{Class: hosting.ClassUnavailable, Op: op.name, Unsent: true, Err: err}
	}
	return &hosting.Error{
		Class: hosting.ClassRateLimited, Op: op.name, Unsent: true, RetryAfter: after,
		Detail: "not sent: this key's calls for now are used up",
	}
}

func (c *caller) exchange(ctx context.Context, op operation, send func(context.Context) (*http.Response, error), use func(answer) error) error {
	timed, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	resp, err := send(timed)
	if err != nil {
		return c.noAnswer(ctx, timed, op, err)
	}
	defer func() {
		drain(resp.Body)
		_ = resp.Body.Close()
	}()
	if class := op.classOf(resp.StatusCode); class != "" {
		return c.failed(op, class, resp)
	}
	got, err := readAnswer(resp, op)
	if err == nil && use != nil {
		err = use(got)
	}
	switch shape := (*shapeError)(nil); {
	case err == nil:
		c.listen(resp.Header)
		return nil
	case errors.As(err, &shape):
		return &hosting.Error{Class: hosting.ClassUnavailable, Op: op.name, Status: resp.StatusCode, Cause: shape.cause, Field: shape.field, Detail: shape.problem}
	default:
		failure := c.noAnswer(ctx, timed, op, err)
		failure.Status = resp.StatusCode
		return failure
	}
}

// listen passes on what time the provider says it is (RFC 9110, Date).
func (c *caller) listen(header http.Header) {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		c.Heard(date)
	}
}

// noAnswer: nothing came, or it broke off. Whether the provider acted is not known. The
// cause is kept as cleaned text only: the HTTP client's errors hold the URL, and the URL
// may hold an address.
func (c *caller) noAnswer(ctx, timed context.Context, op operation, err error) *hosting.Error {
	failure := &hosting.Error{Class: hosting.ClassUnavailable, Op: op.name}
	switch {
	case ctx.Err() != nil:
		failure.Err = ctx.Err()
	case timed.Err() != nil:
		failure.Detail = fmt.Sprintf("no complete answer within %s", c.Timeout)
		failure.Err = timed.Err()
	default:
		if outer := (*url.Error)(nil); errors.As(err, &outer) {
			err = outer.Err
		}
		failure.Detail, failure.Cause = c.cleaner.clean(err.Error()), causeOf(err)
	}
	return failure
}

// failed makes an error of an answer that says that it did not go well.
func (c *caller) failed(op operation, class hosting.Class, resp *http.Response) error {
	failure := &hosting.Error{
		Class: class, Op: op.name, Status: resp.StatusCode,
		RetryAfter: retryAfter(resp.Header, c.Clock.Now()),
	}
	if resp.StatusCode >= 300 && resp.StatusCode <= 399 {
		failure.Detail, failure.Cause = "the provider redirects, which is not followed; give the URL it leads to", hosting.CauseRedirect
		return failure
	}
	if isHTML(resp.Header) {
		failure.Detail = "the answer is an HTML page"
		return failure
	}
	// A body that cannot be read takes nothing away from what the status says.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxFailureBody))
	if class == hosting.ClassInvalid {
		failure.Field = c.cleaner.clean(complaintField(body))
	}
	failure.Detail = c.cleaner.clean(string(body))
	return failure
}
