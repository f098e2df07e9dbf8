package invite

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Act is what has to be done about an invitation.
type Act int

// The acts. Whoever carries one out persists the intent first.
const (
	// Nothing is due.
	Nothing Act = iota
	// Renew: ask the provider for a link that works, without its mailing; read back, and ask
	// AfterRead again.
	Renew
	// Mail: send a mail, and enter what came of it with Result.
	Mail
	// Again: ask the provider to mail again, and read back.
	Again
)

const (
	// maxAsked is how many mails somebody gets in all because they were asked for: a template with a
	// timestamp in it asks again for ever.
	maxAsked = 5
	// askedPause is how long somebody is left alone who was mailed because it was asked for:
	// nobody can have a stranger mailed over and over.
	askedPause = time.Hour
	// freshness is how long a link has to work at least that is put into another mail.
	freshness = 24 * time.Hour
)

// Step is what follows from a row that was read.
type Step struct {
	// Memory is what became of the invitation by itself.
	Memory *v1alpha1.InvitationStatus
	// Act is what is due, and Intent the memory to persist right before it.
	Act    Act
	Intent *v1alpha1.InvitationStatus
	// Answered: what was asked for is carried out with Act, or is not where Dismissed says why.
	Answered  bool
	Dismissed string
}

// AfterRead is asked with each row read at the start of a reconcile and after each write, before
// anything is sent. asked says that somebody asked for another mail who was not answered yet.
// messageID gives the Message-ID of a mail; it is called only where one is intended. The memory
// passed in is not changed.
//
// An SMTP intent found here has no result: the process that made it died in between, the
// mail may have left, and it counts as sent. Whether the provider mailed is read from the row.
// A changed sender rewrites nothing that exists: an unfinished SMTP intent waits until the
// sender is SMTP again. What became of the invitation is told before the next thing is done.
func AfterRead(mem *v1alpha1.InvitationStatus, p Policy, row Facts, asked bool, now metav1.Time, messageID func(ordinal int32) string) Step {
	switch {
	case !row.Exists:
		return Step{Memory: mem}
	case row.Active:
		return Step{Memory: accepted(mem, p.Sender), Answered: asked, Dismissed: "the person has a profile"}
	}
	next := observed(mem, p, row, now)
	d := decision{mem: next, p: p, row: row, now: now, messageID: messageID}
	if mem == nil || mem.State != next.State {
		return Step{Memory: next}
	}
	if asked {
		return d.answer()
	}
	return d.proceed()
}

// Next is when something is due by itself after now; false for never.
func Next(mem *v1alpha1.InvitationStatus, p Policy, row Facts, asked bool, now metav1.Time) (at time.Time, ok bool) {
	if mem == nil || !row.Exists || row.Active {
		return at, false
	}
	var times []time.Time
	if asked {
		times = append(times, quietUntil(mem))
	}
	for _, t := range append(times, turns(mem, p, row)...) {
		if t.After(now.Time) && (!ok || t.Before(at)) {
			at, ok = t, true
		}
	}
	return at, ok
}

// turns are when the link ends, and when another mail may leave.
func turns(mem *v1alpha1.InvitationStatus, p Policy, row Facts) (times []time.Time) {
	repeats := false
	switch mem.State {
	case v1alpha1.InvitationSent:
		times = append(times, row.Expires)
	case v1alpha1.InvitationUnknown:
		times = append(times, row.Expires)
		repeats = p.Repeats(mem)
	case v1alpha1.InvitationExpired:
		repeats = p.Repeats(mem)
	default:
		return nil
	}
	untold := row.State == "" && mem.State != v1alpha1.InvitationExpired
	if mem.IntendedAt != nil && (repeats || untold) {
		times = append(times, p.again(mem))
	}
	return times
}

// observed is what became of what was sent.
func observed(mem *v1alpha1.InvitationStatus, p Policy, row Facts, now metav1.Time) *v1alpha1.InvitationStatus {
	if mem == nil {
		mem = &v1alpha1.InvitationStatus{State: v1alpha1.InvitationUnknown, Sender: p.Sender}
	}
	next := mem
	switch mem.State {
	case v1alpha1.InvitationIntended:
		next = settled(mem, p, row, now)
	case v1alpha1.InvitationSent, v1alpha1.InvitationUnknown, v1alpha1.InvitationExpired, v1alpha1.InvitationUnanswered:
		next = aged(mem, p, row, now)
	}
	if expires := row.expires(); !next.ExpiresAt.Equal(expires) {
		next = next.DeepCopy()
		next.ExpiresAt = expires
	}
	return next
}

// settled is what became of an intent that has no result.
func settled(mem *v1alpha1.InvitationStatus, p Policy, row Facts, now metav1.Time) *v1alpha1.InvitationStatus {
	switch {
	case creates(mem):
		return sent(mem, now)
	case mem.Sender != v1alpha1.SenderProvider || row.Mails == nil || row.Replaced:
		return lost(mem, now)
	case *row.Mails > *mem.ProviderMails:
		return sent(mem, now)
	case p.Sender != v1alpha1.SenderProvider:
		return lost(mem, now) // the call may still arrive
	}
	return mem
}

// lost enters that it cannot be known whether the last mail intended was sent.
func lost(mem *v1alpha1.InvitationStatus, now metav1.Time) *v1alpha1.InvitationStatus {
	next := withState(mem, v1alpha1.InvitationUnknown)
	next.SentAt, next.ProviderMails = &now, nil
	return next
}

// quietUntil is how long nobody's asking has the person mailed; zero where it may.
func quietUntil(mem *v1alpha1.InvitationStatus) time.Time {
	if mem.AskedAt == nil {
		return time.Time{}
	}
	last := mem.AskedAt.Time
	if mem.SentAt != nil && mem.SentAt.After(last) {
		last = mem.SentAt.Time // it had to wait itself
	}
	return last.Add(askedPause)
}

// quiet says whether nobody's asking has the person mailed now. A pause that is to last far
// longer than one does was begun by a clock that ran ahead.
func quiet(mem *v1alpha1.InvitationStatus, now metav1.Time) bool {
	left := quietUntil(mem).Sub(now.Time)
	return left > 0 && left <= 2*askedPause
}

// aged is what became with time of an invitation that counts as sent. What was never sent by
// us may run out, but nobody can have left it unanswered.
func aged(mem *v1alpha1.InvitationStatus, p Policy, row Facts, now metav1.Time) *v1alpha1.InvitationStatus {
	told, over := row.State != "", row.ended(now)
	if !told {
		over = p.waited(mem, now)
	}
	was := mem.State == v1alpha1.InvitationExpired || mem.State == v1alpha1.InvitationUnanswered
	switch {
	case was && told && !over:
		return renewed(mem)
	case mem.State == v1alpha1.InvitationUnanswered, !was && !over:
		return mem
	case p.spent(mem):
		return withState(mem, v1alpha1.InvitationUnanswered)
	case !was:
		return withState(mem, v1alpha1.InvitationExpired)
	}
	return mem
}

// renewed enters that somebody else had the link renewed, and thereby the person told.
func renewed(mem *v1alpha1.InvitationStatus) *v1alpha1.InvitationStatus {
	if mem.Ordinal == 0 {
		return withState(mem, v1alpha1.InvitationUnknown)
	}
	return withState(mem, v1alpha1.InvitationSent)
}
