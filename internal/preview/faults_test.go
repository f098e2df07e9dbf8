package preview

import (
	"context"
	"slices"

	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/faults"
)

// failure is a way in which writes for somebody fail.
type failure struct {
	name  string
	fault faults.Fault
	// stops: what fails so is not done. reasons are what a record says of it.
	stops   bool
	reasons []string
}

// gone: somebody removes the row at the provider right before it is written to.
const gone = "the row is gone"

var failures = []failure{
	{"refused", faults.Fault{Kind: faults.Refuse, Status: 400}, true, []string{v1alpha1.ReasonRefusedByProvider}},
	{"forbidden", faults.Fault{Kind: faults.Refuse, Status: 403}, true, []string{v1alpha1.ReasonForbidden}},
	{"conflict", faults.Fault{Kind: faults.Refuse, Status: 409}, true, []string{v1alpha1.ReasonConflict}},
	{"5xx", faults.Fault{Kind: faults.Refuse, Status: 503}, true, []string{v1alpha1.ReasonProviderUnavailable}},
	{"cut", faults.Fault{Kind: faults.Cut}, true, []string{v1alpha1.ReasonProviderUnavailable}},
	{"ignored", faults.Fault{Kind: faults.Ignore}, true, []string{v1alpha1.ReasonNotTakenEffect, v1alpha1.ReasonNotConverging, v1alpha1.ReasonProviderUnavailable}},
	{"answer lost", faults.Fault{Kind: faults.LoseAnswer}, false, nil},
	{gone, faults.Fault{}, false, nil},
}

// trouble is a failure of the next so many writes for somebody.
type trouble struct {
	failure
	// left of the writes that fail, and met the ones that did.
	left, met int
}

// hit says whether a write failed; stopped whether all did, and none was done.
func (t *trouble) hit() bool     { return t != nil && t.met > 0 }
func (t *trouble) stopped() bool { return t.hit() && t.left > 0 && t.stops }

func (t *trouble) is(name string) bool { return t.hit() && t.name == name }

// always is more often than anything is tried in a round.
const always = 1000

// mailed is how often somebody was mailed, and for which row that was counted how far.
type mailed struct {
	row      int64
	of, from int
}

// faulty is a provider that fails for some people, with real answers over its API.
type faulty struct {
	hosting.Writer
	server  *reference.Server
	owner   string
	trouble map[string]*trouble
	mails   map[string]mailed
	// what never changes in a round is asked once.
	identity hosting.Identity
	accounts []hosting.Place
}

func (f *faulty) Identity(context.Context) (hosting.Identity, error) { return f.identity, nil }
func (f *faulty) Accounts(context.Context) ([]hosting.Place, error)  { return f.accounts, nil }
func (f *faulty) Servers(context.Context) ([]hosting.Place, error)   { return nil, nil }

// draw draws who is in trouble.
func (f *faulty) draw(t *rapid.T) {
	f.trouble = map[string]*trouble{}
	if rapid.IntRange(1, 4).Draw(t, "all goes well") == 1 {
		return
	}
	for _, email := range everyone {
		if rapid.Bool().Draw(t, "trouble of "+email) {
			one := &trouble{failure: rapid.SampledFrom(failures).Draw(t, "failure"), left: rapid.SampledFrom([]int{1, always}).Draw(t, "times")}
			if one.name == gone {
				one.left = 1
			}
			f.trouble[email] = one
		}
	}
}

// inTrouble says whether any write failed.
func (f *faulty) inTrouble() bool {
	for _, trouble := range f.trouble {
		if trouble.hit() {
			return true
		}
	}
	return false
}

// lift ends all trouble.
func (f *faulty) lift() {
	for _, trouble := range f.trouble {
		trouble.left = 0
	}
}

// call does a write for somebody, with what fails of it.
func (f *faulty) call(ctx context.Context, address string, write func() error) error {
	trouble := f.trouble[address]
	if trouble == nil || trouble.left == 0 {
		return f.counted(ctx, address, write())
	}
	trouble.left, trouble.met = trouble.left-1, trouble.met+1
	if trouble.name == gone {
		if err := f.server.RemoveRow(ctx, f.owner, address); err != nil {
			trouble.met-- // there is none yet
		}
		return f.counted(ctx, address, write())
	}
	if err := f.server.SetFaults(trouble.fault); err != nil {
		return err
	}
	err := write()
	if off := f.server.SetFaults(); off != nil {
		return off
	}
	return f.counted(ctx, address, err)
}

// counted counts the mails of a row after a write that ended so. Nobody with a profile is mailed.
func (f *faulty) counted(ctx context.Context, address string, ended error) error {
	if slices.Contains(known, address) {
		return ended
	}
	row, err := f.FindRow(ctx, address)
	if err != nil || row.Invitation == nil || row.Invitation.Mails == nil {
		return ended
	}
	before, count := f.mails[address], int(*row.Invitation.Mails)
	if before.row != row.ID {
		before.row, before.from = row.ID, 0
	}
	f.mails[address] = mailed{row.ID, before.of + count - before.from, count}
	return ended
}

func (f *faulty) CreateRow(ctx context.Context, row hosting.NewRow) (id int64, err error) {
	err = f.call(ctx, row.Email, func() (err error) { id, err = f.Writer.CreateRow(ctx, row); return err })
	return id, err
}

func (f *faulty) UpdateRow(ctx context.Context, have hosting.Row, want hosting.Rights, annotation string) error {
	return f.call(ctx, have.Email, func() error { return f.Writer.UpdateRow(ctx, have, want, annotation) })
}

func (f *faulty) Invite(ctx context.Context, id int64, mails int32, notify bool) error {
	return f.call(ctx, f.addressOf(ctx, id), func() error { return f.Writer.Invite(ctx, id, mails, notify) })
}

func (f *faulty) DeleteRow(ctx context.Context, id int64) error {
	return f.call(ctx, f.addressOf(ctx, id), func() error { return f.Writer.DeleteRow(ctx, id) })
}

// addressOf is whose row it is.
func (f *faulty) addressOf(ctx context.Context, id int64) string {
	rows, err := f.server.Rows(ctx, f.owner)
	if err != nil {
		return ""
	}
	at := slices.IndexFunc(rows, func(r reference.Row) bool { return r.ID == id })
	if at < 0 {
		return ""
	}
	return rows[at].Email
}
