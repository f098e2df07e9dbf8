package model

import (
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

func (r row) ended(now int8) bool { return r.ends > 0 && now >= r.ends }

// is says whether it is the row that was read.
func (r row) is(read *hosting.Row) bool { return r.there && read != nil && read.ID == int64(r.number) }

// takes says whether the provider does a write: no second row is made for an address, and what is
// gone is not changed, but may be removed again.
func (r row) takes(l late) bool {
	switch {
	case l.creates:
		return !r.there
	case l.deletes && !r.there:
		return true
	}
	return r.there && r.number == l.number
}

// rowOf is a row as the manager reads it; nil for none.
func (m *machine) rowOf(v view) *hosting.Row {
	if !v.row.there {
		return nil
	}
	row := &hosting.Row{ID: int64(v.row.number), Email: name(int(v.who)) + "@acme.example", Rights: v.row.rights.rights(), TellsInvitation: true}
	if v.profile && !m.is(seesNoProfiles) {
		row.ProfileID = 1
		return row
	}
	row.Invitation = &hosting.Invitation{State: hosting.InvitationPending, Link: "link", Mails: ptr.To(int32(v.row.mails))}
	if v.ended && !m.is(ignoresEnds) {
		row.Invitation.State, row.Invitation.Link = hosting.InvitationExpired, ""
	}
	return row
}

// wished is the row as a write was to make it.
func (m *machine) wished(in inputs, d *decided) *hosting.Row {
	if d.Change.Target.Empty() {
		return nil
	}
	row := hosting.Row{ID: in.RowID() + 1, ProfileID: 1}
	if in.Row != nil {
		row = *in.Row
	}
	row.Rights = d.Change.Target
	return &row
}

// commit has the provider do a write: what differs from the row that was read is sent.
func (m *machine) commit(w *world, i int, d *decided) {
	p := m.person(w, i)
	m.judgeWrite(w, i, setOf(d.Change.Target), setOf(d.Change.Remove))
	m.judgeGift(w, i, setOf(d.Change.Add))
	creates := !p.row.there
	m.change(w, i, func(p *person) { p.apply(m.lateOf(p, d), m.endOf(w.now)) })
	if creates && d.Invitation.Notify && !p.profile {
		m.change(w, i, func(p *person) { p.row.mails = 1 })
		m.mailed(w, i, d.Intent.Invitation)
	}
}

// late is a write that was given up and that the provider may still do, until time passes: a
// settling time is much longer than that.
type late struct {
	pending, creates, deletes bool
	number                    int8
	add, remove               set
}

func (m *machine) lateOf(p *person, d *decided) late {
	in := m.inputs.of(p.in)
	l := late{pending: true, creates: in.Row == nil, deletes: d.Change.Target.Empty(), add: setOf(d.Change.Target)}
	if in.Row != nil {
		have := setOf(in.Row.Rights)
		l.number, l.add, l.remove = int8(in.Row.ID), l.add&^have, have&^l.add
	}
	return l
}

// apply does a write: a row that is there is not made, and one that is gone not changed.
func (p *person) apply(l late, ends int8) {
	switch {
	case l.creates && !p.row.there:
		p.row = row{there: true, number: p.row.number + 1, rights: l.add, ends: ends}
		p.past.foreign, p.past.post = false, post{}
	case l.creates || !p.row.there || p.row.number != l.number:
	case l.deletes:
		p.row = row{number: p.row.number}
	default:
		p.row.rights = p.row.rights&^l.remove | l.add
	}
}

// send notes what was sent, or may have been: whoever ticks it as well ticks nothing of their own.
func (a *past) send(add set) { a.sent, a.hand = a.sent|add, a.hand&^add }

func (m *machine) endOf(now int8) int8 {
	if m.life == 0 {
		return 0
	}
	return now + m.life
}

// console lists what comes late, what somebody ticks in the console, and that a backend is enforced.
func (m *machine) console(w world, add func(what, func(*world)) bool) {
	if w.observed {
		add(what{verb: "somebody says Enforce"}, func(w *world) { w.observed = false })
	}
	for i := range w.people {
		p := m.person(&w, i)
		if p.late.pending {
			add(what{verb: "the write is done late about", who: i + 1}, func(w *world) {
				m.change(w, i, func(p *person) {
					l := p.late
					p.late = late{}
					p.apply(l, m.endOf(w.now))
				})
			})
		}
		if w.left.drops > 0 && p.row.there && p.profile {
			add(what{"all is given up by", i + 1}, func(w *world) { m.drop(w, i); w.left.drops-- })
		}
		if w.left.hands == 0 {
			continue
		}
		for _, right := range (m.united([2]bool{true, true}, i) &^ p.row.rights &^ p.past.sent).each() {
			add(what{verb: "somebody ticks " + every[right].Name + " for", who: i + 1}, func(w *world) {
				m.change(w, i, func(p *person) {
					if !p.row.there {
						p.past.foreign, p.past.post = true, post{}
						p.row = row{there: true, number: p.row.number + 1}
					}
					p.row.rights, p.past.hand = p.row.rights|right, p.past.hand|right
				})
				w.left.hands--
			})
		}
	}
}

// drop has a person give up all that they have. What the record tells to be theirs they know of. While
// a removal of ours may still be done, nobody can tell whose doing it was that the row is gone.
func (m *machine) drop(w *world, i int) {
	m.change(w, i, func(p *person) {
		record := m.records.of(p.record)
		if record != nil && record.Status.RowID == int64(p.row.number) && record.Status.Person == v1alpha1.PersonActive &&
			record.Status.RemovalIntendedAt == nil {
			for _, echo := range record.Status.Contributions {
				if g := grantOf(echo.UID); echo.State == v1alpha1.ContributionLive && contributed(record)[g] {
					p.past.gaveUp[g] = true
				}
			}
		}
		p.row = row{number: p.row.number}
		p.past.hand, p.past.dropped = 0, namedBy(record)
	})
}

// what happens, and to whom.
type what struct {
	verb string
	who  int // the person's number, from 1; 0 for nobody
}

func (s what) String() string {
	if s.who == 0 {
		return s.verb
	}
	return fmt.Sprint(s.verb, " person ", s.who-1)
}
