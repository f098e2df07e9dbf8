package backend

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/session"
)

func TestALinkThatComesLaterIsNoticed(t *testing.T) {
	without, with := hosting.Row{}, hosting.Row{Invitation: &hosting.Invitation{Link: "https://hosting.example/x"}}
	for state, want := range map[v1alpha1.InvitationState]bool{
		v1alpha1.InvitationUnsupported: true, v1alpha1.InvitationPrepared: true, v1alpha1.InvitationSent: false, v1alpha1.InvitationUnknown: false,
	} {
		record := &v1alpha1.AccessRecord{Status: v1alpha1.AccessRecordStatus{Invitation: &v1alpha1.InvitationStatus{State: state}}}
		if gotLink(record, without) || gotLink(record, with) != want {
			t.Errorf("%s: want %t", state, want)
		}
	}
	if gotLink(&v1alpha1.AccessRecord{}, with) {
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
