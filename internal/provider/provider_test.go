package provider

import (
	"context"
	"slices"
	"sync"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// provider is a small hosting in memory that behaves: rows have ids, unknown ones are not
// found, calls are counted.
type provider struct {
	mu    sync.Mutex
	rows  map[int64]hosting.Row
	next  int64
	calls map[string]int
	// holder of the key, and its holdings elsewhere.
	holder   string
	holdings []hosting.Holding
	// during runs while a list is being answered, after its rows were taken.
	during func()
	// fail is returned by the next call of that name, once.
	fail map[string]error
}

func newProvider(rows ...hosting.Row) *provider {
	p := &provider{rows: map[int64]hosting.Row{}, holder: "owner@acme.example", calls: map[string]int{}, fail: map[string]error{}}
	for _, row := range rows {
		p.next++
		row.ID = p.next
		p.rows[row.ID] = row
	}
	return p
}

func (p *provider) call(name string) error {
	p.calls[name]++
	err := p.fail[name]
	delete(p.fail, name)
	return err
}

func (p *provider) Identity(context.Context) (hosting.Identity, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return hosting.Identity{CustomerID: 1, Email: "owner@acme.example", Holder: p.holder}, p.call("identity")
}

func (p *provider) Accounts(context.Context) ([]hosting.Place, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return []hosting.Place{{ID: 1, Name: "shop"}}, p.call("accounts")
}

func (p *provider) Servers(context.Context) ([]hosting.Place, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return nil, p.call("servers")
}

func (p *provider) Table(context.Context) ([]hosting.Row, error) {
	p.mu.Lock()
	err := p.call("table")
	var rows []hosting.Row
	for _, row := range p.rows {
		rows = append(rows, row)
	}
	p.mu.Unlock()
	if p.during != nil {
		p.during()
	}
	return rows, err
}

func (p *provider) Row(_ context.Context, id int64) (hosting.Row, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.call("row"); err != nil {
		return hosting.Row{}, err
	}
	row, ok := p.rows[id]
	if !ok {
		return row, &hosting.Error{Class: hosting.ClassNotFound, Op: "read permission"}
	}
	return row, nil
}

func (p *provider) FindRow(_ context.Context, email string) (hosting.Row, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.call("find"); err != nil {
		return hosting.Row{}, err
	}
	for _, row := range p.rows {
		if access.SameAddress(row.Email, email) {
			return row, nil
		}
	}
	return hosting.Row{}, &hosting.Error{Class: hosting.ClassNotFound, Op: "find permission"}
}

func (p *provider) CreateRow(_ context.Context, row hosting.NewRow) (int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next++
	p.rows[p.next] = hosting.Row{ID: p.next, Email: row.Email, Rights: row.Rights}
	return p.next, p.call("create") // an error here is an answer lost after the commit
}

func (p *provider) UpdateRow(_ context.Context, have hosting.Row, want hosting.Rights, annotation string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	row := p.rows[have.ID]
	row.Rights, row.Annotation = want, annotation
	p.rows[have.ID] = row
	return p.call("update")
}

// Invite does it before it fails: an answer lost after the commit, like all here.
func (p *provider) Invite(_ context.Context, id int64, mails int32, notify bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	row, ok := p.rows[id]
	switch {
	case !ok:
		return &hosting.Error{Class: hosting.ClassNotFound, Op: "invite again"}
	case *row.Invitation.Mails != mails:
		return &hosting.Error{Class: hosting.ClassConflict, Op: "invite again"}
	}
	invitation := *row.Invitation
	if notify {
		mails++
	}
	invitation.Mails = &mails
	row.Invitation = &invitation
	p.rows[id] = row
	return p.call("invite")
}

func (p *provider) DeleteRow(_ context.Context, id int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.rows, id)
	return p.call("delete")
}

func (p *provider) Holdings(context.Context) ([]hosting.Holding, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.holdings), p.call("holdings")
}

func (p *provider) DropHolding(_ context.Context, id int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.holdings = slices.DeleteFunc(p.holdings, func(h hosting.Holding) bool { return h.ID == id })
	return p.call("drop")
}

// deaf is a provider that is not reached by writes.
type deaf struct{ *provider }

var errUnreached = &hosting.Error{Class: hosting.ClassUnavailable, Op: "write"}

func (deaf) CreateRow(context.Context, hosting.NewRow) (int64, error) { return 0, errUnreached }

func (deaf) UpdateRow(context.Context, hosting.Row, hosting.Rights, string) error {
	return errUnreached
}

func (deaf) DeleteRow(context.Context, int64) error { return errUnreached }

// slow is a provider whose list of holdings takes as long as somebody wants.
type slow struct {
	*provider
	asked, answer chan bool
}

func (s slow) Holdings(ctx context.Context) ([]hosting.Holding, error) {
	s.asked <- true
	<-s.answer
	return s.provider.Holdings(ctx)
}
