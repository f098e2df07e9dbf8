package reference

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// api implements the contract. Failures are returned as errors; writeFailure answers them.
type api struct{ *Server }

var _ StrictServerInterface = (*api)(nil)

// ListAccounts implements the contract.
func (a *api) ListAccounts(ctx context.Context, _ ListAccountsRequestObject) (ListAccountsResponseObject, error) {
	places, err := a.places(ctx, hosting.ScopeAccount)
	return ListAccounts200JSONResponse(places), err
}

// ListServers implements the contract.
func (a *api) ListServers(ctx context.Context, _ ListServersRequestObject) (ListServersResponseObject, error) {
	places, err := a.places(ctx, hosting.ScopeServer)
	return ListServers200JSONResponse(places), err
}

// places lists accounts, or servers; a key narrowed to one account lists that one.
func (a *api) places(ctx context.Context, scope hosting.Scope) ([]Place, error) {
	who := callerOf(ctx)
	list := []Place{}
	err := a.store.View(ctx, func(tx *store.Tx) error {
		places, err := tx.Places(who.owner.ID, scope)
		for _, p := range places {
			if who.account == 0 || scope != hosting.ScopeAccount || who.account == p.ID {
				list = append(list, Place{Id: p.ID, Href: placeHref(scope, p.ID), Name: p.Name})
			}
		}
		return err
	})
	return list, err
}

// ListCustomers implements the contract.
func (a *api) ListCustomers(ctx context.Context, _ ListCustomersRequestObject) (ListCustomersResponseObject, error) {
	owner := callerOf(ctx).owner
	return ListCustomers200JSONResponse{{Id: owner.ID, Href: href("customer", owner.ID), Email: owner.Email}}, nil
}

// ListPermissions implements the contract. Like the vendor's filters of other resources,
// email matches in part.
func (a *api) ListPermissions(ctx context.Context, request ListPermissionsRequestObject) (ListPermissionsResponseObject, error) {
	filter := store.Filter{Owner: callerOf(ctx).owner.ID}
	if request.Params.Email != nil {
		filter.Part = *request.Params.Email
	}
	rows, err := a.rows(ctx, filter)
	list := make(permissionList, len(rows))
	for i, row := range rows {
		list[i] = a.permissionJSON(row)
	}
	return list, err
}

// GetPermission implements the contract.
func (a *api) GetPermission(ctx context.Context, request GetPermissionRequestObject) (GetPermissionResponseObject, error) {
	rows, err := a.rows(ctx, store.Filter{Owner: callerOf(ctx).owner.ID, ID: request.Id})
	if err == nil && (len(rows) == 0 || request.Id == 0) {
		err = store.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return a.permissionJSON(rows[0]), nil
}

func (a *api) rows(ctx context.Context, filter store.Filter) (rows []store.Permission, err error) {
	err = a.store.View(ctx, func(tx *store.Tx) error {
		rows, err = tx.Permissions(filter)
		return err
	})
	return rows, err
}

// CreatePermission implements the contract.
func (a *api) CreatePermission(ctx context.Context, request CreatePermissionRequestObject) (CreatePermissionResponseObject, error) {
	body := request.Body
	w := write{
		kind: store.WriteCreate, owner: callerOf(ctx).owner.ID, email: body.Email,
		notify: body.Notify == nil || *body.Notify,
		body: &PermissionUpdate{
			Require2fa: body.Require2fa, Annotation: body.Annotation, Accounts: body.Accounts, Servers: body.Servers,
			AccountManagement: body.AccountManagement, Billing: body.Billing,
			AccountTechnical: body.AccountTechnical, ServerTechnical: body.ServerTechnical,
		},
		now: request.Params.AlwaysdataSynchronous != nil && request.Params.AlwaysdataSynchronous.Valid(),
	}
	id, err := a.write(ctx, w)
	location := href("permission", id)
	return CreatePermission201Response{Headers: CreatePermission201ResponseHeaders{Location: &location}}, err
}

// UpdatePermission implements the contract.
func (a *api) UpdatePermission(ctx context.Context, request UpdatePermissionRequestObject) (UpdatePermissionResponseObject, error) {
	_, err := a.write(ctx, write{
		kind: store.WriteUpdate, owner: callerOf(ctx).owner.ID, id: request.Id, body: request.Body,
		now: request.Params.AlwaysdataSynchronous != nil && request.Params.AlwaysdataSynchronous.Valid(),
	})
	return UpdatePermission204Response{}, err
}

// DeletePermission implements the contract.
func (a *api) DeletePermission(ctx context.Context, request DeletePermissionRequestObject) (DeletePermissionResponseObject, error) {
	_, err := a.write(ctx, write{
		kind: store.WriteDelete, owner: callerOf(ctx).owner.ID, id: request.Id,
		now: request.Params.AlwaysdataSynchronous != nil && request.Params.AlwaysdataSynchronous.Valid(),
	})
	return DeletePermission204Response{}, err
}

func href(resource string, id int64) string { return fmt.Sprintf("%s/%s/%d/", basePath, resource, id) }

func placeHref(scope hosting.Scope, id int64) string {
	if scope == hosting.ScopeServer {
		return href("server", id)
	}
	return href("account", id)
}

// permission is the generated Permission with its nullable fields told as null: for the
// extensions, absent would mean that the provider knows none.
type permission struct {
	Permission
	Profile    *Reference  `json:"profile"`
	TwoFactor  *bool       `json:"two_factor"`
	Invitation *Invitation `json:"invitation"`
}

type permissionList []permission

// VisitGetPermissionResponse writes the answer.
func (p permission) VisitGetPermissionResponse(w http.ResponseWriter) error { return visitJSON(w, p) }

// VisitListPermissionsResponse writes the answer.
func (p permissionList) VisitListPermissionsResponse(w http.ResponseWriter) error {
	return visitJSON(w, p)
}

func visitJSON(w http.ResponseWriter, body any) error {
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(body)
}

func (a *api) permissionJSON(row store.Permission) permission {
	p := permission{Permission: Permission{
		Id: row.ID, Href: href("permission", row.ID), Email: row.Email,
		Require2fa: row.Require2FA, Annotation: &row.Annotation,
		Accounts: []AccountPermissions{}, Servers: []ServerPermissions{},
	}}
	overall := overallFields(&p.AccountManagement, &p.Billing, &p.AccountTechnical, &p.ServerTechnical)
	for _, field := range overall {
		*field = new(bool)
	}
	for _, h := range row.Held {
		switch h.Scope {
		case hosting.ScopeOverall:
			if field, ok := overall[h.Key]; ok {
				**field = true
			}
		case hosting.ScopeAccount:
			p.Accounts = appendAccount(p.Accounts, h)
		case hosting.ScopeServer:
			p.Servers = appendServer(p.Servers, h)
		case hosting.ScopeFlag:
			// The "2FA required" box is a field of the row.
		}
	}
	if row.Profile != 0 {
		p.Profile, p.TwoFactor = &Reference{Href: href("profile", row.Profile)}, &row.TwoFactor
	}
	p.Invitation = a.invitationJSON(row.Invitation)
	return p
}

// overallFields names the contract's four overall permissions by their wire keys.
func overallFields(accountManagement, billing, accountTechnical, serverTechnical **bool) map[string]**bool {
	return map[string]**bool{
		"account_management": accountManagement, "billing": billing,
		"account_technical": accountTechnical, "server_technical": serverTechnical,
	}
}

// appendAccount adds to the last entry while it is of the same account: rows are ordered.
func appendAccount(list []AccountPermissions, h store.Held) []AccountPermissions {
	at := placeHref(h.Scope, h.Place)
	if n := len(list); n == 0 || list[n-1].Account.Href != at {
		list = append(list, AccountPermissions{Account: Reference{Href: at}})
	}
	last := &list[len(list)-1]
	last.Permissions = append(last.Permissions, h.Key)
	return list
}

func appendServer(list []ServerPermissions, h store.Held) []ServerPermissions {
	at := placeHref(h.Scope, h.Place)
	if n := len(list); n == 0 || list[n-1].Server.Href != at {
		list = append(list, ServerPermissions{Server: Reference{Href: at}})
	}
	last := &list[len(list)-1]
	last.Permissions = append(last.Permissions, h.Key)
	return list
}
