package model

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
)

// In worlds in which links end: another mail may leave an hour after the link has ended.
const (
	maxSends    = 2
	resendAfter = 3 // periods
)

// flaws of invitations beyond the first mail.
const (
	repeatsBlindly   flaw = "has the provider mail again whatever it counts"
	forgetsOrdinal   flaw = "forgets the ordinal when a link ends"
	resendsOnStart   flaw = "forgets at each start when it mailed last"
	neverStops       flaw = "counts no mails"
	neverRepeats     flaw = "takes the first mail for the last"
	answersLate      flaw = "takes a request for answered when it was carried out"
	answersAtOnce    flaw = "answers everybody who asks, whenever somebody was mailed last"
	hearsOldRequests flaw = "takes what a grant came with for a request"
	ignoresEnds      flaw = "takes a link that has ended for one that works"
)

// link is what the provider and the grants have to do with an invitation.
type link struct {
	// ends is when; 0 for never. mails is how often the provider was asked to mail it.
	ends, mails int
	// resend is what each grant asks for, as handed over; heard what was answered.
	resend, heard [2]int
}

// post is what really was mailed since the row was made.
type post struct {
	ordinals             int // a bit for each
	automatic, requested int
	last, lastRequested  int // when
}

func (p *person) linkKey(b []byte) []byte {
	b = numbers(b, p.link.ends, p.link.mails, p.link.resend[0], p.link.resend[1], p.link.heard[0], p.link.heard[1])
	return numbers(b, p.post.ordinals, p.post.automatic, p.post.requested, p.post.last, p.post.lastRequested, int(p.step.Act))
}

func invitationKey(b []byte, i *v1alpha1.InvitationStatus) []byte {
	if i == nil {
		return append(b, ';')
	}
	b = append(append(append(b, i.State...), i.Sender...), byte('0'+i.Ordinal), byte('0'+i.Asked))
	for _, at := range []*metav1.Time{i.IntendedAt, i.AskedAt, i.SentAt} {
		if at == nil {
			b = append(b, '-')
		} else {
			b = numbers(b, periods(*at))
		}
	}
	if i.ProviderMails != nil {
		b = numbers(append(b, '#'), int(*i.ProviderMails))
	}
	return append(b, ';')
}

func (m machine) policy() invite.Policy {
	p := invite.Policy{Sender: m.sender, MaxSends: maxSends, ResendAfter: resendAfter * settle}
	switch {
	case m.is(neverStops):
		p.MaxSends = 9
	case m.is(neverRepeats):
		p.MaxSends = 1
	}
	return p
}

func (m machine) facts(s *state, p *person) invite.Facts {
	f := invite.Facts{Exists: p.row != nil, Active: p.profile}
	if p.row == nil {
		return f
	}
	f.State, f.Mails = hosting.InvitationPending, ptr.To(int32(p.link.mails))
	if p.ended(s.now) && !m.is(ignoresEnds) {
		f.State = hosting.InvitationExpired
	}
	f.HasLink = f.State == hosting.InvitationPending
	return f
}

func (p *person) ended(now int) bool { return p.link.ends > 0 && now >= p.link.ends }

// asking says whether a grant asks for another mail and was not answered.
func (m machine) asking(p *person) bool {
	for g, value := range p.link.resend {
		known := p.echoed[g] || m.is(hearsOldRequests)
		if p.contributed[g] && known && value != 0 && value != p.link.heard[g] {
			return true
		}
	}
	return false
}

func (p *person) hear() {
	for g := range p.link.resend {
		if p.contributed[g] && p.link.resend[g] != 0 {
			p.link.heard[g] = p.link.resend[g]
		}
	}
}

// echo writes down what a pass came to; what a contribution came with counts as answered.
func (p *person) echo(dismissed bool) {
	for g := range p.contributed {
		if p.contributed[g] && (!p.echoed[g] || dismissed) && p.link.resend[g] != 0 {
			p.link.heard[g] = p.link.resend[g]
		}
	}
	p.echoed = p.contributed
}

// read asks the real machine about a row as it is.
func (m machine) read(s *state, p *person, memory *v1alpha1.InvitationStatus) invite.Step {
	facts := m.facts(s, p)
	if memory != nil {
		memory = m.misremembered(s, memory.DeepCopy())
		if m.is(repeatsBlindly) && memory.ProviderMails != nil {
			facts.Mails = memory.ProviderMails
		}
	}
	step := invite.AfterRead(memory, m.policy(), facts, m.asking(p), moment(s.now), messageID)
	if len(p.row) == 0 && p.row != nil || p.contributed == [2]bool{} {
		step = invite.Step{Memory: step.Memory} // nobody is mailed to whom nothing is given
	}
	return step
}

// misremembered is what flawed machines make of a memory.
func (m machine) misremembered(s *state, memory *v1alpha1.InvitationStatus) *v1alpha1.InvitationStatus {
	over := memory.State == v1alpha1.InvitationExpired || memory.State == v1alpha1.InvitationUnanswered
	switch {
	case m.is(forgetsOrdinal) && over:
		memory.Ordinal = 1
	case m.is(answersAtOnce):
		memory.AskedAt = nil
	case m.is(resendsOnStart) && s.started > 0 && memory.IntendedAt != nil:
		memory.IntendedAt, memory.SentAt = ptr.To(moment(-100)), nil
		if memory.State == v1alpha1.InvitationSent {
			memory.State = v1alpha1.InvitationUnknown
		}
	}
	return memory
}

// intend remembers what is to be done, or what the flawed machine does instead.
func (m machine) intend(p *person, step invite.Step) {
	p.step, p.at = step, asking
	if step.Act == invite.Mail {
		p.at = sending
	}
	if !m.is(sendsFirst) {
		p.invitation = step.Intent
	}
	if step.Answered && !m.is(answersLate) {
		p.hear()
	}
}

// settleDown writes down what is known of an invitation, where nothing is to be done.
func (p *person) settleDown(step invite.Step) {
	p.invitation = step.Memory
	p.echo(step.Answered && step.Act == invite.Nothing)
}

// ask has the provider renew the link, or mail again.
func (m machine) ask(s *state, i, outcome int) {
	p := &s.people[i]
	p.at = idle
	counted := int32(p.link.mails)
	same := p.step.Act == invite.Renew || m.is(repeatsBlindly) || *p.step.Intent.ProviderMails == counted
	if outcome != failed && p.row != nil && !p.profile && same {
		p.link.ends = m.endOf(s.now)
		if p.step.Act == invite.Again {
			p.link.mails++
			p.mailed(s, p.step.Intent)
			m.judgeMails(s, i)
		}
	}
	if outcome == done {
		p.at = asked
	}
	if m.is(answersLate) && outcome == done && p.step.Answered {
		p.hear()
	}
}

func (m machine) endOf(now int) int {
	if m.life == 0 {
		return 0
	}
	return now + m.life
}

// readBack goes on after the provider was asked.
func (m machine) readBack(s *state, i int) {
	p := &s.people[i]
	p.at = idle
	tried := p.step.Act
	step := m.read(s, p, p.invitation)
	switch {
	case step.Act == tried:
		p.invitation = invite.NoEffect(p.invitation, moment(s.now))
	case step.Act != invite.Nothing:
		m.intend(p, step)
	default:
		p.settleDown(step)
	}
}

// mailed notes a mail that left for an intent.
func (p *person) mailed(s *state, of *v1alpha1.InvitationStatus) {
	if p.post.ordinals&(1<<of.Ordinal) != 0 {
		s.broken("I7: a second mail left for one intent, number %d", of.Ordinal)
	}
	p.post.ordinals |= 1 << of.Ordinal
	if of.AskedAt != nil && of.AskedAt.Equal(of.IntendedAt) {
		if p.post.requested > 0 && s.now-p.post.lastRequested < 1 {
			s.broken("two mails within an hour because somebody asked")
		}
		p.post.requested, p.post.lastRequested = p.post.requested+1, s.now
	} else {
		if p.post.automatic > 0 && s.now-p.post.last < resendAfter {
			s.broken("I7: a mail left by itself %d periods after the last one", s.now-p.post.last)
		}
		p.post.automatic++
	}
	p.post.last = s.now
	p.mails++
}

// people lists what people do: ask for a mail, follow a link.
func (m machine) others(s state, add func(string, func(*state)) bool) {
	for g := range s.exists {
		if s.exists[g] && s.left.asks > 0 {
			add(fmt.Sprint("somebody asks for another mail by grant ", g), func(s *state) {
				s.asks[g]++
				s.left.asks--
				if s.people[0].contributed[g] {
					s.heeded++ // it did not come with the grant
				}
			})
		}
	}
	for i := range s.people {
		p := &s.people[i]
		if p.row != nil && p.mails > 0 && !p.profile && !p.ended(s.now) && s.left.accepts > 0 {
			add(fmt.Sprint("person ", i, " follows the link"), func(s *state) { s.people[i].profile = true; s.left.accepts-- })
		}
	}
}

// judgeLife sees at rest what is said of a link that has ended, and of who asked.
func (m machine) judgeLife(s *state, i int) {
	p := &s.people[i]
	if p.row == nil || p.profile || p.invitation == nil {
		return
	}
	ended := m.life > 0 && p.ended(s.now)
	said := p.invitation.State == v1alpha1.InvitationExpired || p.invitation.State == v1alpha1.InvitationUnanswered
	if ended && !said {
		s.broken("at rest the link of person %d has ended, and the record says %s", i, p.invitation.State)
	}
	due := p.post.automatic > 0 && p.post.automatic < maxSends && s.now-p.post.last >= resendAfter && p.post.requested == 0
	if ended && due && !p.foreign && m.whole(s) {
		s.broken("at rest person %d was not mailed again", i)
	}
	if m.whole(s) && m.askingSound(p) && s.now-p.post.lastRequested > 1 {
		s.broken("at rest somebody asked for a mail to person %d, and was not answered", i)
	}
}

// whole says that nothing has failed so far.
func (m machine) whole(s *state) bool { return m.left() == s.left.crashes+s.left.faults }

// askingSound is what a sound machine hears.
func (m machine) askingSound(p *person) bool {
	m.flaw = sound
	return m.asking(p)
}
