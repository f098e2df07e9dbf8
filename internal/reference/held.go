package reference

import (
	"context"

	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// HeldRow is a row seen by the person who holds it.
type HeldRow struct {
	// Owner whose hosting it is about: id of the profile, and address.
	Owner      int64
	OwnerEmail string
	Row
}

// Held lists what a person holds on other owners' profiles, by row. What waits for them to confirm
// their mailbox is not theirs yet. The notes and links in the rows are the owners' and left out.
func (s *Server) Held(ctx context.Context, email string) (rows []HeldRow, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		rows, err = s.heldIn(tx, email, claimed)
		return err
	})
	return rows, err
}

// claimed says whether a row is its person's by now.
func claimed(row store.Permission) bool { return row.Profile != 0 }

func (s *Server) heldIn(tx *store.Tx, email string, which func(store.Permission) bool) (rows []HeldRow, err error) {
	if email == "" {
		return nil, nil
	}
	stored, err := tx.Permissions(store.Filter{Address: email})
	if err != nil {
		return nil, err
	}
	for _, p := range stored {
		owner, err := tx.Profile(p.Owner)
		if err != nil {
			return nil, err
		}
		if store.Address(owner.Email) == store.Address(email) || !which(p) {
			continue
		}
		names, err := placeNames(tx, owner.ID)
		if err != nil {
			return nil, err
		}
		row := s.consoleRow(p, names)
		row.Annotation, row.Link = "", ""
		rows = append(rows, HeldRow{Owner: owner.ID, OwnerEmail: owner.Email, Row: row})
	}
	return rows, nil
}
