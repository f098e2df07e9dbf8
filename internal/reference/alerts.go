package reference

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference/access"
	"github.com/hostgrant/hostgrant/internal/reference/mailer"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// maxAbout bounds Alert.About, in characters.
const maxAbout = 200

// Alert is something the provider tells those about whom it concerns.
type Alert struct {
	Kind hosting.AlertKind `json:"kind"`
	// Scope ("Account" or "Server") and Place, by name, of a TechnicalTicket; empty for the
	// other kinds.
	Scope hosting.Scope `json:"scope,omitempty"`
	Place string        `json:"place,omitempty"`
	// About is the balance, or the ticket's subject: one line of 1 to 200 characters, all of
	// them printable. Only Raise needs it.
	About string `json:"about,omitempty"`
}

// alertCall is an alert on an owner's hosting, as the operator API takes it.
type alertCall struct {
	Owner string `json:"owner"`
	Alert
}

func (s *Server) operateAlerts(mux *http.ServeMux) {
	act(s, mux, "alerts/told", func(ctx context.Context, in alertCall) ([]string, error) {
		return s.WouldBeTold(ctx, in.Owner, in.Alert)
	})
	act(s, mux, "alerts/raise", func(ctx context.Context, in alertCall) ([]string, error) {
		return s.Raise(ctx, in.Owner, in.Alert)
	})
}

// WouldBeTold lists the addresses the alert would reach by the permissions that have taken
// effect, sorted. The owner, who is always told, is not among them. An error means that
// there is no such owner, place or kind, or that the database failed.
func (s *Server) WouldBeTold(ctx context.Context, owner string, alert Alert) (told []string, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		who, err := whoIsTold(tx, owner, alert)
		told = who.addresses()
		return err
	})
	return told, err
}

// Raise mails the alert to everybody it reaches, and to the owner: each of them once, also
// across crashes. A mail that waits for the mail server goes out only if its reader is still
// to be told then. Raise returns what WouldBeTold does. An error means that nobody is told.
func (s *Server) Raise(ctx context.Context, owner string, alert Alert) (told []string, err error) {
	if err := checkAbout(alert.About); err != nil {
		return nil, err
	}
	if s.mailer == nil {
		return nil, refuse(http.StatusServiceUnavailable, "There is no mail server, so nobody can be told.")
	}
	err = s.update(ctx, func(tx *store.Tx) error {
		who, err := whoIsTold(tx, owner, alert)
		if err != nil {
			return err
		}
		told = who.addresses()
		copies := []int64{0}
		for _, row := range who.rows {
			copies = append(copies, row.ID)
		}
		for _, permission := range copies {
			err := tx.QueueAlert(store.AlertMail{
				Owner: who.owner.ID, Permission: permission, Kind: string(alert.Kind), Place: who.alert.Place, About: alert.About,
			}, s.clock.Now())
			if err != nil {
				return err
			}
		}
		return nil
	})
	return told, err
}

// audience is whom an alert reaches.
type audience struct {
	owner store.Profile
	alert hosting.Alert
	// rows of those told, without the owner's own.
	rows []store.Permission
}

func (a audience) addresses() []string {
	list := make([]string, len(a.rows))
	for i, row := range a.rows {
		list[i] = row.Email
	}
	slices.Sort(list)
	return list
}

func whoIsTold(tx *store.Tx, owner string, alert Alert) (who audience, err error) {
	who.owner, err = tx.ProfileOf(owner)
	if errors.Is(err, store.ErrNotFound) {
		return who, &refusal{status: http.StatusNotFound, body: Failure{"owner": []string{"There is no profile of this address."}}}
	}
	if err != nil {
		return who, err
	}
	if who.alert, err = placed(tx, who.owner.ID, alert); err != nil {
		return who, err
	}
	rows, err := tx.Permissions(store.Filter{Owner: who.owner.ID})
	for _, row := range rows {
		if store.Address(row.Email) != store.Address(who.owner.Email) && access.Told(personOf(row), who.alert) {
			who.rows = append(who.rows, row)
		}
	}
	return who, err
}

// placed checks what the alert is about and finds its place.
func placed(tx *store.Tx, owner int64, alert Alert) (hosting.Alert, error) {
	decided := hosting.Alert{Kind: alert.Kind}
	switch alert.Kind {
	case hosting.NegativeBalance, hosting.BillingTicket:
		if alert.Scope != "" || alert.Place != "" {
			return decided, invalid("place", "Only a TechnicalTicket is about an account or server.")
		}
		return decided, nil
	case hosting.TechnicalTicket:
	default:
		return decided, invalid("kind", "Give NegativeBalance, BillingTicket or TechnicalTicket.")
	}
	if alert.Scope != hosting.ScopeAccount && alert.Scope != hosting.ScopeServer {
		return decided, invalid("scope", "A TechnicalTicket is about an Account or a Server.")
	}
	place, err := placeNamed(tx, owner, alert.Scope, alert.Place)
	if errors.Is(err, store.ErrNotFound) {
		return decided, &refusal{status: http.StatusNotFound, body: Failure{
			"place": []string{fmt.Sprintf("The owner has no %s of the name %q.", alert.Scope, alert.Place)},
		}}
	}
	decided.Scope, decided.Place = alert.Scope, place.ID
	return decided, err
}

// checkAbout refuses what could be more than one line of a mail, or read otherwise than it
// is written.
func checkAbout(about string) error {
	if n := utf8.RuneCountInString(about); n == 0 || n > maxAbout {
		return invalid("about", fmt.Sprintf("Say what it is about in 1 to %d characters.", maxAbout))
	}
	for _, r := range about {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return invalid("about", fmt.Sprintf("One line of printable text, without %U.", r))
		}
	}
	return nil
}

// alertMail is nil where the reader is no longer to be told.
func (s *Server) alertMail(tx *store.Tx, ref store.MailRef) (func(context.Context) error, error) {
	queued, err := tx.AlertMail(ref.Alert)
	if err != nil {
		return nil, err
	}
	owner, err := tx.Profile(queued.Owner)
	if err != nil {
		return nil, err
	}
	alert := hosting.Alert{Kind: hosting.AlertKind(queued.Kind)}
	message := mailer.Alert{ID: ref.Alert, To: owner.Email, Owner: owner.Email, Kind: alert.Kind, About: queued.About}
	if queued.Place != 0 {
		place, err := tx.Place(queued.Place)
		if err != nil {
			return nil, err
		}
		alert.Scope, alert.Place = place.Scope, place.ID
		message.Scope, message.Place = place.Scope, place.Name
	}
	if queued.Permission != 0 {
		row, err := tx.Permission(store.Filter{ID: queued.Permission})
		if err != nil || !access.Told(personOf(row), alert) {
			return nil, err
		}
		message.To = row.Email
	}
	return func(ctx context.Context) error { return s.mailer.Alert(ctx, message) }, nil
}
