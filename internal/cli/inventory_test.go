package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
)

// clustered is a cluster with a backend that takes grants of namespaces with a label, and what may not be read there.
type clustered struct {
	objects   []client.Object
	forbidden func(kind, namespace string) bool
	secrets   int
}

func (c *clustered) client(t *testing.T) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(v1alpha1.AddToScheme(scheme), corev1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	refused := func(kind, namespace string) error {
		if c.forbidden != nil && c.forbidden(kind, namespace) {
			return apierrors.NewForbidden(schema.GroupResource{Resource: kind}, "", nil)
		}
		return nil
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(c.objects...).WithInterceptorFuncs(interceptor.Funcs{
		List: func(ctx context.Context, kube client.WithWatch, list client.ObjectList, options ...client.ListOption) error {
			applied := client.ListOptions{}
			applied.ApplyOptions(options)
			kind := strings.TrimPrefix(fmt.Sprintf("%T", list), "*v1alpha1.")
			return errors.Join(refused(kind, applied.Namespace), kube.List(ctx, list, options...))
		},
		Get: func(ctx context.Context, kube client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
			if _, secret := object.(*corev1.Secret); secret {
				c.secrets++
			}
			if err := refused(fmt.Sprintf("%T", object), key.Namespace); err != nil {
				return err
			}
			return kube.Get(ctx, key, object, options...)
		},
	}).Build()
}

func (c *clustered) ask(t *testing.T, backend *v1alpha1.HostingBackend, records ...v1alpha1.AccessRecord) inventory.Inventory {
	t.Helper()
	inv, err := ofCluster(t.Context(), c.client(t), backend, records, asked)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func ownBackend() *v1alpha1.HostingBackend {
	b := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: "owner"}}
	b.Spec.Mode, b.Status.Counts = v1alpha1.ModeEnforce, &v1alpha1.BackendCounts{}
	b.Status.Identity = &v1alpha1.Identity{Email: "owner@acme.example"}
	rule := v1alpha1.GrantRule{Name: "agencies", Permissions: v1alpha1.RulePermissions{All: ptr.To(true)}, EmailDomains: []v1alpha1.DomainName{v1alpha1.AnyDomain}, Offboarding: true}
	rule.Namespaces.From, rule.Namespaces.Selector = v1alpha1.NamespacesSelector, &v1alpha1.RuleSelector{MatchLabels: map[string]v1alpha1.LabelValue{"agency": "yes"}}
	same := v1alpha1.GrantRule{Name: "own", Permissions: rule.Permissions, EmailDomains: rule.EmailDomains}
	same.Namespaces.From = v1alpha1.NamespacesSame
	b.Spec.GrantRules = []v1alpha1.GrantRule{same, rule}
	return b
}

// grantIn gives Sites on an account to subjects.
func grantIn(namespace, name, account string, subjects ...v1alpha1.Subject) *v1alpha1.PermissionGrant {
	g := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(name), CreationTimestamp: metav1.NewTime(asked)}}
	g.Spec.BackendRef = v1alpha1.BackendReference{Name: "owner", Namespace: "hosting"}
	g.Spec.Subjects, g.Spec.Reason = subjects, "Reason of "+name+"."
	g.Spec.Accounts = []v1alpha1.AccountPermissions{{Names: []v1alpha1.PlaceName{v1alpha1.PlaceName(account)}, Permissions: []v1alpha1.AccountPermission{"Sites"}}}
	return g
}

// recordOf is the record of somebody to whom a grant gives Sites on the account 1, called shop.
func recordOf(email string, g *v1alpha1.PermissionGrant, via string) v1alpha1.AccessRecord {
	r := v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: access.RecordName("owner", email)}}
	r.Spec.BackendRef.Name, r.Spec.Email = "owner", v1alpha1.Email(email)
	r.Spec.Contributions = []v1alpha1.Contribution{{UID: g.UID, Digest: "d", Grant: v1alpha1.GrantReference{Namespace: g.Namespace, Name: v1alpha1.ObjectName(g.Name)}, Via: []string{via}, Accounts: g.Spec.Accounts}}
	r.Status.RowID, r.Status.Person = 1, v1alpha1.PersonActive
	r.Status.Pins = []v1alpha1.PlacePin{{Scope: v1alpha1.ScopeAccount, Name: "shop", ID: 1}}
	r.Status.Contributions = []v1alpha1.ContributionStatus{{UID: g.UID, Digest: "d", State: v1alpha1.ContributionLive}}
	access.StoreLive(&r.Status, hosting.NewRights(hosting.Right{Scope: hosting.ScopeAccount, ID: 1, Name: "Sites"}), nil)
	return r
}

func namespace(name string, labels map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
}

// may tells who may do Sites on the shop, one in a line.
func may(t *testing.T, inv inventory.Inventory, account string) (lines []string) {
	t.Helper()
	permission, _ := hosting.ByName(hosting.ScopeAccount, "Sites")
	answers, _, err := inv.WhoCan(inventory.Question{Permission: permission, Place: account})
	if err != nil {
		t.Fatal(err)
	}
	tell := teller{inv, true}
	for _, a := range answers {
		one := tell.who(permission, a)
		lines = append(lines, fmt.Sprint(one.Person, ": ", one.Access, " ", strings.Join(one.Grants, ",")))
	}
	return lines
}

// The records of a cluster say who has something; its manifests why, and whom they name besides: by a Team, a Secret, or
// from a namespace that no rule lets.
func TestInventoryOfACluster(t *testing.T) {
	profile := func(name string, spec v1alpha1.ProfileSpec) *v1alpha1.Profile {
		return &v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Namespace: "agency", Name: name}, Spec: spec}
	}
	from := &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "addresses", Key: "email"}}
	live := grantIn("agency", "live", "shop", v1alpha1.Subject{Email: "ann@a.example"}, v1alpha1.Subject{Email: "gone@a.example"})
	team := grantIn("agency", "team", "shop", v1alpha1.Subject{TeamRef: &v1alpha1.LocalReference{Name: "t"}})
	past := grantIn("agency", "past", "shop", v1alpha1.Subject{Email: "past@a.example"})
	past.Spec.ExpiresAt = &metav1.Time{Time: asked.Add(-1)}
	c := &clustered{objects: []client.Object{
		namespace("agency", map[string]string{"agency": "yes"}), namespace("stranger", nil), live, team, past,
		grantIn("stranger", "refused", "shop", v1alpha1.Subject{Email: "ref@a.example"}),
		grantIn("hosting", "cellar", "cellar", v1alpha1.Subject{Email: "low@a.example"}),
		&v1alpha1.Team{ObjectMeta: metav1.ObjectMeta{Namespace: "agency", Name: "t"}, Spec: v1alpha1.TeamSpec{Members: []v1alpha1.TeamMember{
			{ProfileRef: &v1alpha1.LocalReference{Name: "secret"}}, {ProfileRef: &v1alpha1.LocalReference{Name: "hidden"}},
		}}},
		profile("secret", v1alpha1.ProfileSpec{EmailFrom: from}), profile("hidden", v1alpha1.ProfileSpec{EmailFrom: &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "other", Key: "email"}}}),
		profile("gone", v1alpha1.ProfileSpec{Email: "gone@a.example", State: v1alpha1.ProfileSuspended}),
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "agency", Name: "addresses"}, Type: v1alpha1.SecretTypeAddress, Data: map[string][]byte{"email": []byte("sec@a.example")}},
	}}
	inv := c.ask(t, ownBackend(), recordOf("ann@a.example", live, "email"), recordOf("gone@a.example", live, "email"))
	want := []string{
		"ann@a.example: yes agency/live", "gone@a.example: yes agency/live (PersonSuspended)", "Profile/agency/hidden: not known agency/team",
		"sec@a.example: not yet agency/team", "ref@a.example: not yet (RefusedByRule) stranger/refused (RefusedByRule)", "past@a.example: no: expired agency/past (Expired)",
	}
	if got := may(t, inv, "shop"); !slices.Equal(got, want) {
		t.Errorf("%q, want\n%q", got, want)
	}
	if got := may(t, inv, "cellar"); !slices.Equal(got, []string{"low@a.example: not yet hosting/cellar"}) {
		t.Errorf("%q", got)
	}
	if inv.Complete || !inv.AsOf.IsZero() || len(inv.Places) != 1 {
		t.Errorf("%v %v %v", inv.Complete, inv.AsOf, inv.Places)
	}
	ann, _ := inv.Person("ann@a.example")
	if g := ann.Grants[0]; !g.Known || g.Reason != "Reason of live." || !g.Since.Equal(&metav1.Time{Time: asked}) {
		t.Errorf("%+v", g)
	}
	if !slices.Equal(inv.Notes, []string{"Profile/hidden: the Secret with the address is not at hand; which row is the person's is not known"}) {
		t.Errorf("%q", inv.Notes)
	}
}

// Where not all may be read the answer says what it lacks, and what records tell of Profiles takes the place of Secrets.
func TestWhatMayNotBeRead(t *testing.T) {
	g := grantIn("agency", "live", "shop", v1alpha1.Subject{ProfileRef: &v1alpha1.LocalReference{Name: "ann"}})
	from := &v1alpha1.EmailSource{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "addresses", Key: "email"}}
	objects := []client.Object{
		namespace("agency", map[string]string{"agency": "yes"}), g, grantIn("other", "unseen", "shop", v1alpha1.Subject{Email: "bob@a.example"}),
		&v1alpha1.Profile{ObjectMeta: metav1.ObjectMeta{Namespace: "agency", Name: "ann"}, Spec: v1alpha1.ProfileSpec{EmailFrom: from}},
	}
	for name, c := range map[string]struct {
		forbidden func(kind, namespace string) bool
		reason    string
		notes     []string
	}{
		"other namespaces": {
			func(_, namespace string) bool { return namespace == "" }, "Reason of live.",
			[]string{"only namespaces agency, hosting are read, not all", "the labels of namespace agency cannot be read", "the labels of namespace hosting cannot be read"},
		},
		"manifests of others": {
			func(kind, namespace string) bool { return namespace != "hosting" && kind != "*v1.Namespace" }, "",
			[]string{"only namespaces agency, hosting are read, not all", "namespace agency cannot be read"},
		},
	} {
		cluster := &clustered{objects: objects, forbidden: c.forbidden}
		inv := cluster.ask(t, ownBackend(), recordOf("ann@a.example", g, "Profile/ann"))
		if got := may(t, inv, "shop"); !slices.Equal(got, []string{"ann@a.example: yes agency/live"}) || inv.People[0].Grants[0].Reason != c.reason {
			t.Errorf("%s: %q %+v", name, got, inv.People[0].Grants)
		}
		if cluster.secrets != 0 {
			t.Errorf("%s: %d Secrets were asked for, and the record tells the address", name, cluster.secrets)
		}
		matches := func(note string) func(string) bool {
			return func(want string) bool { return strings.Contains(note, want) }
		}
		for _, note := range inv.Notes {
			if !slices.ContainsFunc(c.notes, matches(note)) {
				t.Errorf("%s: note %q is not expected", name, note)
			}
		}
		if len(inv.Notes) != len(c.notes) {
			t.Errorf("%s: %d notes: %q", name, len(inv.Notes), inv.Notes)
		}
	}
}

// An error of the API server is no answer.
func TestAClusterThatFails(t *testing.T) {
	c := &clustered{}
	kube := interceptor.NewClient(c.client(t).(client.WithWatch), interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
		return apierrors.NewInternalError(errors.New("no"))
	}})
	if _, err := ofCluster(t.Context(), kube, ownBackend(), nil, asked); !apierrors.IsInternalError(err) {
		t.Error(err)
	}
}

func TestWhichBackendIsAskedAbout(t *testing.T) {
	key := func(namespace, name string) types.NamespacedName {
		return types.NamespacedName{Namespace: namespace, Name: name}
	}
	for name, c := range map[string]struct {
		backend  string
		backends []types.NamespacedName
		want     string
		fails    string
	}{
		"the only one":      {"", []types.NamespacedName{key("a", "x")}, "a/x", ""},
		"the one named":     {"y", []types.NamespacedName{key("a", "x"), key("b", "y")}, "b/y", ""},
		"the one here":      {"x", []types.NamespacedName{key("a", "x"), key("here", "x")}, "here/x", ""},
		"none":              {"", nil, "", "there is no HostingBackend in namespace here"},
		"several":           {"", []types.NamespacedName{key("a", "x"), key("b", "y")}, "", "name one with --backend (a/x, b/y)"},
		"several, one here": {"", []types.NamespacedName{key("here", "x"), key("b", "y")}, "", "name one with --backend"},
		"several of a name": {"x", []types.NamespacedName{key("a", "x"), key("b", "x")}, "", "name one's namespace with --namespace (a/x, b/x)"},
		"another":           {"z", []types.NamespacedName{key("a", "x")}, "", `--backend "z": there is no such HostingBackend; there are a/x`},
	} {
		got, err := (&inventoryOptions{backend: c.backend}).only(c.backends, "here")
		if c.fails == "" && (err != nil || got.String() != c.want) || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}
