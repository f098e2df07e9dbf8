package web

import (
	"net/http"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// told is who would be told of one thing, besides the owner.
type told struct {
	Kind hosting.AlertKind
	// Scope and Place, by name, of a technical ticket.
	Scope  hosting.Scope
	Place  string
	People []string
}

// alerts shows whom the owner's permissions have told of what.
func (c *call) alerts() error {
	places, err := c.owned()
	if err != nil {
		return err
	}
	alerts := []reference.Alert{{Kind: hosting.NegativeBalance}, {Kind: hosting.BillingTicket}}
	for _, p := range places.accounts {
		alerts = append(alerts, reference.Alert{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeAccount, Place: p.Name})
	}
	for _, p := range places.servers {
		alerts = append(alerts, reference.Alert{Kind: hosting.TechnicalTicket, Scope: hosting.ScopeServer, Place: p.Name})
	}
	list := make([]told, len(alerts))
	for i, alert := range alerts {
		people, err := c.server.WouldBeTold(c.r.Context(), c.who.Email, alert)
		if err != nil {
			return err
		}
		list[i] = told{alert.Kind, alert.Scope, alert.Place, people}
	}
	return c.render(http.StatusOK, "alerts", "alerts.title", list)
}
