package inventory

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/handover"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/plan"
	"github.com/hostgrant/hostgrant/internal/provider"
)

var (
	now     = metav1.NewTime(time.Unix(1_800_000_000, 0))
	backend = types.NamespacedName{Namespace: "hosting", Name: "owner"}
	places  = access.PlacesOf([]hosting.Place{{ID: 1, Name: "shop"}, {ID: 2, Name: "blog"}}, []hosting.Place{{ID: 8, Name: "web1"}, {ID: 9, Name: "web2"}})
	sites   = account(1, "Sites")
	contact = account(1, "TechnicalContact")
	billing = hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}
)

func account(id int64, name string) hosting.Right {
	return hosting.Right{Scope: hosting.ScopeAccount, ID: id, Name: name}
}

// someone has a record, and a row that holds what is given.
func someone(email string, rights ...hosting.Right) *Record {
	r := &Record{}
	r.Record = &v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: access.RecordName("owner", email)}}
	r.Record.Spec.BackendRef.Name, r.Record.Spec.Email = "owner", v1alpha1.Email(email)
	r.Backend = &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: "owner"}}
	r.Backend.Spec.Mode = v1alpha1.ModeEnforce
	r.Now, r.Fresh = now, true
	r.Provider = plan.Provider{Known: true, Places: places, Names: places.Names(), Verified: now.Time, Read: now.Time, Configuration: "read", CanWrite: true}
	if len(rights) > 0 {
		r.Row = &hosting.Row{ID: 1, Email: email, ProfileID: 1, Rights: hosting.NewRights(rights...)}
	}
	return r
}

// contribution gives Sites and the technical contact of accounts, by a grant of this name.
func contribution(grant string, accounts ...string) v1alpha1.Contribution {
	c := v1alpha1.Contribution{UID: types.UID(grant), Digest: "d", Grant: v1alpha1.GrantReference{Namespace: "hosting", Name: v1alpha1.ObjectName(grant)}, Via: []string{"email"}}
	bundle := v1alpha1.AccountPermissions{Permissions: []v1alpha1.AccountPermission{"Sites", "TechnicalContact"}}
	for _, name := range accounts {
		bundle.Names = append(bundle.Names, v1alpha1.PlaceName(name))
	}
	if len(accounts) == 0 {
		bundle.All = ptr.To(true)
	}
	c.Accounts = []v1alpha1.AccountPermissions{bundle}
	return c
}

// named has a grant name the person by a contribution, of which the status echoes a state.
func (r *Record) named(c v1alpha1.Contribution, state v1alpha1.ContributionState, reason string) *Record {
	r.Record.Spec.Contributions = append(r.Record.Spec.Contributions, c)
	if state != "" {
		r.Record.Status.Contributions = append(r.Record.Status.Contributions, v1alpha1.ContributionStatus{UID: c.UID, Digest: c.Digest, State: state, Reason: reason})
	}
	return r
}

// not has a grant name the person that gives them nothing.
func (r *Record) not(c v1alpha1.Contribution, reason string) *Record {
	r.Named = append(r.Named, handover.Named{Address: string(r.Record.Spec.Email), Name: r.Record.Name, Contribution: c, Reason: reason, Message: "why"})
	return r
}

func (r *Record) but(change func(*Record)) *Record { change(r); return r }

// owes has something be due to go.
func (r *Record) owes(right hosting.Right, cause v1alpha1.OwedCause, batch string) *Record {
	r.Memory = access.Memory{Applied: access.RightMap[access.Entry]{}, Owed: access.RightMap[access.Debt]{{Rights: hosting.NewRights(right), Value: access.Debt{Cause: cause, Since: now, Batch: batch}}}}
	return r
}

func inputs(rows []hosting.Row, records ...*Record) Inputs {
	in := Inputs{Backend: backend}
	for _, r := range records {
		if r.Row != nil {
			rows = append(rows, *r.Row)
		}
		in.Records = append(in.Records, *r)
	}
	in.Table = provider.SnapshotOf(hosting.Identity{Email: "boss@a.example"}, places, rows, now.Time)
	return in
}

// told is a holding in one line.
func told(p Person, right hosting.Right) string {
	at := slices.IndexFunc(p.Holdings, func(h Holding) bool { return h.Right == right })
	if at < 0 {
		return "nothing"
	}
	h := p.Holdings[at]
	line := string(h.State)
	for _, at := range h.Grants {
		line += " " + p.Grants[at].Name
	}
	if h.Leaving != "" {
		line += fmt.Sprintf(" leaving:%s held:%t protected:%t", h.Leaving, h.Held, h.Protected)
	}
	if end := p.Until(h); end != nil {
		line += fmt.Sprint(" until:", end.At.Sub(now.Time))
	}
	return line
}

func TestWhatSomebodyHas(t *testing.T) {
	ending := func(grant string, in time.Duration) v1alpha1.Contribution {
		c := contribution(grant, "shop")
		c.End = &v1alpha1.End{At: metav1.NewTime(now.Add(in)), Cause: v1alpha1.CauseExpired}
		return c
	}
	locked := func(has *bool) func(*Record) {
		return func(r *Record) { r.Row.Rights = r.Row.Rights.With(hosting.TwoFactorRight); r.Row.TwoFactor = has }
	}
	suspends := func(r *Record) {
		profile := v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: "ann"}}
		profile.Spec.State = v1alpha1.ProfileSuspended
		r.Profiles = []v1alpha1.Profile{profile}
	}
	const live, pending, failed, withheld = v1alpha1.ContributionLive, v1alpha1.ContributionPending, v1alpha1.ContributionFailed, v1alpha1.ContributionWithheld
	for name, c := range map[string]struct {
		record         *Record
		sites, contact string
	}{
		"given":                                      {someone("p@a.example", sites, contact).named(contribution("g", "shop"), live, ""), "Effective g", "Effective g"},
		"by hand":                                    {someone("p@a.example", sites), "Effective", "nothing"},
		"invited":                                    {someone("p@a.example", sites).named(contribution("g", "shop"), live, "").but(func(r *Record) { r.Row.ProfileID = 0 }), "NoProfile g", "Pending g"},
		"without a second factor":                    {someone("p@a.example", sites, contact).but(locked(ptr.To(false))), "SecondFactorMissing", "Effective"},
		"with a second factor":                       {someone("p@a.example", sites, contact).but(locked(ptr.To(true))), "Effective", "Effective"},
		"nobody tells of the second factor":          {someone("p@a.example", sites, contact).but(locked(nil)), "SecondFactorUnknown", "Effective"},
		"the record tells of the second factor":      {someone("p@a.example", sites, contact).but(locked(nil)).but(func(r *Record) { r.Record.Status.TwoFactor = v1alpha1.TwoFactorEnabled }), "Effective", "Effective"},
		"on its way":                                 {someone("p@a.example").named(contribution("g", "shop"), pending, ""), "Pending g", "Pending g"},
		"failed":                                     {someone("p@a.example", sites).named(contribution("g", "shop"), failed, "NotConverging"), "Effective g", "Failed g"},
		"an echo of another wish says nothing":       {someone("p@a.example").named(contribution("g", "shop"), failed, "").but(func(r *Record) { r.Record.Status.Contributions[0].Digest = "old" }), "Pending g", "Pending g"},
		"suspended, and gone":                        {someone("p@a.example").named(contribution("g", "shop"), withheld, "PersonSuspended").but(suspends), "Suspended g", "Suspended g"},
		"suspended, and still there":                 {someone("p@a.example", sites).named(contribution("g", "shop"), live, "").but(suspends).owes(sites, v1alpha1.CauseSuspended, "b"), "Effective g leaving:PersonSuspended held:true protected:false", "Suspended g"},
		"suspended by a Profile that cannot be read": {someone("p@a.example").named(contribution("g", "shop"), withheld, "PersonSuspended"), "Suspended g", "Suspended g"},
		"ended by a Profile that cannot be read":     {someone("p@a.example").named(contribution("g", "shop"), withheld, "PersonExpired"), "Expired g", "Expired g"},
		"given up":                                   {someone("p@a.example").named(contribution("g", "shop"), v1alpha1.ContributionRelinquished, ""), "Relinquished g", "Relinquished g"},
		"ended":                                      {someone("p@a.example").named(ending("g", -time.Hour), withheld, "Expired"), "Expired g", "Expired g"},
		"ended, and forgotten by the record":         {someone("p@a.example").not(ending("g", -time.Hour), "Expired"), "Expired g", "Expired g"},
		"to begin":                                   {someone("p@a.example").not(contribution("g", "shop"), "Scheduled"), "Scheduled g", "Scheduled g"},
		"refused by a rule":                          {someone("p@a.example").not(contribution("g", "shop"), "RefusedByRule"), "Failed g", "Failed g"},
		"a suspended grant":                          {someone("p@a.example").not(contribution("g", "shop"), "Suspended"), "Failed g", "Failed g"},
		"not handed over yet":                        {someone("p@a.example").not(contribution("g", "shop"), ""), "Pending g", "Pending g"},
		"ends":                                       {someone("p@a.example", sites).named(ending("g", time.Hour), live, ""), "Effective g until:1h0m0s", "Pending g until:1h0m0s"},
		"the last end holds":                         {someone("p@a.example", sites).named(ending("a", time.Hour), live, "").named(ending("b", 2*time.Hour), live, ""), "Effective a b until:2h0m0s", "Pending a b until:2h0m0s"},
		"one has no end":                             {someone("p@a.example", sites).named(ending("a", time.Hour), live, "").named(contribution("b", "shop"), live, ""), "Effective a b", "Pending a b"},
		"one ended, another gives it":                {someone("p@a.example").named(ending("a", -time.Hour), live, "").named(contribution("b", "shop"), pending, ""), "Pending a b", "Pending a b"},
		"one ended, another is refused":              {someone("p@a.example").not(ending("a", -time.Hour), "Expired").not(contribution("b", "shop"), "RefusedByRule"), "Failed a b", "Failed a b"},
		"due to go":                                  {someone("p@a.example", sites, contact).owes(sites, v1alpha1.CauseRemoved, ""), "Effective leaving:ContributionRemoved held:false protected:false", "Effective"},
		"held":                                       {someone("p@a.example", sites).owes(sites, v1alpha1.CauseRemoved, "held"), "Effective leaving:ContributionRemoved held:true protected:false", "nothing"},
		"approved":                                   {someone("p@a.example", sites).owes(sites, v1alpha1.CauseRemoved, "approved"), "Effective leaving:ContributionRemoved held:false protected:false", "nothing"},
		"protected": {someone("p@a.example", sites).owes(sites, v1alpha1.CauseRemoved, "held").but(func(r *Record) { r.Backend.Spec.ProtectedEmails = []v1alpha1.Email{"p@a.example"} }),
			"Effective leaving:ContributionRemoved held:false protected:true", "nothing"},
		"owed, and gone": {someone("p@a.example", contact).owes(sites, v1alpha1.CauseRemoved, ""), "nothing", "Effective"},
		"of a shortened record nothing else is known": {someone("p@a.example", contact).named(contribution("g", "shop"), live, "").but(func(r *Record) { r.Record.Status.LiveDigest = "x" }), "Unknown g", "Effective g"},
		"of an address in a Secret nothing is known":  {someone("hidden@hosting.invalid").named(contribution("g", "shop"), pending, ""), "Unknown g", "Unknown g"},
		"a name that means another place now": {someone("p@a.example", account(5, "Sites")).named(contribution("g", "shop"), failed, "PlaceReplaced").but(func(r *Record) {
			r.Record.Status.Pins = []v1alpha1.PlacePin{{Scope: v1alpha1.ScopeAccount, Name: "shop", ID: 5}}
		}), "nothing", "nothing"},
	} {
		in := inputs(nil, c.record)
		in.Released, in.Unnamed = map[string]bool{"approved": true}, map[string]bool{"hidden@hosting.invalid": true}
		before := c.record.Record.DeepCopy()
		inv := Of(in)
		if len(inv.People) != 1 {
			t.Errorf("%s: %d people", name, len(inv.People))
			continue
		}
		if got := told(inv.People[0], sites); got != c.sites {
			t.Errorf("%s: Sites: %s, want %s", name, got, c.sites)
		}
		if got := told(inv.People[0], contact); got != c.contact {
			t.Errorf("%s: TechnicalContact: %s, want %s", name, got, c.contact)
		}
		if diff := cmp.Diff(before, c.record.Record); diff != "" {
			t.Errorf("%s: changes its inputs: %s", name, diff)
		}
	}
}

// What a record remembers of a name holds for its person, also where another place has the name now.
func TestANameKeepsItsMeaning(t *testing.T) {
	r := someone("p@a.example", account(5, "Sites")).named(contribution("g", "shop"), v1alpha1.ContributionFailed, v1alpha1.ReasonPlaceReplaced)
	r.Record.Status.Pins = []v1alpha1.PlacePin{{Scope: v1alpha1.ScopeAccount, Name: "shop", ID: 5}}
	if got := told(Of(inputs(nil, r)).People[0], account(5, "Sites")); got != "Effective g" {
		t.Error(got)
	}
}

func TestWhatAGrantSays(t *testing.T) {
	r := someone("p@a.example", sites).named(contribution("a", "shop", "cellar"), "", "").named(contribution("b"), "", "").not(contribution("c", "shop"), "RefusedByRule")
	in := inputs(nil, r)
	grant := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: now, Annotations: map[string]string{v1alpha1.AnnotationReviewedAt: "today"}}}
	grant.Spec.Reason, grant.Spec.ReviewBy = "because", &now
	in.Grants = map[types.NamespacedName]*v1alpha1.PermissionGrant{{Namespace: "hosting", Name: "a"}: grant}
	p := Of(in).People[0]
	everywhere := hosting.NewRights(account(0, "Sites"), account(0, "TechnicalContact"))
	want := []Grant{
		{State: Failed, Counts: true, Why: "PlaceUnknown", Everywhere: hosting.Rights{}, Problems: []access.Problem{{Kind: access.PlaceUnknown, Place: access.PlaceKey{Scope: hosting.ScopeAccount, Name: "cellar"}}},
			Known: true, Reason: "because", Since: now, ReviewBy: &now, ReviewedAt: "today"},
		{Counts: true, Everywhere: everywhere},
		{State: Failed, Why: "RefusedByRule", Message: "why", Everywhere: hosting.Rights{}},
	}
	for i, name := range []string{"a", "b", "c"} {
		want[i].Namespace, want[i].Name, want[i].Via = "hosting", name, []string{"email"}
	}
	if diff := cmp.Diff(want, p.Grants); diff != "" {
		t.Error(diff)
	}
	if !p.Declared(p.Holdings[0]) || p.ReviewDue(p.Holdings[0]) != &now {
		t.Errorf("%+v", p.Holdings[0])
	}
}

func TestWhoIsKnown(t *testing.T) {
	ann := someone("ann@a.example").not(contribution("g", "shop"), "Expired")
	ann.Named[0].Contribution.Via = []string{"Team/x/Profile/ann", "Profile/ann", "email"}
	in := inputs([]hosting.Row{
		{ID: 2, Email: "Stranger@a.example", ProfileID: 2, Rights: hosting.NewRights(sites)}, {ID: 3, Email: "empty@a.example", Rights: hosting.Rights{}},
		{ID: 4, Email: "no address", Rights: hosting.NewRights(sites)},
	}, ann, someone("nothing@a.example"), someone("short@a.example").but(func(r *Record) { r.Record.Status.LiveDigest = "x" }))
	in.Profiles = map[types.NamespacedName]string{{Namespace: "hosting", Name: "stranger"}: "stranger@a.example"}
	inv := Of(in)
	var names []string
	for _, p := range inv.People {
		names = append(names, p.Address)
	}
	if want := []string{"ann@a.example", "short@a.example", "stranger@a.example"}; !slices.Equal(names, want) {
		t.Error(names)
	}
	want := []string{"1 person holds more than their records list: ask the provider with --backend-url for all of it", "left out: 1 row of the table without a valid address"}
	if !slices.Equal(inv.Notes, want) {
		t.Errorf("%q", inv.Notes)
	}
	if p, ok := inv.OfProfile(types.NamespacedName{Namespace: "hosting", Name: "ann"}); !ok || p.Address != "ann@a.example" || p.Profile() != "hosting/ann" {
		t.Error(p, ok)
	}
	if p, ok := inv.OfProfile(types.NamespacedName{Namespace: "hosting", Name: "stranger"}); !ok || p.Address != "stranger@a.example" {
		t.Error(p, ok)
	}
	if _, ok := inv.OfProfile(types.NamespacedName{Namespace: "other", Name: "ann"}); ok {
		t.Error("a Profile of another namespace is somebody else's")
	}
	if p, ok := inv.Person("STRANGER@a.example"); !ok || p.Record != access.RecordName("owner", "stranger@a.example") {
		t.Error(p, ok)
	}
	if strings.Contains(fmt.Sprint(inv.Notes), "@") {
		t.Error("notes hold addresses")
	}
}

// Of somebody with several rows one is looked at: that there are others is told.
func TestSeveralRowsAreTold(t *testing.T) {
	twice := []hosting.Row{{ID: 1, Email: "ann@a.example", ProfileID: 1, Rights: hosting.NewRights(sites)}, {ID: 2, Email: "Ann@a.example", ProfileID: 2, Rights: hosting.NewRights(billing)}}
	notes := strings.Join(Of(inputs(twice)).Notes, "\n")
	if !strings.Contains(notes, "1 person has several rows in the table") {
		t.Errorf("%q", notes)
	}
	if notes := Of(inputs(twice[:1])).Notes; len(notes) > 0 {
		t.Error(notes)
	}
}
