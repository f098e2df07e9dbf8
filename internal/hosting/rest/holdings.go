package rest

import (
	"context"
	"net/http"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Holdings implements hosting.Reader: always for the key itself.
func (r *reader) Holdings(ctx context.Context) (list []hosting.Holding, err error) {
	err = r.calls.call(ctx, opHoldings,
		func(ctx context.Context) (*http.Response, error) {
			return r.calls.api.ListMyPermissions(ctx, r.calls.forItself)
		},
		func(got answer) (err error) {
			list, err = decodeList(got.body, newHolder().holding, func(h hosting.Holding) int64 { return h.ID })
			return err
		})
	return list, err
}

// DropHolding implements hosting.Writer: always for the key itself.
func (w *writer) DropHolding(ctx context.Context, id int64) error {
	sync := DeleteMyPermissionParamsAlwaysdataSynchronousYes
	params := &DeleteMyPermissionParams{AlwaysdataSynchronous: &sync}
	err := w.calls.call(ctx, opDrop, func(ctx context.Context) (*http.Response, error) {
		return w.calls.api.DeleteMyPermission(ctx, id, params, w.calls.forItself)
	}, nil)
	if hosting.IsNotFound(err) {
		return nil
	}
	return err
}

// holding reads one holding, whole or not at all. What is held reads as in a row.
func (h *holder) holding(o object) (hosting.Holding, error) {
	id, err := identified(o, "my_permission")
	if err != nil {
		return hosting.Holding{}, err
	}
	owner, err := required[object](o, "owner")
	if err != nil {
		return hosting.Holding{}, err
	}
	holding := hosting.Holding{ID: id}
	href, err := required[string](owner, "href")
	if err != nil {
		return hosting.Holding{}, err
	}
	var ok bool
	if holding.OwnerID, ok = idOfHref(href, ""); !ok {
		return hosting.Holding{}, odd("owner", "its href does not lead to an id")
	}
	if holding.Owner, err = requiredEmail(owner); err != nil {
		return hosting.Holding{}, err
	}
	if holding.Rights, err = h.rights(o); err != nil {
		return hosting.Holding{}, err
	}
	return holding, nil
}
