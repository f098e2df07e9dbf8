package sandbox

import (
	"bytes"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/mailsink"
)

func TestPointLeavesEverythingButTheEndpointAndTheMode(t *testing.T) {
	var objects []*unstructured.Unstructured
	for _, text := range []string{
		"{apiVersion: v1, kind: Namespace, metadata: {name: acme-hosting}}",
		`{apiVersion: hostgrant.io/v1alpha1, kind: HostingBackend, metadata: {name: acme},
			spec: {endpoint: {url: "https://api.alwaysdata.com/v1/", credentialsSecretRef: {name: acme-key}}, mode: Observe}}`,
		"{apiVersion: hostgrant.io/v1alpha1, kind: Team, metadata: {name: agency}}",
	} {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(text), &object.Object); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
	manifests, err := point(objects, "https://127.0.0.1:1/v1/", []byte("pem"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := joinYAML(manifests)
	if err != nil {
		t.Fatal(err)
	}
	const want = `---
apiVersion: hostgrant.io/v1alpha1
kind: HostingBackend
metadata:
  name: acme
spec:
  endpoint:
    caBundle: cGVt
    credentialsSecretRef:
      name: acme-key
    url: https://127.0.0.1:1/v1/
  mode: Enforce
---
apiVersion: hostgrant.io/v1alpha1
kind: Team
metadata:
  name: agency
`
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
}

func grantWith(ready metav1.ConditionStatus, kind, reason string) *v1alpha1.PermissionGrant {
	g := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Name: "contractor", Generation: 1}}
	g.Status.ObservedGeneration = 1
	g.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: ready, Reason: reason, Message: "3 to add", ObservedGeneration: 1}}
	if kind != "" {
		g.Status.Conditions = append(g.Status.Conditions, metav1.Condition{Type: kind, Status: metav1.ConditionTrue, Reason: reason})
	}
	return g
}

func TestWorldIsSettledWhenAllIsReadyAndEveryMailArrived(t *testing.T) {
	w := world{}
	if w.settled() {
		t.Error("an empty world is settled")
	}
	record := &v1alpha1.AccessRecord{ObjectMeta: metav1.ObjectMeta{Name: "r", Generation: 1}}
	record.Spec.Contributions = []v1alpha1.Contribution{{UID: "u"}}
	record.Status.Person, record.Status.ObservedGeneration = v1alpha1.PersonInvited, 1
	record.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: metav1.ConditionTrue}}
	for _, o := range []object{grantWith(metav1.ConditionTrue, "", "AsDeclared"), record} {
		if err := w.add(o); err != nil {
			t.Fatal(err)
		}
	}
	if w.settled() || progress(w) != "1 of 1 grants Ready, 0 of 1 mails; waiting for mails" {
		t.Error(progress(w))
	}
	w.figures.Mails = 1
	if !w.settled() || w.figures.People != 1 || w.figures.Invited != 1 {
		t.Errorf("%+v", w)
	}
	if err := w.add(grantWith(metav1.ConditionFalse, "Stalled", "PlaceUnknown")); err != nil {
		t.Fatal(err)
	}
	if w.settled() {
		t.Error("settled with a grant that is not Ready")
	}
	if text := verdict(w, time.Minute); !strings.Contains(text, "PermissionGrant/contractor  PlaceUnknown: 3 to add") {
		t.Error(text)
	}
}

func TestConsoleRepeatsNoProgressOffATerminal(t *testing.T) {
	c := clocktesting.NewFakeClock(time.Unix(0, 0))
	out := &bytes.Buffer{}
	console := newConsole(out, c)
	for _, line := range []string{"one", "two", "two", "three"} {
		c.Step(3 * time.Second)
		console.progress(line)
	}
	if got := out.String(); got != "[  3.0s] one\n[  9.0s] two\n" {
		t.Errorf("%q", got)
	}
}

func TestMailTable(t *testing.T) {
	got := mailTable([]mailsink.Mail{{To: []string{"zoe@acme.example"}, Subject: "Your access", Text: "\n\n  Hello Zoë,\nmore"}})
	if !strings.Contains(got, "zoe@acme.example   Your access   Hello Zoë,\n") {
		t.Errorf("%q", got)
	}
}
