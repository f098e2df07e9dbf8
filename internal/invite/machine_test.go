package invite

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

var (
	before = metav1.NewTime(time.Unix(1000, 0)) // not an hour ago
	now    = metav1.NewTime(time.Unix(2000, 0))
)

const (
	viaProvider = v1alpha1.SenderProvider
	viaSMTP     = v1alpha1.SenderSMTP
	none        = v1alpha1.SenderNone
)

func idFor(ordinal int32) string { return fmt.Sprintf("<%d@example.org>", ordinal) }

// mem is a memory with what goes with its state.
func mem(state v1alpha1.InvitationState, sender v1alpha1.InvitationSender, ordinal int32) *v1alpha1.InvitationStatus {
	m := &v1alpha1.InvitationStatus{State: state, Sender: sender, Ordinal: ordinal}
	if ordinal > 0 {
		m.IntendedAt = &before
		if sender == viaSMTP {
			m.MessageID = idFor(ordinal)
		}
	}
	return m
}

// ours is the policy most cases are about.
func ours(sender v1alpha1.InvitationSender) Policy {
	return Policy{Sender: sender, MaxSends: 2, ResendAfter: time.Hour}
}

// fresh is a memory of an intent made now.
func fresh(sender v1alpha1.InvitationSender) *v1alpha1.InvitationStatus {
	m := mem(v1alpha1.InvitationIntended, sender, 1)
	m.IntendedAt = &now
	return m
}

func show(m *v1alpha1.InvitationStatus) string {
	if m == nil {
		return "nil"
	}
	text, _ := json.Marshal(m)
	return string(text)
}

func check(t *testing.T, got, want *v1alpha1.InvitationStatus, did, should bool) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("memory\n got %s\nwant %s", show(got), show(want))
	}
	if did != should {
		t.Errorf("mails: %v, want %v", did, should)
	}
}

func TestBeforeCreate(t *testing.T) {
	intendedB, intendedS := mem(v1alpha1.InvitationIntended, viaProvider, 1), mem(v1alpha1.InvitationIntended, viaSMTP, 1)
	unknownB, unknownS := mem(v1alpha1.InvitationUnknown, viaProvider, 1), mem(v1alpha1.InvitationUnknown, viaSMTP, 1)
	unknownB.SentAt, unknownS.SentAt = &now, &now
	deferred := mem(v1alpha1.InvitationDeferred, viaSMTP, 1)
	renewing := mem(v1alpha1.InvitationRenewing, viaSMTP, 1)
	again := mem(v1alpha1.InvitationIntended, viaProvider, 1)
	again.ProviderMails = ptr.To(int32(0))
	prepared := mem(v1alpha1.InvitationPrepared, viaSMTP, 0)
	unsupported := mem(v1alpha1.InvitationUnsupported, viaSMTP, 0)
	notSent := mem(v1alpha1.InvitationNotSent, none, 0)
	tests := []struct {
		name   string
		mem    *v1alpha1.InvitationStatus
		sender v1alpha1.InvitationSender
		want   *v1alpha1.InvitationStatus
		notify bool
	}{
		{"about to be renewed, row gone", renewing, viaSMTP, renewing, false},
		{"about to be renewed, row gone, now provider", renewing, viaProvider, fresh(viaProvider), true},
		{"about to be invited again, row gone", again, viaProvider, unknownB, false},
		{"new person, provider mails", nil, viaProvider, fresh(viaProvider), true},
		{"new person, we mail later", nil, viaSMTP, prepared, false},
		{"new person, nobody mails", nil, none, notSent, false},
		{"new person, sender of a later version", nil, "Pigeon", notSent, false},
		{"crash before the creation", intendedB, viaProvider, intendedB, true},
		{"provider intent, now SMTP", intendedB, viaSMTP, unknownB, false},
		{"provider intent, now none", intendedB, none, unknownB, false},
		{"SMTP intent, row gone", intendedS, viaSMTP, unknownS, false},
		{"SMTP intent, row gone, now provider", intendedS, viaProvider, unknownS, false},
		{"SMTP intent, row gone, now none", intendedS, none, unknownS, false},
		{"deferred, row gone", deferred, viaSMTP, deferred, false},
		{"deferred, row gone, now none", deferred, none, deferred, false},
		{"deferred, row gone, now provider", deferred, viaProvider, fresh(viaProvider), true},
		{"prepared again", prepared, viaSMTP, prepared, false},
		{"prepared, now provider", prepared, viaProvider, fresh(viaProvider), true},
		{"prepared, now none", prepared, none, notSent, false},
		{"unsupported, new row", unsupported, viaSMTP, prepared, false},
		{"unsupported, now provider", unsupported, viaProvider, fresh(viaProvider), true},
		{"unsupported, now none", unsupported, none, notSent, false},
		{"not sent, now provider", notSent, viaProvider, fresh(viaProvider), true},
		{"not sent, now SMTP", notSent, viaSMTP, prepared, false},
		{"not sent again", notSent, none, notSent, false},
	}
	// What counts as sent stays as it is, whoever should mail now.
	for _, state := range []v1alpha1.InvitationState{
		v1alpha1.InvitationSent, v1alpha1.InvitationRefused, v1alpha1.InvitationUnknown, v1alpha1.InvitationAccepted,
		v1alpha1.InvitationExpired, v1alpha1.InvitationUnanswered,
	} {
		for _, by := range []v1alpha1.InvitationSender{viaProvider, viaSMTP} {
			for _, sender := range []v1alpha1.InvitationSender{viaProvider, viaSMTP, none} {
				for ordinal := range int32(2) {
					m := mem(state, by, ordinal)
					tests = append(tests, struct {
						name   string
						mem    *v1alpha1.InvitationStatus
						sender v1alpha1.InvitationSender
						want   *v1alpha1.InvitationStatus
						notify bool
					}{fmt.Sprintf("%s %d by %s, sender %s", state, ordinal, by, sender), m, sender, m, false})
				}
			}
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			input := tt.mem.DeepCopy()
			got, notify := BeforeCreate(input, tt.sender, now)
			check(t, got, tt.want, notify, tt.notify)
			if !reflect.DeepEqual(input, tt.mem) {
				t.Errorf("the input was changed to %s", show(input))
			}
		})
	}
}

func TestAfterRead(t *testing.T) {
	gone := Facts{}
	pending := Facts{Exists: true, HasLink: true}
	silent := Facts{Exists: true}
	active := Facts{Exists: true, Active: true, HasLink: true}
	deferred := mem(v1alpha1.InvitationDeferred, viaSMTP, 1)
	deferred.Message = "450 later"
	again := mem(v1alpha1.InvitationIntended, viaSMTP, 1)
	prepared := mem(v1alpha1.InvitationPrepared, viaSMTP, 0)
	unsupported := mem(v1alpha1.InvitationUnsupported, viaSMTP, 0)
	notSent := mem(v1alpha1.InvitationNotSent, none, 0)
	sent := mem(v1alpha1.InvitationSent, viaSMTP, 1)
	refused := mem(v1alpha1.InvitationRefused, viaSMTP, 1)
	unknown := mem(v1alpha1.InvitationUnknown, viaSMTP, 1)
	missed := unknown.DeepCopy()
	missed.SentAt = &now
	accepted := mem(v1alpha1.InvitationAccepted, viaSMTP, 1)
	told := mem(v1alpha1.InvitationSent, viaProvider, 1)
	told.SentAt = &now
	tests := []struct {
		name   string
		mem    *v1alpha1.InvitationStatus
		sender v1alpha1.InvitationSender
		row    Facts
		want   *v1alpha1.InvitationStatus
		mail   bool
	}{
		{"no row, no memory", nil, viaSMTP, gone, nil, false},
		{"no row", prepared, viaSMTP, gone, prepared, false},
		{"active without memory", nil, viaProvider, active, mem(v1alpha1.InvitationNotNeeded, viaProvider, 0), false},
		{"active after a mail", sent, viaSMTP, active, accepted, false},
		{"active before the mail", prepared, viaSMTP, active, mem(v1alpha1.InvitationNotNeeded, viaSMTP, 0), false},
		{"active with an open intent", again, viaSMTP, active, accepted, false},
		{"active still", accepted, viaSMTP, active, accepted, false},
		{"profile deleted", accepted, viaSMTP, pending, accepted, false},
		{"row without memory, SMTP", nil, viaSMTP, pending, mem(v1alpha1.InvitationUnknown, viaSMTP, 0), false},
		{"row without memory, provider", nil, viaProvider, pending, mem(v1alpha1.InvitationUnknown, viaProvider, 0), false},
		{"row without memory, none", nil, none, pending, mem(v1alpha1.InvitationUnknown, none, 0), false},
		{"created, provider mails", mem(v1alpha1.InvitationIntended, viaProvider, 1), viaProvider, silent, told, false},
		{"created, provider mailed, now SMTP", mem(v1alpha1.InvitationIntended, viaProvider, 1), viaSMTP, pending, told, false},
		{"prepared, link there", prepared, viaSMTP, pending, fresh(viaSMTP), true},
		{"prepared, extension missing", prepared, viaSMTP, silent, unsupported, false},
		{"prepared, now provider", prepared, viaProvider, pending, prepared, false},
		{"prepared, now none", prepared, none, pending, prepared, false},
		{"unsupported, link there now", unsupported, viaSMTP, pending, fresh(viaSMTP), true},
		{"unsupported still", unsupported, viaSMTP, silent, unsupported, false},
		{"unsupported after a mail", mem(v1alpha1.InvitationUnsupported, viaSMTP, 1), viaSMTP, pending, mem(v1alpha1.InvitationUnsupported, viaSMTP, 1), false},
		{"intent without result", again, viaSMTP, pending, missed, false},
		{"intent without result, now provider", again, viaProvider, pending, missed, false},
		{"deferred", deferred, viaSMTP, pending, again, true},
		{"deferred, link missing", deferred, viaSMTP, silent, deferred, false},
		{"deferred, now none", deferred, none, pending, deferred, false},
		{"deferred, now provider", deferred, viaProvider, pending, deferred, false},
		{"not sent, now SMTP", notSent, viaSMTP, pending, notSent, false},
		{"sent", sent, viaSMTP, pending, sent, false},
		{"sent, now provider", sent, viaProvider, pending, sent, false},
		{"refused", refused, viaSMTP, pending, refused, false},
		{"unknown", unknown, viaSMTP, pending, unknown, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			input := tt.mem.DeepCopy()
			step := AfterRead(input, ours(tt.sender), tt.row, false, now, idFor)
			got := step.Memory
			if step.Act == Mail {
				got = step.Intent
			}
			check(t, got, tt.want, step.Act != Nothing, tt.mail)
			if !reflect.DeepEqual(input, tt.mem) {
				t.Errorf("the input was changed to %s", show(input))
			}
		})
	}
}

func TestResult(t *testing.T) {
	open := mem(v1alpha1.InvitationIntended, viaSMTP, 1)
	for verdict, state := range map[Verdict]v1alpha1.InvitationState{
		Accepted: v1alpha1.InvitationSent, Deferred: v1alpha1.InvitationDeferred,
		Refused: v1alpha1.InvitationRefused, Unknown: v1alpha1.InvitationUnknown,
		"": v1alpha1.InvitationUnknown,
	} {
		want := mem(state, viaSMTP, 1)
		if verdict != Accepted {
			want.Message = "why"
		}
		if state == v1alpha1.InvitationSent || state == v1alpha1.InvitationUnknown {
			want.SentAt = &now
		}
		input := open.DeepCopy()
		check(t, Result(input, Outcome{verdict, "why"}, now), want, false, false)
		if !reflect.DeepEqual(input, open) {
			t.Errorf("%s: the input was changed", verdict)
		}
	}
	for _, other := range []*v1alpha1.InvitationStatus{
		nil, mem(v1alpha1.InvitationAccepted, viaSMTP, 1), mem(v1alpha1.InvitationUnknown, viaSMTP, 1),
		mem(v1alpha1.InvitationIntended, viaProvider, 1), mem(v1alpha1.InvitationPrepared, viaSMTP, 0),
	} {
		check(t, Result(other, Outcome{Verdict: Accepted}, now), other, false, false)
	}
}
