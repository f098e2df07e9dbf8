package provider

import (
	"context"
	"errors"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// CanWrite says whether the connection holds a client that can write, and the table was read
// with it: before that it is not known whose key it is.
func (s *Connection) CanWrite() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inUse.writer != nil && s.table.health.Configuration != ""
}

// Mark is what rows are marked with.
func (s *Connection) Mark() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inUse.mark
}

// clients gives those that are in use, where they are the ones that the table was read with when
// somebody planned on it: with others a plan might be carried out on somebody else's rows.
func (s *Connection) clients(planned Configuration) (clients, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.inUse.reader == nil:
		return clients{}, errNoClient
	case planned == "" || planned != s.table.health.Configuration:
		return clients{}, errReplaced
	}
	return s.inUse, nil
}

// writable gives the clients to write with: also, nothing was found since that forbids to.
func (s *Connection) writable(planned Configuration) (clients, error) {
	c, err := s.clients(planned)
	if err == nil && !s.Believed() {
		err = errDoubted
	}
	return c, err
}

// Believed says whether the last reading was a good one.
func (s *Connection) Believed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.table.health.Err == nil
}

var (
	errNoClient = &hosting.Error{Class: hosting.ClassUnavailable, Op: "reach provider", Unsent: true, Detail: "the backend has no usable credentials now"}
	errReplaced = &hosting.Error{Class: hosting.ClassConflict, Op: "reach provider", Unsent: true, Detail: "the key or the settings of the backend were changed meanwhile"}
	errDoubted  = &hosting.Error{Class: hosting.ClassConflict, Op: "reach provider", Unsent: true, Detail: "the provider's table could not be read meanwhile, or is not to be believed"}
)

// ReadRow reads one person's row anew, by id where it is known, else by address; nil where
// there is none. It costs one read, two where the known id is gone. What was read takes the
// place of what the last list said.
func (s *Connection) ReadRow(ctx context.Context, planned Configuration, address string, id int64) (*hosting.Row, error) {
	c, err := s.clients(planned)
	if err != nil {
		return nil, err
	}
	row, err := readRow(ctx, c.reader, address, id)
	if err != nil {
		return nil, err
	}
	s.storeRow(c.owner, address, row)
	_, err = s.clients(planned) // it may have taken long, and was read to plan on
	return row, err
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

// Create makes a row for a person and reads it back. Like all that follows it is done with the
// clients that the table was read with when it was planned, or not at all.
func (s *Connection) Create(ctx context.Context, planned Configuration, address string, row hosting.NewRow) (*hosting.Row, error) {
	done := func(now *hosting.Row) bool { return now != nil && now.Rights.Equal(row.Rights) }
	return s.write(ctx, planned, address, done, func(w hosting.Writer) (int64, error) { return w.CreateRow(ctx, row) })
}

// Update makes a person's row hold what is wanted, gives it an annotation, and reads it back.
func (s *Connection) Update(ctx context.Context, planned Configuration, address string, have hosting.Row, want hosting.Rights, annotation string) (*hosting.Row, error) {
	done := func(now *hosting.Row) bool { return now != nil && now.ID == have.ID && now.Rights.Equal(want) }
	return s.write(ctx, planned, address, done, func(w hosting.Writer) (int64, error) { return have.ID, w.UpdateRow(ctx, have, want, annotation) })
}

// Delete removes a person's row and makes sure that it is gone.
func (s *Connection) Delete(ctx context.Context, planned Configuration, address string, id int64) (*hosting.Row, error) {
	done := func(now *hosting.Row) bool { return now == nil }
	return s.write(ctx, planned, address, done, func(w hosting.Writer) (int64, error) { return id, w.DeleteRow(ctx, id) })
}

// Invite has the provider give an invitation a full life again, and mail it where notify says
// so, if it still is as row tells it, and reads the row back. ClassUnsupported: the provider
// cannot do that.
func (s *Connection) Invite(ctx context.Context, planned Configuration, address string, row hosting.Row, notify bool) (*hosting.Row, error) {
	if row.Invitation == nil || row.Invitation.Mails == nil {
		return nil, errNoInvitation
	}
	return s.write(ctx, planned, address, nil, func(w hosting.Writer) (int64, error) {
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

// LongestCall is how long one call to a provider or a mail server may take.
const LongestCall = 30 * time.Second

// CheckWrite says why what was planned must not be done, or sent after it has waited for its turn: the
// clients are not those that the table was read with then, the table is not to be believed any more, or
// this process does not hold the lease for as long as the call may take; another may act after that.
func (s *Connection) CheckWrite(planned Configuration, call time.Duration) error {
	if _, err := s.writable(planned); err != nil {
		return err
	}
	return s.checkLease(call)
}

func (s *Connection) checkLease(call time.Duration) error {
	if s.lease == nil {
		return nil
	}
	if err := s.lease(call); err != nil {
		return &hosting.Error{Class: hosting.ClassUnavailable, Op: "write", Detail: err.Error()}
	}
	return nil
}

// write does one write and one read after it. What was read back takes the place of what
// the last list said. Where the answer was lost, done tells by the row whether it was done;
// nil where that is found out later.
func (s *Connection) write(ctx context.Context, planned Configuration, address string, done func(*hosting.Row) bool, act func(hosting.Writer) (int64, error)) (*hosting.Row, error) {
	if err := s.checkLease(LongestCall); err != nil {
		return nil, undone{err}
	}
	c, err := s.writable(planned)
	if err != nil {
		return nil, undone{err}
	}
	if c.writer == nil {
		return nil, undone{errNoClient}
	}
	id, err := act(c.writer)
	s.invalidate(c.owner, address)
	if done != nil && unanswered(err) {
		return s.find(ctx, c, address, id, done, err)
	}
	switch {
	case unanswered(err):
		return nil, err
	case err != nil:
		return nil, undone{err}
	}
	row, err := c.reader.Row(ctx, id)
	if hosting.IsNotFound(err) {
		s.storeRow(c.owner, address, nil)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.storeRow(c.owner, address, &row)
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
func (s *Connection) find(ctx context.Context, c clients, address string, id int64, done func(*hosting.Row) bool, failure error) (*hosting.Row, error) {
	row, err := readRow(ctx, c.reader, address, id)
	if err != nil || !done(row) {
		return nil, failure
	}
	s.storeRow(c.owner, address, row)
	return row, nil
}

// invalidate marks that a list which began before now says nothing about a person any more.
// Until something is read back, the last known row stands.
func (s *Connection) invalidate(owner, address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse.owner != owner {
		return
	}
	var known *hosting.Row
	if s.table.snapshot != nil {
		if row, ok := s.table.snapshot.Row(address); ok {
			known = &row
		}
	}
	s.table.written[personOf(address)] = writtenRow{at: s.clock.Now(), row: known}
}

// storeRow enters what was just read of one person in an owner's table, nil where there is no row.
// It is nothing to a connection that is another owner's by now.
func (s *Connection) storeRow(owner, address string, row *hosting.Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse.owner != owner {
		return
	}
	person := personOf(address)
	s.table.written[person] = writtenRow{at: s.clock.Now(), row: row}
	if s.table.snapshot != nil {
		s.table.snapshot = s.table.snapshot.with(person, row, s.clock.Now())
	}
}
