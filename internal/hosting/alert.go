package hosting

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
	Scope Scope
	Place int64
}

// Right is what whoever is told of the alert holds: overall Billing for what is billed, the
// technical contact of the very place for its tickets. An overall technical permission opens
// menus; it makes nobody a contact. False for a kind there is not.
func (a Alert) Right() (Right, bool) {
	switch a.Kind {
	case NegativeBalance, BillingTicket:
		return Right{Scope: ScopeOverall, Name: "Billing"}, true
	case TechnicalTicket:
		return Right{Scope: a.Scope, ID: a.Place, Name: "TechnicalContact"}, true
	}
	return Right{}, false
}
