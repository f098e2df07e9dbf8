package diagnose

import (
	"fmt"
	"slices"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/admission"
	"github.com/hostgrant/hostgrant/internal/status"
)

// Cluster is what a cluster told. Errors are Kubernetes' own; nil where something was read.
type Cluster struct {
	Now time.Time
	// Ahead is how far our clock is ahead of the API server's, where Dated.
	Ahead time.Duration
	Dated bool

	// CRDs of Hostgrant's group as the cluster has them, Shipped as this program knows them.
	CRDs, Shipped []apiextensionsv1.CustomResourceDefinition
	CRDsError     error
	// Served are the resources of Hostgrant's API version that the cluster serves, for example "profiles".
	Served []string

	// Lease of the manager, in LeaseNamespace.
	Lease          coordinationv1.Lease
	LeaseError     error
	LeaseNamespace string

	Policies      []admissionv1.ValidatingAdmissionPolicy
	Bindings      []admissionv1.ValidatingAdmissionPolicyBinding
	PoliciesError error

	// Namespace in which the user acts.
	Namespace string
	// Allowed says what the user may do in it: by "verb resource", for instance "create removalapprovals".
	Allowed      map[string]bool
	AllowedError error

	Backends      []v1alpha1.HostingBackend
	BackendsError error
	// Addresses: they may be told.
	Addresses bool
}

// Installation judges how Hostgrant is installed in a cluster, what the user may do, and the HostingBackends.
func Installation(c Cluster) []Check {
	checks := []Check{clock("the API server's clock", c.Ahead, c.Dated), definitions(c), manager(c)}
	checks = append(checks, policies(c)...)
	checks = append(checks, roles(c)...)
	switch {
	case c.BackendsError != nil:
		checks = append(checks, Check{Fail, "backends", "HostingBackends cannot be read: " + c.BackendsError.Error(), "name one that there is, in its namespace (-n), and have the role view there"})
	case len(c.Backends) == 0:
		checks = append(checks, Check{Warn, "backends", "there is no HostingBackend in namespace " + c.Namespace, "create one (docs/kinds/hostingbackend.md), or name its namespace with -n"})
	}
	for i := range c.Backends {
		checks = append(checks, backend(&c.Backends[i], c.Addresses)...)
	}
	return checks
}

const applyCRDs = "kubectl apply --server-side -k config/crd of the release that the manager is of"

// definitions judges the CRDs.
func definitions(c Cluster) Check {
	const name = "custom resources"
	if c.CRDsError != nil {
		return served(c)
	}
	var missing, pending, other []string
	for i := range c.Shipped {
		shipped := &c.Shipped[i]
		at := slices.IndexFunc(c.CRDs, func(crd apiextensionsv1.CustomResourceDefinition) bool { return crd.Name == shipped.Name })
		switch {
		case at < 0:
			missing = append(missing, shipped.Spec.Names.Kind)
		case !established(&c.CRDs[at]):
			pending = append(pending, shipped.Spec.Names.Kind)
		case !sameSchema(shipped, &c.CRDs[at]):
			other = append(other, shipped.Spec.Names.Kind)
		}
	}
	switch {
	case len(missing) > 0:
		return Check{Fail, name, "missing: " + join(missing), applyCRDs}
	case len(pending) > 0:
		return Check{Fail, name, "not established, or being deleted, or without version " + v1alpha1.SchemeGroupVersion.Version + ": " + join(pending), applyCRDs + "; kubectl describe crd says what is wrong"}
	case len(other) > 0:
		return Check{Warn, name, "of another version than this program: " + join(other), "use the hostgrant of the release that is installed, or " + applyCRDs}
	}
	return Check{Level: OK, Name: name, Found: status.Count(len(c.Shipped), "kind is", "kinds are") + " established, as this program knows them"}
}

// served judges the CRDs by what the cluster serves, where they themselves may not be read.
func served(c Cluster) Check {
	const name = "custom resources"
	var missing []string
	for _, shipped := range c.Shipped {
		if !slices.Contains(c.Served, shipped.Spec.Names.Plural) {
			missing = append(missing, shipped.Spec.Names.Kind)
		}
	}
	switch {
	case len(missing) > 0:
		return Check{Fail, name, fmt.Sprintf("the cluster does not serve, in %s: %s", v1alpha1.SchemeGroupVersion, join(missing)), applyCRDs}
	case !apierrors.IsForbidden(c.CRDsError):
		return Check{Warn, name, "all kinds are served; their definitions cannot be read: " + c.CRDsError.Error(), "run it again"}
	}
	return Check{Warn, name, "all kinds are served; whether they are as this program knows them is not known, because you may not read CustomResourceDefinitions", "ask who administers the cluster to run hostgrant doctor"}
}

// manager judges whether the manager runs, by its lease.
func manager(c Cluster) Check {
	const name = "manager"
	spec, at := c.Lease.Spec, c.LeaseNamespace+"/"+LeaseName
	switch {
	case apierrors.IsForbidden(c.LeaseError):
		return Check{Warn, name, "you may not read its Lease " + at, "ask who administers the cluster to run hostgrant doctor"}
	case apierrors.IsNotFound(c.LeaseError):
		return Check{Fail, name, "there is no Lease " + at + ": it never ran there", "install it (kubectl apply --server-side -k config/default), or name its namespace with --manager-namespace"}
	case c.LeaseError != nil:
		return Check{Warn, name, "its Lease cannot be read: " + c.LeaseError.Error(), "run it again"}
	case spec.HolderIdentity == nil || *spec.HolderIdentity == "" || spec.RenewTime == nil || spec.LeaseDurationSeconds == nil:
		return Check{Fail, name, "nobody holds its Lease " + at + ": it was stopped", "look at the Deployment and its Pods: kubectl -n " + c.LeaseNamespace + " get deployments,pods"}
	}
	age := c.Now.Add(-c.Ahead).Sub(spec.RenewTime.Time)
	if age > time.Duration(*spec.LeaseDurationSeconds)*time.Second {
		return Check{Fail, name, fmt.Sprintf("its Lease %s was last renewed %s ago: it does not run, or does not reach the API server", at, duration.HumanDuration(age)), "look at the Deployment and its Pods: kubectl -n " + c.LeaseNamespace + " get deployments,pods"}
	}
	return Check{Level: OK, Name: name, Found: "it runs: " + *spec.HolderIdentity + " holds the Lease " + at}
}

// LeaseName is the Lease under which managers write.
const LeaseName = "manager.hostgrant.io"

// policies judges the admission policies.
func policies(c Cluster) []Check {
	const mend = "kubectl apply --server-side -k config/admission"
	if c.PoliciesError != nil {
		return []Check{{Warn, "admission policies", "they cannot be read: " + c.PoliciesError.Error(), "ask who administers the cluster to run hostgrant doctor"}}
	}
	approvals := Check{Level: OK, Name: "admission policy of approvals", Found: "the API server checks who approves"}
	if lacks := admission.ProofAmong(c.Policies, c.Bindings, 0).Lacks; lacks != "" {
		approvals.Level, approvals.Found, approvals.Mend = Fail, lacks+": the manager refuses approvals", mend
	}
	records := Check{Level: OK, Name: "admission policy of records", Found: "AccessRecords are the manager's own"}
	if lacks := admission.RecordsLack(c.Policies, c.Bindings); lacks != "" {
		records.Level, records.Found, records.Mend = Fail, lacks+": others may write AccessRecords, and gain access by it", mend
	}
	return []Check{approvals, records}
}

// commands are what a user needs for a command, and the roles that give it.
var commands = []struct {
	name  string
	needs []string
	mend  string
}{
	{"plan", []string{
		"list hostingbackends", "list permissiongrants", "list profiles", "list teams", "list permissionsets", "list accessrecords",
	}, "bind the role view and the ClusterRole hostgrant-accessrecord-viewer to who is to plan"},
	{"approve", []string{"get hostingbackends", "list accessrecords", "get removalapprovals", "create removalapprovals"}, "bind the ClusterRole hostgrant-removal-approver to who is to approve"},
}

// Needs are the rights that are judged, each once, as "verb resource".
func Needs() []string {
	var all []string
	for _, command := range commands {
		all = append(all, command.needs...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// roles judges what the user may do.
func roles(c Cluster) []Check {
	if c.AllowedError != nil {
		return []Check{{Warn, "roles", "what you may do cannot be asked: " + c.AllowedError.Error(), "run it again"}}
	}
	var checks []Check
	for _, command := range commands {
		var lacks []string
		for _, need := range command.needs {
			if !c.Allowed[need] {
				lacks = append(lacks, need)
			}
		}
		check := Check{Level: OK, Name: "roles for " + command.name, Found: "you have them in namespace " + c.Namespace}
		if len(lacks) > 0 {
			check = Check{Warn, check.Name, fmt.Sprintf("in namespace %s you may not %s", c.Namespace, join(lacks)), command.mend}
		}
		checks = append(checks, check)
	}
	return checks
}
