package reference

import (
	"context"
	"errors"
	"net/http"

	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// Relinquish is what a person does under Permissions > My Permissions: it drops everything
// that email holds on the profile of owner, at once. Both are addresses. The vendor has
// nothing finer. Where there is nothing of theirs to drop, or no such owner, the error is a 404.
func (s *Server) Relinquish(ctx context.Context, email, owner string) error {
	err := s.removeRow(ctx, owner, email, func(row Row) bool { return row.Profile != 0 })
	if errors.Is(err, store.ErrNotFound) {
		return &refusal{status: http.StatusNotFound, body: Failure{
			"owner": []string{"There are no permissions on this owner's profile to remove."},
		}}
	}
	return err
}
