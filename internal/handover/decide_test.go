package handover

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
)

const (
	ann = "ann@acme.example"
	bob = "bob@acme.example"
)

var now = metav1.NewTime(time.Unix(1_800_000_000, 0))

// world is the inputs of a test, by what it changes.
type world struct{ Inputs }

// someone gives Billing to people on the backend b of the namespace ns, under a grant u of that namespace.
func someone(addresses ...string) *world {
	w := &world{Inputs{
		Grant: &v1alpha1.PermissionGrant{
			ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "g", UID: "u", Generation: 1},
			Spec: v1alpha1.PermissionGrantSpec{
				BackendRef: v1alpha1.BackendReference{Name: "b"}, Overall: []v1alpha1.OverallPermission{"Billing"},
				DeletionPolicy: v1alpha1.DeletionRevoke,
			},
		},
		Backend: &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "b"}},
		Now:     now, ReferenceGrace: time.Hour, FullRetry: time.Minute,
	}}
	w.Backend.Spec.Mode = v1alpha1.ModeEnforce
	w.Origin = OriginOf(w.Grant, nil)
	for _, address := range addresses {
		w.People.Persons = append(w.People.Persons, Person{Address: address, Via: []string{"email"}})
	}
	return w
}

// with changes the world.
func (w *world) with(change func(*world)) *world {
	change(w)
	return w
}

// from lets the grant come from a namespace that a rule of the backend's is for.
// Where the rule lists no permissions it allows all.
func (w *world) from(namespace string, rule v1alpha1.GrantRule) *world {
	rule.Namespaces.From, rule.EmailDomains = v1alpha1.NamespacesAll, []v1alpha1.DomainName{v1alpha1.AnyDomain}
	if rule.Permissions.Overall == nil {
		rule.Permissions.All = new(true)
	}
	w.Grant.Namespace, w.Backend.Spec.GrantRules = namespace, []v1alpha1.GrantRule{rule}
	w.Grant.Spec.BackendRef.Namespace = "ns"
	w.Origin = OriginOf(w.Grant, nil)
	return w
}

// record adds a person's record, with what it holds.
func (w *world) record(address string, held ...v1alpha1.Contribution) *world {
	record := v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: access.RecordName("b", address), UID: types.UID(address)}}
	record.Spec = v1alpha1.AccessRecordSpec{BackendRef: v1alpha1.LocalReference{Name: "b"}, Email: v1alpha1.Email(address), Contributions: held}
	w.Records = append(w.Records, record)
	return w
}

// holds adds the record of somebody who holds what the grant gives at this point, and whose record knows it.
func (w *world) holds(address string, change ...func(*v1alpha1.Contribution)) *world {
	c := Contribution(w.Grant, Join(w.Sets), Person{Address: address, Via: []string{"email"}})
	c = Adopting(c, access.Permit(w.Backend, w.Origin, c, address).Adopt)
	for _, one := range change {
		one(&c)
	}
	w.record(address, c)
	w.Records[len(w.Records)-1].Status.Contributions = []v1alpha1.ContributionStatus{{UID: c.UID, Digest: c.Digest, State: v1alpha1.ContributionLive}}
	return w
}

// lacks lets a reference be missing, since so long ago if that is remembered.
func (w *world) lacks(kind, name string, ago ...time.Duration) *world {
	issue := *Missing(Reference{kind, name})
	if kind == KindPermissionSet {
		w.SetIssues = append(w.SetIssues, issue)
	} else {
		w.People.Issues = append(w.People.Issues, issue)
	}
	for _, since := range ago {
		w.Grant.Status.LostReferences = append(w.Grant.Status.LostReferences, v1alpha1.LostReference{Kind: kind, Name: v1alpha1.ObjectName(name), Since: metav1.NewTime(now.Add(-since))})
	}
	return w
}

func by(ways ...string) func(*v1alpha1.Contribution) {
	return func(c *v1alpha1.Contribution) { c.Via = ways }
}

func retained(c *v1alpha1.Contribution) { c.Retain = true }

// written writes actions as "give ann", "create bob", "withdraw ann", "evict ann" and "policy ann -revoke".
func written(actions []Action) string {
	var list []string
	for _, a := range actions {
		address := a.Address
		if a.Record != nil {
			address = string(a.Record.Spec.Email)
		}
		name, _, _ := strings.Cut(address, "@")
		switch {
		case a.Record == nil:
			list = append(list, "create "+name)
		case a.Contribution == nil:
			list = append(list, map[Disposition]string{Withdraw: "withdraw ", Evict: "evict "}[a.Disposition]+name)
		case a.Disposition != Keep:
			list = append(list, "policy "+name+a.Contribution.Digest[strings.LastIndex(a.Contribution.Digest, "-"):])
		default:
			list = append(list, "give "+name)
		}
	}
	return strings.Join(list, ", ")
}

func TestDecide(t *testing.T) {
	other := func(namespace string, n int) (list []v1alpha1.Contribution) {
		for i := range n {
			list = append(list, v1alpha1.Contribution{UID: types.UID(fmt.Sprint(namespace, i)), Grant: v1alpha1.GrantReference{Namespace: namespace}})
		}
		return list
	}
	join := func(lists ...[]v1alpha1.Contribution) (all []v1alpha1.Contribution) {
		return append(all, slices.Concat(lists...)...)
	}
	mine := v1alpha1.Contribution{UID: "u", Grant: v1alpha1.GrantReference{Namespace: "ns"}}
	ends := func(at time.Duration) func(*world) {
		return func(w *world) { w.Grant.Spec.ExpiresAt = &metav1.Time{Time: now.Add(at)} }
	}
	anybody, suspend := v1alpha1.GrantRule{}, func(w *world) { w.Grant.Spec.Suspend = true }
	noBilling := v1alpha1.GrantRule{Permissions: v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{}}}
	management := v1alpha1.GrantRule{Permissions: v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{"AccountManagement"}}}
	manages := func(w *world) { w.Grant.Spec.Overall = []v1alpha1.OverallPermission{"AccountManagement"} }
	for what, c := range map[string]struct {
		w *world
		// written are the actions, issues the reasons, given how many people have it from now on.
		written, issues string
		given           int
		next            time.Duration
	}{
		"somebody new":                       {someone(ann), "create ann", "", 1, 0},
		"a record of others":                 {someone(ann).record(ann, other("ns", 1)...), "give ann", "", 1, 0},
		"given already":                      {someone(ann).holds(ann), "", "", 1, 0},
		"something else now":                 {someone(ann).holds(ann, func(c *v1alpha1.Contribution) { c.Digest = "old" }), "give ann", "", 1, 0},
		"to be mailed again":                 {someone(ann).holds(ann, func(c *v1alpha1.Contribution) { c.Resend = "old" }), "give ann", "", 1, 0},
		"given before taken":                 {someone(bob).holds(ann), "create bob, withdraw ann", "", 1, 0},
		"the backend is gone":                {someone(ann).holds(ann).with(func(w *world) { w.Backend = nil }), "", "", 0, 0},
		"another backend now":                {someone(ann).holds(ann).with(func(w *world) { w.Backend.Name = "c" }), "create ann, withdraw ann", "", 1, 0},
		"another, and a rule against it":     {someone(ann).holds(ann, retained).from("x", noBilling).with(func(w *world) { w.Backend.Name = "c" }), "withdraw ann", "RefusedByRule", 0, 0},
		"another backend of that name":       {someone(ann).holds(ann).with(func(w *world) { w.Records[0].Namespace = "other" }), "create ann, withdraw ann", "", 1, 0},
		"a record with an earlier name":      {someone().holds(ann).with(func(w *world) { w.Records[0].Name = "b-earlier" }), "", "", 0, 0},
		"not begun":                          {someone(ann).with(func(w *world) { w.Grant.Spec.NotBefore = &metav1.Time{Time: now.Add(time.Minute)} }), "", "", 0, time.Minute},
		"ended, and something is left":       {someone(ann, bob).with(ends(-time.Hour)).holds(ann), "", "", 1, 0},
		"ended, and nothing is left":         {someone(ann).with(ends(-time.Hour)).holds(ann).with(func(w *world) { w.Records[0].Status.Contributions[0].State = v1alpha1.ContributionWithheld }), "withdraw ann", "", 0, 0},
		"ends in a month":                    {someone(ann).with(ends(30 * 24 * time.Hour)).holds(ann), "", "", 1, recheckInterval},
		"a rule is against it":               {someone(ann, bob).from("x", noBilling), "", "RefusedByRule", 0, 0},
		"a rule came to be against it":       {someone(ann).holds(ann).from("x", noBilling), "evict ann", "RefusedByRule", 0, 0},
		"and it was retained":                {someone(ann).holds(ann, retained).from("x", noBilling), "policy ann-revoke", "RefusedByRule", 0, 0},
		"and the record does not know it":    {someone(ann).holds(ann).from("x", noBilling).with(func(w *world) { w.Records[0].Status.Contributions = nil }), "", "RefusedByRule", 0, 0},
		"suspended":                          {someone().holds(ann).with(suspend), "", "", 0, 0},
		"suspended, and a rule is against":   {someone().holds(ann).with(suspend).from("x", noBilling), "evict ann", "", 0, 0},
		"suspended, without the backend":     {someone().holds(ann).with(suspend).with(func(w *world) { w.Backend = nil }), "", "", 0, 0},
		"suspended, on another backend":      {someone().holds(ann).with(suspend).with(func(w *world) { w.Backend.Name = "c" }), "", "", 0, 0},
		"a Team is missing":                  {someone().holds(ann, by("Team/t/Profile/ann")).lacks(KindTeam, "t"), "", "ReferenceNotFound", 0, time.Hour},
		"and has been for 20 minutes":        {someone().holds(ann, by("Team/t")).lacks(KindTeam, "t", 20*time.Minute), "", "ReferenceNotFound", 0, 40 * time.Minute},
		"and has been for an hour":           {someone().holds(ann, by("Team/t")).lacks(KindTeam, "t", time.Hour), "withdraw ann", "ReferenceNotFound", 0, 0},
		"and a rule is against it":           {someone().holds(ann, by("Team/t")).lacks(KindTeam, "t").from("x", noBilling), "evict ann", "ReferenceNotFound", 0, time.Hour},
		"a Profile of a Team is missing":     {someone(bob).holds(ann, by("Team/t/Profile/ann")).holds(bob, by("Team/t/Profile/bob")).lacks(KindProfile, "ann"), "", "ReferenceNotFound", 1, time.Hour},
		"what never gave anything":           {someone(ann).holds(ann).lacks(KindTeam, "t"), "", "ReferenceNotFound", 1, 0},
		"a set is missing":                   {someone(ann, bob).holds(ann, func(c *v1alpha1.Contribution) { c.Digest = "with it" }).lacks(KindPermissionSet, "s"), "", "ReferenceNotFound", 1, time.Hour},
		"and has been for as long":           {someone(ann, bob).holds(ann, func(c *v1alpha1.Contribution) { c.Digest = "with it" }).lacks(KindPermissionSet, "s", time.Hour), "give ann, create bob", "ReferenceNotFound", 2, 0},
		"a set that never was":               {someone(ann).lacks(KindPermissionSet, "s"), "", "ReferenceNotFound", 0, 0},
		"a rule against what is kept":        {someone(ann).holds(ann).with(manages).lacks(KindPermissionSet, "s").from("x", management), "evict ann", "ReferenceNotFound, RefusedByRule", 0, time.Hour},
		"a set is missing, a rule against":   {someone(ann).holds(ann).lacks(KindPermissionSet, "s").from("x", noBilling), "evict ann", "ReferenceNotFound, RefusedByRule", 0, time.Hour},
		"room for one":                       {someone(ann).record(ann, other("ns", recordCapacity-1)...), "give ann", "", 1, 0},
		"no room":                            {someone(ann).record(ann, other("ns", recordCapacity)...), "", "RecordFull", 0, time.Minute},
		"no room, and in at the same moment": {someone(ann).record(ann, join(other("ns", recordCapacity), []v1alpha1.Contribution{mine})...), "withdraw ann", "RecordFull", 0, time.Minute},
		"no room for those after it":         {someone(ann).record(ann, join([]v1alpha1.Contribution{mine}, other("ns", recordCapacity))...), "give ann", "", 1, 0},
		"16 of a namespace":                  {someone(ann).from("x", anybody).record(ann, other("x", namespaceCapacity)...), "", "RecordFull", 0, time.Minute},
		"16 of another namespace":            {someone(ann).from("x", anybody).record(ann, other("y", namespaceCapacity)...), "give ann", "", 1, 0},
		"48 of other namespaces":             {someone(ann).from("x", anybody).record(ann, other("y", recordCapacity-namespaceCapacity)...), "", "RecordFull", 0, time.Minute},
		"48 of them, for the backend's own":  {someone(ann).record(ann, other("y", recordCapacity-namespaceCapacity)...), "give ann", "", 1, 0},
		"too large":                          {someone(ann).holds(ann).with(func(w *world) { w.Grant.Spec.Accounts = []v1alpha1.AccountPermissions{large} }), "", "TooLarge", 0, 0},
		"too large, and new":                 {someone(ann).with(func(w *world) { w.Grant.Spec.Accounts = []v1alpha1.AccountPermissions{large} }), "", "TooLarge", 0, 0},
		"too many people":                    {someone(ann, bob).from("x", v1alpha1.GrantRule{MaxPeople: 1}).holds(ann), "", "TooManyPeople", 1, 0},
	} {
		before := c.w.clone()
		desired := Compute(c.w.Inputs)
		var excess *Excess
		for _, demand := range desired.Demands {
			if people := len(demand.Names); people > demand.Most {
				excess = &Excess{demand, people}
			}
		}
		d := Decide(c.w.Inputs, desired, excess)
		var issues []string
		for _, issue := range d.Issues {
			issues = append(issues, issue.Reason)
		}
		if got := written(d.Actions); got != c.written || strings.Join(issues, ", ") != c.issues || len(d.Given) != c.given || d.Next != c.next {
			t.Errorf("%s: %q, issues %q, %d given, next %s", what, got, issues, len(d.Given), d.Next)
		}
		if diff := cmp.Diff(before, c.w.Inputs); diff != "" {
			t.Errorf("%s: the inputs were changed: %s", what, diff)
		}
	}
}

var large = v1alpha1.AccountPermissions{Names: []v1alpha1.PlaceName{v1alpha1.PlaceName(strings.Repeat("n", MaxContribution))}, Permissions: []v1alpha1.AccountPermission{"Sites"}}

func (w *world) clone() Inputs {
	in := w.Inputs
	in.Grant, in.Backend = in.Grant.DeepCopy(), in.Backend.DeepCopy()
	in.Records = nil
	for i := range w.Records {
		in.Records = append(in.Records, *w.Records[i].DeepCopy())
	}
	in.People.Persons, in.People.Issues, in.SetIssues = slices.Clone(in.People.Persons), slices.Clone(in.People.Issues), slices.Clone(in.SetIssues)
	return in
}

// Whoever has no room because of other grants looks again, and whoever names too many people alone does not.
func TestExcess(t *testing.T) {
	for most, next := range map[int32]time.Duration{1: 0, 2: time.Minute} {
		in := someone(ann, bob).from("x", v1alpha1.GrantRule{MaxPeople: most}).Inputs
		desired := Compute(in)
		if len(desired.Demands) != 1 || desired.Demands[0].Most != int(most) || len(desired.Demands[0].Names) != 2 {
			t.Fatal(desired.Demands)
		}
		d := Decide(in, desired, &Excess{desired.Demands[0], 5})
		if len(d.Actions) > 0 || d.Next != next || !strings.Contains(d.Issues[0].Message, "would name 5 people") {
			t.Errorf("at most %d: %+v", most, d)
		}
	}
}

// The quota is asked of those who are new, and knows whom other grants of the namespace name by that rule.
func TestDemands(t *testing.T) {
	for what, c := range map[string]struct {
		w    *world
		want int
	}{
		"somebody new":              {someone(ann).from("x", v1alpha1.GrantRule{}), 1},
		"nobody new":                {someone(ann).from("x", v1alpha1.GrantRule{}).holds(ann), 0},
		"the backend's own":         {someone(ann), 0},
		"the own, and bounded":      {someone(ann).from("ns", v1alpha1.GrantRule{MaxPeople: 5}), 1},
		"refused":                   {someone(ann).from("x", v1alpha1.GrantRule{Permissions: v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{}}}), 0},
		"a set is missing":          {someone(ann).from("x", v1alpha1.GrantRule{}).lacks(KindPermissionSet, "s"), 0},
		"suspended":                 {someone(ann).from("x", v1alpha1.GrantRule{}).with(func(w *world) { w.Grant.Spec.Suspend = true }), 0},
		"the backend is not there":  {someone(ann).with(func(w *world) { w.Backend = nil }), 0},
		"somebody new beside bob's": {someone(ann, bob).from("x", v1alpha1.GrantRule{}).holds(bob), 1},
	} {
		if got := Compute(c.w.Inputs).Demands; len(got) != c.want {
			t.Errorf("%s: %+v", what, got)
		}
	}
	w := someone(ann).from("x", v1alpha1.GrantRule{})
	of := func(uid types.UID, namespace string, overall ...v1alpha1.OverallPermission) v1alpha1.Contribution {
		return v1alpha1.Contribution{UID: uid, Grant: v1alpha1.GrantReference{Namespace: namespace}, Overall: overall}
	}
	w.record(ann, of("u", "x", "Billing"), of("v", "x", "Billing")).record(bob, of("v", "x", "Billing"), of("w", "y", "Billing"))
	got := NamedByOthers(w.Inputs, 0, w.Records)
	want := map[types.UID]map[string]bool{"v": {access.RecordName("b", ann): true, access.RecordName("b", bob): true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
