package controllers_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/controllers"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/reference"
)

const (
	owner = "owner@acme.example"
	token = "t0ken=&#%"
)

// world is what one spec acts in.
type world struct {
	ctx       context.Context
	namespace string
	provider  *reference.Server
	mails     *mailsink.Sink
}

// newWorld makes a namespace, a provider that knows the people named, and a mail server.
func newWorld(known ...string) *world {
	ctx := context.Background()
	w := &world{ctx: ctx}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "spec-"}}
	Expect(k8s.Create(ctx, ns)).To(Succeed())
	w.namespace = ns.Name

	var err error
	w.mails, err = mailsink.Start(mailsink.Options{SelfSigned: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(w.mails.Close)
	w.provider, err = reference.Open(ctx, reference.Options{Dir: GinkgoT().TempDir(), SMTPAddr: w.mails.Addr()})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = w.provider.Close(context.Background()) })
	Expect(w.provider.Seed(ctx, seed(known))).To(Succeed())
	return w
}

func seed(known []string) reference.Seed {
	s := reference.Seed{Owners: []reference.SeedOwner{{
		Email: owner, Token: token,
		Servers:  []reference.SeedServer{{Name: "web1"}, {Name: "web2"}},
		Accounts: []reference.SeedAccount{{Name: "shop", Server: "web1"}, {Name: "blog"}, {Name: "intranet"}},
	}}}
	for _, email := range known {
		s.Profiles = append(s.Profiles, reference.SeedProfile{Email: email})
	}
	return s
}

// backend applies the HostingBackend "acme" with its Secret.
func (w *world) backend(change ...func(*v1alpha1.HostingBackend)) *v1alpha1.HostingBackend {
	w.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "acme-key"}, Type: v1alpha1.SecretTypeCredentials,
		StringData: map[string]string{"token": token, "url": w.provider.URL()},
	})
	backend := &v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Name: "acme"}, Spec: v1alpha1.HostingBackendSpec{
		Endpoint: v1alpha1.Endpoint{URL: w.provider.URL(), CredentialsSecretRef: v1alpha1.LocalReference{Name: "acme-key"}, CABundle: w.provider.CABundle()},
		Interval: metav1.Duration{Duration: 30 * time.Second}, Mode: v1alpha1.ModeEnforce,
		RateLimit: v1alpha1.RateLimit{ReadsPerMinute: 60000, WritesPerMinute: 60000},
	}}
	for _, c := range change {
		c(backend)
	}
	w.create(backend)
	return backend
}

func (w *world) create(o client.Object) {
	GinkgoHelper()
	o.SetNamespace(w.namespace)
	Expect(k8s.Create(w.ctx, o)).To(Succeed())
}

// grant makes a PermissionGrant on "acme" for some addresses.
func grantFor(name string, emails ...string) *v1alpha1.PermissionGrant {
	g := &v1alpha1.PermissionGrant{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.PermissionGrantSpec{
		BackendRef: v1alpha1.LocalReference{Name: "acme"}, DeletionPolicy: v1alpha1.DeletionRevoke,
	}}
	for _, email := range emails {
		g.Spec.Subjects = append(g.Spec.Subjects, v1alpha1.Subject{Email: v1alpha1.Email(email)})
	}
	return g
}

func onAccount(g *v1alpha1.PermissionGrant, name string, permissions ...v1alpha1.AccountPermission) *v1alpha1.PermissionGrant {
	g.Spec.Accounts = append(g.Spec.Accounts, v1alpha1.AccountPermissions{Names: []v1alpha1.PlaceName{v1alpha1.PlaceName(name)}, Permissions: permissions})
	return g
}

func overall(g *v1alpha1.PermissionGrant, permissions ...v1alpha1.OverallPermission) *v1alpha1.PermissionGrant {
	g.Spec.Overall = append(g.Spec.Overall, permissions...)
	return g
}

// update changes an object as it is now at the API server.
func update[T client.Object](w *world, o T, change func(T)) {
	GinkgoHelper()
	Eventually(func() error {
		if err := k8s.Get(w.ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		change(o)
		return k8s.Update(w.ctx, o)
	}).Should(Succeed())
}

// conditions reads an object's conditions as "Type=Status/Reason".
func (w *world) conditions(o client.Object) map[string]string {
	if err := k8s.Get(w.ctx, client.ObjectKeyFromObject(o), o); err != nil {
		return map[string]string{"error": err.Error()}
	}
	list := map[string]string{}
	for _, c := range o.(interface{ GetConditions() []metav1.Condition }).GetConditions() {
		list[c.Type] = string(c.Status) + "/" + c.Reason
	}
	return list
}

// reaches waits for a Ready condition "Status/Reason" of the present generation.
func (w *world) reaches(o client.Object, ready string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(w.conditions(o)).To(HaveKeyWithValue("Ready", ready))
		for _, c := range o.(interface{ GetConditions() []metav1.Condition }).GetConditions() {
			g.Expect(c.ObservedGeneration).To(Equal(o.GetGeneration()), c.Type)
		}
	}).Should(Succeed(), func() string { return w.describe() })
	w.kstatus(o)
}

// kstatus checks that what tools make of an object agrees with its conditions.
func (w *world) kstatus(o client.Object) {
	GinkgoHelper()
	gvk, err := apiutil.GVKForObject(o, controllers.Scheme())
	Expect(err).NotTo(HaveOccurred())
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	Expect(err).NotTo(HaveOccurred())
	u := &unstructured.Unstructured{Object: fields}
	u.SetGroupVersionKind(gvk)
	result, err := status.Compute(u)
	Expect(err).NotTo(HaveOccurred())
	conditions := o.(interface{ GetConditions() []metav1.Condition }).GetConditions()
	ready := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady)
	stalled := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled)
	reconciling := meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling)
	Expect(stalled && reconciling).To(BeFalse(), "never both")
	want := status.InProgressStatus
	switch {
	case stalled:
		want = status.FailedStatus
	case ready && !reconciling:
		want = status.CurrentStatus
	}
	Expect(result.Status).To(Equal(want), result.Message)
}

// record is the AccessRecord of an address, nil where there is none.
func (w *world) record(email string) *v1alpha1.AccessRecord {
	r := &v1alpha1.AccessRecord{}
	err := k8s.Get(w.ctx, client.ObjectKey{Namespace: w.namespace, Name: access.RecordName("acme", email)}, r)
	if client.IgnoreNotFound(err) != nil {
		Fail(err.Error())
	}
	if err != nil {
		return nil
	}
	return r
}

// rows is the provider's table as "address: permissions".
func (w *world) rows() []string {
	rows, err := w.provider.Rows(w.ctx, owner)
	if err != nil {
		return []string{err.Error()}
	}
	lines := []string{}
	for _, row := range rows {
		line := row.Email + ":"
		for _, p := range row.Overall {
			line += " " + p
		}
		for _, place := range []string{"blog", "intranet", "shop"} {
			for _, p := range row.Accounts[place] {
				line += " " + place + "/" + p
			}
		}
		for _, place := range []string{"web1", "web2"} {
			for _, p := range row.Servers[place] {
				line += " " + place + "/" + p
			}
		}
		if row.RequireTwoFactor {
			line += " 2FA"
		}
		lines = append(lines, line)
	}
	return lines
}

// allowed asks the provider's own enforcement.
func (w *world) allowed(email string, scope hosting.Scope, place, menu string, secondFactor bool) bool {
	GinkgoHelper()
	answer, err := w.provider.Check(w.ctx, reference.AccessQuery{Owner: owner, Email: email, Scope: scope, Place: place, Menu: menu, SecondFactor: secondFactor})
	Expect(err).NotTo(HaveOccurred())
	return answer.Allowed
}

// describe tells the state of a namespace where an expectation fails.
func (w *world) describe() string {
	text := strings.Builder{}
	grants, records, backends := &v1alpha1.PermissionGrantList{}, &v1alpha1.AccessRecordList{}, &v1alpha1.HostingBackendList{}
	for _, list := range []client.ObjectList{grants, records, backends} {
		_ = k8s.List(w.ctx, list, client.InNamespace(w.namespace))
	}
	for _, b := range backends.Items {
		fmt.Fprintf(&text, "backend %s: %+v\n", b.Name, b.Status)
	}
	for _, g := range grants.Items {
		fmt.Fprintf(&text, "grant %s: %+v\n", g.Name, g.Status)
	}
	for _, r := range records.Items {
		fmt.Fprintf(&text, "record %s: %+v\n%+v\n", r.Name, r.Spec, r.Status)
	}
	return text.String() + strings.Join(w.rows(), "\n")
}

func name(prefix string, i int) string { return fmt.Sprintf("%s-%03d", prefix, i) }
