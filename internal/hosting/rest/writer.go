package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

const jsonMedia = "application/json"

type writer struct{ *reader }

// NewWriter makes a client that can read and write. It makes no call. Options that cannot
// be used give a *hosting.Error of ClassInvalid that names the field.
//
// It never repeats a write: whoever lost an answer has to read before writing again. The
// result also has CloseIdle, which closes connections that wait for their next use.
func NewWriter(o Options) (hosting.Writer, error) {
	calls, err := newCaller(o, func(d HttpRequestDoer) HttpRequestDoer { return d })
	if err != nil {
		return nil, err
	}
	return &writer{&reader{calls}}, nil
}

// CreateRow implements hosting.Writer. It costs one more read where the provider does not
// say where the new row is. A row that was created but cannot be found gives
// ClassUnavailable, whatever the reason: the write has taken effect.
func (w *writer) CreateRow(ctx context.Context, row hosting.NewRow) (int64, error) {
	body, err := encode(creation(row))
	if err != nil {
		return 0, err
	}
	sync := CreatePermissionParamsAlwaysdataSynchronousYes
	params := &CreatePermissionParams{AlwaysdataSynchronous: &sync}
	var id int64
	err = w.calls.call(ctx, opCreate,
		func(ctx context.Context) (*http.Response, error) {
			return w.calls.api.CreatePermissionWithBody(ctx, params, jsonMedia, bytes.NewReader(body))
		},
		func(got answer) error {
			id = idOfLocation(w.calls.base, got.header.Get("Location"))
			return nil
		})
	if err != nil || id != 0 {
		return id, err
	}
	found, err := w.FindRow(ctx, row.Email)
	if err != nil {
		return 0, createdButLost(err)
	}
	return found.ID, nil
}

func createdButLost(cause error) error {
	lost := &hosting.Error{Class: hosting.ClassUnavailable, Op: opCreate.name, Detail: "created, but the new row cannot be found", Err: cause}
	if failure := (*hosting.Error)(nil); errors.As(cause, &failure) {
		lost.RetryAfter = failure.RetryAfter
	}
	return lost
}

// idOfLocation is the id in a Location header; 0 where it is missing or leads elsewhere
// than into the API's own list of rows. Its host does not count: behind a gateway a
// provider may not know the name by which we reach it.
func idOfLocation(base *url.URL, location string) int64 {
	if location == "" {
		return 0
	}
	list := base.Path + "/permission/"
	target, err := (&url.URL{Scheme: base.Scheme, Host: base.Host, Path: list}).Parse(location)
	if err != nil {
		return 0
	}
	rest, ok := strings.CutPrefix(target.Path, list)
	if !ok {
		return 0
	}
	id, _ := positive(strings.TrimSuffix(rest, "/"))
	return id
}

// UpdateRow implements hosting.Writer. Only what differs is sent; where nothing does, no
// call is made.
func (w *writer) UpdateRow(ctx context.Context, have hosting.Row, want hosting.Rights, annotation string) error {
	changed, err := changes(have.Rights, want)
	if err != nil {
		return err
	}
	if annotation != have.Annotation {
		changed["annotation"] = annotation
	}
	if len(changed) == 0 {
		return nil
	}
	body, err := encode(changed, nil)
	if err != nil {
		return err
	}
	sync := UpdatePermissionParamsAlwaysdataSynchronousYes
	params := &UpdatePermissionParams{AlwaysdataSynchronous: &sync}
	return w.calls.call(ctx, opUpdate, func(ctx context.Context) (*http.Response, error) {
		return w.calls.api.UpdatePermissionWithBody(ctx, have.ID, params, jsonMedia, bytes.NewReader(body))
	}, nil)
}

// DeleteRow implements hosting.Writer.
func (w *writer) DeleteRow(ctx context.Context, id int64) error {
	sync := DeletePermissionParamsAlwaysdataSynchronousYes
	params := &DeletePermissionParams{AlwaysdataSynchronous: &sync}
	err := w.calls.call(ctx, opDelete, func(ctx context.Context) (*http.Response, error) {
		return w.calls.api.DeletePermission(ctx, id, params)
	}, nil)
	if hosting.IsNotFound(err) {
		return nil
	}
	return err
}

// Invite implements hosting.Writer.
func (w *writer) Invite(ctx context.Context, id int64, mails int32, notify bool) error {
	sync := InvitePermissionParamsAlwaysdataSynchronousYes
	params := &InvitePermissionParams{AlwaysdataSynchronous: &sync}
	return w.calls.call(ctx, opInvite, func(ctx context.Context) (*http.Response, error) {
		return w.calls.api.InvitePermission(ctx, id, params, InvitePermissionJSONRequestBody{Notify: &notify, Mails: &mails})
	}, nil)
}

func encode(body fields, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return json.Marshal(body)
}
