package model

import (
	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// post is what really was mailed since the row was made.
type post struct {
	ordinals             uint16 // a bit for each
	automatic, requested int8
	last, lastRequested  int8 // when
}

// told says whether the person was ever mailed about their row.
func (p *person) told() bool { return p.past.post.automatic+p.past.post.requested > 0 }

// mailed notes a mail that left for an intent, and sees whether it should have.
func (m *machine) mailed(w *world, i int, of *v1alpha1.InvitationStatus) {
	p := m.person(w, i)
	post := &p.past.post
	if post.ordinals&(1<<of.Ordinal) != 0 {
		m.breaks("I7: a second mail left for one intent, number %d", of.Ordinal)
	}
	post.ordinals |= 1 << of.Ordinal
	if of.AskedAt != nil && of.AskedAt.Equal(of.IntendedAt) {
		if post.requested > 0 && w.now-post.lastRequested < 1 {
			m.breaks("two mails within an hour because somebody asked")
		}
		post.requested, post.lastRequested = post.requested+1, w.now
	} else {
		if post.automatic > 0 && w.now-post.last < resendAfter {
			m.breaks("I7: a mail left by itself %d periods after the last one", w.now-post.last)
		}
		post.automatic++
	}
	post.last = w.now
	w.people[i] = m.people.id(p)
	switch {
	case post.automatic > 1 && m.life == 0, post.automatic > maxSends:
		m.breaks("I7: person %d got one mail too many", i)
	case post.requested > w.heeded:
		m.breaks("person %d got more mails than were asked for", i)
	case post.automatic > 0 && p.past.foreign:
		m.breaks("I7: person %d got a mail for a row that was there before", i)
	case p.profile && p.past.met:
		// Whoever follows a link after the row was read last, and before the mail leaves, gets
		// the mail all the same: nothing can be read and mailed in one step.
		m.breaks("I7: person %d got a mail, and had a profile when the row was read last", i)
	}
}

// judgeInvitation sees at rest whether somebody was told.
func (m *machine) judgeInvitation(w *world, i int, p *person, record *v1alpha1.AccessRecord) {
	if !p.row.there || p.profile || p.past.foreign || p.told() || contributed(record) == [2]bool{} {
		return // nobody is told who is given nothing
	}
	invitation := record.Status.Invitation
	if invitation == nil {
		m.breaks("I7: at rest nothing is remembered of the invitation of person %d", i)
		return
	}
	switch invitation.State {
	case v1alpha1.InvitationUnknown, v1alpha1.InvitationSent, v1alpha1.InvitationExpired, v1alpha1.InvitationUnanswered,
		v1alpha1.InvitationRefused, v1alpha1.InvitationUnsupported:
		if m.whole(w) {
			m.breaks("I7: at rest person %d was told nothing, and nothing had failed", i)
		}
	default:
		m.breaks("I7: at rest person %d was told nothing, and the record says %s", i, invitation.State)
	}
}

// judgeLife sees at rest what is said of a link that has ended, and of who asked.
func (m *machine) judgeLife(w *world, i int, p *person, record *v1alpha1.AccessRecord) {
	if !p.row.there || p.profile || record == nil || record.Status.Invitation == nil {
		return
	}
	state, post := record.Status.Invitation.State, p.past.post
	ended := m.life > 0 && p.row.ended(w.now)
	said := state == v1alpha1.InvitationExpired || state == v1alpha1.InvitationUnanswered
	refused := state == v1alpha1.InvitationRefused || state == v1alpha1.InvitationUnsupported
	if ended && !said && (!refused || m.whole(w)) {
		m.breaks("at rest the link of person %d has ended, and the record says %s", i, state)
	}
	due := post.automatic > 0 && post.automatic < maxSends && w.now-post.last >= resendAfter && post.requested == 0
	if ended && due && !p.past.foreign && m.whole(w) {
		m.breaks("at rest person %d was not mailed again", i)
	}
	if m.whole(w) && asks(record) && w.now-post.lastRequested > 1 {
		m.breaks("at rest somebody asked for a mail to person %d, and was not answered", i)
	}
}

// asks says whether a grant asks for another mail, as the record does not tell yet.
func asks(record *v1alpha1.AccessRecord) bool {
	for _, c := range record.Spec.Contributions {
		for _, echo := range record.Status.Contributions {
			if echo.UID == c.UID && c.Resend != "" && c.Resend != echo.Resend {
				return true
			}
		}
	}
	return false
}

// whole says that nothing has failed so far.
func (m *machine) whole(w *world) bool {
	return m.budget.crashes == w.left.crashes && m.budget.faults == w.left.faults
}
