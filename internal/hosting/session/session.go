package session

import (
	"context"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Configuration is a digest of everything that a session's clients were made from.
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

// Session is what the manager holds of one backend. It is safe for concurrent use.
type Session struct {
	clock  clock.PassiveClock
	line   *line
	outbox *Outbox
	guard  *gate.Guard
	holds  func(time.Duration) error
	// reading is held while the holdings are being read.
	reading sync.Mutex

	mu       sync.Mutex
	owner    string
	digest   Configuration
	mark     string
	reader   hosting.Reader
	writer   hosting.Writer
	snapshot *Snapshot
	health   Health
	due      time.Time
	// ahead is by how much our clock was ahead of the provider's when it last told the time.
	ahead time.Duration
	// generation of the spec that was last read for.
	generation int64
	// written is when a person's row was last written to, and what was read back: a list
	// that began before says nothing about them.
	written map[string]writtenRow
	// holdings as last read with these clients; nil before, and after one was dropped.
	holdings *Holdings
}

type writtenRow struct {
	at  time.Time
	row *hosting.Row
}

func newSession(c clock.PassiveClock, wake func(string)) *Session {
	s := &Session{clock: c, line: newLine(wake), outbox: newOutbox(c, wake), guard: gate.NewGuard(c.Now().Truncate(time.Second)), written: map[string]writtenRow{}}
	s.outbox.writes = s.line.has
	return s
}

// Guard of removals on this backend.
func (s *Session) Guard() *gate.Guard { return s.guard }

// Outbox of invitations on this backend.
func (s *Session) Outbox() *Outbox { return s.outbox }

// Configure gives the session its clients; a reading is due at once. The digest stands for
// everything they were made from, owner for whose table it is: where that changes, what was
// read so far is dropped. mark is what rows are marked with, writer is nil in Observe mode.
func (s *Session) Configure(owner string, digest Configuration, mark string, reader hosting.Reader, writer hosting.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.owner != owner {
		s.snapshot, s.health, s.written, s.ahead = nil, Health{}, map[string]writtenRow{}, 0
	}
	s.owner, s.digest, s.mark, s.reader, s.writer = owner, digest, mark, reader, writer
	s.health.Configuration, s.due, s.holdings = "", time.Time{}, nil
}

// ConfiguredAs says whether the clients in use were made from what the digest stands for.
func (s *Session) ConfiguredAs(digest Configuration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reader != nil && s.digest == digest
}

// Close takes the clients away: nothing is read or written until Configure. It says whether
// that was news.
func (s *Session) Close(why error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.health.Err != why || s.reader != nil //nolint:errorlint // the same value, or another one
	s.digest, s.reader, s.writer = "", nil, nil
	s.health.Err, s.health.Configuration = why, ""
	return news
}

// Latest is the last good reading, nil before the first, and how reading went since.
func (s *Session) Latest() (*Snapshot, Health) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshot, s.health
}

// Due is how long to wait before the next reading: 0 for a session that was not read since
// it was configured.
func (s *Session) Due() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, s.due.Sub(s.clock.Now()))
}

// News says whether a spec is another than at the last call: what was read may then be judged
// otherwise, and is read again.
func (s *Session) News(generation int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.generation != generation
	s.generation = generation
	return news
}

// Schedule says when the next reading is due.
func (s *Session) Schedule(after time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.due = s.clock.Now().Add(after)
}

// Judge says why a reading is not to be believed, given the last one that was (nil for none); it
// gives nil where it is.
type Judge func(snapshot, last *Snapshot) error

// Refresh reads the provider: identity, accounts, servers and one list of the permission
// table. A reading that fails in any part, or that the judge does not believe, leaves the
// last good one in place.
func (s *Session) Refresh(ctx context.Context, judge Judge) (*Snapshot, error) {
	s.mu.Lock()
	reader, digest := s.reader, s.digest
	s.mu.Unlock()
	if reader == nil {
		return nil, errNoClient
	}
	snapshot, err := read(ctx, reader, s.clock)
	if err == nil {
		last := s.merge(snapshot)
		err = judge(snapshot, last)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if s.digest != digest {
		return s.snapshot, errReconfigured
	}
	if err != nil {
		s.health.Err = err
		return s.snapshot, err
	}
	s.keepWritten(snapshot) // what was written while it was judged
	if s.snapshot != nil {
		snapshot.ChangedAt = s.snapshot.ChangedAt
		if !s.snapshot.sameTable(snapshot) {
			snapshot.ChangedAt = snapshot.Began
		}
	}
	s.snapshot = snapshot
	s.health = Health{Verified: snapshot.Began, Configuration: digest}
	return snapshot, nil
}

// merge puts what we wrote meanwhile into a reading, and returns the one before it.
func (s *Session) merge(snapshot *Snapshot) *Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keepWritten(snapshot)
	return s.snapshot
}

var errReconfigured = &hosting.Error{Class: hosting.ClassUnavailable, Op: "read provider", Detail: "the backend was reconfigured meanwhile"}

// keepWritten puts rows we wrote after the list began in the place of the list's.
func (s *Session) keepWritten(snapshot *Snapshot) {
	for person, written := range s.written {
		if written.at.Before(snapshot.Began) {
			delete(s.written, person)
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
