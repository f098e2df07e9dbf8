package cli

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/diagnose"
)

// examine reads what a cluster tells; name is that of one HostingBackend, or empty for all of the namespace.
func (o doctorOptions) examine(ctx context.Context, config *genericclioptions.ConfigFlags, name string) (diagnose.Cluster, error) {
	c := diagnose.Cluster{Addresses: o.addresses, LeaseNamespace: o.managerNamespace}
	kube, namespace, err := connect(config)
	if err != nil {
		return c, err
	}
	server, err := config.ToRESTConfig()
	if err != nil {
		return c, fmt.Errorf("find the cluster: %w", err)
	}
	date, err := serverDate(ctx, server)
	if err != nil {
		return c, fmt.Errorf("ask the API server: %w", err)
	}
	c.Namespace, c.Now = namespace, clock.RealClock{}.Now()
	if c.Dated = !date.IsZero(); c.Dated {
		c.Ahead = c.Now.Sub(date).Truncate(time.Second)
	}
	if c.Shipped, err = diagnose.Shipped(); err != nil {
		return c, err //nolint:wrapcheck // it names the file
	}
	c.Served = servedBy(server)
	c.CRDs, c.CRDsError = definitionsOf(ctx, kube, c.Shipped)
	c.LeaseError = kube.Get(ctx, client.ObjectKey{Namespace: o.managerNamespace, Name: diagnose.LeaseName}, &c.Lease)
	policies, bindings := &admissionv1.ValidatingAdmissionPolicyList{}, &admissionv1.ValidatingAdmissionPolicyBindingList{}
	if c.PoliciesError = kube.List(ctx, policies); c.PoliciesError == nil {
		c.PoliciesError = kube.List(ctx, bindings)
	}
	c.Policies, c.Bindings = policies.Items, bindings.Items
	c.Allowed, c.AllowedError = allowed(ctx, kube, namespace)
	c.Backends, c.BackendsError = backendsIn(ctx, kube, namespace, name)
	return c, ctx.Err() //nolint:wrapcheck // it is the context's
}

func definitionsOf(ctx context.Context, kube client.Client, shipped []apiextensionsv1.CustomResourceDefinition) ([]apiextensionsv1.CustomResourceDefinition, error) {
	var list []apiextensionsv1.CustomResourceDefinition
	for i := range shipped {
		crd := apiextensionsv1.CustomResourceDefinition{}
		err := kube.Get(ctx, client.ObjectKey{Name: shipped[i].Name}, &crd)
		if client.IgnoreNotFound(err) != nil {
			return nil, err //nolint:wrapcheck // it is judged
		}
		if err == nil {
			list = append(list, crd)
		}
	}
	return list, nil
}

func backendsIn(ctx context.Context, kube client.Client, namespace, name string) ([]v1alpha1.HostingBackend, error) {
	if name != "" {
		backend := v1alpha1.HostingBackend{}
		if err := kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &backend); err != nil {
			return nil, err //nolint:wrapcheck // it is judged
		}
		return []v1alpha1.HostingBackend{backend}, nil
	}
	list := &v1alpha1.HostingBackendList{}
	err := kube.List(ctx, list, client.InNamespace(namespace))
	return list.Items, err //nolint:wrapcheck // it is judged
}

// allowed asks what the user may do in a namespace.
func allowed(ctx context.Context, kube client.Client, namespace string) (map[string]bool, error) {
	may := map[string]bool{}
	for _, need := range diagnose.Needs() {
		verb, resource, _ := strings.Cut(need, " ")
		review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: verb, Group: v1alpha1.SchemeGroupVersion.Group, Resource: resource},
		}}
		if err := kube.Create(ctx, review); err != nil {
			return nil, err //nolint:wrapcheck // it is judged
		}
		may[need] = review.Status.Allowed
	}
	return may, nil
}

// servedBy are the resources of our API version that a cluster serves; none where that cannot be asked.
func servedBy(server *rest.Config) (names []string) {
	d, err := discovery.NewDiscoveryClientForConfig(server)
	if err != nil {
		return nil
	}
	list, err := d.ServerResourcesForGroupVersion(v1alpha1.SchemeGroupVersion.String())
	if err != nil {
		return nil
	}
	for _, resource := range list.APIResources {
		names = append(names, resource.Name)
	}
	return names
}

// serverDate is what time an API server says it is; zero where it does not.
func serverDate(ctx context.Context, server *rest.Config) (time.Time, error) {
	web, err := rest.HTTPClientFor(server)
	if err != nil {
		return time.Time{}, err //nolint:wrapcheck // the caller says what was asked
	}
	base, _, err := rest.DefaultServerUrlFor(server)
	if err != nil {
		return time.Time{}, err //nolint:wrapcheck // the caller says what was asked
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base.JoinPath("version").String(), http.NoBody)
	if err != nil {
		return time.Time{}, err //nolint:wrapcheck // the caller says what was asked
	}
	answer, err := web.Do(request)
	if err != nil {
		return time.Time{}, err //nolint:wrapcheck // the caller says what was asked
	}
	defer answer.Body.Close()                                      //nolint:errcheck // only its head matters
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16)) // so that the connection can serve again
	date, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return time.Time{}, nil //nolint:nilerr // it does not tell
	}
	return date, nil
}
