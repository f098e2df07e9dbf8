package approval

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/gate"
	"github.com/hostgrant/hostgrant/internal/status"
	"github.com/hostgrant/hostgrant/internal/testkit/golden"
)

// The table of the messages of an approval, as TestMessages of internal/plan is of a record.
func TestMessages(t *testing.T) {
	table := &golden.Table{}
	approval := &v1alpha1.RemovalApproval{Spec: v1alpha1.RemovalApprovalSpec{Digest: "3f9c0d1e2b4a"}}
	approval.CreationTimestamp = metav1.NewTime(stored.Add(time.Minute))
	scopeOf := func(change ...func(*scope)) *scope {
		s := &scope{key: types.NamespacedName{Namespace: "hosting", Name: "owner"}, backend: &v1alpha1.HostingBackend{}, guard: gate.NewGuard(stored), proof: proof{since: stored}}
		s.backend.Spec.Mode = v1alpha1.ModeEnforce
		for _, c := range change {
			c(s)
		}
		return s
	}
	tell := func(what string, o status.Outcome) {
		table.Conditions(what, status.Conditions(nil, 1, metav1.Time{}, o))
	}
	held := func(s *scope) {
		s.guard.Update("owner-1", gate.Person{Losses: []gate.Loss{{Namespaces: []string{"agency"}, Batch: "81e99b3abf40", Since: stored}}})
	}
	tell("no backend", *scopeOf(func(s *scope) { s.backend, s.guard = nil, nil }).obstacle(approval))
	tell("created before the policy", *scopeOf(func(s *scope) { s.proof.since = stored.Add(time.Hour) }).obstacle(approval))
	p, b := asShipped(t)
	tell("no policy", *scopeOf(func(s *scope) { s.proof = proofOf(&policy{}, b, 0) }).obstacle(approval))
	tell("a weaker policy", *scopeOf(func(s *scope) { s.proof = proofOf(&policy{ObjectMeta: p.ObjectMeta}, b, 0) }).obstacle(approval))
	tell("no binding", *scopeOf(func(s *scope) { s.proof = proofOf(p, &binding{}, 0) }).obstacle(approval))
	tell("a narrower binding", *scopeOf(func(s *scope) { s.proof = proofOf(p, &binding{ObjectMeta: b.ObjectMeta}, 0) }).obstacle(approval))
	tell("the manager has just started", starting())
	tell("nothing is held", scopeOf().unknown(approval))
	tell("another batch is held", scopeOf(held).unknown(approval))
	tell("under way", scopeOf().underWay(3))
	tell("suspended", scopeOf(func(s *scope) { s.backend.Spec.Suspend = true }).underWay(3))
	tell("observed", scopeOf(func(s *scope) { s.backend.Spec.Mode = v1alpha1.ModeObserve }).underWay(1))
	tell("done", approved(3, 1))
	table.Compare(t, "testdata/messages.txt")
}
