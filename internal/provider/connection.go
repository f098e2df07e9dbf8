// Package provider holds what the manager has in memory of one backend: the clients made from its
// spec and key, the permission table as last read plus what was written since, and the one way to
// write to it. docs/memory.md says what a restart does to each part.
package provider

import (
	"context"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/queue"
)

// MaxSkew is how far the provider's clock and ours may be apart for ours to be believed.
const MaxSkew = 5 * time.Minute

// Configuration is a digest of everything that a connection's clients were made from.
type Configuration string

// Health is how the last readings went.
type Health struct {
	// Verified is when the last good reading began, Read when it ended; zero before the first.
	Verified, Read time.Time
	// Err is why the last reading failed; nil after a good one.
	Err error
	// Configuration of the clients in use, once the table was read with them; empty before, and
	// without clients. Whoever plans on what was read names it again when they act.
	Configuration Configuration
}

// View is what is known of a provider at one moment.
type View struct {
	// Snapshot is the last good reading with what was written since; nil before the first.
	Snapshot *Snapshot
	Health   Health
	// Ahead is by how much our clock was ahead of the provider's at its last answer that told the
	// time; negative where it was behind, 0 within MaxSkew or where it never told.
	Ahead time.Duration
	// CanWrite: there is a client that can write, and the table was read with it. Before that it is
	// not known whose key it is.
	CanWrite bool
	// Mark is what rows are marked with; empty before Configure.
	Mark string
}

// Connection is what the manager holds of one backend. It is safe for concurrent use.
type Connection struct {
	clock  clock.PassiveClock
	writes *queue.FairQueue
	mails  *queue.MailLimiter
	guard  *gate.Guard
	lease  func(time.Duration) error
	// reading is held while the holdings are being read.
	reading sync.Mutex

	mu    sync.Mutex
	inUse clients
	// pacing is held while flight and the queue's limit change together; it comes before mu.
	pacing sync.Mutex
	// flight is how many people are written to at a time.
	flight queue.Flight
	table  table
	// due is when the table is read next; zero: at once.
	due time.Time
	// generation of the spec that was last read for.
	generation int64
	// holdings as last read with these clients; nil before, and after one was dropped.
	holdings *Holdings
}

// clients are what a connection talks to its provider with, nil without a key, the writer also in
// Observe mode.
type clients struct {
	reader hosting.Reader
	writer hosting.Writer
	// owner is whose table that is: the endpoint and the customer. mark is what rows are marked with.
	owner, mark string
	// digest of everything that the clients were made from.
	digest Configuration
}

// table is what is known of an owner's table.
type table struct {
	snapshot *Snapshot
	health   Health
	// written is, by person, when their row was last written to, and what was read back: a list that
	// began before says nothing about them. The next list empties it.
	written map[string]writtenRow
	// ahead is by how much our clock was ahead of the provider's when it last told the time.
	ahead time.Duration
}

type writtenRow struct {
	at  time.Time
	row *hosting.Row
}

func newConnection(c clock.PassiveClock, mailWindow time.Duration, wake func(string)) *Connection {
	writes := queue.NewFairQueue(wake)
	return &Connection{
		clock: c, writes: writes, mails: queue.NewMailLimiter(c, mailWindow, wake, writes.Has),
		guard: gate.NewGuard(c.Now().Truncate(time.Second)), table: table{written: map[string]writtenRow{}},
	}
}

// Guard of removals on this backend.
func (c *Connection) Guard() *gate.Guard { return c.guard }

// Writes is the queue of who is to be written to, by name of their record.
func (c *Connection) Writes() *queue.FairQueue { return c.writes }

// Mails limits who is mailed, by name of their record.
func (c *Connection) Mails() *queue.MailLimiter { return c.mails }

// View is what is known now.
func (c *Connection) View() View {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := View{Snapshot: c.table.snapshot, Health: c.table.health, CanWrite: c.inUse.writer != nil && c.table.health.Configuration != "", Mark: c.inUse.mark}
	if c.table.ahead.Abs() > MaxSkew {
		v.Ahead = c.table.ahead
	}
	return v
}

// Configure gives the connection its clients; a reading is due at once. The digest stands for
// everything they were made from, owner for whose table it is: where that changes, what was
// read so far is dropped. mark is what rows are marked with, writer is nil in Observe mode.
func (c *Connection) Configure(owner string, digest Configuration, mark string, reader hosting.Reader, writer hosting.Writer) {
	c.pace(queue.Flight.Anew)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inUse.owner != owner {
		c.table = table{written: map[string]writtenRow{}}
	}
	c.inUse = clients{reader: reader, writer: writer, owner: owner, mark: mark, digest: digest}
	c.table.health.Configuration, c.due, c.holdings = "", time.Time{}, nil
}

// ConfiguredAs says whether the clients in use were made from what the digest stands for.
func (c *Connection) ConfiguredAs(digest Configuration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inUse.reader != nil && c.inUse.digest == digest
}

// Close takes the clients away: nothing is read or written until Configure. It says whether
// that changed anything.
func (c *Connection) Close(why error) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed := c.table.health.Err != why || c.inUse.reader != nil //nolint:errorlint // the same value, or another one
	c.inUse.digest, c.inUse.reader, c.inUse.writer = "", nil, nil
	c.table.health.Err, c.table.health.Configuration = why, ""
	return changed
}

// Hear notes what time the provider says it is. Only the time of day counts, which is what ends and
// limits go by.
func (c *Connection) Hear(date time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.table.ahead = c.clock.Now().Round(0).Sub(date.Round(0))
}

// Due is how long to wait before the next reading: 0 for a connection that was not
// read since it was configured.
func (c *Connection) Due() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(0, c.due.Sub(c.clock.Now()))
}

// GenerationChanged says whether a spec is another than at the last call: what was read may then be
// judged otherwise, and is read again.
func (c *Connection) GenerationChanged(generation int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	changed := c.generation != generation
	c.generation = generation
	return changed
}

// Schedule says when the next reading is due.
func (c *Connection) Schedule(after time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.due = c.clock.Now().Add(after)
}

// Plausible says why a reading is implausible, given the last plausible one (nil for none); nil
// where it is plausible.
type Plausible func(snapshot, last *Snapshot) error

// Refresh reads the provider: identity, accounts, servers and one list of the permission
// table. A reading that fails in any part, or is implausible, leaves the last good one in place.
func (c *Connection) Refresh(ctx context.Context, plausible Plausible) (*Snapshot, error) {
	c.mu.Lock()
	reader, digest := c.inUse.reader, c.inUse.digest
	c.mu.Unlock()
	if reader == nil {
		return nil, errNoClient
	}
	snapshot, err := Read(ctx, reader, c.clock)
	if err == nil {
		last := c.merge(snapshot)
		err = plausible(snapshot, last)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inUse.digest != digest {
		return c.table.snapshot, errReconfigured
	}
	if err != nil {
		c.table.health.Err = err
		return c.table.snapshot, err
	}
	c.keepWritten(snapshot) // what was written meanwhile
	if c.table.snapshot != nil {
		snapshot.ChangedAt = c.table.snapshot.ChangedAt
		if !c.table.snapshot.sameTable(snapshot) {
			snapshot.ChangedAt = snapshot.Began
		}
	}
	c.table.snapshot = snapshot
	c.table.health = Health{Verified: snapshot.Began, Read: c.clock.Now(), Configuration: digest}
	return snapshot, nil
}

// merge puts what we wrote meanwhile into a reading, and returns the one before it.
func (c *Connection) merge(snapshot *Snapshot) *Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keepWritten(snapshot)
	return c.table.snapshot
}

var errReconfigured = &hosting.Error{Class: hosting.ClassUnavailable, Op: "read provider", Detail: "the backend was reconfigured meanwhile"}

// keepWritten puts rows we wrote after the list began in the place of the list's.
func (c *Connection) keepWritten(snapshot *Snapshot) {
	for person, written := range c.table.written {
		if written.at.Before(snapshot.Began) {
			delete(c.table.written, person)
			continue
		}
		snapshot.rows = snapshot.rows.with(person, written.row)
	}
}

// Read reads a provider: who the key belongs to, its places and its table. It costs four reads, five where the
// key acts for another owner. Errors are *hosting.Error.
func Read(ctx context.Context, reader hosting.Reader, c clock.PassiveClock) (*Snapshot, error) {
	identity, err := reader.Identity(ctx)
	if err != nil {
		return nil, err
	}
	accounts, err := reader.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	servers, err := reader.Servers(ctx)
	if err != nil {
		return nil, err
	}
	began := c.Now()
	rows, err := reader.Table(ctx)
	if err != nil {
		return nil, err
	}
	snapshot := SnapshotOf(identity, access.PlacesOf(accounts, servers), rows, began)
	snapshot.Accounts, snapshot.Servers = len(accounts), len(servers)
	return snapshot, nil
}
