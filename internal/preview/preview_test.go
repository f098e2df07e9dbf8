package preview

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/provider"
)

var (
	now     = time.Unix(1_800_000_000, 0)
	acme    = types.NamespacedName{Namespace: "hosting", Name: "acme"}
	billing = hosting.Right{Scope: hosting.ScopeOverall, Name: "Billing"}
	sites   = hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}
)

// table is a provider's, as it is read.
type table struct {
	hosting.Reader
	rows []hosting.Row
}

func (t table) Identity(context.Context) (hosting.Identity, error) {
	return hosting.Identity{Email: "owner@acme.example"}, nil
}
func (t table) Accounts(context.Context) ([]hosting.Place, error) {
	return []hosting.Place{{ID: 1, Name: "shop"}, {ID: 2, Name: "blog"}}, nil
}
func (t table) Servers(context.Context) ([]hosting.Place, error) { return nil, nil }
func (t table) Table(context.Context) ([]hosting.Row, error)     { return t.rows, nil }

func row(id int64, email string, rights ...hosting.Right) hosting.Row {
	return hosting.Row{ID: id, Email: email, ProfileID: id, Rights: hosting.NewRights(rights...)}
}

// declared is a world of one backend.
func declared(objects ...client.Object) Objects {
	backend := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: acme.Namespace, Name: acme.Name}}
	backend.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: 25, Minimum: ptr.To(int32(2)), Settle: &metav1.Duration{Duration: 15 * time.Second}}
	all := Objects{}
	for _, object := range append(objects, backend) {
		key, _ := KeyOf(object)
		all[key] = object
	}
	return all
}

// grant gives Billing to people.
func grant(name string, emails ...string) *v1alpha1.PermissionGrant {
	g := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Namespace: acme.Namespace, Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(now)}}
	g.Spec.BackendRef.Name, g.Spec.Overall = "acme", []v1alpha1.OverallPermission{"Billing"}
	for _, email := range emails {
		g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{Email: v1alpha1.Email(email)})
	}
	return g
}

func previewed(t *testing.T, objects Objects, records []v1alpha1.AccessRecord, rows ...hosting.Row) Result {
	t.Helper()
	snapshot, err := provider.Read(t.Context(), table{rows: rows}, clocktesting.NewFakePassiveClock(now))
	if err != nil {
		t.Fatal(err)
	}
	got, err := Of(t.Context(), Inputs{
		Objects: objects, Records: records, Now: metav1.NewTime(now), ReferenceGrace: time.Hour,
		Tables: map[types.NamespacedName]*provider.Snapshot{acme: snapshot},
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// had is the record of somebody to whom a grant gives Billing.
func had(email, grant string) v1alpha1.AccessRecord {
	name := access.RecordName("acme", email)
	record := v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Namespace: acme.Namespace, Name: name, UID: types.UID(name)}}
	c := v1alpha1.Contribution{UID: types.UID(grant), Digest: "d", Grant: v1alpha1.GrantReference{Namespace: acme.Namespace, Name: v1alpha1.ObjectName(grant)}, Overall: []v1alpha1.OverallPermission{"Billing"}}
	record.Spec = v1alpha1.AccessRecordSpec{Email: v1alpha1.Email(email), Contributions: []v1alpha1.Contribution{c}}
	record.Spec.BackendRef.Name = "acme"
	record.Status.Contributions = []v1alpha1.ContributionStatus{{UID: c.UID, Digest: "d", State: v1alpha1.ContributionLive, Grant: &c.Grant}}
	record.Status.Sources = []v1alpha1.SourceNamespace{{Namespace: acme.Namespace, Since: metav1.NewTime(now.Add(-48 * time.Hour))}}
	access.Memory{Applied: access.RightMap[access.Entry]{{Rights: hosting.NewRights(billing), Value: access.Entry{Namespaces: []string{acme.Namespace}}}}}.Store(&record.Status)
	return record
}

// summary is what would change, one line per person.
func summary(r Result) (lines []string) {
	for _, c := range r.Changes {
		line := c.Address
		for _, part := range c.Add {
			line += fmt.Sprint(" +", access.Bundle(part.Rights)[0].Permissions)
		}
		for _, part := range c.Remove {
			line += fmt.Sprint(" -", access.Bundle(part.Rights)[0].Permissions, part.Causes, part.Grants)
		}
		if !c.Held.Empty() {
			line += " held:" + c.HeldBecause
		}
		if c.Mails > 0 {
			line += fmt.Sprint(" mails:", c.Mails)
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func TestWhatWouldChange(t *testing.T) {
	people := func(from, to int) (emails []string) {
		for i := from; i < to; i++ {
			emails = append(emails, fmt.Sprintf("p%02d@acme.example", i))
		}
		return emails
	}
	var twelve []v1alpha1.AccessRecord
	var rows []hosting.Row
	for i, email := range people(0, 12) {
		twelve, rows = append(twelve, had(email, "g")), append(rows, row(int64(i+1), email, billing))
	}
	held := make([]string, 0, 12)
	for _, email := range people(0, 12) {
		held = append(held, email+" held:"+v1alpha1.ReasonRemovalLimit)
	}
	for what, c := range map[string]struct {
		objects Objects
		records []v1alpha1.AccessRecord
		rows    []hosting.Row
		want    []string
	}{
		"nothing": {objects: declared()},
		"a stranger is invited": {
			objects: declared(grant("g", "ann@acme.example")),
			want:    []string{"ann@acme.example +[Billing] mails:1"},
		},
		"somebody with a row is mailed nothing": {
			objects: declared(grant("g", "ann@acme.example")), rows: []hosting.Row{row(1, "ann@acme.example", sites)},
			want: []string{"ann@acme.example +[Billing]"},
		},
		"what is there is no change": {
			objects: declared(grant("g", "ann@acme.example")), rows: []hosting.Row{row(1, "ann@acme.example", billing, sites)},
		},
		"what a grant gave goes with it": {
			objects: declared(grant("g", people(0, 11)...)), records: twelve, rows: rows,
			want: []string{"p11@acme.example -[Billing] [ContributionRemoved]hosting/g"},
		},
		"what nobody remembers stays": {
			objects: declared(grant("g", people(0, 11)...)), rows: rows,
		},
		"a mass is held": {objects: declared(), records: twelve, rows: rows, want: held},
		"drift is put right": {
			objects: declared(grant("g", people(0, 12)...)), records: twelve, rows: append([]hosting.Row{row(1, "p00@acme.example", sites)}, rows[1:]...),
			want: []string{"p00@acme.example +[Billing]"},
		},
	} {
		if got := summary(previewed(t, c.objects, c.records, c.rows...)); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// What is declared and there is taken for given by Hostgrant: it goes with its grant.
func TestWhatWasDeclaredBefore(t *testing.T) {
	rows := []hosting.Row{row(1, "ann@acme.example", billing, sites), row(2, "bob@acme.example", billing)}
	snapshot, err := provider.Read(t.Context(), table{rows: rows}, clocktesting.NewFakePassiveClock(now))
	if err != nil {
		t.Fatal(err)
	}
	before := Inputs{Objects: declared(grant("g", "ann@acme.example", "new@acme.example")), Now: metav1.NewTime(now), Tables: map[types.NamespacedName]*provider.Snapshot{acme: snapshot}}
	records, err := Assume(t.Context(), before)
	if err != nil || len(records) != 2 {
		t.Fatal(err, len(records))
	}
	if got := summary(previewed(t, before.Objects, records, rows...)); !slices.Equal(got, []string{"new@acme.example +[Billing] mails:1"}) {
		t.Error("the same again:", got)
	}
	got := summary(previewed(t, declared(grant("g", "bob@acme.example")), records, rows...))
	if want := []string{"ann@acme.example -[Billing] [ContributionRemoved]hosting/g"}; !slices.Equal(got, want) {
		t.Error(got, "want", want)
	}
}

// What records tell is enough to see what a manifest changes.
func TestTheTableThatRecordsTell(t *testing.T) {
	record := had("ann@acme.example", "g")
	record.Status.RowID, record.Status.Person, record.Status.Live = 7, v1alpha1.PersonActive, access.Names{}.Live(hosting.NewRights(billing))
	backend := declared()[Key{"HostingBackend", acme.Namespace, acme.Name}].(*v1alpha1.HostingBackend)
	objects := declared(grant("g", "ann@acme.example"))
	more := grant("h", "ann@acme.example")
	more.Spec.Overall, more.Spec.Accounts = nil, []v1alpha1.AccountPermissions{{Names: []v1alpha1.PlaceName{"shop"}, Permissions: []v1alpha1.AccountPermission{"Sites"}}}
	objects[Key{"PermissionGrant", acme.Namespace, "h"}] = more
	snapshot, unknown := TableOf(backend, []v1alpha1.AccessRecord{record}, objects, now)
	if !slices.Equal(unknown, []string{"Account shop"}) {
		t.Error(unknown)
	}
	got, err := Of(t.Context(), Inputs{Objects: objects, Records: []v1alpha1.AccessRecord{record}, Now: metav1.NewTime(now), Tables: map[types.NamespacedName]*provider.Snapshot{acme: snapshot}})
	if err != nil || !slices.Equal(summary(got), []string{"ann@acme.example +[Sites]"}) {
		t.Error(err, summary(got))
	}
}

// What a Team gave that is gone stays for an hour, and then goes: a plan says both.
func TestWhatAMissingTeamGaveGoesLater(t *testing.T) {
	g := grant("g", "bob@acme.example")
	g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{TeamRef: &v1alpha1.LocalReference{Name: "gone"}})
	record := had("ann@acme.example", "g")
	record.Spec.Contributions[0].Via = []string{"Team/gone"}
	got := previewed(t, declared(g), []v1alpha1.AccessRecord{record, had("bob@acme.example", "g")}, row(1, "ann@acme.example", billing), row(2, "bob@acme.example", billing))
	if len(got.Changes) != 1 || len(got.Changes[0].Remove) != 1 || got.Changes[0].Remove[0].After < time.Hour {
		t.Errorf("%+v", got.Changes)
	}
	if len(got.Issues) != 1 || got.Issues[0].Reason != v1alpha1.ReasonReferenceNotFound {
		t.Errorf("%+v", got.Issues)
	}
}

// A rule that forbids what a grant gave takes it back, and the plan names the rule.
func TestWhatARuleForbids(t *testing.T) {
	objects := declared(grant("g", "ann@acme.example"))
	backend := objects[Key{"HostingBackend", acme.Namespace, acme.Name}].(*v1alpha1.HostingBackend)
	backend.Spec.GrantRules = []v1alpha1.GrantRule{{
		Name: "none", Namespaces: v1alpha1.RuleNamespaces{From: v1alpha1.NamespacesSame}, Permissions: v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{}}, EmailDomains: []v1alpha1.DomainName{"*"},
	}}
	got := previewed(t, objects, []v1alpha1.AccessRecord{had("ann@acme.example", "g")}, row(1, "ann@acme.example", billing, sites))
	if want := []string{"ann@acme.example -[Billing] [ContributionRemoved]hosting/g"}; !slices.Equal(summary(got), want) {
		t.Error(summary(got), "want", want)
	}
	if len(got.Issues) != 1 || !strings.Contains(got.Issues[0].Message, `rule "none"`) {
		t.Errorf("%+v", got.Issues)
	}
}

// Whoever is suspended loses everything, and is mailed nothing.
func TestASuspendedPerson(t *testing.T) {
	profile := &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Namespace: acme.Namespace, Name: "ann"}, Spec: v1alpha1.ProfileSpec{Email: "ann@acme.example", State: v1alpha1.ProfileSuspended}}
	got := previewed(t, declared(grant("g", "ann@acme.example"), profile), []v1alpha1.AccessRecord{had("ann@acme.example", "g")}, row(1, "ann@acme.example", billing))
	if want := []string{"ann@acme.example -[Billing] [PersonSuspended]hosting/g"}; !slices.Equal(summary(got), want) {
		t.Error(summary(got), "want", want)
	}
}
