package backend

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
)

func TestNewsOfAnInvitationWakeItsRecord(t *testing.T) {
	clock := clocktesting.NewFakePassiveClock(time.Unix(10_000, 0))
	r := &Reconciler{Clock: clock}
	ends := clock.Now().Add(48 * time.Hour)
	pending := &hosting.Invitation{State: hosting.InvitationPending, Link: "https://hosting.example/x", Expires: ends, Mails: ptr.To(int32(1))}
	over := &hosting.Invitation{State: hosting.InvitationExpired, Expires: ends, Mails: ptr.To(int32(1))}
	renewed := &hosting.Invitation{State: hosting.InvitationPending, Link: "https://hosting.example/x", Expires: ends.Add(time.Hour), Mails: ptr.To(int32(1))}
	for what, c := range map[string]struct {
		state   v1alpha1.InvitationState
		ordinal int32
		row     *hosting.Invitation
		want    bool
	}{
		"no link yet":             {v1alpha1.InvitationUnsupported, 0, nil, false},
		"a link":                  {v1alpha1.InvitationUnsupported, 0, pending, true},
		"a link for a new row":    {v1alpha1.InvitationPrepared, 0, pending, true},
		"sent":                    {v1alpha1.InvitationSent, 1, pending, false},
		"sent, and ended":         {v1alpha1.InvitationSent, 1, over, true},
		"sent, and renewed":       {v1alpha1.InvitationSent, 1, renewed, true},
		"ended, nothing is due":   {v1alpha1.InvitationExpired, 1, over, false},
		"ended, and renewed":      {v1alpha1.InvitationExpired, 1, pending, true},
		"there before any record": {v1alpha1.InvitationUnknown, 0, pending, false},
	} {
		expires := metav1.NewTime(ends)
		record := &v1alpha1.AccessRecord{Status: v1alpha1.AccessRecordStatus{RowID: 7, Invitation: &v1alpha1.InvitationStatus{
			State: c.state, Sender: v1alpha1.SenderSMTP, Ordinal: c.ordinal, IntendedAt: ptr.To(metav1.NewTime(clock.Now())), ExpiresAt: &expires,
		}}}
		if c.row == nil {
			record.Status.Invitation.ExpiresAt = nil
		}
		backend := &v1alpha1.HostingBackend{Spec: v1alpha1.HostingBackendSpec{Invitations: v1alpha1.Invitations{Sender: v1alpha1.SenderSMTP}}}
		if got := r.invitationNews(backend, record, hosting.Row{ID: 7, Invitation: c.row}); got != c.want {
			t.Errorf("%s: %t", what, got)
		}
	}
	if r.invitationNews(&v1alpha1.HostingBackend{}, &v1alpha1.AccessRecord{}, hosting.Row{ID: 7, Invitation: pending}) {
		t.Error("nobody was to be invited")
	}
}

func TestARestartMovesNoTime(t *testing.T) {
	known, began, changed := metav1.Unix(100, 0), time.Unix(200, 500), time.Unix(300, 0)
	for what, c := range map[string]struct {
		known    *metav1.Time
		snapshot *session.Snapshot
		want     int64
	}{
		"first ever":    {nil, &session.Snapshot{Began: began}, 200},
		"after a start": {&known, &session.Snapshot{Began: began}, 100},
		"a change seen": {&known, &session.Snapshot{Began: began, ChangedAt: changed}, 300},
	} {
		if got := changedAt(c.known, c.snapshot); got.Unix() != c.want || got.Nanosecond() != 0 {
			t.Errorf("%s: got %s", what, got)
		}
	}
}
