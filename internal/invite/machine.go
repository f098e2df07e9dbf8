package invite

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// BeforeCreate is asked before a row is created, once its absence was proven by a look-up
// by address. It returns the memory to persist first, and whether the provider shall mail.
// The memory passed in is not changed; where nothing changes it is returned as it is.
//
// A row created again after it was deleted outside never mails twice. An intent whose sender
// was changed in the spec before it was settled becomes Unknown: the old creation may still
// take effect, and then the provider mails. So does one to invite again, whose row went: it
// may have been carried out.
func BeforeCreate(mem *v1alpha1.InvitationStatus, sender v1alpha1.InvitationSender, now metav1.Time) (next *v1alpha1.InvitationStatus, notify bool) {
	if neverIntended(mem) {
		return begin(sender, now)
	}
	switch mem.State {
	case v1alpha1.InvitationIntended:
		if creates(mem) && sender == v1alpha1.SenderProvider {
			return mem, true
		}
		return lost(mem, now), false
	case v1alpha1.InvitationDeferred, v1alpha1.InvitationRenewing:
		if sender != v1alpha1.SenderProvider {
			return mem, false
		}
		// Nothing left under this intent, so the provider may carry it out instead.
		next = &v1alpha1.InvitationStatus{
			State: v1alpha1.InvitationIntended, Sender: sender, Ordinal: mem.Ordinal, IntendedAt: &now,
			Asked: mem.Asked, AskedAt: mem.AskedAt,
		}
		if wasAsked(mem) {
			next.AskedAt = &now
		}
		return next, true
	}
	return mem, false
}

// wasAsked says whether the last mail was intended because somebody asked for it.
func wasAsked(mem *v1alpha1.InvitationStatus) bool {
	return mem.AskedAt != nil && mem.AskedAt.Equal(mem.IntendedAt)
}

// creates says whether an open intent is for the provider to mail when it creates the row.
func creates(mem *v1alpha1.InvitationStatus) bool {
	return mem.State == v1alpha1.InvitationIntended && mem.Sender == v1alpha1.SenderProvider && mem.ProviderMails == nil
}

// Result enters how sending ended. Only an open SMTP intent takes a result; any other memory
// is returned as it is. The memory passed in is not changed.
func Result(mem *v1alpha1.InvitationStatus, outcome Outcome, now metav1.Time) *v1alpha1.InvitationStatus {
	if mem == nil || mem.State != v1alpha1.InvitationIntended || mem.Sender != v1alpha1.SenderSMTP {
		return mem
	}
	switch outcome.Verdict {
	case Accepted:
		return sent(mem, now)
	case Deferred:
		next := withState(mem, v1alpha1.InvitationDeferred)
		next.Message = outcome.Detail
		return next
	case Refused:
		next := withState(mem, v1alpha1.InvitationRefused)
		next.Message = outcome.Detail
		return next
	}
	next := lost(mem, now)
	next.Message = outcome.Detail
	return next
}

// Unable enters that the provider refused for good to do what was intended, and why. The memory
// passed in is not changed.
func Unable(mem *v1alpha1.InvitationStatus, why string) *v1alpha1.InvitationStatus {
	next := withState(mem, v1alpha1.InvitationUnsupported)
	next.ProviderMails, next.Message = nil, why
	return next
}

// NoEffect enters that the provider said yes to what was intended, and what it tells did not
// change: it may have mailed, so a mail counts as sent, and is not asked for again. The memory
// passed in is not changed.
func NoEffect(mem *v1alpha1.InvitationStatus, now metav1.Time) *v1alpha1.InvitationStatus {
	if mem.State == v1alpha1.InvitationRenewing {
		return Unable(mem, "it renewed the link, and reveals none that works")
	}
	next := lost(mem, now)
	next.Message = "the provider said that it mailed again, and its count of mails did not change"
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
	case v1alpha1.SenderProvider:
		return &v1alpha1.InvitationStatus{
			State: v1alpha1.InvitationIntended, Sender: sender, Ordinal: 1, IntendedAt: &now,
		}, true
	case v1alpha1.SenderSMTP:
		return &v1alpha1.InvitationStatus{State: v1alpha1.InvitationPrepared, Sender: sender}, false
	}
	return &v1alpha1.InvitationStatus{State: v1alpha1.InvitationNotSent, Sender: v1alpha1.SenderNone}, false
}

// accepted enters that the person has a profile: after an invitation that may have reached
// them, or without one. A provider mails nobody who has a profile, so an intent it was
// asked to carry out counts as used and nothing was sent.
func accepted(mem *v1alpha1.InvitationStatus, sender v1alpha1.InvitationSender) *v1alpha1.InvitationStatus {
	if mem == nil {
		return &v1alpha1.InvitationStatus{State: v1alpha1.InvitationNotNeeded, Sender: sender}
	}
	state := v1alpha1.InvitationAccepted
	switch mem.State {
	case v1alpha1.InvitationAccepted, v1alpha1.InvitationNotNeeded:
		return mem
	case v1alpha1.InvitationPrepared, v1alpha1.InvitationNotSent, v1alpha1.InvitationUnsupported:
		if mem.Ordinal == 0 {
			state = v1alpha1.InvitationNotNeeded
		}
	case v1alpha1.InvitationIntended:
		if creates(mem) {
			state = v1alpha1.InvitationNotNeeded
		}
	}
	next := withState(mem, state)
	next.ExpiresAt, next.ProviderMails = nil, nil
	return next
}

// sent enters that the last mail intended was sent.
func sent(mem *v1alpha1.InvitationStatus, now metav1.Time) *v1alpha1.InvitationStatus {
	next := withState(mem, v1alpha1.InvitationSent)
	next.SentAt, next.ProviderMails = &now, nil
	return next
}

// withState copies; the message belonged to the state before.
func withState(mem *v1alpha1.InvitationStatus, state v1alpha1.InvitationState) *v1alpha1.InvitationStatus {
	next := mem.DeepCopy()
	next.State, next.Message = state, ""
	return next
}
