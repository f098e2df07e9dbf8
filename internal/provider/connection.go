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

// Configuration is a digest of everything that a connection's clients were made from.
type Configuration string

// Health is how the last readings went.
type Health struct {
	// Verified is when the last good reading began; zero before the first.
	Verified time.Time
	// Err is why the last reading failed; nil after a good one.
	Err error
	// Configuration of the clients in use, once the table was read with them; empty before, and
	// without clients. Whoever plans on what was read says it again when they act.
	Configuration Configuration
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
	table table
	// due is when the table is read next.
	due time.Time
	// ahead is by how much our clock was ahead of the provider's when it last told the time.
	ahead time.Duration
	// generation of the spec that was last read for.
	generation int64
	// holdings as last read with these clients; nil before, and after one was dropped.
	holdings *Holdings
}

// clients are what a connection talks to its provider with, whose table that is, and what rows of ours
// are marked with. The digest stands for everything they were made from.
type clients struct {
	reader      hosting.Reader
	writer      hosting.Writer
	owner, mark string
	digest      Configuration
}

// table is what was read last.
type table struct {
	snapshot *Snapshot
	health   Health
	// written is when a person's row was last written to, and what was read back: a list
	// that began before says nothing about them.
	written map[string]writtenRow
}

type writtenRow struct {
	at  time.Time
	row *hosting.Row
}

func newConnection(c clock.PassiveClock, window time.Duration, lease func(time.Duration) error, wake func(string)) *Connection {
	writes := queue.NewFairQueue(wake)
	return &Connection{
		clock: c, writes: writes, mails: queue.NewMailLimiter(c, window, wake, writes.Has), guard: gate.NewGuard(c.Now().Truncate(time.Second)), lease: lease,
		table: table{written: map[string]writtenRow{}},
	}
}

// Guard of removals on this backend.
func (s *Connection) Guard() *gate.Guard { return s.guard }

// Writes is the queue of those who are written to on this backend.
func (s *Connection) Writes() *queue.FairQueue { return s.writes }

// Mails is the limiter of invitations on this backend.
func (s *Connection) Mails() *queue.MailLimiter { return s.mails }

// Configure gives the connection its clients; a reading is due at once. The digest stands for
// everything they were made from, owner for whose table it is: where that changes, what was
// read so far is dropped. mark is what rows are marked with, writer is nil in Observe mode.
func (s *Connection) Configure(owner string, digest Configuration, mark string, reader hosting.Reader, writer hosting.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse.owner != owner {
		s.table, s.ahead = table{written: map[string]writtenRow{}}, 0
	}
	s.inUse = clients{reader: reader, writer: writer, owner: owner, mark: mark, digest: digest}
	s.table.health.Configuration, s.due, s.holdings = "", time.Time{}, nil
}

// ConfiguredAs says whether the clients in use were made from what the digest stands for.
func (s *Connection) ConfiguredAs(digest Configuration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inUse.reader != nil && s.inUse.digest == digest
}

// Close takes the clients away: nothing is read or written until Configure. It says whether
// that was news.
func (s *Connection) Close(why error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.table.health.Err != why || s.inUse.reader != nil //nolint:errorlint // the same value, or another one
	s.inUse.digest, s.inUse.reader, s.inUse.writer = "", nil, nil
	s.table.health.Err, s.table.health.Configuration = why, ""
	return news
}

// Latest is the last good reading, nil before the first, and how reading went since.
func (s *Connection) Latest() (*Snapshot, Health) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.table.snapshot, s.table.health
}

// Due is how long to wait before the next reading: 0 for a connection that was not read since
// it was configured.
func (s *Connection) Due() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, s.due.Sub(s.clock.Now()))
}

// GenerationChanged says whether a spec is another than at the last call: what was read may then be judged
// otherwise, and is read again.
func (s *Connection) GenerationChanged(generation int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.generation != generation
	s.generation = generation
	return news
}

// Schedule says when the next reading is due.
func (s *Connection) Schedule(after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due = s.clock.Now().Add(after)
}

// Plausible says why a reading is not to be believed, given the last one that was (nil for none); it
// gives nil where it is.
type Plausible func(snapshot, last *Snapshot) error

// Refresh reads the provider: identity, accounts, servers and one list of the permission
// table. A reading that fails in any part, or that the plausible does not believe, leaves the
// last good one in place.
func (s *Connection) Refresh(ctx context.Context, plausible Plausible) (*Snapshot, error) {
	s.mu.Lock()
	reader, digest := s.inUse.reader, s.inUse.digest
	s.mu.Unlock()
	if reader == nil {
		return nil, errNoClient
	}
	snapshot, err := read(ctx, reader, s.clock)
	if err == nil {
		last := s.merge(snapshot)
		err = plausible(snapshot, last)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inUse.digest != digest {
		return s.table.snapshot, errReconfigured
	}
	if err != nil {
		s.table.health.Err = err
		return s.table.snapshot, err
	}
	s.keepWritten(snapshot) // what was written while it was judged
	if s.table.snapshot != nil {
		snapshot.ChangedAt = s.table.snapshot.ChangedAt
		if !s.table.snapshot.sameTable(snapshot) {
			snapshot.ChangedAt = snapshot.Began
		}
	}
	s.table.snapshot = snapshot
	s.table.health = Health{Verified: snapshot.Began, Configuration: digest}
	return snapshot, nil
}

// merge puts what we wrote meanwhile into a reading, and returns the one before it.
func (s *Connection) merge(snapshot *Snapshot) *Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keepWritten(snapshot)
	return s.table.snapshot
}

var errReconfigured = &hosting.Error{Class: hosting.ClassUnavailable, Op: "read provider", Detail: "the backend was reconfigured meanwhile"}

// keepWritten puts rows we wrote after the list began in the place of the list's.
func (s *Connection) keepWritten(snapshot *Snapshot) {
	for person, written := range s.table.written {
		if written.at.Before(snapshot.Began) {
			delete(s.table.written, person)
			continue
		}
		if written.row == nil {
			delete(snapshot.rows, person)
		} else {
			snapshot.rows[person] = *written.row
		}
	}
}

func read(ctx context.Context, reader hosting.Reader, c clock.PassiveClock) (*Snapshot, error) {
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
	snapshot := newSnapshot(rows)
	snapshot.Began, snapshot.Identity = began, identity
	snapshot.Places = access.PlacesOf(accounts, servers)
	snapshot.Accounts, snapshot.Servers = len(accounts), len(servers)
	return snapshot, nil
}
