package store

import "time"

// AlertMail is one person's copy of an alert that is to be mailed.
type AlertMail struct {
	// Owner whose hosting it is about.
	Owner int64
	// Permission is the row for which the person is told, 0 for the owner.
	Permission int64
	Kind       string
	// Place it is about, 0 for none.
	Place int64
	// About is what happened, one line.
	About string
}

// QueueAlert asks for an alert to be mailed from due on.
func (t *Tx) QueueAlert(a AlertMail, due time.Time) error {
	return t.run(`INSERT INTO alert_mail(owner, permission, kind, place, about, due) VALUES(?, ?, ?, ?, ?, ?)`,
		a.Owner, nullable(a.Permission), a.Kind, nullable(a.Place), a.About, due.UnixNano())
}

// AlertMail finds a queued alert.
func (t *Tx) AlertMail(id int64) (AlertMail, error) {
	var a AlertMail
	err := t.one([]any{&a.Owner, &a.Permission, &a.Kind, &a.Place, &a.About},
		`SELECT owner, coalesce(permission, 0), kind, coalesce(place, 0), about FROM alert_mail WHERE id = ?`, id)
	return a, err
}

// Place finds an account or server by id.
func (t *Tx) Place(id int64) (Place, error) {
	p := Place{ID: id}
	err := t.one([]any{&p.Scope, &p.Owner, &p.Name, &p.Server},
		`SELECT scope, owner, name, coalesce(server, 0) FROM place WHERE id = ?`, id)
	return p, err
}
