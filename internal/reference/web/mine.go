package web

import (
	"net/http"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// minePage lists what somebody holds on other owners' profiles.
type minePage struct {
	Done string
	Rows []reference.HeldRow
}

func (c *call) mine() error {
	rows, err := c.server.Held(c.r.Context(), c.who.Email)
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, "mine", "mine.title", minePage{done(c, "removed"), rows})
}

// held finds what somebody holds on the owner in the path.
func (c *call) held() (reference.HeldRow, error) {
	rows, err := c.server.Held(c.r.Context(), c.who.Email)
	for _, row := range rows {
		if row.Owner == c.id("owner") {
			return row, err
		}
	}
	if err == nil {
		err = store.ErrNotFound
	}
	return reference.HeldRow{}, err
}

func (c *call) relinquishPage() error {
	row, err := c.held()
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, "relinquish", "relinquish.title", row)
}

func (c *call) relinquish() error {
	row, err := c.held()
	if err != nil {
		return err
	}
	if err := c.server.Relinquish(c.r.Context(), c.who.Email, row.OwnerEmail); err != nil {
		return err
	}
	return c.to("/permissions/mine?done=removed", "")
}
