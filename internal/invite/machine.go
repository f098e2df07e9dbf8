package invite

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// Facts is what the machine needs to know of a person's row, as read.
type Facts struct {
	// Exists: there is a row for the address.
	Exists bool
	// Active: the person has a profile.
	Active bool
	// TellsInvitation: the provider has the invitation extension.
	TellsInvitation bool
	// HasLink: it told a link to initialise the profile.
	HasLink bool
}

// BeforeCreate is asked before a row is created, once its absence was proven by a look-up
// by address. It returns the memory to persist first, and whether the provider shall mail.
// The memory passed in is not changed; where nothing changes it is returned as it is.
//
// A row created again after it was deleted outside never mails twice. An intent whose sender
// was changed in the spec before it was settled becomes Unknown: the old creation may still
// take effect, and then the provider mails.
func BeforeCreate(mem *v1alpha1.InvitationStatus, sender v1alpha1.InvitationSender, now metav1.Time) (next *v1alpha1.InvitationStatus, notify bool) {
	if neverIntended(mem) {
		return begin(sender, now)
	}
	switch mem.State {
	case v1alpha1.InvitationIntended:
		if mem.Sender == v1alpha1.SenderBackend && sender == v1alpha1.SenderBackend {
			return mem, true
		}
		return withState(mem, v1alpha1.InvitationUnknown), false
	case v1alpha1.InvitationDeferred:
		if sender != v1alpha1.SenderBackend {
			return mem, false
		}
		// Nothing left under this intent, so the provider may carry it out instead.
		return &v1alpha1.InvitationStatus{
			State: v1alpha1.InvitationIntended, Sender: sender, Ordinal: mem.Ordinal, IntendedAt: &now,
		}, true
	}
	return mem, false
}

// AfterRead is asked with each row read at the start of a pass, before anything is sent. It
// returns the memory to persist, and whether a mail is then to be sent: persist, send, pass
// the outcome to Result, persist again. messageID gives the Message-ID of a mail; it is
// called only where a first mail is intended. The memory passed in is not changed.
//
// An SMTP intent found here has no result: the process that made it died in between, the
// mail may have left, and it counts as sent. A changed sender rewrites nothing that exists:
// an unfinished SMTP intent waits until the sender is SMTP again.
func AfterRead(mem *v1alpha1.InvitationStatus, sender v1alpha1.InvitationSender, row Facts, now metav1.Time, messageID func(ordinal int32) string) (next *v1alpha1.InvitationStatus, mail bool) {
	switch {
	case !row.Exists:
		return mem, false
	case row.Active:
		return accepted(mem, sender), false
	case mem == nil:
		return &v1alpha1.InvitationStatus{State: v1alpha1.InvitationUnknown, Sender: sender}, false
	}
	switch mem.State {
	case v1alpha1.InvitationIntended:
		if mem.Sender == v1alpha1.SenderBackend {
			return withState(mem, v1alpha1.InvitationSent), false
		}
		return withState(mem, v1alpha1.InvitationUnknown), false
	case v1alpha1.InvitationPrepared, v1alpha1.InvitationUnsupported, v1alpha1.InvitationDeferred:
		if sender == v1alpha1.SenderSMTP && mem.Sender == v1alpha1.SenderSMTP {
			return intend(mem, row, now, messageID)
		}
	}
	return mem, false
}

// Result enters how sending ended. Only an open SMTP intent takes a result; any other memory
// is returned as it is. The memory passed in is not changed.
func Result(mem *v1alpha1.InvitationStatus, outcome Outcome) *v1alpha1.InvitationStatus {
	if mem == nil || mem.State != v1alpha1.InvitationIntended || mem.Sender != v1alpha1.SenderSMTP {
		return mem
	}
	switch outcome.Verdict {
	case Accepted:
		return withState(mem, v1alpha1.InvitationSent)
	case Deferred:
		next := withState(mem, v1alpha1.InvitationDeferred)
		next.Message = outcome.Detail
		return next
	case Refused:
		next := withState(mem, v1alpha1.InvitationRefused)
		next.Message = outcome.Detail
		return next
	}
	next := withState(mem, v1alpha1.InvitationUnknown)
	next.Message = outcome.Detail
	return next
}

// neverIntended says that no mail was ever intended, and that none can have left otherwise.
func neverIntended(mem *v1alpha1.InvitationStatus) bool {
	if mem == nil {
		return true
	}
	switch mem.State {
	case v1alpha1.InvitationPrepared, v1alpha1.InvitationNotSent, v1alpha1.InvitationUnsupported, v1alpha1.InvitationNotNeeded:
		return mem.Ordinal == 0
	}
	return false
}

// begin is the first word on a person whose row is about to be created.
func begin(sender v1alpha1.InvitationSender, now metav1.Time) (*v1alpha1.InvitationStatus, bool) {
	switch sender {
	case v1alpha1.SenderBackend:
		return &v1alpha1.InvitationStatus{
			State: v1alpha1.InvitationIntended, Sender: sender, Ordinal: 1, IntendedAt: &now,
		}, true
	case v1alpha1.SenderSMTP:
		return &v1alpha1.InvitationStatus{State: v1alpha1.InvitationPrepared, Sender: sender}, false
	}
	return &v1alpha1.InvitationStatus{State: v1alpha1.InvitationNotSent, Sender: v1alpha1.SenderNone}, false
}

// intend opens an SMTP intent, or opens a deferred one again, if there is a link to send.
func intend(mem *v1alpha1.InvitationStatus, row Facts, now metav1.Time, messageID func(int32) string) (*v1alpha1.InvitationStatus, bool) {
	again := mem.State == v1alpha1.InvitationDeferred
	if !again && mem.Ordinal != 0 {
		return mem, false
	}
	if !row.TellsInvitation || !row.HasLink {
		if again || mem.State == v1alpha1.InvitationUnsupported {
			return mem, false
		}
		return withState(mem, v1alpha1.InvitationUnsupported), false
	}
	next := withState(mem, v1alpha1.InvitationIntended)
	if !again {
		next.Ordinal, next.IntendedAt, next.MessageID = 1, &now, messageID(1)
	}
	return next, true
}

// accepted enters that the person has a profile: after an invitation that may have reached
// them, or without one. A provider mails nobody who has a profile, so an intent it was
// asked to carry out counts as used and nothing was sent.
func accepted(mem *v1alpha1.InvitationStatus, sender v1alpha1.InvitationSender) *v1alpha1.InvitationStatus {
	if mem == nil {
		return &v1alpha1.InvitationStatus{State: v1alpha1.InvitationNotNeeded, Sender: sender}
	}
	switch mem.State {
	case v1alpha1.InvitationAccepted, v1alpha1.InvitationNotNeeded:
		return mem
	case v1alpha1.InvitationPrepared, v1alpha1.InvitationNotSent, v1alpha1.InvitationUnsupported:
		return withState(mem, v1alpha1.InvitationNotNeeded)
	case v1alpha1.InvitationIntended:
		if mem.Sender == v1alpha1.SenderBackend {
			return withState(mem, v1alpha1.InvitationNotNeeded)
		}
	}
	return withState(mem, v1alpha1.InvitationAccepted)
}

// withState copies; the message belonged to the state before.
func withState(mem *v1alpha1.InvitationStatus, state v1alpha1.InvitationState) *v1alpha1.InvitationStatus {
	next := mem.DeepCopy()
	next.State, next.Message = state, ""
	return next
}
