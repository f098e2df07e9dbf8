package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/ptr"

	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/inventory"
	"github.com/hostgrant/hostgrant/internal/manifest"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// asked is when the questions of tests are asked.
var asked = time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)

// everyState are manifests in which every state of a holding occurs, with a reason as a stranger may write it.
const everyState = `apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: ann, namespace: hosting}
spec: {email: ann@acme.example}
---
apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: gone, namespace: hosting}
spec: {email: gone@acme.example, state: Suspended}
---
apiVersion: hostgrant.io/v1alpha1
kind: Profile
metadata: {name: secret, namespace: hosting}
spec: {emailFrom: {secretKeyRef: {name: addresses, key: secret}}}
---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata:
  name: sites
  namespace: hosting
  annotations: {hostgrant.io/reviewed-at: 2026-12-01 by bob}
spec:
  backendRef: {name: owner}
  subjects: [{profileRef: {name: ann}}, {email: two@acme.example}, {email: new@acme.example}, {profileRef: {name: gone}}, {profileRef: {name: secret}}]
  accounts: [{names: [shop], permissions: [Sites, TechnicalContact]}]
  reviewBy: 2027-03-20T00:00:00Z
  reason: "=cmd|' /C calc'!A0 @everyone <img src=x> | # keeps the shop"
---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: technical, namespace: hosting}
spec:
  backendRef: {name: owner}
  subjects: [{email: tec@acme.example}]
  overall: [AccountTechnical]
  requireTwoFactor: true
  reviewBy: 2027-02-01T00:00:00Z
  expiresAt: 2028-01-01T00:00:00Z
  reason: On call.
---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: server, namespace: hosting}
spec:
  backendRef: {name: owner}
  subjects: [{email: srv@acme.example}]
  servers: [{names: [web1], permissions: [SSHUsers]}]
---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: late, namespace: hosting}
spec:
  backendRef: {name: owner}
  subjects: [{email: old@acme.example}]
  accounts: [{names: [shop], permissions: [Sites]}]
  expiresAt: 2027-01-01T00:00:00Z
---
apiVersion: hostgrant.io/v1alpha1
kind: PermissionGrant
metadata: {name: early, namespace: hosting}
spec:
  backendRef: {name: owner}
  subjects: [{profileRef: {name: ann}}]
  accounts: [{names: [shop], permissions: [SSH]}, {names: [cellar], permissions: [Databases]}]
  notBefore: 2027-06-01T00:00:00Z
`

// known is the inventory of these manifests and a table.
func known(t *testing.T) inventory.Inventory {
	t.Helper()
	reading := manifest.Reading{Namespace: "hosting"}
	reading.Stream(t.Context(), "test", strings.NewReader(everyState))
	set, err := reading.Set()
	if err != nil {
		t.Fatal(err)
	}
	places := access.PlacesOf([]hosting.Place{{ID: 1, Name: "shop"}, {ID: 2, Name: "blog"}}, []hosting.Place{{ID: 9, Name: "web1"}})
	on := func(scope hosting.Scope, id int64, names ...string) hosting.Rights {
		rights := hosting.Rights{}
		for _, name := range names {
			rights = rights.With(hosting.Right{Scope: scope, ID: id, Name: name})
		}
		return rights
	}
	locked := hosting.NewRights(hosting.TwoFactorRight)
	rows := []hosting.Row{
		{ID: 1, Email: "ann@acme.example", ProfileID: 1, Rights: on(hosting.ScopeAccount, 1, "Sites", "TechnicalContact")},
		{ID: 2, Email: "two@acme.example", ProfileID: 2, Rights: on(hosting.ScopeAccount, 1, "Sites", "TechnicalContact").Union(locked), TwoFactor: ptr.To(false)},
		{ID: 3, Email: "new@acme.example", Rights: on(hosting.ScopeAccount, 1, "Sites")},
		{ID: 4, Email: "tec@acme.example", ProfileID: 4, Rights: on(hosting.ScopeOverall, 0, "AccountTechnical").Union(locked), TwoFactor: ptr.To(true)},
		{ID: 5, Email: "srv@acme.example", ProfileID: 5, Rights: on(hosting.ScopeServer, 9, "SSHUsers")},
		{ID: 6, Email: "hand@acme.example", ProfileID: 6, Rights: on(hosting.ScopeAccount, 1, "Sites", "SSH").Union(on(hosting.ScopeAccount, 2, "wire:odd|one"))},
		{ID: 7, Email: "gone@acme.example", ProfileID: 7, Rights: on(hosting.ScopeAccount, 1, "Sites")},
	}
	key := types.NamespacedName{Namespace: "hosting", Name: "owner"}
	table := provider.SnapshotOf(hosting.Identity{Email: "owner@acme.example"}, places, rows, asked)
	inv, err := ofTable(t.Context(), key, table, set.Objects, report{})
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

// goldenAnswer compares what each format prints of an answer with testdata.
func goldenAnswer(t *testing.T, name string, formats formats[answer], a answer) {
	t.Helper()
	for format, render := range formats {
		o := outputOptions{format: format}
		var out, notes bytes.Buffer
		if err := o.print(genericiooptions.IOStreams{Out: &out, ErrOut: &notes}, render, a); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String()+notes.String(), "\x1b") {
			t.Errorf("%s as %s controls the terminal", name, format)
		}
		goldenFile(t, name+"."+format, out.Bytes())
		if notes.Len() > 0 {
			goldenFile(t, name+"."+format+".notes", notes.Bytes())
		}
	}
}

func TestWhoCanFormats(t *testing.T) {
	inv := known(t)
	for name, o := range map[string]whoCanOptions{"who-can-sites": {account: "shop"}, "who-can-ssh": {account: "shop"}, "who-can-contact": {}} {
		word := map[string]string{"who-can-sites": "sites", "who-can-ssh": "SSH", "who-can-contact": "Contact technique"}[name]
		permissions, err := o.permissions(word)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := o.whoCan(teller{Inventory: inv}, permissions)
		if err != nil {
			t.Fatal(err)
		}
		goldenAnswer(t, name, answerFormats, answer)
	}
}

func TestAccessFormats(t *testing.T) {
	inv := known(t)
	for name, email := range map[string]string{"access-ann": "ann@acme.example", "access-new": "NEW@acme.example", "access-nobody": "nobody@acme.example", "access-owner": "owner@acme.example"} {
		tell := teller{inv, name != "access-ann"}
		p, err := (&accessOptions{}).person(tell, email)
		if err != nil {
			t.Fatal(err)
		}
		goldenAnswer(t, name, answerFormats, tell.accessOf(p))
	}
}

func TestReviewFormats(t *testing.T) {
	inv := known(t)
	for name, only := range map[string]string{"review": "", "review-overdue": reviewOverdue} {
		r := teller{Inventory: inv}.review(metav1.NewTime(asked), 30*24*time.Hour, only)
		r.Within = "30d"
		goldenAnswer(t, name, reviewFormats, r)
	}
}

func TestNotifiedFormats(t *testing.T) {
	inv := known(t)
	for name, word := range map[string]string{"notified": "account/shop", "notified-nobody": "balance"} {
		alert, err := alertOf(word)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := teller{Inventory: inv}.notified(word, alert)
		if err != nil {
			t.Fatal(err)
		}
		goldenAnswer(t, name, answerFormats, answer)
	}
}
