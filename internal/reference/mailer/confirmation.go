package mailer

import (
	"context"
	_ "embed"
	"fmt"
	"text/template"
	"time"
)

const confirmationSubject = "Confirm your e-mail address / Confirmez votre adresse e-mail"

//go:embed confirmation.txt
var confirmationText string

var confirmation = template.Must(template.New("confirmation").Parse(confirmationText))

// Confirmation has the person who reads a mailbox show that they do. To and Link are personal or
// secret: they go into the mail and nowhere else.
type Confirmation struct {
	To string
	// Link that nobody learns but from this mail.
	Link string
	// Ordinal of the mail among those with the same link.
	Ordinal int32
	// Expires is when the link ends.
	Expires time.Time
}

// Confirm implements Mailer.
func (s *SMTP) Confirm(ctx context.Context, c Confirmation) error {
	if err := checkLink(c.Link); err != nil {
		return err
	}
	return s.deliver(ctx, letter{to: c.To, owner: c.To, intent: fmt.Sprint(c.Link, " ", c.Ordinal), subject: confirmationSubject, text: confirmation, data: c})
}
