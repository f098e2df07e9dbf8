package reference

import (
	"context"
	"net/http"

	"github.com/hostgrant/hostgrant/internal/reference/store"
)

var errNotOneself = refuse(http.StatusForbidden, "Ask without customer= and account=: this is about the key's own profile.")

// ListMyPermissions implements the contract.
func (a *api) ListMyPermissions(ctx context.Context, _ ListMyPermissionsRequestObject) (ListMyPermissionsResponseObject, error) {
	who, list := callerOf(ctx), []MyPermission{}
	if !who.self || who.account != 0 {
		return nil, errNotOneself
	}
	err := a.store.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.Permissions(store.Filter{Address: who.owner.Email})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Owner == who.owner.ID || !claimed(row) {
				continue // one's own hosting is nobody else's profile
			}
			owner, err := tx.Profile(row.Owner)
			if err != nil {
				return err
			}
			list = append(list, a.myPermissionJSON(row, owner))
		}
		return nil
	})
	return ListMyPermissions200JSONResponse(list), err
}

func (a *api) myPermissionJSON(row store.Permission, owner store.Profile) MyPermission {
	told := a.permissionJSON(row)
	return MyPermission{
		Id: row.ID, Href: href("my_permission", row.ID),
		Owner:      Owner{Href: href("customer", owner.ID), Email: owner.Email},
		Require2fa: told.Require2fa, Accounts: told.Accounts, Servers: told.Servers,
		AccountManagement: told.AccountManagement, Billing: told.Billing,
		AccountTechnical: told.AccountTechnical, ServerTechnical: told.ServerTechnical,
	}
}

// DeleteMyPermission implements the contract.
func (a *api) DeleteMyPermission(ctx context.Context, request DeleteMyPermissionRequestObject) (DeleteMyPermissionResponseObject, error) {
	who := callerOf(ctx)
	if !who.self || who.account != 0 {
		return nil, errNotOneself
	}
	err := a.update(ctx, func(tx *store.Tx) error {
		row, err := tx.Permission(store.Filter{ID: request.Id, Address: who.owner.Email})
		if err != nil {
			return err
		}
		if row.Owner == who.owner.ID || !claimed(row) || request.Id == 0 {
			return store.ErrNotFound
		}
		_, err = a.writeIn(tx, write{
			kind: store.WriteDelete, owner: row.Owner, id: row.ID,
			now: request.Params.AlwaysdataSynchronous != nil && request.Params.AlwaysdataSynchronous.Valid(),
		})
		return err
	})
	return DeleteMyPermission204Response{}, err
}
