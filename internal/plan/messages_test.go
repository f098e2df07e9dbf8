package plan

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/testkit/golden"
)

// A message that nobody reads is not understood either: this is the table of all messages of a record, of
// what its grants are told, and of its events. internal/docs checks that none is missing.
func TestMessages(t *testing.T) {
	table := &golden.Table{}
	for _, c := range cases() {
		d := c.p.decide()
		report := Status(c.p.Inputs, d, 0)
		table.Conditions(c.what, report.Status.Conditions)
		for _, echo := range report.Status.Contributions {
			table.Add(c.what, fmt.Sprintf("grant %s: %s %s", nameOf(*echo.Grant), echo.State, echo.Reason), echo.Message)
		}
		for _, event := range append(c.p.Done.Events, report.Transitions...) {
			table.Add(c.what, fmt.Sprintf("event %s %s", event.Type, event.Reason), event.Message)
		}
	}
	for _, cause := range []v1alpha1.OwedCause{
		v1alpha1.CauseRemoved, v1alpha1.CauseExpired, v1alpha1.CauseReviewMissed, v1alpha1.CausePersonExpired,
		v1alpha1.CauseEndedAtOnce, v1alpha1.CauseSuspended, v1alpha1.CauseUndeclared,
	} {
		table.Add("what is taken away", "event Normal Revoked", Inputs{}.removedMessage(hosting.NewRights(billing), []v1alpha1.OwedCause{cause}, "ns/g"))
	}
	lost := suspendedAfter(1, "a", "b", "c", "d")
	lost.guard.Approve(map[string]string{lost.decide().Gate.Worst.Batch: "director"})
	lost.persist(lost.decide())
	lost.later(time.Minute)
	lost.Row = nil
	for _, event := range lost.publish().Transitions {
		table.Add("a removal whose answer was lost", fmt.Sprintf("event %s %s", event.Type, event.Reason), event.Message)
	}
	table.Compare(t, "testdata/messages.txt")
}

type message struct {
	what string
	p    *person
}

// well is somebody with whom all is well, changed.
func well(change ...func(*person)) *person {
	p := personWith([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}, row(billing, management))
	p.Fresh = true
	for _, one := range change {
		one(p)
	}
	return p
}

func cases() []message {
	list := []message{
		{"all is well", well()},
		{"no backend", well(func(p *person) { p.Backend = nil })},
		{"the backend is suspended", well(func(p *person) { p.Backend.Spec.Suspend = true })},
		{"the table was not read", well(func(p *person) { p.Provider = Provider{} })},
		{"the table was not read for long", well(func(p *person) { p.Fresh, p.Provider.Read = false, now.Add(-2*time.Minute) })},
		{"two rows", well(func(p *person) { p.Provider.Ambiguous = true })},
		{"to be changed", onShop()},
		{"to be added", onShop(func(p *person) { p.Row = row(billing) })},
		{"to be looked for", onShop(func(p *person) {
			p.Row = row(billing, hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}, hosting.Right{Scope: hosting.ScopeAccount, ID: 2, Name: "Sites"})
		})},
		{"observed", onShop(observes)},
		{"observed, of a tenant", onShop(observes, ofTenant)},
		{"written, to no effect", onShop(func(p *person) { p.Fresh, p.Done = true, Result{Written: true} })},
		{"written again and again", onShop(func(p *person) { p.Retry = Retry{Count: MaxAttempts, Tried: p.decide().Attempt(p.Inputs)} })},
		{"done", done(func(*person) {})},
		{"done, for grants that are gone", done(func(p *person) {
			p.remember(access.Memory{Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing)}}, Owed: access.RightMap[access.Debt]{{Rights: hosting.NewRights(management), Value: access.Debt{Cause: v1alpha1.CauseRemoved, Namespaces: []string{"tenant"}, By: []types.UID{"gone"}, Since: now}}}})
		})},
		{"not answered", unanswered()},
		{"drifted", well(func(p *person) {
			p.Row = row(billing)
			p.Backend.Spec.DriftGrace = &metav1.Duration{Duration: time.Hour}
		})},
		{"given up", well(func(p *person) { p.Row = nil })},
		{"no room", full()},
		{"the grant went with its namespace", well(func(p *person) { p.Orphans.Lost = []string{"ns/g"} })},
		{"names that cannot be followed", strangers()},
		{"nobody names them", left(time.Hour, func(p *person) { p.Fresh = true })},
		{"nobody names them, for long", left(gate.Day, func(p *person) { p.Fresh, p.Backend.Spec.Inventory = true, v1alpha1.InventoryRecords })},
		{"no second factor", well(func(p *person) {
			p.Row.Rights = p.Row.Rights.With(hosting.TwoFactorRight)
			p.Row.TwoFactor = new(false)
		})},
		{"a second factor that would lock others' things", locking()},
	}
	return append(append(list, heldCases()...), invitationCases()...)
}

func ofTenant(p *person) {
	c := &p.Record.Spec.Contributions[0]
	c.Grant.Namespace = "tenant"
	c.Accounts = append(c.Accounts[:0:0], v1alpha1.AccountPermissions{Names: []v1alpha1.PlaceName{"shop"}, Permissions: []v1alpha1.AccountPermission{"Sites"}},
		v1alpha1.AccountPermissions{All: new(true), Permissions: []v1alpha1.AccountPermission{"Sites"}})
}

func done(change func(*person)) *person {
	p := well(func(p *person) {
		p.Record.Spec.Contributions[0].Overall = []v1alpha1.OverallPermission{"Billing", "ServerTechnical"}
		p.Record.Spec.Contributions[0].Digest = "other"
	}, change)
	d := p.decide()
	p.Inputs = Wrote(Persisted(p.Inputs, d, p.Record.DeepCopy()), d, row(billing, server), now)
	again := Decision{Change: d.Change, Desired: d.Desired}
	again.Desired.Drifted, again.Change.Remove = hosting.NewRights(server), hosting.Rights{}
	p.Done.Events = append(p.Done.Events, Wrote(p.Inputs, again, row(billing, server), now).Done.Events...)
	return p
}

func unanswered() *person {
	return holding(func(p *person) {
		p.remember(access.Memory{
			Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing)}}, Intended: &now,
			Owed: access.RightMap[access.Debt]{{Rights: hosting.NewRights(management), Value: access.Debt{Cause: v1alpha1.CauseRemoved, Namespaces: []string{"ns"}, Since: now}}},
		})
	})
}

func full() *person {
	return well(func(p *person) {
		p.Provider.Places = access.Places{}
		for g := range 8 {
			one := v1alpha1.AccountPermissions{Permissions: []v1alpha1.AccountPermission{"Sites"}}
			for i := range 300 {
				name := fmt.Sprintf("g%d-%d", g, i)
				one.Names = append(one.Names, v1alpha1.PlaceName(name))
				right := hosting.Right{Scope: hosting.ScopeAccount, Name: "Sites", ID: int64(1000*g + i + 1)}
				p.Provider.Places[access.PlaceKey{Scope: hosting.ScopeAccount, Name: name}] = right.ID
				if g < 6 {
					p.Row.Rights = p.Row.Rights.With(right)
				}
			}
			p.Record.Spec.Contributions = append(p.Record.Spec.Contributions, v1alpha1.Contribution{
				UID: types.UID(fmt.Sprint("g", g)), Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "ns", Name: "g"}, Accounts: []v1alpha1.AccountPermissions{one},
			})
		}
	})
}

func strangers() *person {
	return onShop(func(p *person) {
		p.Row = row(billing, hosting.Right{Scope: hosting.ScopeAccount, ID: 2, Name: "Sites"})
		p.Record.Spec.Contributions[0].Accounts[0].Names = []v1alpha1.PlaceName{"shop", "blog", "cellar"}
		p.Record.Status.Pins = []v1alpha1.PlacePin{{Scope: v1alpha1.ScopeAccount, Name: "shop", ID: 9}}
		p.remember(access.Memory{Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing)}}})
	})
}

func locking() *person {
	return well(func(p *person) {
		p.Record.Spec.Contributions[0].RequireTwoFactor = true
		p.Row.Rights = p.Row.Rights.With(server)
	})
}

func heldCases() []message {
	batch := suspendedAfter(1, "x", "y", "z")
	batch.Row = row(billing, management)
	skewed, behind := atWrongTime(), atWrongTime()
	behind.Provider.Ahead *= -1
	return []message{
		{"a removal settles", well(func(p *person) {
			p.Record.Spec.Contributions[0].Overall, p.Record.Spec.Contributions[0].Digest = []v1alpha1.OverallPermission{"Billing"}, "other"
			p.Backend.Spec.RemovalLimit = v1alpha1.RemovalLimit{Settle: &metav1.Duration{Duration: time.Minute}}
		})},
		{"a removal is held", batch},
		{"the clock is ahead", skewed},
		{"the clock is behind", behind},
		{"the person is protected", well(func(p *person) {
			p.Record.Spec.Contributions[0].Overall, p.Record.Spec.Contributions[0].Digest = []v1alpha1.OverallPermission{"Billing"}, "other"
			p.Backend.Spec.ProtectedEmails = []v1alpha1.Email{p.Record.Spec.Email}
		})},
	}
}

func invitationCases() []message {
	invited := func(mem v1alpha1.InvitationStatus, change ...func(*person)) *person {
		return well(func(p *person) {
			p.Row.ProfileID, p.Record.Status.Person, p.Record.Status.Invitation = 0, v1alpha1.PersonInvited, &mem
			p.recall()
			p.Done.Closed = true // what is remembered is told as it is
			for _, one := range change {
				one(p)
			}
		})
	}
	before := func(state v1alpha1.InvitationState) func(*person) {
		return func(p *person) { p.Record.Status.Invitation = &v1alpha1.InvitationStatus{State: state} }
	}
	repeats := func(p *person) {
		p.Backend.Spec.Invitations.MaxSends = 2
		p.Backend.Spec.Invitations.ResendAfter = &metav1.Duration{Duration: 168 * time.Hour}
	}
	asked := func(p *person) {
		p.Record.Spec.Contributions[0].Resend = "now"
	}
	waits := func(wait MailWait) *person {
		return onShop(func(p *person) {
			p.Row, p.Record.Status, p.Fresh, p.MailWait = nil, v1alpha1.AccessRecordStatus{}, true, &wait
			p.recall()
			p.Backend.Spec.Invitations.Sender = v1alpha1.SenderProvider
		})
	}
	refused := well(asked)
	return []message{
		{"invited", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationSent, Ordinal: 1}, before(v1alpha1.InvitationIntended))},
		{"invited, and asked for again", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationSent, Ordinal: 1}, asked)},
		{"not invited", well(func(p *person) { p.Row.ProfileID = 0 })},
		{"being invited", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationIntended, Ordinal: 1})},
		{"invited by nobody", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationNotSent})},
		{"perhaps invited", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationUnknown, Ordinal: 1})},
		{"the mail was refused", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationRefused, Message: "RCPT: 550 no such user"})},
		{"the mail was put off", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationDeferred, Message: "RCPT: 450 try later"})},
		{"the link has expired", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationExpired, Ordinal: 1}, before(v1alpha1.InvitationSent), repeats)},
		{"the last link has expired", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationExpired, Ordinal: 2}, repeats)},
		{"no answer", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationUnanswered, Ordinal: 2}, before(v1alpha1.InvitationExpired))},
		{"no link", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationUnsupported})},
		{"no second mail", invited(v1alpha1.InvitationStatus{State: v1alpha1.InvitationUnsupported, Ordinal: 1})},
		{"no second link", invited(*invite.NoEffect(&v1alpha1.InvitationStatus{State: v1alpha1.InvitationRenewing, Ordinal: 1}, now))},
		{"the mail waits", waits(MailWait{For: time.Minute, Among: 2, PerMinute: 5})},
		{"the mail server is down", waits(MailWait{For: time.Minute, Among: 1, PerMinute: 5, ServerDown: true})},
		{"a mail for somebody with a profile", refused},
	}
}
