package preview

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

// The people there are: whom the provider knows, whom it does not, the owner, and one whom the backend protects.
var (
	known    = []string{"ann@acme.example", "bob@acme.example", "cyd@acme.example", "pat@acme.example"}
	unknown  = []string{"new@acme.example", "max@agency.example"}
	everyone = append(append([]string{}, known...), append(unknown, "owner@acme.example")...)
)

// draws makes manifests: what each object is, and whether it is there.
type draws struct {
	*rapid.T
	now metav1.Time
	// suspended counts the people who were suspended: three may be within an hour.
	suspended int
}

func (d *draws) one(of int, what string) bool { return rapid.IntRange(1, of).Draw(d.T, what) == 1 }

// edited is a set of manifests after an edit: most objects stay as they are.
func (d *draws) edited(before Objects) Objects {
	after := Objects{}
	for key, object := range before {
		after[key] = object
	}
	d.suspended = 0
	d.backend(after)
	for _, namespace := range []string{"hosting", "tenant"} {
		after[Key{"Namespace", "", namespace}] = namespaceObject(namespace)
		for i, email := range everyone[:4] {
			key := Key{"Profile", namespace, fmt.Sprint("p", i)}
			d.redraw(after, key, 4, func() { after[key] = d.profile(key, email) })
		}
		team, set := Key{"Team", namespace, "t"}, Key{"PermissionSet", namespace, "s"}
		d.redraw(after, team, 4, func() { after[team] = d.team(team) })
		d.redraw(after, set, 4, func() { after[set] = d.set(set) })
		for _, name := range []string{"a", "b", "c"} {
			key := Key{"PermissionGrant", namespace, name}
			d.redraw(after, key, 3, func() { after[key] = d.grant(key, after[key]) })
		}
	}
	return after
}

// redraw draws an object anew, one time in so many, or leaves it out.
func (d *draws) redraw(objects Objects, key Key, of int, draw func()) {
	_, there := objects[key]
	switch {
	case !there && d.one(2, "new "+key.String()), there && d.one(of, "edit "+key.String()):
		draw()
	case there && d.one(2*of, "delete "+key.String()):
		delete(objects, key)
	}
}

func (d *draws) backend(objects Objects) {
	key := Key{"HostingBackend", acme.Namespace, acme.Name}
	b := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: acme.Namespace, Name: acme.Name}}
	if before, there := objects[key]; there {
		b = before.(*v1alpha1.HostingBackend).DeepCopy()
		if !d.one(3, "edit the backend") {
			return
		}
	}
	b.Spec.Mode, b.Spec.Interval = v1alpha1.ModeEnforce, metav1.Duration{Duration: 5 * time.Minute}
	b.Spec.RemovalLimit = v1alpha1.RemovalLimit{Percent: rapid.SampledFrom([]int32{0, 25, 100}).Draw(d.T, "percent"), Minimum: ptr.To(rapid.Int32Range(0, 10).Draw(d.T, "minimum")), Settle: &metav1.Duration{Duration: 15 * time.Second}}
	b.Spec.Invitations = v1alpha1.Invitations{Sender: rapid.SampledFrom([]v1alpha1.InvitationSender{v1alpha1.SenderProvider, v1alpha1.SenderProvider, v1alpha1.SenderNone}).Draw(d.T, "sender"), MaxSends: 2, PerMinute: 10}
	b.Spec.DriftGrace = rapid.SampledFrom([]*metav1.Duration{nil, {Duration: 7*time.Hour + 45*time.Minute}}).Draw(d.T, "drift grace")
	b.Spec.ProtectedEmails = []v1alpha1.Email{"pat@acme.example"}[:rapid.IntRange(0, 1).Draw(d.T, "protected")]
	b.Spec.GrantRules = nil
	if d.one(2, "rules") {
		b.Spec.GrantRules = []v1alpha1.GrantRule{d.rule("own", v1alpha1.NamespacesSame), d.rule("tenant", v1alpha1.NamespacesSelector)}
	}
	objects[key] = b
}

func (d *draws) rule(name string, from v1alpha1.NamespacesFrom) v1alpha1.GrantRule {
	r := v1alpha1.GrantRule{
		Name: name, Namespaces: v1alpha1.RuleNamespaces{From: from}, EmailDomains: []v1alpha1.DomainName{"*"}, Permissions: v1alpha1.RulePermissions{All: ptr.To(true)},
		MaxPeople: rapid.SampledFrom([]int32{0, 0, 2, 4}).Draw(d.T, "max people"), RequireTwoFactor: d.one(4, "rule requires 2FA"), Offboarding: d.one(2, "offboarding"),
	}
	if from == v1alpha1.NamespacesSelector {
		r.Namespaces.Selector = &v1alpha1.RuleSelector{MatchLabels: map[string]v1alpha1.LabelValue{"tenant": "tenant"}}
	}
	if d.one(3, "narrow") {
		r.Permissions = v1alpha1.RulePermissions{Overall: []v1alpha1.OverallPermission{"Billing"}, PerAccount: []v1alpha1.AccountPermission{"Sites"}}
	}
	if d.one(4, "domains") {
		r.EmailDomains = []v1alpha1.DomainName{"acme.example"}
	}
	if d.one(4, "duration") {
		r.MaxDuration = &metav1.Duration{Duration: 1000 * time.Hour}
	}
	if d.one(2, "adopts") {
		r.Adopt = ptr.To(rapid.Bool().Draw(d.T, "adopt"))
	}
	return r
}

func (d *draws) meta(key Key) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name, UID: types.UID(fmt.Sprint(key, d.now)), CreationTimestamp: d.now}
}

// times are when something ends, seen from now: long ago, after some edits, and never.
func (d *draws) time(what string) *metav1.Time {
	hours := rapid.SampledFrom([]int{0, 0, 0, 0, -50, 31, 500}).Draw(d.T, what)
	if hours == 0 {
		return nil
	}
	at := metav1.NewTime(d.now.Add(time.Duration(hours)*time.Hour + 45*time.Minute)) // never while an edit settles, see between
	return &at
}

func (d *draws) profile(key Key, email string) *v1alpha1.Profile {
	p := &v1alpha1.Profile{ObjectMeta: d.meta(key), Spec: v1alpha1.ProfileSpec{Email: v1alpha1.Email(email), State: v1alpha1.ProfileActive, ExpiresAt: d.time("profile ends")}}
	if d.suspended < 2 && d.one(4, "suspended") {
		p.Spec.State = v1alpha1.ProfileSuspended
		d.suspended++
	}
	return p
}

func (d *draws) team(key Key) *v1alpha1.Team {
	t := &v1alpha1.Team{ObjectMeta: d.meta(key)}
	for range rapid.IntRange(1, 4).Draw(d.T, "members") {
		if d.one(2, "by profile") {
			t.Spec.Members = append(t.Spec.Members, v1alpha1.TeamMember{ProfileRef: d.profileRef()})
		} else {
			t.Spec.Members = append(t.Spec.Members, v1alpha1.TeamMember{Email: d.email()})
		}
	}
	return t
}

func (d *draws) profileRef() *v1alpha1.LocalReference {
	return &v1alpha1.LocalReference{Name: v1alpha1.ObjectName(fmt.Sprint("p", rapid.IntRange(0, 3).Draw(d.T, "profile")))}
}

func (d *draws) email() v1alpha1.Email {
	return v1alpha1.Email(rapid.SampledFrom(everyone).Draw(d.T, "email"))
}

func (d *draws) account() []v1alpha1.AccountPermission {
	return rapid.SliceOfNDistinct(rapid.SampledFrom([]v1alpha1.AccountPermission{"Sites", "Databases", "FTP"}), 1, 3, rapid.ID).Draw(d.T, "permissions")
}

func (d *draws) set(key Key) *v1alpha1.PermissionSet {
	return &v1alpha1.PermissionSet{ObjectMeta: d.meta(key), Spec: v1alpha1.PermissionSetSpec{PerAccount: d.account()}}
}

// grant is drawn with the identity of the one before.
func (d *draws) grant(key Key, before any) *v1alpha1.PermissionGrant {
	g := &v1alpha1.PermissionGrant{ObjectMeta: d.meta(key)}
	if before, there := before.(*v1alpha1.PermissionGrant); there {
		g = before.DeepCopy()
		g.Generation++
	}
	g.Spec = v1alpha1.PermissionGrantSpec{
		BackendRef: v1alpha1.BackendReference{Namespace: "hosting", Name: "acme"}, RequireTwoFactor: d.one(4, "2FA"), Suspend: d.one(8, "suspend"),
		NotBefore: nil, ExpiresAt: d.time("ends"), DeletionPolicy: rapid.SampledFrom([]v1alpha1.DeletionPolicy{"Revoke", "Revoke", "Retain"}).Draw(d.T, "deletion"),
	}
	if at := d.time("review"); at != nil && g.Spec.ExpiresAt == nil {
		g.Spec.ReviewBy, g.Spec.OnMissedReview = at, rapid.SampledFrom([]v1alpha1.MissedReview{v1alpha1.MissedReviewWarn, v1alpha1.MissedReviewWithdraw}).Draw(d.T, "missed review")
	}
	for range rapid.IntRange(1, 3).Draw(d.T, "subjects") {
		switch rapid.IntRange(0, 2).Draw(d.T, "subject") {
		case 0:
			g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{Email: d.email()})
		case 1:
			g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{ProfileRef: d.profileRef()})
		default:
			g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{TeamRef: &v1alpha1.LocalReference{Name: "t"}})
		}
	}
	if d.one(2, "overall") {
		g.Spec.Overall = []v1alpha1.OverallPermission{rapid.SampledFrom([]v1alpha1.OverallPermission{"Billing", "AccountManagement"}).Draw(d.T, "permission")}
	}
	places := rapid.SampledFrom([][]v1alpha1.PlaceName{{"shop"}, {"blog"}, {"shop", "blog"}, {"nowhere"}, nil}).Draw(d.T, "places")
	on := v1alpha1.AccountPermissions{Names: places}
	if places == nil {
		on.All = ptr.To(true)
	}
	if d.one(3, "by set") {
		g.Spec.PermissionSetRefs = []v1alpha1.LocalReference{{Name: "s"}}
	} else {
		on.Permissions = d.account()
	}
	g.Spec.Accounts = []v1alpha1.AccountPermissions{on}
	return g
}

// namespaceObject is a namespace with the label by which a rule selects it.
func namespaceObject(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"tenant": name}}}
}
