package store

import (
	"encoding/json"
	"fmt"
	"time"
)

// WriteKind is what a pending write does.
type WriteKind string

// The kinds of pending write.
const (
	WriteCreate WriteKind = "create"
	WriteUpdate WriteKind = "update"
	WriteDelete WriteKind = "delete"
)

// PendingWrite is a write that was answered and has not taken effect.
type PendingWrite struct {
	seq int64
	// Due is when it takes effect.
	Due time.Time
	// Permission is the row's id.
	Permission int64
	Kind       WriteKind
	Change     Change
	// Notify asks for a mail at a creation.
	Notify bool
}

type pendingBody struct {
	Change Change `json:"change"`
	Notify bool   `json:"notify"`
}

// Defer keeps a write for later.
func (t *Tx) Defer(w PendingWrite) error {
	body, err := json.Marshal(pendingBody{w.Change, w.Notify})
	if err != nil {
		return fmt.Errorf("keep a pending write: %w", err)
	}
	return t.run(`INSERT INTO pending_write(due, permission, kind, change) VALUES(?, ?, ?, ?)`,
		w.Due.UnixNano(), w.Permission, w.Kind, body)
}

// TakePending removes and returns the oldest pending write of the owner (0: of anyone).
// ErrNotFound: there is none.
func (t *Tx) TakePending(owner int64) (PendingWrite, error) {
	w, err := t.firstPending(owner)
	if err != nil {
		return w, err
	}
	return w, t.run(`DELETE FROM pending_write WHERE seq = ?`, w.seq)
}

// NextPending says when the oldest pending write takes effect. ErrNotFound: there is none.
func (t *Tx) NextPending() (time.Time, error) {
	w, err := t.firstPending(0)
	return w.Due, err
}

func (t *Tx) firstPending(owner int64) (PendingWrite, error) {
	var w PendingWrite
	var due int64
	var body []byte
	err := t.one([]any{&w.seq, &due, &w.Permission, &w.Kind, &body},
		`SELECT w.seq, w.due, w.permission, w.kind, w.change FROM pending_write w
		JOIN permission p ON p.id = w.permission WHERE ?1 = 0 OR p.owner = ?1 ORDER BY w.seq LIMIT 1`, owner)
	if err != nil {
		return w, err
	}
	var parsed pendingBody
	if err := json.Unmarshal(body, &parsed); err != nil {
		return w, fmt.Errorf("read a pending write: %w", err)
	}
	w.Due, w.Change, w.Notify = time.Unix(0, due), parsed.Change, parsed.Notify
	return w, nil
}

// QueueMail asks for the row's invitation to be mailed from due on: once for all that ask
// before it is being sent, and once more for those that ask meanwhile.
func (t *Tx) QueueMail(permission int64, due time.Time) error {
	return t.run(`INSERT INTO mail(permission, due) VALUES(?, ?)
		ON CONFLICT(permission) DO UPDATE SET sending = 2, due = excluded.due WHERE sending = 1`, permission, due.UnixNano())
}

// QueueConfirmation asks for the link of an unconfirmed profile to be mailed: once for all that ask
// before it is being sent, and once more for those that ask meanwhile.
func (t *Tx) QueueConfirmation(profile int64, due time.Time) error {
	return t.run(`INSERT INTO confirmation_mail(profile, due) VALUES(?, ?)
		ON CONFLICT(profile) DO UPDATE SET sending = 2, due = excluded.due WHERE sending = 1`, profile, due.UnixNano())
}

// MailRef is a mail to be sent: the invitation to a row, an alert, or the link of an unconfirmed
// profile. One of them is set.
type MailRef struct {
	Permission, Alert, Profile int64
}

// in completes a statement on the table the mail waits in, and runs it.
func (t *Tx) in(ref MailRef, begin, middle string, args ...any) error {
	table, id := "mail", ref.Permission
	switch {
	case ref.Alert != 0:
		table, id = "alert_mail", ref.Alert
	case ref.Profile != 0:
		table, id = "confirmation_mail", ref.Profile
	}
	return t.run(begin+table+middle+` AND rowid = ?`, append(args, id)...)
}

// NextMail tells the mail due first, how often it was tried, and when it is due.
// ErrNotFound: there is none.
func (t *Tx) NextMail() (ref MailRef, attempts int, due time.Time, err error) {
	var at int64
	err = t.one([]any{&ref.Permission, &ref.Alert, &ref.Profile, &attempts, &at},
		`SELECT permission, 0, 0, attempts, due FROM mail WHERE sending = 0
		UNION ALL SELECT 0, id, 0, attempts, due FROM alert_mail WHERE sending = 0
		UNION ALL SELECT 0, 0, profile, attempts, due FROM confirmation_mail WHERE sending = 0 ORDER BY 5, 1, 2, 3 LIMIT 1`)
	return ref, attempts, time.Unix(0, at), err
}

// StartMail notes that an attempt begins.
func (t *Tx) StartMail(ref MailRef) error {
	return t.in(ref, `UPDATE `, ` SET sending = 1, attempts = attempts + 1 WHERE true`)
}

// RetryMail notes that an attempt ended without delivery and when the next is due.
func (t *Tx) RetryMail(ref MailRef, due time.Time) error {
	return t.in(ref, `UPDATE `, ` SET sending = 0, due = ? WHERE true`, due.UnixNano())
}

// EndMail forgets a mail: delivered, refused, or given up. One that was asked for again
// meanwhile begins anew.
func (t *Tx) EndMail(ref MailRef) error {
	if err := t.in(ref, `DELETE FROM `, ` WHERE sending < 2`); err != nil {
		return err
	}
	return t.in(ref, `UPDATE `, ` SET sending = 0, attempts = 0 WHERE sending = 2`)
}

// DropInterrupted forgets mails whose attempt never ended and says how many there were.
func (t *Tx) DropInterrupted() (int64, error) {
	var dropped int64
	for _, table := range []string{"mail", "alert_mail", "confirmation_mail"} {
		result, err := t.exec(`DELETE FROM ` + table + ` WHERE sending = 1`)
		if err != nil {
			return 0, err
		}
		n, err := result.RowsAffected()
		if err != nil {
			return 0, err
		}
		dropped += n
		if err := t.run(`UPDATE ` + table + ` SET sending = 0, attempts = 0 WHERE sending = 2`); err != nil {
			return 0, err
		}
	}
	return dropped, nil
}
