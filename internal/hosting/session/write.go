package session

import (
	"context"
	"errors"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Turn asks whether this person may be written to now. Where it says false, the key is
// woken when its turn comes. Whoever got a turn gives it back with Done.
func (s *Session) Turn(key string, errand Errand) bool { return s.line.join(key, errand) }

// Done gives a turn back, or leaves the line; it is no harm without either.
func (s *Session) Done(key string) { s.line.leave(key) }

// CanWrite says whether the session holds a client that can write, and the table was read
// with it: before that it is not known whose key it is.
func (s *Session) CanWrite() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writer != nil && s.readOnce && s.digest != ""
}

// CanPay says whether debts may be paid although the key is gone: for a while, with the last
// one.
func (s *Session) CanPay() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writer != nil && s.readOnce && s.digest == "" && s.clock.Now().Before(s.lastsUntil)
}

// Mark is what rows are marked with.
func (s *Session) Mark() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mark
}

func (s *Session) clients() (hosting.Reader, hosting.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.digest == "" && !s.clock.Now().Before(s.lastsUntil) {
		return nil, nil
	}
	return s.reader, s.writer
}

var errNoClient = &hosting.Error{Class: hosting.ClassUnavailable, Op: "reach provider", Detail: "the backend has no usable credentials now"}

// ReadRow reads one person's row anew, by id where it is known, else by address; nil where
// there is none. It costs one read, two where the known id is gone.
func (s *Session) ReadRow(ctx context.Context, address string, id int64) (*hosting.Row, error) {
	reader, _ := s.clients()
	if reader == nil {
		return nil, errNoClient
	}
	return readRow(ctx, reader, address, id)
}

func readRow(ctx context.Context, reader hosting.Reader, address string, id int64) (*hosting.Row, error) {
	if id != 0 {
		row, err := reader.Row(ctx, id)
		switch {
		case err == nil && !access.SameAddress(row.Email, address):
			return nil, &hosting.Error{Class: hosting.ClassIdentityChanged, Op: "read permission", Detail: "the person's row now carries another address; if they were renamed, name the new address in the grants"}
		case err == nil:
			return &row, nil
		case !hosting.IsNotFound(err):
			return nil, err
		}
	}
	row, err := reader.FindRow(ctx, address)
	if hosting.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &row, nil
}

// Create makes a row for a person and reads it back.
func (s *Session) Create(ctx context.Context, address string, row hosting.NewRow) (*hosting.Row, error) {
	done := func(now *hosting.Row) bool { return now != nil && now.Rights.Equal(row.Rights) }
	return s.write(ctx, address, done, func(w hosting.Writer) (int64, error) { return w.CreateRow(ctx, row) })
}

// Update makes a person's row hold what is wanted, gives it an annotation, and reads it back.
func (s *Session) Update(ctx context.Context, address string, have hosting.Row, want hosting.Rights, annotation string) (*hosting.Row, error) {
	done := func(now *hosting.Row) bool { return now != nil && now.ID == have.ID && now.Rights.Equal(want) }
	return s.write(ctx, address, done, func(w hosting.Writer) (int64, error) { return have.ID, w.UpdateRow(ctx, have, want, annotation) })
}

// Delete removes a person's row and makes sure that it is gone.
func (s *Session) Delete(ctx context.Context, address string, id int64) (*hosting.Row, error) {
	done := func(now *hosting.Row) bool { return now == nil }
	return s.write(ctx, address, done, func(w hosting.Writer) (int64, error) { return id, w.DeleteRow(ctx, id) })
}

// Invite has the provider give an invitation a full life again, and mail it where notify says
// so, if it still is as row tells it, and reads the row back. ClassUnsupported: the provider
// cannot do that.
func (s *Session) Invite(ctx context.Context, address string, row hosting.Row, notify bool) (*hosting.Row, error) {
	if row.Invitation == nil || row.Invitation.Mails == nil {
		return nil, errNoInvitation
	}
	return s.write(ctx, address, nil, func(w hosting.Writer) (int64, error) {
		err := w.Invite(ctx, row.ID, *row.Invitation.Mails, notify)
		if hosting.IsNotFound(err) {
			if _, missing := w.Row(ctx, row.ID); missing == nil {
				err = errNoInvitation // the row is there, so it is the call that is not
			}
		}
		return row.ID, err
	})
}

var errNoInvitation = &hosting.Error{Class: hosting.ClassUnsupported, Op: "invite again", Detail: "the provider cannot invite somebody again"}

// longestCall is how long one call to a provider or a mail server may take.
const longestCall = 30 * time.Second

// MayAct says whether this process holds the lease for longer than a call may take: another
// may act after that.
func (s *Session) MayAct() error {
	if s.holds == nil {
		return nil
	}
	if err := s.holds(longestCall); err != nil {
		return &hosting.Error{Class: hosting.ClassUnavailable, Op: "write", Detail: err.Error()}
	}
	return nil
}

// write does one write and one read after it. What was read back takes the place of what
// the last list said. Where the answer was lost, done tells by the row whether it was done;
// nil where that is found out later.
func (s *Session) write(ctx context.Context, address string, done func(*hosting.Row) bool, act func(hosting.Writer) (int64, error)) (*hosting.Row, error) {
	reader, writer := s.clients()
	if writer == nil {
		return nil, undone{errNoClient}
	}
	if err := s.MayAct(); err != nil {
		return nil, undone{err}
	}
	id, err := act(writer)
	s.forget(address)
	if done != nil && unanswered(err) {
		return s.find(ctx, reader, address, id, done, err)
	}
	switch {
	case unanswered(err):
		return nil, err
	case err != nil:
		return nil, undone{err}
	}
	row, err := reader.Row(ctx, id)
	if hosting.IsNotFound(err) {
		s.Learn(address, nil)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.Learn(address, &row)
	return &row, nil
}

// undone is why a write was certainly not done, and will not be.
type undone struct{ error }

func (u undone) Unwrap() error { return u.error }

// Undone says whether a write that failed was certainly not done, and will not be: it was not
// sent, or the provider answered that it refuses it. Any other failure may be one of the answer,
// or of reading back.
func Undone(failure error) bool {
	var u undone
	return errors.As(failure, &u)
}

// unanswered says whether a call may have reached the provider, and been done.
func unanswered(err error) bool {
	var failure *hosting.Error
	return errors.As(err, &failure) && failure.Class == hosting.ClassUnavailable && !failure.Unsent
}

// find looks whether a write that was not answered was done all the same: then it is told
// as what it was, now. Otherwise its failure stands, and it may still come to be done.
func (s *Session) find(ctx context.Context, reader hosting.Reader, address string, id int64, done func(*hosting.Row) bool, failure error) (*hosting.Row, error) {
	row, err := readRow(ctx, reader, address, id)
	if err != nil || !done(row) {
		return nil, failure
	}
	s.Learn(address, row)
	return row, nil
}

// forget marks that a list which began before now says nothing about a person any more.
// Until something is read back, the last known row stands.
func (s *Session) forget(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var known *hosting.Row
	if s.snapshot != nil {
		if row, ok := s.snapshot.Row(address); ok {
			known = &row
		}
	}
	s.written[address] = writtenRow{at: s.clock.Now(), row: known}
}

// Learn enters what was just read of one person, nil where there is no row.
func (s *Session) Learn(address string, row *hosting.Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.written[address] = writtenRow{at: s.clock.Now(), row: row}
	if s.snapshot != nil {
		s.snapshot = s.snapshot.with(address, row, s.clock.Now())
	}
}
