package record

import (
	"testing"
	"time"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
	"github.com/hostgrant/hostgrant/internal/invite"
)

// I10: only a mail server that keeps others waiting for nothing is spared for a while.
func TestInTime(t *testing.T) {
	for what, c := range map[string]struct {
		verdict invite.Verdict
		took    time.Duration
		want    bool
	}{
		"taken at once":       {invite.Accepted, time.Second, true},
		"taken late":          {invite.Accepted, serverPatience, true},
		"refused late":        {invite.Refused, serverPatience, true},
		"put off at once":     {invite.Deferred, serverPatience - 1, true},
		"never answered":      {invite.Deferred, serverPatience, false},
		"lost after the data": {invite.Unknown, serverPatience, false},
	} {
		if got := inTime(invite.Outcome{Verdict: c.verdict}, c.took); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// Whoever was put off and now waits in line is not kept from their turn when it comes.
func TestOnlyATrialFails(t *testing.T) {
	p := look([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, &hosting.Row{ID: 7, Rights: hosting.NewRights(billing, management)})
	p.invite, p.queued = &v1alpha1.InvitationStatus{State: v1alpha1.InvitationDeferred}, &session.Wait{For: time.Minute}
	if p.failed() {
		t.Error("waiting is a failure")
	}
	p.queued, p.mailed = nil, true
	if !p.failed() {
		t.Error("being put off is none")
	}
}

func TestWhyAMailIsQueued(t *testing.T) {
	for want, wait := range map[string]session.Wait{
		"the invitation waits for its turn, among the next 2 people; 5 a minute are mailed (spec.invitations.perMinute of the HostingBackend)":        {Among: 2, PerMinute: 5},
		"the mail server does not answer in time (spec.invitations.smtp of the HostingBackend); the invitation waits for it, among the next 2 people": {Among: 2, PerMinute: 5, Mute: true},
	} {
		if got := queuedMessage(wait); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
