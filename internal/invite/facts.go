package invite

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Facts is what the machine needs to know of a person's row, as read.
type Facts struct {
	// Exists: there is a row for the address.
	Exists bool
	// Replaced: it is another row than when the memory was written.
	Replaced bool
	// Active: the person has a profile.
	Active bool
	// HasLink: the provider told a link to initialise the profile.
	HasLink bool
	// State of the invitation; empty where the provider does not tell.
	State string
	// Expires is when the link ends; zero where the provider does not tell.
	Expires time.Time
	// Mails the provider counted; nil where it cannot be asked to invite again.
	Mails *int32
}

// FactsOf a row; nil stands for none. before is the id of the row when the memory was written, 0
// where there was none.
func FactsOf(row *hosting.Row, before int64) Facts {
	if row == nil {
		return Facts{}
	}
	f := Facts{Exists: true, Active: row.Active(), Replaced: before != 0 && before != row.ID}
	if told := row.Invitation; told != nil {
		f.HasLink, f.State, f.Expires, f.Mails = told.Link != "", told.State, told.Expires, told.Mails
	}
	return f
}

// ended says whether the provider tells that the link works no more.
func (f Facts) ended(now metav1.Time) bool {
	return f.State == hosting.InvitationExpired || !f.Expires.IsZero() && !now.Time.Before(f.Expires)
}

// expires is the end of the link as it is remembered.
func (f Facts) expires() *metav1.Time {
	if f.Expires.IsZero() {
		return nil
	}
	at := metav1.NewTime(f.Expires.Truncate(time.Second))
	return &at
}

// Policy is what a backend's spec says of invitations.
type Policy struct {
	Sender v1alpha1.InvitationSender
	// MaxSends bounds the mails that are sent by themselves.
	MaxSends int32
	// ResendAfter is how long after a mail the next one may be sent by itself.
	ResendAfter time.Duration
	// PerMinute is how many people may be mailed within a minute.
	PerMinute int
}

// Defaults of a backend that says nothing; the CRD has the same.
const (
	defaultMaxSends    = 2
	defaultResendAfter = 168 * time.Hour
	defaultPerMinute   = 10
)

// PolicyOf a backend's spec.
func PolicyOf(spec v1alpha1.Invitations) Policy {
	p := Policy{Sender: spec.Sender, MaxSends: spec.MaxSends, ResendAfter: defaultResendAfter, PerMinute: int(spec.PerMinute)}
	if p.Sender == "" {
		p.Sender = v1alpha1.SenderProvider
	}
	if p.MaxSends == 0 {
		p.MaxSends = defaultMaxSends
	}
	if p.PerMinute == 0 {
		p.PerMinute = defaultPerMinute
	}
	if spec.ResendAfter != nil {
		p.ResendAfter = spec.ResendAfter.Duration
	}
	return p
}

// Repeats says whether another mail will be sent by itself, if nobody answers: only where the
// first one was.
func (p Policy) Repeats(mem *v1alpha1.InvitationStatus) bool {
	return mem.Ordinal > mem.Asked && !p.spent(mem)
}

// spent says whether all mails that are sent by themselves were.
func (p Policy) spent(mem *v1alpha1.InvitationStatus) bool {
	return mem.Ordinal-mem.Asked >= p.MaxSends
}

// waited says whether the last mail is resendAfter old.
func (p Policy) waited(mem *v1alpha1.InvitationStatus, now metav1.Time) bool {
	return mem.IntendedAt != nil && !now.Time.Before(p.again(mem))
}

func (p Policy) again(mem *v1alpha1.InvitationStatus) time.Time {
	return LastMail(mem).Add(p.ResendAfter)
}

// LastMail is when the last mail was sent, or may have been; zero for never.
func LastMail(mem *v1alpha1.InvitationStatus) time.Time {
	switch {
	case mem == nil || mem.IntendedAt == nil:
		return time.Time{}
	case mem.SentAt != nil && mem.SentAt.After(mem.IntendedAt.Time):
		return mem.SentAt.Time
	}
	return mem.IntendedAt.Time
}
