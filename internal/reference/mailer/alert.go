package mailer

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"text/template"
	"unicode"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

//go:embed alert.txt
var alertText string

var alertTemplate = template.Must(template.New("alert").Funcs(template.FuncMap{"line": line}).Parse(alertText))

// alertSubjects in both languages, as in an invitation.
var alertSubjects = map[hosting.AlertKind]string{
	hosting.NegativeBalance: "Negative balance / Solde négatif",
	hosting.BillingTicket:   "Billing ticket / Ticket de facturation",
	hosting.TechnicalTicket: "Technical ticket / Ticket technique",
}

// Alert tells a person of something that concerns them. To and Owner are personal.
type Alert struct {
	// ID tells this mail from every other one, also from the other copies of the alert.
	ID int64
	To string
	// Owner is the address of the profile whose hosting it is about.
	Owner string
	Kind  hosting.AlertKind
	// Scope and Place, by name, of a TechnicalTicket.
	Scope hosting.Scope
	Place string
	// About is the balance, or the ticket's subject.
	About string
}

// Alert implements Mailer.
func (s *SMTP) Alert(ctx context.Context, a Alert) error {
	subject, ok := alertSubjects[a.Kind]
	if !ok {
		return fmt.Errorf("alert %q: %w: there is no such kind", a.Kind, ErrRefused)
	}
	return s.deliver(ctx, letter{to: a.To, owner: a.Owner, intent: fmt.Sprint("alert ", a.ID), subject: subject, text: alertTemplate, data: a})
}

// line keeps a text that somebody else wrote on its line of the mail.
func line(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}
