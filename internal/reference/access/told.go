package access

import "github.com/hostgrant/hostgrant/internal/hosting"

// AlertKind is what an alert is about.
type AlertKind string

// The kinds of alert. Source: the vendor's documentation of permissions.
const (
	// NegativeBalance of the owner's account.
	NegativeBalance AlertKind = "NegativeBalance"
	// BillingTicket: a ticket relating to billing was opened.
	BillingTicket AlertKind = "BillingTicket"
	// TechnicalTicket: a technical ticket about one account or server was opened.
	TechnicalTicket AlertKind = "TechnicalTicket"
)

// Alert is something the provider mails about.
type Alert struct {
	Kind AlertKind
	// Scope and Place of a TechnicalTicket; without meaning for the others.
	Scope hosting.Scope
	Place int64
}

// Told says whether the alert reaches the person: holders of overall Billing for what is
// billed, the technical contacts of the very place for its tickets. An overall technical
// permission opens menus; it makes nobody a contact. Nobody without a profile is told. The
// owner, who is told anyway, is not counted.
func Told(p Person, a Alert) bool {
	if !p.Row || !p.Profile {
		return false
	}
	switch a.Kind {
	case NegativeBalance, BillingTicket:
		return p.Rights.Has(hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"})
	case TechnicalTicket:
		return p.Rights.Has(hosting.Right{Scope: a.Scope, ID: a.Place, Name: "TechnicalContact"})
	}
	return false
}
