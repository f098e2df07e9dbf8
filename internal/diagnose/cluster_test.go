package diagnose

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
)

var (
	now          = time.Unix(1_800_000_000, 0)
	errForbidden = apierrors.NewForbidden(schema.GroupResource{Resource: "x"}, "y", errors.New("no"))
	errNotFound  = apierrors.NewNotFound(schema.GroupResource{Resource: "x"}, "y")
)

// installed is a cluster of which nothing is wrong.
func installed(t *testing.T) Cluster {
	t.Helper()
	shipped, err := Shipped()
	if err != nil || len(shipped) != 8 {
		t.Fatal(len(shipped), err)
	}
	c := Cluster{Now: now, Dated: true, Shipped: shipped, Namespace: "hosting", LeaseNamespace: "hostgrant-system", Allowed: map[string]bool{}}
	for i := range shipped {
		crd := *shipped[i].DeepCopy()
		crd.Status.Conditions = []apiextensionsv1.CustomResourceDefinitionCondition{{Type: apiextensionsv1.Established, Status: apiextensionsv1.ConditionTrue}}
		crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Description = "in other words"
		c.CRDs, c.Served = append(c.CRDs, crd), append(c.Served, crd.Spec.Names.Plural)
	}
	c.Lease.Spec = coordinationv1.LeaseSpec{HolderIdentity: ptr.To("manager-1"), RenewTime: ptr.To(metav1.NewMicroTime(now.Add(-time.Minute))), LeaseDurationSeconds: ptr.To[int32](60)}
	for _, file := range []string{"accessrecords", "removalapprovals"} {
		body, err := os.ReadFile("../../config/admission/" + file + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		policy, binding := admissionv1.ValidatingAdmissionPolicy{}, admissionv1.ValidatingAdmissionPolicyBinding{}
		for i, o := range []any{&policy, &binding} {
			if err := yaml.UnmarshalStrict([]byte(strings.Split(string(body), "\n---\n")[i]), o); err != nil {
				t.Fatal(err)
			}
		}
		c.Policies, c.Bindings = append(c.Policies, policy), append(c.Bindings, binding)
	}
	for _, need := range Needs() {
		c.Allowed[need] = true
	}
	b := v1alpha1.HostingBackend{ObjectMeta: metav1.ObjectMeta{Namespace: "hosting", Name: "owner", Generation: 2}}
	b.Status = v1alpha1.HostingBackendStatus{
		ObservedGeneration: 2, Identity: &v1alpha1.Identity{CustomerID: 7, Email: "owner@a.example"}, Counts: &v1alpha1.BackendCounts{Managed: 3},
		Features:   []v1alpha1.Feature{v1alpha1.FeaturePermissions, v1alpha1.FeatureInvitationLink, v1alpha1.FeatureInviteAgain, v1alpha1.FeatureTwoFactor},
		Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonListed}},
	}
	c.Backends = []v1alpha1.HostingBackend{b}
	return c
}

const wellInstalled = "ok clock\nok custom resources\nok manager\nok admission policy of approvals\nok admission policy of records\nok roles for plan\nok roles for approve\n" +
	"ok key of hosting/owner\nok permission resource of hosting/owner\nok features of hosting/owner"

// not is the lines of a good installation, some of them changed: "level name".
func not(changes ...string) string {
	text := wellInstalled
	for _, change := range changes {
		_, name, _ := strings.Cut(change, " ")
		text = strings.Replace(text, "ok "+name, change, 1)
	}
	return text
}

// stalled is a backend that goes no further for a reason.
func stalled(c *Cluster, reason string) {
	c.Backends[0].Status.Conditions = []metav1.Condition{
		{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: reason, Message: "it says why to ann@a.example"},
		{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: reason},
	}
}

func TestInstallation(t *testing.T) {
	upToBackends := strings.Split(wellInstalled, "\nok key of")[0]
	for what, c := range map[string]struct {
		change func(*Cluster)
		want   string
		says   string
	}{
		"all is well":              {func(*Cluster) {}, wellInstalled, "8 kinds are established"},
		"a CRD is missing":         {func(c *Cluster) { c.CRDs = c.CRDs[1:] }, not("fail custom resources"), "missing: "},
		"a CRD is not established": {func(c *Cluster) { c.CRDs[0].Status.Conditions = nil }, not("fail custom resources"), "not established"},
		"a CRD is being deleted":   {func(c *Cluster) { c.CRDs[0].DeletionTimestamp = ptr.To(metav1.NewTime(now)) }, not("fail custom resources"), "being deleted"},
		"a CRD of another version": {func(c *Cluster) { c.CRDs[0].Spec.Versions[0].Name = "v2" }, not("fail custom resources"), "without version v1alpha1"},
		"a CRD of another shape": {func(c *Cluster) {
			spec := c.CRDs[0].Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
			spec.MaxProperties = ptr.To[int64](1)
			c.CRDs[0].Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"] = spec
		}, not("warn custom resources"), "of another version than this program"},
		"CRDs may not be read":         {func(c *Cluster) { c.CRDsError = errForbidden }, not("warn custom resources"), "all kinds are served; whether they are"},
		"CRDs cannot be read":          {func(c *Cluster) { c.CRDsError = errors.New("odd") }, not("warn custom resources"), "odd"},
		"nor are they served":          {func(c *Cluster) { c.CRDsError, c.Served = errForbidden, c.Served[1:] }, not("fail custom resources"), "does not serve"},
		"no lease":                     {func(c *Cluster) { c.LeaseError = errNotFound }, not("fail manager"), "it never ran there"},
		"a lease that may not be read": {func(c *Cluster) { c.LeaseError = errForbidden }, not("warn manager"), "may not read"},
		"a lease that cannot be read":  {func(c *Cluster) { c.LeaseError = errors.New("odd") }, not("warn manager"), "odd"},
		"a lease given back":           {func(c *Cluster) { c.Lease.Spec.HolderIdentity = ptr.To("") }, not("fail manager"), "it was stopped"},
		"a lease that ran out":         {func(c *Cluster) { c.Now = now.Add(time.Hour) }, not("fail manager"), "last renewed 61m ago"},
		"by a clock that is ahead":     {func(c *Cluster) { c.Now, c.Ahead = now.Add(time.Minute), time.Minute }, not("warn clock"), "ours is 1m0s ahead"},
		"no policy of approvals":       {func(c *Cluster) { c.Policies = c.Policies[:1] }, not("fail admission policy of approvals"), "the manager refuses approvals"},
		"no binding of records":        {func(c *Cluster) { c.Bindings = c.Bindings[1:] }, not("fail admission policy of records"), "others may write AccessRecords"},
		"policies may not be read": {func(c *Cluster) { c.PoliciesError = errForbidden },
			strings.Replace(wellInstalled, "ok admission policy of approvals\nok admission policy of records", "warn admission policies", 1), "cannot be read"},
		"may not approve": {func(c *Cluster) { c.Allowed["create removalapprovals"] = false }, not("warn roles for approve"), "in namespace hosting you may not create removalapprovals"},
		"may not be asked": {func(c *Cluster) { c.AllowedError = errors.New("odd") },
			strings.Replace(wellInstalled, "ok roles for plan\nok roles for approve", "warn roles", 1), "odd"},
		"no backend":             {func(c *Cluster) { c.Backends = nil }, upToBackends + "\nwarn backends", "there is no HostingBackend in namespace hosting"},
		"backends are forbidden": {func(c *Cluster) { c.BackendsError, c.Backends = errForbidden, nil }, upToBackends + "\nfail backends", "cannot be read"},
		"suspended":              {func(c *Cluster) { c.Backends[0].Spec.Suspend = true }, upToBackends + "\nwarn backend of hosting/owner", "suspended"},
		"not looked at":          {func(c *Cluster) { c.Backends[0].Generation = 3 }, upToBackends + "\nfail backend of hosting/owner", "has not looked at it"},
		"the key is refused":     {func(c *Cluster) { stalled(c, v1alpha1.ReasonCredentialsRejected) }, upToBackends + "\nfail key of hosting/owner", "CredentialsRejected: it says why to [address]"},
		"no permission resource": {func(c *Cluster) { stalled(c, v1alpha1.ReasonPermissionAPIUnavailable) }, upToBackends + "\nfail permission resource of hosting/owner", "PermissionAPIUnavailable"},
		"another reason":         {func(c *Cluster) { stalled(c, "Odd") }, upToBackends + "\nfail backend of hosting/owner", "Odd"},
		"being read again": {func(c *Cluster) {
			stalled(c, v1alpha1.ReasonTableImplausible)
			c.Backends[0].Status.Conditions = c.Backends[0].Status.Conditions[:1]
		}, upToBackends + "\nwarn table of hosting/owner", "TableImplausible"},
		"the manager's clock": {func(c *Cluster) {
			c.Backends[0].Status.Conditions = append(c.Backends[0].Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionClockSkewed, Status: metav1.ConditionTrue, Message: "apart"})
		}, wellInstalled + "\nfail clock of hosting/owner", "apart"},
	} {
		cluster := installed(t)
		c.change(&cluster)
		checks := Installation(cluster)
		text := ""
		for _, check := range checks {
			text += check.Found + "\n"
		}
		if got := lines(checks); got != c.want || !strings.Contains(text, c.says) || strings.Contains(text, "@") {
			t.Errorf("%s:\n%s\n%s\nexpected\n%s\n%s", what, got, text, c.want, c.says)
		}
	}
}
