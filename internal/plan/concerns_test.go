package plan

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// A backend that read its table asks which records to look at: those whose status tells otherwise, and
// those who can do something.
func TestConcerns(t *testing.T) {
	sent := &v1alpha1.InvitationStatus{State: v1alpha1.InvitationSent, Ordinal: 1, Sender: v1alpha1.SenderProvider}
	for what, c := range map[string]struct {
		change func(*person)
		want   bool
	}{
		"nothing":                   {func(*person) {}, false},
		"the row holds more":        {func(p *person) { p.Row = row(billing, management, server) }, true},
		"the row holds less":        {func(p *person) { p.Row = row(billing) }, true},
		"the row is gone":           {func(p *person) { p.Row = nil }, true},
		"the row is another":        {func(p *person) { p.Row.ID = 8 }, true},
		"the profile is gone":       {func(p *person) { p.Row.ProfileID = 0 }, true},
		"a second factor is needed": {func(p *person) { p.Row = row(billing, management, hosting.TwoFactorRight) }, true},
		"not Ready":                 {func(p *person) { p.Record.Status.Conditions = nil }, true},
		"an invitation was taken":   {func(p *person) { p.Record.Status.Invitation = sent }, true},
	} {
		p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, row(billing, management))
		p.publish()
		c.change(p)
		p.recall()
		if got := Concerns(p.Inputs); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// What the row tells of an invitation concerns its record where that changes what is known, or
// something can be done about it.
func TestNewsOfAnInvitationConcern(t *testing.T) {
	ends := now.Add(48 * time.Hour)
	pending := &hosting.Invitation{State: hosting.InvitationPending, Link: "https://hosting.example/x", Expires: ends, Mails: ptr.To(int32(1))}
	over := &hosting.Invitation{State: hosting.InvitationExpired, Expires: ends, Mails: ptr.To(int32(1))}
	renewed := &hosting.Invitation{State: hosting.InvitationPending, Link: "https://hosting.example/x", Expires: ends.Add(time.Hour), Mails: ptr.To(int32(1))}
	for what, c := range map[string]struct {
		state   v1alpha1.InvitationState
		ordinal int32
		row     *hosting.Invitation
		want    bool
	}{
		"nobody was to be invited": {"", 0, pending, false},
		"no link yet":              {v1alpha1.InvitationUnsupported, 0, nil, false},
		"a link":                   {v1alpha1.InvitationUnsupported, 0, pending, true},
		"a link for a new row":     {v1alpha1.InvitationPrepared, 0, pending, true},
		"sent":                     {v1alpha1.InvitationSent, 1, pending, false},
		"sent, and ended":          {v1alpha1.InvitationSent, 1, over, true},
		"sent, and renewed":        {v1alpha1.InvitationSent, 1, renewed, true},
		"ended, nothing is due":    {v1alpha1.InvitationExpired, 1, over, false},
		"ended, and renewed":       {v1alpha1.InvitationExpired, 1, pending, true},
		"there before any record":  {v1alpha1.InvitationUnknown, 0, pending, false},
	} {
		p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, &hosting.Row{ID: 7, Rights: hosting.NewRights(billing, management)})
		p.Backend.Spec.Invitations.Sender = v1alpha1.SenderSMTP
		p.publish()
		p.Row.Invitation, p.Record.Status.Invitation = c.row, nil
		if c.state != "" {
			p.Record.Status.Invitation = &v1alpha1.InvitationStatus{State: c.state, Sender: v1alpha1.SenderSMTP, Ordinal: c.ordinal, IntendedAt: &now}
			if c.row != nil {
				p.Record.Status.Invitation.ExpiresAt = ptr.To(metav1.NewTime(ends))
			}
		}
		p.recall()
		if got := Concerns(p.Inputs); got != c.want {
			t.Errorf("%s: %t", what, got)
		}
	}
}
