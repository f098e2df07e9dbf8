package provider

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Holdings is what the profile behind the key holds on other owners' profiles. It is
// immutable.
type Holdings struct {
	// Began is when the reading began.
	Began time.Time
	// Configuration of the clients that it was read with.
	Configuration Configuration
	// Holder is the address of that profile.
	Holder string
	// List by id.
	List []hosting.Holding
}

// Holdings reads what the profile behind the key holds elsewhere. What was read with the
// same key within age is given again, so that several who ask cost one read. Before the
// provider was read with this key it is not known whose it is, and nothing is asked. What was
// read last is given beside an error as well; nil where nothing was. While it is being read
// for somebody else, ErrReading tells to come again: whoever waits holds no worker.
func (c *Connection) Holdings(ctx context.Context, age time.Duration) (*Holdings, error) {
	if !c.reading.TryLock() {
		return nil, ErrReading
	}
	defer c.reading.Unlock()
	c.mu.Lock()
	reader, digest, holder, known := c.inUse.reader, c.inUse.digest, c.holder(), c.holdings
	c.mu.Unlock()
	if reader == nil || holder == "" {
		return known, errNoClient
	}
	if known != nil && c.clock.Since(known.Began) < age {
		return known, nil
	}
	read := &Holdings{Began: c.clock.Now(), Configuration: digest, Holder: holder}
	list, err := reader.Holdings(ctx)
	if err != nil {
		return known, err
	}
	read.List = slices.SortedFunc(slices.Values(list), func(a, b hosting.Holding) int { return cmp.Compare(a.ID, b.ID) })
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inUse.digest != digest {
		return nil, errReconfigured
	}
	c.holdings = read
	return read, nil
}

// ErrReading says that what was asked for is being read just now.
var ErrReading = errors.New("what the profile holds is being read for somebody else")

// DropHolding gives up all of what the holder holds under an id, with the clients that the list
// was read with. Where the key is somebody else's now, nothing is sent: the id may mean something
// else there.
func (c *Connection) DropHolding(ctx context.Context, listed Configuration, holder string, id int64) error {
	c.mu.Lock()
	now := c.holder()
	c.holdings = nil
	c.mu.Unlock()
	if now != "" && !access.SameAddress(now, holder) {
		return &hosting.Error{Class: hosting.ClassIdentityChanged, Op: "drop own permissions", Detail: "the key belongs to another profile than the one whose list was confirmed; put back a key of that one, or make another Relinquishment"}
	}
	in, err := c.writable(listed, LongestCall)
	if err != nil {
		return err
	}
	return in.writer.DropHolding(ctx, id)
}

// holder is whose key is in use; empty before the provider was read with it. mu is held.
func (c *Connection) holder() string {
	if c.table.health.Configuration == "" || c.table.snapshot == nil {
		return ""
	}
	return c.table.snapshot.Identity.Holder
}
