package provider

import (
	"context"
	"errors"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// LongestCall is how long one call to a provider or a mail server may take.
const LongestCall = 30 * time.Second

var (
	errNoClient    = &hosting.Error{Class: hosting.ClassUnavailable, Op: "reach provider", Unsent: true, Detail: "the backend has no usable credentials now"}
	errReplaced    = &hosting.Error{Class: hosting.ClassConflict, Op: "reach provider", Unsent: true, Detail: "the key or the settings of the backend were changed meanwhile"}
	errImplausible = &hosting.Error{Class: hosting.ClassConflict, Op: "reach provider", Unsent: true, Detail: "the provider's table could not be read meanwhile, or is not to be believed"}
)

// readable gives the clients in use, where they are the ones that the table was read with when
// somebody planned on it: with others a plan might be carried out on somebody else's rows.
func (c *Connection) readable(planned Configuration) (clients, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.inUse.reader == nil:
		return clients{}, errNoClient
	case planned == "" || planned != c.table.health.Configuration:
		return clients{}, errReplaced
	}
	return c.inUse, nil
}

// writable gives the clients to write with. These are all reasons for which nothing is written: the
// clients are not those that the table was read with, they cannot write, the last reading is not to
// be believed, or the lease may end before a call that takes so long does; another may act after that.
func (c *Connection) writable(planned Configuration, call time.Duration) (clients, error) {
	in, err := c.readable(planned)
	switch {
	case err != nil:
		return clients{}, err
	case in.writer == nil:
		return clients{}, errNoClient
	case c.View().Health.Err != nil:
		return clients{}, errImplausible
	case c.lease == nil:
		return in, nil
	}
	if err := c.lease(call); err != nil {
		return clients{}, &hosting.Error{Class: hosting.ClassUnavailable, Op: "write", Detail: err.Error()}
	}
	return in, nil
}

// CheckWrite says why what was planned with a configuration must not be done now, be it a write or a
// mail; nil where it may. It is asked with the plan, and again by a call that waited for its turn.
func (c *Connection) CheckWrite(planned Configuration, call time.Duration) error {
	_, err := c.writable(planned, call)
	return err
}

// ReadRow reads one person's row anew, by id where it is known, else by address; nil where
// there is none. It costs one read, two where the known id is gone. What was read takes the
// place of what the last list said.
func (c *Connection) ReadRow(ctx context.Context, planned Configuration, address string, id int64) (*hosting.Row, error) {
	in, err := c.readable(planned)
	if err != nil {
		return nil, err
	}
	row, err := readRow(ctx, in.reader, address, id)
	if err != nil {
		return nil, err
	}
	c.storeRow(in.owner, address, row)
	_, err = c.readable(planned) // it may have taken long, and was read to plan on
	return row, err
}

func readRow(ctx context.Context, reader hosting.Reader, address string, id int64) (*hosting.Row, error) {
	if id != 0 {
		row, err := reader.Row(ctx, id)
		switch {
		case err == nil && !access.SameAddress(row.Email, address):
			return nil, &hosting.Error{Class: hosting.ClassIdentityChanged, Op: "read permission", Detail: "the person's row has another address now; if the person was renamed, write the new address in the grants"}
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
func (c *Connection) Create(ctx context.Context, planned Configuration, address string, row hosting.NewRow) (*hosting.Row, error) {
	done := func(now *hosting.Row) bool { return now != nil && now.Rights.Equal(row.Rights) }
	return c.write(ctx, planned, address, done, func(w hosting.Writer) (int64, error) { return w.CreateRow(ctx, row) })
}

// Update makes a person's row hold what is wanted, gives it an annotation, and reads it back.
func (c *Connection) Update(ctx context.Context, planned Configuration, address string, have hosting.Row, want hosting.Rights, annotation string) (*hosting.Row, error) {
	done := func(now *hosting.Row) bool { return now != nil && now.ID == have.ID && now.Rights.Equal(want) }
	return c.write(ctx, planned, address, done, func(w hosting.Writer) (int64, error) { return have.ID, w.UpdateRow(ctx, have, want, annotation) })
}

// Delete removes a person's row and makes sure that it is gone.
func (c *Connection) Delete(ctx context.Context, planned Configuration, address string, id int64) (*hosting.Row, error) {
	done := func(now *hosting.Row) bool { return now == nil }
	return c.write(ctx, planned, address, done, func(w hosting.Writer) (int64, error) { return id, w.DeleteRow(ctx, id) })
}

// Invite has the provider give an invitation a full life again, and mail it where notify says
// so, if it still is as row tells it, and reads the row back. ClassUnsupported: the provider
// cannot do that.
func (c *Connection) Invite(ctx context.Context, planned Configuration, address string, row hosting.Row, notify bool) (*hosting.Row, error) {
	if row.Invitation == nil || row.Invitation.Mails == nil {
		return nil, errNoInvitation
	}
	return c.write(ctx, planned, address, nil, func(w hosting.Writer) (int64, error) {
		err := w.Invite(ctx, row.ID, *row.Invitation.Mails, notify)
		if hosting.IsNotFound(err) {
			if _, missing := w.Row(ctx, row.ID); missing == nil {
				err = errNoInvitation // the row is there, so it is the call that is not
			}
		}
		return row.ID, err
	})
}

var errNoInvitation = &hosting.Error{Class: hosting.ClassUnsupported, Op: "invite again", Detail: "it has no such call"}

// write does one write and one read after it. What was read back takes the place of what
// the last list said. Where the answer was lost, done tells by the row whether it was done;
// nil where that is found out later.
func (c *Connection) write(ctx context.Context, planned Configuration, address string, done func(*hosting.Row) bool, act func(hosting.Writer) (int64, error)) (*hosting.Row, error) {
	in, err := c.writable(planned, LongestCall)
	if err != nil {
		return nil, undone{err}
	}
	id, err := act(in.writer)
	c.invalidate(in.owner, address)
	if done != nil && unanswered(err) {
		return c.find(ctx, in, address, id, done, err)
	}
	switch {
	case unanswered(err):
		return nil, err
	case err != nil:
		return nil, undone{err}
	}
	row, err := in.reader.Row(ctx, id)
	if hosting.IsNotFound(err) {
		c.storeRow(in.owner, address, nil)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	c.storeRow(in.owner, address, &row)
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
func (c *Connection) find(ctx context.Context, in clients, address string, id int64, done func(*hosting.Row) bool, failure error) (*hosting.Row, error) {
	row, err := readRow(ctx, in.reader, address, id)
	if err != nil || !done(row) {
		return nil, failure
	}
	c.storeRow(in.owner, address, row)
	return row, nil
}

// invalidate marks that a list which began before now says nothing about a person any more.
// Until something is read back, the last known row stands.
func (c *Connection) invalidate(owner, address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inUse.owner != owner {
		return
	}
	var known *hosting.Row
	if c.table.snapshot != nil {
		if row, ok := c.table.snapshot.Row(address); ok {
			known = &row
		}
	}
	c.table.written[personOf(address)] = writtenRow{at: c.clock.Now(), row: known}
}

// storeRow enters what was just read of one person in an owner's table, nil where there is no row.
// A connection that is another owner's by now ignores it.
func (c *Connection) storeRow(owner, address string, row *hosting.Row) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inUse.owner != owner {
		return
	}
	person := personOf(address)
	c.table.written[person] = writtenRow{at: c.clock.Now(), row: row}
	if c.table.snapshot != nil {
		c.table.snapshot = c.table.snapshot.with(person, row, c.clock.Now())
	}
}
