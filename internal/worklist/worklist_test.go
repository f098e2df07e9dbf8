package worklist

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/table"
	"github.com/hostgrant/hostgrant/internal/preview"
	"github.com/hostgrant/hostgrant/internal/provider"
)

var (
	seen = time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)
	now  = seen.Add(3 * time.Hour)
)

const long = "an-account-with-a-name-that-is-much-longer-than-the-64-bytes-of-other-names"

// look is a table as somebody saw it at a time.
func look(at time.Time, rows ...table.Row) *provider.Snapshot {
	return provider.SnapshotOfTable(table.Table{Owner: "owner@acme.example", TakenAt: at, Accounts: []string{"blog", "shop", long}, Servers: []string{"web1"}, Rows: rows}.Canonical())
}

// rights by what a row holds.
func rights(s *provider.Snapshot, grants ...string) hosting.Rights {
	held := hosting.Rights{}
	for _, text := range grants {
		scope, rest, _ := strings.Cut(text, "/")
		place, name, placed := strings.Cut(rest, "/")
		if !placed {
			place, name = "", rest
		}
		held = held.With(hosting.Right{Scope: hosting.Scope(scope), ID: s.Places[access.PlaceKey{Scope: hosting.Scope(scope), Name: place}], Name: name})
	}
	return held
}

func input(s *provider.Snapshot, changes ...preview.Change) Input {
	return Input{
		Result: preview.Result{Changes: changes}, Table: s, Now: now,
		Person: func(c preview.Change) string { return c.Address }, Address: func(address string) string { return "address " + address },
	}
}

func change(address string, add, remove hosting.Rights) preview.Change {
	c := preview.Change{Address: address}
	if !add.Empty() {
		c.Add = []preview.Part{{Rights: add, Grants: "hosting/new"}}
	}
	if !remove.Empty() {
		c.Remove = []preview.Part{{Rights: remove, Grants: "hosting/old", Causes: []v1alpha1.OwedCause{v1alpha1.CauseRemoved}}}
	}
	return c
}

// ann has something, bob has two things, cyd has one.
func three() *provider.Snapshot {
	return look(seen,
		table.Row{Email: "ann@acme.example", RequireTwoFactor: true, Overall: []string{"Billing"}, Accounts: []table.Held{{Name: "shop", Permissions: []string{"Sites", "wire:newer"}}}},
		table.Row{Email: "bob@acme.example", Accounts: []table.Held{{Name: long, Permissions: []string{"Sites", "Databases"}}}},
		table.Row{Email: "cyd@acme.example", Servers: []table.Held{{Name: "web1", Permissions: []string{"SSHUsers"}}}},
	)
}

func listed(s *provider.Snapshot) List {
	return Of(input(s,
		change("ann@acme.example", rights(s, "Account/shop/Databases"), rights(s, "Overall/Billing", "Flag/requireTwoFactor")),
		change("bob@acme.example", hosting.Rights{}, rights(s, "Account/"+long+"/Sites")),
		change("cyd@acme.example", hosting.Rights{}, rights(s, "Server/web1/SSHUsers")),
		change("new@acme.example", rights(s, "Account/blog/Sites"), hosting.Rights{}),
		preview.Change{Address: "held@acme.example", Held: rights(s, "Overall/Billing"), HeldBecause: v1alpha1.ReasonRemovalLimit, Later: rights(s, "Account/blog/Sites")},
	))
}

// TestAnItemIsOneVisit: of one person, with the state in which to leave the form. What adds comes first, and whoever loses
// something comes after all who only get something: they may be who is to take it over.
func TestAnItemIsOneVisit(t *testing.T) {
	l := listed(three())
	var got []string
	for _, i := range l.Items {
		got = append(got, fmt.Sprint(i.Person, " ", i.Page, " ", len(i.Check), "+ ", len(i.Uncheck), "- mails ", i.Mails))
	}
	want := []string{
		"new@acme.example Add 1+ 0- mails true", "ann@acme.example Change 1+ 2- mails false",
		"bob@acme.example Change 0+ 1- mails false", "cyd@acme.example Remove 0+ 1- mails false",
	}
	if !slices.Equal(got, want) {
		t.Error(got)
	}
	text, err := l.Markdown(In(table.English), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Made from a table of 2026-11-29 08:00 UTC, 3 hours old.",
		"- [ ] **Change**: `ann@acme.example` <!-- item ",
		"\n  - Overall permissions: **uncheck** Billing\n  - By account, `shop`: **check** Databases; stays checked Sites; unknown to the form, left as it is `wire:newer`\n  - Two-factor authentication: **uncheck** 2FA required\n  - Why: `for hosting/new`\n  - Why: `no longer named by hosting/old`\n",
		"- [ ] **Add permissions**: `new@acme.example`", "\n  - ✉ **Saving mails**: If this address has no profile, the person receives an e-mail to initialise it.\n",
		"- [ ] **Remove**: `cyd@acme.example`", "\n  - All permissions of this person will be removed.\n",
		"## To decide, not to do (2)", "- `held@acme.example`: More people would lose something than removalLimit allows.",
		"\n  - Overall permissions: would lose Billing\n", "\n  - By account, `blog`: would get again Sites\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q:\n%s", want, text)
		}
	}
	if strings.Count(text, "- [ ]") != 4 {
		t.Error("what is to be decided can be ticked:", text)
	}
	french, err := l.Markdown(In(table.French), now)
	if err != nil || !strings.Contains(french, "  - Par compte, `shop` : **cocher** Bases de données ; reste coché Sites ; inconnu du formulaire, laissé tel quel `wire:newer`") || !strings.Contains(french, "vieux de 3 heures") {
		t.Error(err, french)
	}
}

// TestNothingToDo: a list without items says so.
func TestNothingToDo(t *testing.T) {
	l := Of(input(three()))
	if text, err := l.Markdown(In(table.English), now); err != nil || !strings.Contains(text, "Nothing is to be done.") || l.Open() != 0 {
		t.Error(err, text)
	}
}

// TestTheFormIsTheTarget: whatever changes, the boxes told of are those of the target, and what is to be changed
// leads there from what is.
func TestTheFormIsTheTarget(t *testing.T) {
	var all []string
	for _, p := range hosting.Catalogue() {
		all = append(all, string(p.Scope)+map[hosting.Scope]string{hosting.ScopeAccount: "/shop", hosting.ScopeServer: "/web1"}[p.Scope]+"/"+p.Name)
	}
	all = append(all, "Account/"+long+"/Sites", "Account/shop/wire:newer")
	some := func(t *rapid.T, what string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 8, rapid.ID[string]).Draw(t, what)
	}
	rapid.Check(t, func(t *rapid.T) {
		empty := look(seen)
		was := rights(empty, some(t, "was")...)
		row := hosting.Row{ID: 1, Email: "ann@acme.example", ProfileID: 1, Rights: was}
		s := provider.SnapshotOf(empty.Identity, empty.Places, []hosting.Row{row}, seen)
		add, remove := rights(s, some(t, "add")...).Minus(was), rights(s, some(t, "remove")...).Intersect(was)
		l := Of(input(s, change("ann@acme.example", add, remove)))
		if add.Empty() && remove.Empty() {
			if len(l.Items) > 0 {
				t.Fatalf("%+v", l.Items)
			}
			return
		}
		names, target := namesOf(s.Places), was.Union(add).Minus(remove)
		item, left := l.Items[0], []table.Grant{}
		for _, section := range item.Form {
			for _, box := range section.Boxes {
				if box.State != Uncheck {
					left = append(left, table.Grant{Scope: section.Scope, Place: section.Place, Name: box.Permission})
				}
			}
		}
		if len(left) > 0 || !target.Empty() {
			if diff := cmp.Diff(grants(target, names), left); diff != "" {
				t.Fatal(diff)
			}
		}
		if cmp.Diff(item.Check, grants(add, names)) != "" || cmp.Diff(item.Uncheck, grants(remove, names)) != "" || (item.Page == Remove) != (target.Empty()) {
			t.Fatalf("%+v", item)
		}
		text, err := l.Markdown(In(table.French), now)
		if err != nil {
			t.Fatal(err)
		}
		read, err := Read([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
		if err != nil || cmp.Diff(read.Items[0].Check, item.Check) != "" || cmp.Diff(read.Items[0].Uncheck, item.Uncheck) != "" {
			t.Fatal(err, text)
		}
	})
}

// TestWhatIsDue: what ends or is to be reviewed in time, and a review that is late.
func TestWhatIsDue(t *testing.T) {
	grant := func(name string, ends, review *metav1.Time) *v1alpha1.PermissionGrant {
		g := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: name}}
		g.Spec.ExpiresAt, g.Spec.ReviewBy = ends, review
		g.Spec.Subjects = []v1alpha1.Subject{{Email: "ann@acme.example"}, {ProfileRef: &v1alpha1.LocalReference{Name: "bob"}}, {TeamRef: &v1alpha1.LocalReference{Name: "devs"}}}
		return g
	}
	in := func(days int) *metav1.Time { return ptr.To(metav1.NewTime(now.AddDate(0, 0, days))) }
	objects := preview.Objects{}
	leaver := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: "leaver"}}
	leaver.Spec.ExpiresAt = in(1)
	for _, g := range []*v1alpha1.PermissionGrant{grant("soon", in(6), nil), grant("later", in(8), in(9)), grant("ended", in(-1), nil), grant("late", nil, in(-2)), grant("never", nil, nil)} {
		key, _ := preview.KeyOf(g)
		objects[key] = g
	}
	key, _ := preview.KeyOf(leaver)
	objects[key] = leaver
	request := input(three())
	if request.Objects = objects; len(Of(request).Due) > 0 {
		t.Error("is told without being asked for")
	}
	request.Ahead = 7 * 24 * time.Hour
	l := Of(request)
	var got []string
	for _, d := range l.Due {
		got = append(got, In(table.English).dueLine(d, func(s string) string { return s }))
	}
	want := []string{
		"2026-11-27: PermissionGrant hosting/late is to be reviewed: renew or change it in the manifests (late) – address ann@acme.example, Profile/bob, Team/devs",
		"2026-11-30: Profile hosting/leaver ends",
		"2026-12-05: PermissionGrant hosting/soon ends – address ann@acme.example, Profile/bob, Team/devs",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// TestEverythingHasWords: in both languages, with the same blanks to be filled.
func TestEverythingHasWords(t *testing.T) {
	for key, text := range texts {
		if text.EN == "" || text.FR == "" || strings.Count(text.EN, "%s") != strings.Count(text.FR, "%s") || strings.Count(text.EN, "%d") != strings.Count(text.FR, "%d") {
			t.Errorf("%s: %+v", key, text)
		}
	}
	var keys []string
	for _, cause := range []v1alpha1.OwedCause{v1alpha1.CauseChanged, v1alpha1.CauseRemoved, v1alpha1.CauseExpired, v1alpha1.CauseReviewMissed, v1alpha1.CausePersonExpired, v1alpha1.CauseEndedAtOnce, v1alpha1.CauseSuspended, v1alpha1.CauseUndeclared} {
		keys = append(keys, "cause."+string(cause))
	}
	for _, because := range []string{v1alpha1.ReasonRemovalLimit, v1alpha1.ReasonProtected, Drift} {
		keys = append(keys, "because."+because)
	}
	for _, key := range append(keys, "page.Add", "page.Change", "page.Remove", "event.Ends", "event.Review", "scope.Overall", "scope.Account", "scope.Server", "scope.Flag", "check", "uncheck", "stays") {
		if texts[key].EN == "" {
			t.Errorf("there are no words for %s", key)
		}
	}
}

// TestWhoIsNotKnownByAddress: of somebody whose address is not at hand the table tells nothing: whether they have a row, and
// later whether a visit was made. They are no item, and are counted.
func TestWhoIsNotKnownByAddress(t *testing.T) {
	s := three()
	in := input(s, change("ann@acme.example", rights(s, "Account/shop/Databases"), hosting.Rights{}), change("new@hosting.invalid", rights(s, "Account/blog/Sites"), hosting.Rights{}))
	in.Unknown = func(address string) bool { return address == "new@hosting.invalid" }
	in.Notes = []string{"one"}
	l := Of(in)
	if len(l.Items) != 1 || l.Items[0].Person != "ann@acme.example" || len(l.Notes) != 2 || !strings.HasPrefix(l.Notes[1], "left out: 1 person") || len(in.Notes) != 1 {
		t.Errorf("%+v", l)
	}
}
