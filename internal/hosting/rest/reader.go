package rest

import (
	"context"
	"net/http"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// reader has no write methods, and its client sends nothing but GET.
type reader struct{ calls *caller }

// NewReader makes a client that can only read. It makes no call. Options that cannot be
// used give a *hosting.Error of ClassInvalid that names the field.
//
// The result also has CloseIdle, which closes connections that wait for their next use.
func NewReader(o Options) (hosting.Reader, error) {
	calls, err := newCaller(o, func(d HttpRequestDoer) HttpRequestDoer { return readOnly{d} })
	if err != nil {
		return nil, err
	}
	return &reader{calls}, nil
}

// CloseIdle closes connections that wait for their next use.
func (r *reader) CloseIdle() { r.calls.http.CloseIdleConnections() }

// Identity implements hosting.Reader. Acting for another owner, the key is asked again
// without that: whose it is must be known as well.
func (r *reader) Identity(ctx context.Context) (hosting.Identity, error) {
	identity, err := r.customer(ctx)
	identity.Holder = identity.Email
	if err != nil || r.calls.Customer == "" {
		return identity, err
	}
	holder, err := r.customer(ctx, r.calls.forItself)
	identity.Holder = holder.Email
	return identity, err
}

func (r *reader) customer(ctx context.Context, as ...RequestEditorFn) (identity hosting.Identity, err error) {
	err = r.calls.call(ctx, opIdentity,
		func(ctx context.Context) (*http.Response, error) { return r.calls.api.ListCustomers(ctx, as...) },
		func(got answer) error {
			all, err := decodeList(got.body, decodeIdentity, func(i hosting.Identity) int64 { return i.CustomerID })
			if err == nil && len(all) == 0 {
				err = odd("", "the list of customers is empty")
			}
			if err == nil {
				identity = all[0]
			}
			return err
		})
	return identity, err
}

// Accounts implements hosting.Reader.
func (r *reader) Accounts(ctx context.Context) ([]hosting.Place, error) {
	return r.places(ctx, opAccounts, "account",
		func(ctx context.Context) (*http.Response, error) { return r.calls.api.ListAccounts(ctx) })
}

// Servers implements hosting.Reader.
func (r *reader) Servers(ctx context.Context) ([]hosting.Place, error) {
	return r.places(ctx, opServers, "server",
		func(ctx context.Context) (*http.Response, error) { return r.calls.api.ListServers(ctx) })
}

func (r *reader) places(ctx context.Context, op operation, resource string, send func(context.Context) (*http.Response, error)) (places []hosting.Place, err error) {
	err = r.calls.call(ctx, op, send, func(got answer) (err error) {
		places, err = decodeList(got.body, decodePlace(resource), func(p hosting.Place) int64 { return p.ID })
		return err
	})
	return places, err
}

// Table implements hosting.Reader.
func (r *reader) Table(ctx context.Context) ([]hosting.Row, error) {
	return r.rows(ctx, opTable, &ListPermissionsParams{})
}

func (r *reader) rows(ctx context.Context, op operation, params *ListPermissionsParams) (rows []hosting.Row, err error) {
	err = r.calls.call(ctx, op,
		func(ctx context.Context) (*http.Response, error) { return r.calls.api.ListPermissions(ctx, params) },
		func(got answer) (err error) {
			rows, err = decodeRows(got.body)
			return err
		})
	return rows, err
}

// Row implements hosting.Reader.
func (r *reader) Row(ctx context.Context, id int64) (row hosting.Row, err error) {
	err = r.calls.call(ctx, opRow,
		func(ctx context.Context) (*http.Response, error) { return r.calls.api.GetPermission(ctx, id) },
		func(got answer) (err error) {
			body, err := got.whole()
			if err == nil {
				row, err = decodeOneRow(body, id)
			}
			return err
		})
	return row, err
}

// FindRow implements hosting.Reader. A provider may match addresses in part, so the rows
// that come are compared again.
func (r *reader) FindRow(ctx context.Context, email string) (hosting.Row, error) {
	rows, err := r.rows(ctx, opFind, &ListPermissionsParams{Email: &email})
	if err != nil {
		return hosting.Row{}, err
	}
	var found []hosting.Row
	for _, row := range rows {
		if r.calls.SameAddress(row.Email, email) {
			found = append(found, row)
		}
	}
	switch len(found) {
	case 0:
		return hosting.Row{}, &hosting.Error{Class: hosting.ClassNotFound, Op: opFind.name, Detail: "no row has this address"}
	case 1:
		return found[0], nil
	default:
		return hosting.Row{}, &hosting.Error{Class: hosting.ClassConflict, Op: opFind.name, Detail: "several rows have this address; remove all but one in the provider's console"}
	}
}
