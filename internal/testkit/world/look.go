package world

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/reference"
)

// Conditions reads an object's conditions as "Type=Status/Reason".
func (w *World) Conditions(o client.Object) map[string]string {
	if err := w.K8s.Get(w.Ctx, client.ObjectKeyFromObject(o), o); err != nil {
		return map[string]string{"error": err.Error()}
	}
	list := map[string]string{}
	for _, c := range o.(interface{ GetConditions() []metav1.Condition }).GetConditions() {
		list[c.Type] = string(c.Status) + "/" + c.Reason
	}
	return list
}

// ExpectReady waits for a Ready condition "Status/Reason" of the present generation.
func (w *World) ExpectReady(o client.Object, ready string) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(w.Conditions(o)).To(HaveKeyWithValue("Ready", ready))
		for _, c := range o.(interface{ GetConditions() []metav1.Condition }).GetConditions() {
			g.Expect(c.ObservedGeneration).To(Equal(o.GetGeneration()), c.Type)
		}
	}).Should(Succeed(), func() string { return w.Describe() })
	w.Kstatus(o)
}

// Record is the AccessRecord of an address, nil where there is none.
func (w *World) Record(email string) *v1alpha1.AccessRecord {
	r := &v1alpha1.AccessRecord{}
	err := w.K8s.Get(w.Ctx, client.ObjectKey{Namespace: w.Namespace, Name: access.RecordName(backendName, email)}, r)
	if client.IgnoreNotFound(err) != nil {
		Fail(err.Error())
	}
	if err != nil {
		return nil
	}
	return r
}

// NothingLeft says whether a record has no purpose any more: it is gone, or kept for a day
// for its history alone.
func (w *World) NothingLeft(email string) bool {
	r := w.Record(email)
	return r == nil || len(r.Spec.Contributions)+len(r.Status.Owed)+len(r.Status.Applied) == 0 && len(r.Status.Contributions) == 0
}

// Rows is the provider's table as "address: permissions".
func (w *World) Rows() []string {
	rows, err := w.Provider.Rows(w.Ctx, Owner)
	if err != nil {
		return []string{err.Error()}
	}
	lines := []string{}
	for _, row := range rows {
		line := row.Email + ":"
		for _, p := range row.Overall {
			line += " " + p
		}
		for _, places := range []map[string][]string{row.Accounts, row.Servers} {
			for _, place := range slices.Sorted(maps.Keys(places)) {
				for _, p := range places[place] {
					line += " " + place + "/" + p
				}
			}
		}
		if row.RequireTwoFactor {
			line += " 2FA"
		}
		lines = append(lines, line)
	}
	return lines
}

// Allowed asks the provider's own enforcement.
func (w *World) Allowed(email string, scope hosting.Scope, place, menu string, secondFactor bool) bool {
	GinkgoHelper()
	answer, err := w.Provider.Check(w.Ctx, reference.AccessQuery{Owner: Owner, Email: email, Scope: scope, Place: place, Menu: menu, SecondFactor: secondFactor})
	Expect(err).NotTo(HaveOccurred())
	return answer.Allowed
}

// Describe tells the state of a namespace where an expectation fails.
func (w *World) Describe() string {
	text := strings.Builder{}
	grants, records, backends := &v1alpha1.PermissionGrantList{}, &v1alpha1.AccessRecordList{}, &v1alpha1.HostingBackendList{}
	relinquishments, approvals := &v1alpha1.RelinquishmentList{}, &v1alpha1.RemovalApprovalList{}
	for _, list := range []client.ObjectList{grants, records, backends, relinquishments, approvals} {
		_ = w.K8s.List(w.Ctx, list, client.InNamespace(w.Namespace))
	}
	for _, b := range backends.Items {
		fmt.Fprintf(&text, "backend %s: %+v\n", b.Name, b.Status)
	}
	for _, g := range grants.Items {
		fmt.Fprintf(&text, "grant %s: %+v\n", g.Name, g.Status)
	}
	for _, r := range relinquishments.Items {
		fmt.Fprintf(&text, "relinquishment %s: %+v\n", r.Name, r.Status)
	}
	for _, a := range approvals.Items {
		fmt.Fprintf(&text, "approval %s: %+v\n%+v\n", a.Name, a.Spec, a.Status)
	}
	for _, r := range records.Items {
		fmt.Fprintf(&text, "record %s: %+v\n%+v\n", r.Name, r.Spec, r.Status)
	}
	return text.String() + strings.Join(w.Rows(), "\n")
}

// Ready counts the grants that are Ready in their present generation.
func (w *World) Ready() int {
	GinkgoHelper()
	grants := &v1alpha1.PermissionGrantList{}
	Expect(w.K8s.List(w.Ctx, grants, client.InNamespace(w.Namespace))).To(Succeed())
	count := 0
	for _, g := range grants.Items {
		ready := meta.FindStatusCondition(g.Status.Conditions, v1alpha1.ConditionReady)
		if ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration == g.Generation {
			count++
		}
	}
	return count
}

// Invitation is what a person's record says of the invitation, empty where it says nothing.
func (w *World) Invitation(email string) v1alpha1.InvitationState {
	record := w.Record(email)
	if record == nil || record.Status.Invitation == nil {
		return ""
	}
	return record.Status.Invitation.State
}
