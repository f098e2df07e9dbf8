package model

import (
	"fmt"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// broken notes the first promise that a step broke.
func (s *state) broken(format string, args ...any) {
	if s.flaw == "" {
		s.flaw = fmt.Sprintf(format, args...)
	}
}

// declared is what existing grants give a person.
func (m machine) declared(s *state, i int) hosting.Rights {
	return m.united(s.exists, i)
}

func (m machine) united(grants [2]bool, i int) hosting.Rights {
	all := hosting.Rights{}
	for g, there := range grants {
		if there {
			all = all.Union(m.gives[g][i])
		}
	}
	return all
}

// judgeDecision sees what one look is about to take away, or holds.
func (m machine) judgeDecision(s *state, i int, t thought) {
	p := &s.people[i]
	for right := range t.plan.Remove {
		switch {
		case m.given.Has(right) && i == 0, p.hand.Has(right):
			s.broken("additive (I4): person %d is to lose %s, which the owner gave", i, right.Name)
		case m.united(p.contributed, i).Has(right):
			s.broken("I3: person %d is to lose %s, which a grant gives", i, right.Name)
		case !p.approved.Has(right):
			m.judgeLoss(s, i, right)
		}
	}
	if _, known := s.frozen[t.batch]; known || t.batch == "" {
		return
	}
	m.freeze(s, t.batch)
	for _, namespace := range t.held {
		if m.losers(s, namespace, false) < 2 {
			s.broken("I5: person %d is held although %s is the only one to lose anything by %s", i, name(i), namespace)
		}
	}
}

// judgeLoss sees a removal that nobody approved.
func (m machine) judgeLoss(s *state, i int, right hosting.Right) {
	for g, namespace := range m.namespaces {
		if !m.gives[g][i].Has(right) {
			continue
		}
		s.people[i].tried[m.number(namespace)] = true
		if s.people[i].withdrawn[g] >= s.now && !m.hasty {
			s.broken("I5: person %d is to lose %s in the moment in which it was first seen", i, right.Name)
		}
		if m.managed(namespace) > 1 && m.losers(s, namespace, true) > 1 {
			s.broken("I5: person %d is to lose %s, and with that everybody lost or loses something by %s", i, right.Name, namespace)
		}
	}
}

// managed counts the people whom grants of a namespace name.
func (m machine) managed(namespace string) int {
	count := 0
	for i := range crowd {
		for g := range m.namespaces {
			if m.namespaces[g] == namespace && m.gives[g][i] != nil {
				count++
				break
			}
		}
	}
	return count
}

// losers counts the people who lost something by a namespace that nobody approved, or are to
// lose it: what they still have and no grant gives any more. Overdue leaves out what was
// deleted in this very moment, for nobody can know of it yet; else what was seen counts, and
// what was tried.
func (m machine) losers(s *state, namespace string, overdue bool) int {
	count := 0
	for i := range s.people {
		p := &s.people[i]
		gives := p.basis
		if overdue {
			for g := range gives {
				gives[g] = s.exists[g] || s.deleted[g] >= s.now
			}
		}
		loses := p.lost[m.number(namespace)] || !overdue && p.tried[m.number(namespace)]
		for g := range m.namespaces {
			due := p.row.Intersect(m.gives[g][i]).Minus(m.united(gives, i)).Minus(p.approved)
			loses = loses || m.namespaces[g] == namespace && len(due) > 0
		}
		if loses {
			count++
		}
	}
	return count
}

// judgeWrite sees the row change.
func (m machine) judgeWrite(s *state, i int) {
	p := &s.people[i]
	gone := p.row.Minus(p.plan.Target)
	for right := range gone.Minus(p.approved) {
		for g, namespace := range m.namespaces {
			if m.gives[g][i].Has(right) && m.managed(namespace) > 1 {
				p.lost[m.number(namespace)] = true
			}
		}
	}
	if kept := m.united(p.basis, i).Intersect(gone); len(kept) > 0 {
		s.broken("I3: person %d loses %v in between", i, kept.Sorted())
	}
}

// judgeMails sees a mail leave.
func (m machine) judgeMails(s *state, i int) {
	switch p := &s.people[i]; {
	case p.post.automatic > 1 && m.life == 0, p.post.automatic > maxSends:
		s.broken("I7: person %d got one mail too many", i)
	case p.post.requested > s.heeded:
		s.broken("person %d got more mails than were asked for", i)
	case p.post.automatic > 0 && p.foreign:
		s.broken("I7: person %d got a mail for a row that was there before", i)
	case p.mails > 0 && p.profile:
		s.broken("I7: person %d got a mail and has a profile", i)
	}
}

// judgeRest sees the world when nothing is left to do at this moment.
func (m machine) judgeRest(s *state) {
	if s.observed {
		return
	}
	for i := range s.people {
		p := &s.people[i]
		want := m.declared(s, i)
		if missing := want.Minus(p.row); len(missing) > 0 {
			s.broken("I8: at rest person %d lacks %v", i, missing.Sorted())
		}
		surplus := p.row.Minus(want).Minus(p.hand)
		if i == 0 {
			surplus = surplus.Minus(m.given)
		}
		for right := range surplus {
			m.judgeSurplus(s, i, right)
		}
		for right := range p.memory.Owed {
			if !p.row.Has(right) && p.memory.Late(moment(s.now)) == 0 {
				s.broken("I13: at rest person %d owes %s, which is gone", i, right.Name)
			}
		}
		m.judgeInvitation(s, i)
		m.judgeLife(s, i)
	}
}

// judgeSurplus sees something at rest that no grant gives.
func (m machine) judgeSurplus(s *state, i int, right hosting.Right) {
	p := &s.people[i]
	debt, owed := p.memory.Owed[right]
	switch {
	case !owed:
		s.broken("I13: at rest person %d has %s, and nobody remembers to take it", i, right.Name)
	case s.now <= max(s.started, periods(debt.Since)): // has not settled
	case p.approved.Has(right):
		s.broken("I5: at rest person %d has %s, whose removal was released", i, right.Name)
	case debt.Batch == "":
		s.broken("I5: at rest person %d has %s, whose removal has settled and is not held", i, right.Name)
	}
}

// judgeInvitation sees at rest whether somebody was told.
func (m machine) judgeInvitation(s *state, i int) {
	p := &s.people[i]
	if p.row == nil || p.profile || p.foreign || p.mails > 0 || p.contributed == [2]bool{} {
		return // nobody is told who is given nothing
	}
	if p.invitation == nil {
		s.broken("I7: at rest nothing is remembered of the invitation of person %d", i)
		return
	}
	switch p.invitation.State {
	case v1alpha1.InvitationUnknown, v1alpha1.InvitationSent, v1alpha1.InvitationExpired, v1alpha1.InvitationUnanswered:
		if m.whole(s) {
			s.broken("I7: at rest person %d was told nothing, and nothing had failed", i)
		}
	default:
		s.broken("I7: at rest person %d was told nothing, and the record says %s", i, p.invitation.State)
	}
}

// left is how often anything can fail in this world.
func (m machine) left() int { return m.budget.crashes + m.budget.faults }
