package invite

import (
	"reflect"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// due is resendAfter after the mails of mem, tooSoon a second earlier.
var (
	due     = metav1.NewTime(before.Add(time.Hour))
	tooSoon = metav1.NewTime(due.Add(-time.Second))
)

// rows of somebody without a profile, by what the provider tells.
var (
	works   = Facts{Exists: true, HasLink: true, State: "pending", Expires: due.Add(48 * time.Hour), Mails: ptr.To(int32(1))}
	closing = Facts{Exists: true, HasLink: true, State: "pending", Expires: due.Add(23 * time.Hour), Mails: ptr.To(int32(1))}
	over    = Facts{Exists: true, State: "expired", Expires: before.Add(time.Minute), Mails: ptr.To(int32(1))}
	overdue = Facts{Exists: true, HasLink: true, State: "pending", Expires: before.Add(time.Minute), Mails: ptr.To(int32(1))}
	fixed   = Facts{Exists: true, HasLink: true, State: "pending"} // it cannot be invited again
	spent   = Facts{Exists: true, State: "expired"}
	mute    = Facts{Exists: true}
)

// of is a memory with asked mails among those intended.
func of(state v1alpha1.InvitationState, sender v1alpha1.InvitationSender, ordinal, asked int32) *v1alpha1.InvitationStatus {
	m := mem(state, sender, ordinal)
	m.Asked = asked
	return m
}

// TestWhatBecomesByItself: the state that follows, and what is due.
func TestWhatBecomesByItself(t *testing.T) {
	const (
		sent       = v1alpha1.InvitationSent
		unknown    = v1alpha1.InvitationUnknown
		expired    = v1alpha1.InvitationExpired
		unanswered = v1alpha1.InvitationUnanswered
		renewing   = v1alpha1.InvitationRenewing
		intended   = v1alpha1.InvitationIntended
		refused    = v1alpha1.InvitationRefused
		unable     = v1alpha1.InvitationUnsupported
		deferred   = v1alpha1.InvitationDeferred
		prepared   = v1alpha1.InvitationPrepared
		notSent    = v1alpha1.InvitationNotSent
	)
	for what, c := range map[string]struct {
		mem    *v1alpha1.InvitationStatus
		sender v1alpha1.InvitationSender
		row    Facts
		now    metav1.Time
		state  v1alpha1.InvitationState
		act    Act
		intent v1alpha1.InvitationState
	}{
		"the link works":                            {of(sent, viaSMTP, 1, 0), viaSMTP, works, due, sent, Nothing, ""},
		"the provider says that it ended":           {of(sent, viaSMTP, 1, 0), viaSMTP, over, now, expired, Nothing, ""},
		"its end has come, and the list is old":     {of(sent, viaProvider, 1, 0), viaProvider, overdue, now, expired, Nothing, ""},
		"the last one ended":                        {of(sent, viaSMTP, 2, 0), viaSMTP, over, now, unanswered, Nothing, ""},
		"one that was asked for does not count":     {of(sent, viaSMTP, 2, 1), viaSMTP, over, now, expired, Nothing, ""},
		"not told, and not long ago":                {of(sent, viaProvider, 1, 0), viaProvider, mute, tooSoon, sent, Nothing, ""},
		"not told, and long ago":                    {of(sent, viaProvider, 1, 0), viaProvider, mute, due, expired, Nothing, ""},
		"not told, and the last":                    {of(sent, viaProvider, 2, 0), viaProvider, mute, due, unanswered, Nothing, ""},
		"lost, and the link ended":                  {of(unknown, viaSMTP, 1, 0), viaSMTP, over, now, expired, Nothing, ""},
		"lost, and not long ago":                    {of(unknown, viaSMTP, 1, 0), viaSMTP, works, tooSoon, unknown, Nothing, ""},
		"lost, and the link still works":            {of(unknown, viaSMTP, 1, 0), viaSMTP, works, due, unknown, Mail, intended},
		"lost, the last, and the link still works":  {of(unknown, viaSMTP, 2, 0), viaSMTP, works, due, unknown, Nothing, ""},
		"there before us, and the link works":       {of(unknown, viaSMTP, 0, 0), viaSMTP, works, due, unknown, Nothing, ""},
		"there before us, and the link ended":       {of(unknown, viaSMTP, 0, 0), viaSMTP, over, due, expired, Nothing, ""},
		"there before us, ended, and renewed":       {of(expired, viaSMTP, 0, 0), viaSMTP, works, due, unknown, Nothing, ""},
		"there before us, ended, and long ago":      {of(expired, viaSMTP, 0, 0), viaSMTP, over, due, expired, Nothing, ""},
		"ended, and too soon for another":           {of(expired, viaSMTP, 1, 0), viaSMTP, over, tooSoon, expired, Nothing, ""},
		"ended, and another is due":                 {of(expired, viaSMTP, 1, 0), viaSMTP, over, due, expired, Renew, renewing},
		"ended, and the provider mails":             {of(expired, viaProvider, 1, 0), viaProvider, over, due, expired, Again, intended},
		"ended, and somebody else had it renewed":   {of(expired, viaSMTP, 1, 0), viaSMTP, works, due, sent, Nothing, ""},
		"unanswered, and somebody had it renewed":   {of(unanswered, viaSMTP, 2, 0), viaSMTP, works, due, sent, Nothing, ""},
		"ended, and cannot be renewed":              {of(expired, viaSMTP, 1, 0), viaSMTP, spent, due, unable, Nothing, ""},
		"ended, and the provider cannot mail again": {of(expired, viaProvider, 1, 0), viaProvider, mute, due, unable, Nothing, ""},
		"ended, and nobody mails":                   {of(expired, viaSMTP, 1, 0), none, over, due, expired, Nothing, ""},
		"ended, sender changed":                     {of(expired, viaSMTP, 1, 0), viaProvider, over, due, expired, Again, intended},
		"ended, and only sent because of somebody":  {of(expired, viaSMTP, 1, 1), viaSMTP, over, due, expired, Nothing, ""},
		"maxSends lowered":                          {of(expired, viaSMTP, 3, 0), viaSMTP, over, due, unanswered, Nothing, ""},
		"maxSends raised for the unanswered":        {of(unanswered, viaSMTP, 1, 0), viaSMTP, over, due, unanswered, Nothing, ""},
		"renewed":                                   {of(renewing, viaSMTP, 2, 0), viaSMTP, works, due, renewing, Mail, intended},
		"renewed, and works for a short time":       {of(renewing, viaSMTP, 2, 0), viaSMTP, closing, due, renewing, Mail, intended},
		"not renewed":                               {of(renewing, viaSMTP, 2, 0), viaSMTP, over, due, renewing, Renew, renewing},
		"to be renewed, and cannot be any more":     {of(renewing, viaSMTP, 2, 0), viaSMTP, spent, due, renewing, Nothing, ""},
		"to be renewed, sender changed":             {of(renewing, viaSMTP, 2, 0), none, works, due, renewing, Nothing, ""},
		"put off until the link ended":              {of(deferred, viaSMTP, 1, 0), viaSMTP, over, now, deferred, Renew, renewing},
		"prepared, and the link ended":              {of(prepared, viaSMTP, 0, 0), viaSMTP, over, now, prepared, Renew, renewing},
		"refused, and long ago":                     {of(refused, viaSMTP, 1, 0), viaSMTP, over, due, refused, Nothing, ""},
		"not supported, and long ago":               {of(unable, viaSMTP, 1, 0), viaSMTP, over, due, unable, Nothing, ""},
		"never sent, and ended":                     {of(notSent, none, 0, 0), none, over, due, notSent, Nothing, ""},
	} {
		t.Run(what, func(t *testing.T) {
			input := c.mem.DeepCopy()
			step := AfterRead(input, ours(c.sender), c.row, false, c.now, idFor)
			if step.Memory.State != c.state || step.Act != c.act || (step.Act == Nothing) != (step.Intent == nil) {
				t.Fatalf("got %s, act %d, want %s, act %d", step.Memory.State, step.Act, c.state, c.act)
			}
			if !reflect.DeepEqual(input, c.mem) {
				t.Errorf("the input was changed to %s", show(input))
			}
			if step.Act == Nothing {
				return
			}
			got := step.Intent
			next := c.mem.Ordinal
			if c.mem.State == expired || c.mem.State == unknown || c.mem.State == prepared {
				next++
			}
			if got.State != c.intent || got.Ordinal != next || got.Asked != c.mem.Asked || got.Sender != c.sender {
				t.Errorf("intent %s", show(got))
			}
			if c.sender == viaSMTP && got.MessageID != idFor(next) || c.sender == viaProvider && *got.ProviderMails != 1 {
				t.Errorf("intent %s", show(got))
			}
		})
	}
}

// TestWhetherTheProviderMailedIsRead: an open intent to have it mail again.
func TestWhetherTheProviderMailedIsRead(t *testing.T) {
	open := mem(v1alpha1.InvitationIntended, viaProvider, 2)
	open.ProviderMails, open.ExpiresAt = ptr.To(int32(1)), works.expires()
	another := works
	another.Replaced = true
	counted := func(n int32) Facts { f := works; f.Mails = &n; return f }
	for what, c := range map[string]struct {
		sender v1alpha1.InvitationSender
		row    Facts
		state  v1alpha1.InvitationState
		act    Act
	}{
		"it did":                       {viaProvider, counted(2), v1alpha1.InvitationSent, Nothing},
		"it did, sender changed":       {viaSMTP, counted(2), v1alpha1.InvitationSent, Nothing},
		"it did not":                   {viaProvider, counted(1), v1alpha1.InvitationIntended, Again},
		"it did not, sender changed":   {viaSMTP, counted(1), v1alpha1.InvitationUnknown, Nothing},
		"the row is another":           {viaProvider, another, v1alpha1.InvitationUnknown, Nothing},
		"it does not tell any more":    {viaProvider, fixed, v1alpha1.InvitationUnknown, Nothing},
		"the person is there":          {viaProvider, Facts{Exists: true, Active: true}, v1alpha1.InvitationAccepted, Nothing},
		"the row is gone at this time": {viaProvider, Facts{}, v1alpha1.InvitationIntended, Nothing},
	} {
		step := AfterRead(open, ours(c.sender), c.row, false, now, idFor)
		if step.Memory.State != c.state || step.Act != c.act {
			t.Errorf("%s: %s, act %d", what, show(step.Memory), step.Act)
		}
		if step.Act == Again && !reflect.DeepEqual(step.Intent, open) {
			t.Errorf("%s: another intent, %s", what, show(step.Intent))
		}
		if step.Memory.State != v1alpha1.InvitationIntended && step.Memory.ProviderMails != nil {
			t.Errorf("%s: remembers more than needed, %s", what, show(step.Memory))
		}
	}
}

// TestAnswers to somebody who asked for another mail.
func TestAnswers(t *testing.T) {
	active := Facts{Exists: true, Active: true}
	pause := mem(v1alpha1.InvitationSent, viaSMTP, 2)
	pause.Asked, pause.AskedAt = 1, &before
	ahead := pause.DeepCopy()
	ahead.AskedAt = ptr.To(metav1.NewTime(due.Add(24 * time.Hour)))
	open := mem(v1alpha1.InvitationIntended, viaProvider, 2)
	open.ProviderMails = ptr.To(int32(1))
	for what, c := range map[string]struct {
		mem       *v1alpha1.InvitationStatus
		sender    v1alpha1.InvitationSender
		row       Facts
		now       metav1.Time
		act       Act
		ordinal   int32
		asked     int32
		dismissed string
	}{
		"sent":                       {mem(v1alpha1.InvitationSent, viaSMTP, 1), viaSMTP, works, now, Mail, 2, 1, ""},
		"sent by the provider":       {mem(v1alpha1.InvitationSent, viaProvider, 1), viaProvider, works, now, Again, 2, 1, ""},
		"the link ends soon":         {mem(v1alpha1.InvitationSent, viaSMTP, 1), viaSMTP, closing, due, Renew, 2, 1, ""},
		"ends soon, not renewable":   {mem(v1alpha1.InvitationSent, viaSMTP, 1), viaSMTP, fixed, due, Mail, 2, 1, ""},
		"unanswered":                 {mem(v1alpha1.InvitationUnanswered, viaSMTP, 2), viaSMTP, over, now, Renew, 3, 1, ""},
		"refused":                    {mem(v1alpha1.InvitationRefused, viaSMTP, 1), viaSMTP, works, now, Mail, 2, 1, ""},
		"unknown":                    {mem(v1alpha1.InvitationUnknown, viaSMTP, 1), viaSMTP, works, now, Mail, 2, 1, ""},
		"there before us":            {mem(v1alpha1.InvitationUnknown, viaSMTP, 0), viaSMTP, works, now, Mail, 1, 1, ""},
		"expired":                    {mem(v1alpha1.InvitationExpired, viaProvider, 1), viaProvider, over, now, Again, 2, 1, ""},
		"never sent, somebody now":   {mem(v1alpha1.InvitationNotSent, none, 0), viaProvider, over, now, Again, 1, 1, ""},
		"the profile was deleted":    {mem(v1alpha1.InvitationAccepted, viaSMTP, 1), viaSMTP, works, now, Mail, 2, 1, ""},
		"prepared":                   {mem(v1alpha1.InvitationPrepared, viaSMTP, 0), viaSMTP, works, now, Mail, 1, 0, ""},
		"put off":                    {mem(v1alpha1.InvitationDeferred, viaSMTP, 1), viaSMTP, works, now, Mail, 1, 0, ""},
		"prepared, sender changed":   {mem(v1alpha1.InvitationPrepared, viaSMTP, 0), viaProvider, works, now, Again, 1, 1, ""},
		"within the hour":            {pause, viaSMTP, works, tooSoon, Nothing, 0, 0, "waits"},
		"after the hour":             {pause, viaSMTP, works, due, Mail, 3, 2, ""},
		"by a clock that ran ahead":  {ahead, viaSMTP, works, due, Mail, 3, 2, ""},
		"while the provider mails":   {open, viaProvider, works, now, Again, 2, 0, "waits"},
		"active":                     {mem(v1alpha1.InvitationAccepted, viaSMTP, 1), viaSMTP, active, now, Nothing, 0, 0, "has a profile"},
		"nobody mails":               {mem(v1alpha1.InvitationNotSent, none, 0), none, works, now, Nothing, 0, 0, "None"},
		"cannot be invited again":    {mem(v1alpha1.InvitationSent, viaProvider, 1), viaProvider, fixed, now, Nothing, 0, 0, "cannot invite again"},
		"no link, cannot be renewed": {mem(v1alpha1.InvitationUnanswered, viaSMTP, 2), viaSMTP, spent, now, Nothing, 0, 0, "cannot invite again"},
		"no row":                     {mem(v1alpha1.InvitationSent, viaSMTP, 1), viaSMTP, Facts{}, now, Nothing, 0, 0, "waits"},
	} {
		t.Run(what, func(t *testing.T) {
			input := c.mem.DeepCopy()
			step := AfterRead(input, ours(c.sender), c.row, true, c.now, idFor)
			if step.Act != c.act || step.Answered != (c.dismissed != "waits") {
				t.Fatalf("act %d, answered %v, %s", step.Act, step.Answered, show(step.Memory))
			}
			if c.dismissed != "waits" && (c.dismissed == "") != (step.Dismissed == "") || !strings.Contains("waits "+step.Dismissed, c.dismissed) {
				t.Errorf("dismissed because %q", step.Dismissed)
			}
			if c.act != Nothing && (step.Intent.Ordinal != c.ordinal || step.Intent.Asked != c.asked || (c.asked > 0) != step.Intent.AskedAt.Equal(&c.now)) {
				t.Errorf("intent %s", show(step.Intent))
			}
			if !reflect.DeepEqual(input, c.mem) {
				t.Errorf("the input was changed to %s", show(input))
			}
		})
	}
}

func TestNext(t *testing.T) {
	asked := of(v1alpha1.InvitationSent, viaSMTP, 2, 1)
	asked.AskedAt = ptr.To(metav1.NewTime(now.Add(-time.Minute)))
	asked.IntendedAt = asked.AskedAt
	for what, c := range map[string]struct {
		mem   *v1alpha1.InvitationStatus
		row   Facts
		asked bool
		want  time.Time
	}{
		"the end of the link":     {of(v1alpha1.InvitationSent, viaProvider, 1, 0), Facts{Exists: true, State: "pending", Expires: now.Add(time.Minute)}, false, now.Add(time.Minute)},
		"when another may leave":  {of(v1alpha1.InvitationExpired, viaSMTP, 1, 0), over, false, due.Time},
		"an end that is not told": {of(v1alpha1.InvitationSent, viaProvider, 1, 0), mute, false, due.Time},
		"the end of the pause":    {asked, works, true, now.Add(59 * time.Minute)},
		"nobody waits":            {asked, works, false, works.Expires},
		"lost":                    {of(v1alpha1.InvitationUnknown, viaSMTP, 1, 0), works, false, due.Time},
		"lost, and the last":      {of(v1alpha1.InvitationUnknown, viaSMTP, 2, 0), works, false, works.Expires},
		"ended, and not by us":    {of(v1alpha1.InvitationExpired, viaSMTP, 1, 1), over, false, time.Time{}},
		"unanswered":              {of(v1alpha1.InvitationUnanswered, viaSMTP, 2, 0), over, false, time.Time{}},
		"accepted":                {of(v1alpha1.InvitationSent, viaSMTP, 1, 0), Facts{Exists: true, Active: true}, false, time.Time{}},
		"no row":                  {of(v1alpha1.InvitationSent, viaSMTP, 1, 0), Facts{}, false, time.Time{}},
		"no memory":               {nil, works, false, time.Time{}},
	} {
		at, ok := Next(c.mem, ours(viaSMTP), c.row, c.asked, now)
		if ok == c.want.IsZero() || !at.Equal(c.want) {
			t.Errorf("%s: %v, %v, want %v", what, at, ok, c.want)
		}
	}
}

func TestTheEndOfTheLinkIsRemembered(t *testing.T) {
	m := mem(v1alpha1.InvitationSent, viaSMTP, 1)
	step := AfterRead(m, ours(viaSMTP), works, false, now, idFor)
	if step.Memory.ExpiresAt == nil || !step.Memory.ExpiresAt.Time.Equal(works.Expires) {
		t.Error(show(step.Memory))
	}
	if again := AfterRead(step.Memory, ours(viaSMTP), works, false, now, idFor); again.Memory != step.Memory {
		t.Error("nothing changed, and it is another memory:", show(again.Memory))
	}
	if gone := AfterRead(step.Memory, ours(viaSMTP), fixed, false, now, idFor); gone.Memory.ExpiresAt != nil {
		t.Error(show(gone.Memory))
	}
}

func TestNoEffect(t *testing.T) {
	open := mem(v1alpha1.InvitationIntended, viaProvider, 2)
	open.ProviderMails = ptr.To(int32(1))
	got := NoEffect(open, now)
	if got.State != v1alpha1.InvitationUnknown || got.ProviderMails != nil || got.Message == "" || !got.SentAt.Equal(&now) {
		t.Error(show(got))
	}
	if step := AfterRead(got, ours(viaProvider), works, false, now, idFor); step.Act != Nothing {
		t.Error("asks again at once:", show(step.Intent))
	}
	if got := NoEffect(mem(v1alpha1.InvitationRenewing, viaSMTP, 2), now); got.State != v1alpha1.InvitationUnsupported {
		t.Error(show(got))
	}
}

func TestPolicyOf(t *testing.T) {
	if got, want := PolicyOf(v1alpha1.Invitations{}), (Policy{viaProvider, 2, 168 * time.Hour, 10}); got != want {
		t.Error(got)
	}
	told := v1alpha1.Invitations{Sender: viaSMTP, MaxSends: 3, ResendAfter: &metav1.Duration{Duration: time.Minute}, PerMinute: 4}
	if got, want := PolicyOf(told), (Policy{viaSMTP, 3, time.Minute, 4}); got != want {
		t.Error(got)
	}
}
