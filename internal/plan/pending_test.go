package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// onShop is somebody whose grant gives Sites on the accounts shop and blog, which the row lacks, and who
// is to lose AccountManagement.
func onShop(change ...func(*person)) *person {
	p := personWith([]v1alpha1.OverallPermission{"Billing"}, row(billing, management))
	c := &p.Record.Spec.Contributions[0]
	c.Digest, c.Accounts = "other", []v1alpha1.AccountPermissions{{Names: []v1alpha1.PlaceName{"shop", "blog"}, Permissions: []v1alpha1.AccountPermission{"Sites"}}}
	p.Provider.Places = access.PlacesOf([]hosting.Place{{ID: 1, Name: "shop"}, {ID: 2, Name: "blog"}}, nil)
	p.Provider.Names = p.Provider.Places.Names()
	for _, one := range change {
		one(p)
	}
	return p
}

func observes(p *person) { p.Backend.Spec.Mode = v1alpha1.ModeObserve }

// What is to be changed is told by name, and why it is not done.
func TestPendingIsToldByName(t *testing.T) {
	sites := v1alpha1.NamedRights{Scope: v1alpha1.ScopeAccount, Places: []string{"blog", "shop"}, Permissions: []string{"Sites"}}
	given := v1alpha1.NamedRights{Scope: v1alpha1.ScopeOverall, Permissions: []string{"Billing"}}
	gone := v1alpha1.NamedRights{Scope: v1alpha1.ScopeOverall, Permissions: []string{"AccountManagement"}}
	differs := func(blockedBy string) *v1alpha1.PendingChange {
		return &v1alpha1.PendingChange{Add: []v1alpha1.NamedRights{sites}, AddCount: 2, Remove: []v1alpha1.NamedRights{gone}, RemoveCount: 1, BlockedBy: blockedBy}
	}
	blog := hosting.Right{Scope: hosting.ScopeAccount, ID: 2, Name: "Sites"}
	shop := hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}
	newcomer := func(sender v1alpha1.InvitationSender) func(*person) {
		return func(p *person) {
			p.Row, p.Backend.Spec.Invitations.Sender = nil, sender
			p.Record.Status = v1alpha1.AccessRecordStatus{}
			p.recall()
		}
	}
	invites := func(invite bool, blockedBy string) *v1alpha1.PendingChange {
		return &v1alpha1.PendingChange{Add: []v1alpha1.NamedRights{sites, given}, AddCount: 3, Invite: invite, BlockedBy: blockedBy}
	}
	mailDue := func(p *person) {
		p.Row = &hosting.Row{ID: 7, Rights: hosting.NewRights(billing, shop, blog), Invitation: &hosting.Invitation{Link: "https://x.example"}}
		p.Backend.Spec.Invitations.Sender = v1alpha1.SenderSMTP
		p.Record.Status.Person, p.Record.Status.Owed, p.Record.Status.Applied = v1alpha1.PersonInvited, nil, nil
		p.Record.Status.Invitation = &v1alpha1.InvitationStatus{State: v1alpha1.InvitationDeferred, Sender: v1alpha1.SenderSMTP, Ordinal: 1}
		p.Record.Spec.Contributions[0].Digest, p.Record.Status.Contributions[0].Digest = "d", "d"
		p.recall()
	}
	for what, c := range map[string]struct {
		p    *person
		want *v1alpha1.PendingChange
	}{
		"a mail is due":             {onShop(mailDue), &v1alpha1.PendingChange{Invite: true}},
		"a mail is only observed":   {onShop(observes, mailDue), &v1alpha1.PendingChange{Invite: true, BlockedBy: "ObserveOnly"}},
		"a mail has to wait":        {onShop(mailDue, func(p *person) { p.MailWait = &MailWait{For: time.Minute} }), &v1alpha1.PendingChange{Invite: true, BlockedBy: "MailQueued"}},
		"a mail fails for a moment": {onShop(mailDue, func(p *person) { p.Done.Failure = errors.New("no answer") }), nil},
		"it is being done":          {onShop(), differs("")},
		"it is observed":            {onShop(observes), differs("ObserveOnly")},
		"the backend is suspended":  {onShop(func(p *person) { p.Backend.Spec.Suspend = true }), differs("Suspended")},
		"the provider is away":      {onShop(func(p *person) { p.Provider.Err = errors.New("no answer") }), differs("ProviderUnavailable")},
		"the table is doubted":      {onShop(func(p *person) { p.Provider.Err = &hosting.Error{Class: hosting.ClassUnconfirmed} }), differs("TableUnconfirmed")},
		"the table was not read":    {onShop(func(p *person) { p.Provider = Provider{} }), nil},
		"the person is protected": {onShop(func(p *person) {
			p.Backend.Spec.ProtectedEmails = []v1alpha1.Email{p.Record.Spec.Email}
			p.Row = row(billing, management, shop, blog)
		}), &v1alpha1.PendingChange{Remove: []v1alpha1.NamedRights{gone}, RemoveCount: 1, BlockedBy: "Protected"}},
		"it never takes effect": {onShop(func(p *person) { p.Retry = Retry{Count: MaxAttempts, Tried: p.decide().Attempt(p.Inputs)} }), differs("NotConverging")},
		"it is as declared":     {onShop(func(p *person) { p.Row = row(billing, shop, blog) }), nil},
		"a place lost its name": {onShop(observes, func(p *person) {
			p.Provider.Names = access.Names{{Scope: hosting.ScopeAccount, ID: 1}: "shop"}
			p.Row = row(billing, management, shop)
		}), &v1alpha1.PendingChange{Add: []v1alpha1.NamedRights{{Scope: v1alpha1.ScopeAccount, Places: []string{"id:2"}, Permissions: []string{"Sites"}}}, AddCount: 1, Remove: []v1alpha1.NamedRights{gone}, RemoveCount: 1, BlockedBy: "ObserveOnly"}},
		"the provider invites":     {onShop(observes, newcomer(v1alpha1.SenderProvider)), invites(true, "ObserveOnly")},
		"we invite":                {onShop(observes, newcomer(v1alpha1.SenderSMTP)), invites(true, "ObserveOnly")},
		"nobody invites":           {onShop(observes, newcomer(v1alpha1.SenderNone)), invites(false, "ObserveOnly")},
		"the row waits for a mail": {onShop(newcomer(v1alpha1.SenderProvider), func(p *person) { p.Fresh, p.MailWait = true, &MailWait{For: time.Minute} }), invites(true, "MailQueued")},
		"removals are judged first": {onShop(func(p *person) {
			p.Row = row(billing, management, shop, blog)
			p.Backend.Spec.RemovalLimit = v1alpha1.RemovalLimit{Settle: &metav1.Duration{Duration: time.Minute}}
		}), &v1alpha1.PendingChange{Remove: []v1alpha1.NamedRights{gone}, RemoveCount: 1, BlockedBy: "RemovalSettling"}},
	} {
		got := Status(c.p.Inputs, c.p.decide(), 0).Status.Pending
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
}

// However much is pending, it takes 16 KiB, and the counts are of all of it.
func TestPendingIsBounded(t *testing.T) {
	for what, removes := range map[string]bool{"additions": false, "both": true} {
		p, live := onShop(observes), hosting.Rights{}
		places := access.Places{}
		list := &p.Record.Spec.Contributions[0].Accounts[0]
		list.Names = nil
		memory := access.Memory{Owed: access.RightMap[access.Debt]{}}
		for i := range 300 {
			name := fmt.Sprintf("%s-%d", strings.Repeat("n", 55), i)
			list.Names = append(list.Names, v1alpha1.PlaceName(name))
			places[access.PlaceKey{Scope: hosting.ScopeAccount, Name: name}] = int64(i + 1)
			if right := (hosting.Right{Scope: hosting.ScopeAccount, ID: int64(i + 1), Name: "FTP"}); removes {
				live = live.With(right)
				memory.Owed = memory.Owed.With(access.RightPart[access.Debt]{Rights: hosting.NewRights(right), Value: access.Debt{Cause: v1alpha1.CauseChanged, Since: now}})
			}
		}
		live = live.With(billing)
		p.Provider.Places, p.Provider.Names, p.Row = places, places.Names(), &hosting.Row{ID: 7, ProfileID: 1, Rights: live}
		p.remember(memory)
		got := Status(p.Inputs, p.decide(), 0).Status.Pending
		body, err := json.Marshal(got)
		if err != nil || got == nil || got.AddCount != 300 || removes != (got.RemoveCount == 300) {
			t.Fatalf("%s: %v, %+v", what, err, got)
		}
		// Neither list starves the other, and one alone has all the room.
		if len(body) > 16<<10 || len(body) < 14<<10 || len(got.Add) != 1 || removes && len(got.Remove[0].Places) < 100 {
			t.Errorf("%s: %d bytes", what, len(body))
		}
	}
}

// A contribution is told of what is its own, and of nothing that others give the person.
func TestAnEchoTellsOfItsOwn(t *testing.T) {
	p := onShop(observes)
	other := v1alpha1.Contribution{UID: "v", Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "other", Name: "g"}, Overall: []v1alpha1.OverallPermission{"AccountTechnical"}}
	satisfied := v1alpha1.Contribution{UID: "w", Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "other", Name: "h"}, Overall: []v1alpha1.OverallPermission{"Billing"}}
	p.Record.Spec.Contributions = append(p.Record.Spec.Contributions, other, satisfied)
	want := []string{
		"Failed/ObserveOnly: to add: account blog, shop: Sites; to take away: AccountManagement",
		"Failed/ObserveOnly: to add: AccountTechnical",
		"Live/: ",
	}
	got := Status(p.Inputs, p.decide(), 0).Status
	for i, echo := range got.Contributions {
		if text := fmt.Sprintf("%s/%s: %s", echo.State, echo.Reason, echo.Message); text != want[i] {
			t.Errorf("got %s, want %s", text, want[i])
		}
	}
	// A removal that is only observed is told of in the grant that brought it, although all it names is there.
	p.Row = row(billing, management, hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}, hosting.Right{Scope: hosting.ScopeAccount, ID: 2, Name: "Sites"})
	if echo := Status(p.Inputs, p.decide(), 0).Status.Contributions[0]; echo.Message != "to take away: AccountManagement" {
		t.Errorf("%+v", echo)
	}
}

// A grant of another namespace is told the places that it names: which others there are is not its business.
// One of the backend's own namespace is told all.
func TestAnEchoNamesNoPlaceThatTheGrantDoesNot(t *testing.T) {
	every := v1alpha1.AccountPermissions{All: new(true), Permissions: []v1alpha1.AccountPermission{"Sites"}}
	shop := v1alpha1.AccountPermissions{Names: []v1alpha1.PlaceName{"shop"}, Permissions: []v1alpha1.AccountPermission{"Sites"}}
	left := hosting.NewRights(billing, hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}, hosting.Right{Scope: hosting.ScopeAccount, ID: 2, Name: "Sites"})
	for what, c := range map[string]struct {
		namespace string
		accounts  []v1alpha1.AccountPermissions
		change    func(*person)
		want      string
	}{
		"all of them":            {"tenant", []v1alpha1.AccountPermissions{every}, nil, "to add: 2 accounts: Sites; to take away: AccountManagement"},
		"all of them, one named": {"tenant", []v1alpha1.AccountPermissions{shop, every}, nil, "to add: account shop, and 1 account that the grant does not name: Sites; to take away: AccountManagement"},
		"one, named":             {"tenant", []v1alpha1.AccountPermissions{shop}, nil, "to add: account shop: Sites; to take away: AccountManagement"},
		"of the backend's own":   {"ns", []v1alpha1.AccountPermissions{every}, nil, "to add: account blog, shop: Sites; to take away: AccountManagement"},
		"what it names no longer": {"tenant", nil, func(p *person) {
			p.Row = &hosting.Row{ID: 7, ProfileID: 1, Rights: left}
			p.remember(access.Memory{Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing).Union(hosting.RightsAt(hosting.ScopeAccount, []int64{1, 2}, "Sites"))}}})
		}, "to take away: 2 accounts: Sites"},
	} {
		p := onShop(observes)
		p.Record.Spec.Contributions[0].Grant.Namespace, p.Record.Spec.Contributions[0].Accounts = c.namespace, c.accounts
		if c.change != nil {
			c.change(p)
		}
		got := Status(p.Inputs, p.decide(), 0).Status
		if echo := got.Contributions[0]; echo.Message != c.want {
			t.Errorf("%s: got %s, want %s", what, echo.Message, c.want)
		}
		if names := fmt.Sprint(got.Pending); len(c.accounts) > 1 && !strings.Contains(names, "blog") {
			t.Errorf("%s: the record does not name all: %s", what, names)
		}
	}
}

// A rename at the provider is looked at, told, and nothing else; a place that is not listed any more keeps
// the last name it was seen with.
func TestNamesFollowThePlacesAndDecideNothing(t *testing.T) {
	sites := hosting.NewRights(hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}, hosting.Right{Scope: hosting.ScopeAccount, ID: 2, Name: "Sites"})
	p := onShop(func(p *person) { p.Row = &hosting.Row{ID: 7, ProfileID: 1, Rights: sites} })
	every := true
	p.Record.Spec.Contributions[0].Overall = nil
	p.Record.Spec.Contributions[0].Accounts = []v1alpha1.AccountPermissions{{All: &every, Permissions: []v1alpha1.AccountPermission{"Sites"}}}
	p.remember(access.Memory{})
	p.publish()
	names := func(first, second string) {
		t.Helper()
		want := []v1alpha1.LiveRights{{Rights: v1alpha1.Rights{Scope: v1alpha1.ScopeAccount, IDs: []int64{1, 2}, Permissions: []string{"Sites"}}, Names: []string{first, second}}}
		if diff := cmp.Diff(want, p.Record.Status.Live); diff != "" {
			t.Error(diff)
		}
	}
	names("shop", "blog")
	if Concerns(p.Inputs) {
		t.Error("looked at although nothing has changed")
	}
	renamed := func(places ...hosting.Place) {
		t.Helper()
		p.Provider.Places = access.PlacesOf(places, nil)
		p.Provider.Names = p.Provider.Places.Names()
	}
	renamed(hosting.Place{ID: 1, Name: "store"}, hosting.Place{ID: 2, Name: "blog"})
	if !Concerns(p.Inputs) {
		t.Error("a rename is not looked at")
	}
	if d := p.decide(); d.Step != Rest || !d.Desired.Drifted.Empty() || d.Plan.Pending() {
		t.Errorf("a rename changes something: %v, %+v", d.Step, d.Plan)
	}
	p.publish()
	names("store", "blog")
	renamed(hosting.Place{ID: 1, Name: "store"})
	p.publish()
	names("store", "blog")
	if Concerns(p.Inputs) {
		t.Error("a place that is not listed is looked at again and again")
	}
}
