package backend

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/metrics"
	"github.com/hostgrant/hostgrant/internal/provider"
	"github.com/hostgrant/hostgrant/internal/status"
)

// open gives the connection clients made from the spec and the key as they are now, so that a
// rotated key is used at the next call. It returns an outcome where that cannot be done.
func (r *Reconciler) open(ctx context.Context, backend *v1alpha1.HostingBackend, c *provider.Connection) (*status.Outcome, error) {
	token, refusal, err := r.token(ctx, backend)
	if err != nil {
		return nil, err
	}
	if refusal != nil {
		r.closeClients(ctx, backend, c)
		return refusal, nil
	}
	mark, err := r.Mark(ctx, backend)
	if err != nil {
		return nil, err
	}
	digest := configuration(backend, token, mark)
	if c.ConfiguredAs(digest) {
		return nil, nil
	}
	endpoint, limit := backend.Spec.Endpoint, backend.Spec.RateLimit
	budget := r.Budgets.Ensure(client.ObjectKeyFromObject(backend), endpoint.URL, token, int(limit.ReadsPerMinute), int(limit.WritesPerMinute))
	options := rest.Options{
		URL: endpoint.URL, Customer: string(endpoint.Customer), Token: token, CABundle: endpoint.CABundle,
		AllowPrivate: r.AllowPrivate, Heard: c.Hear, SameAddress: access.SameAddress, Observe: observer(c, budget), MayWrite: func(call time.Duration) error { return c.CheckWrite(digest, call) }, Timeout: r.Timing.CallTimeout,
		Budget: budget,
	}
	reader, writer, err := r.clients(options, backend.Spec.Mode)
	if err != nil {
		r.closeClients(ctx, backend, c)
		o := status.NeedsAction(v1alpha1.ReasonEndpointRefused, endpointMessage(err))
		return &o, nil
	}
	c.Configure(endpoint.URL+" "+string(endpoint.Customer), digest, mark, reader, writer)
	return nil, nil
}

// hangs is how long a call takes at least that was not answered and held a worker: an answer that cannot be used, or
// none because nobody listens, comes at once, and is one person's affair as often as everybody's.
const hangs = time.Second

// observer counts calls, and has the connection write to as many people at a time as their pace can use.
func observer(c *provider.Connection, budget *rest.Budget) func(string, bool, hosting.Class, time.Duration) {
	return func(op string, write bool, class hosting.Class, took time.Duration) {
		metrics.Call(op, write, class, took)
		if rest.OfRow(op) && took > 0 && class != hosting.ClassRateLimited {
			c.Took(took, class != hosting.ClassUnavailable || took < hangs, budget.Turns())
		}
	}
}

// endpointMessage says which field of an endpoint cannot be used, and why.
func endpointMessage(err error) string {
	var refusal *hosting.Error
	switch {
	case !errors.As(err, &refusal) || refusal.Field == "":
		return "spec.endpoint.url: " + err.Error()
	case refusal.Field == "token":
		return "spec.endpoint.credentialsSecretRef: " + refusal.Detail
	}
	return "spec.endpoint." + refusal.Field + ": " + refusal.Detail
}

func hostOf(endpoint string) string {
	parsed, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return parsed.Hostname()
}

// closeClients closes the connection and tells its records once.
func (r *Reconciler) closeClients(ctx context.Context, backend *v1alpha1.HostingBackend, c *provider.Connection) {
	if c.Close(errCredentials) {
		r.wakeAll(ctx, backend)
	}
}

var errCredentials = &hosting.Error{Class: hosting.ClassUnopened, Op: "open provider"}

// clients makes a client that can only read in Observe mode.
func (r *Reconciler) clients(options rest.Options, mode v1alpha1.BackendMode) (hosting.Reader, hosting.Writer, error) {
	if host := hostOf(options.URL); len(r.Hosts) > 0 && !slices.Contains(r.Hosts, host) {
		return nil, nil, fmt.Errorf("the manager connects only to the hosts in its flag --allowed-hosts, and %s is not one of them; use one of them, or have it added", host)
	}
	if mode != v1alpha1.ModeEnforce {
		reader, err := rest.NewReader(options)
		return reader, nil, err
	}
	writer, err := rest.NewWriter(options)
	return writer, writer, err
}

// token reads the key. A Secret opts in by its type, and says in "url" where its token may
// be sent: otherwise whoever may write a HostingBackend could have any Secret of the
// namespace posted to a server of theirs.
func (r *Reconciler) token(ctx context.Context, backend *v1alpha1.HostingBackend) (string, *status.Outcome, error) {
	name := string(backend.Spec.Endpoint.CredentialsSecretRef.Name)
	refuse := func(reason, format string, args ...any) (string, *status.Outcome, error) {
		o := status.NeedsAction(reason, fmt.Sprintf("spec.endpoint.credentialsSecretRef: Secret %q ", name)+fmt.Sprintf(format, args...))
		return "", &o, nil
	}
	secret := &corev1.Secret{}
	err := r.Get(ctx, types.NamespacedName{Namespace: backend.Namespace, Name: name}, secret)
	switch {
	case apierrors.IsNotFound(err):
		return refuse(v1alpha1.ReasonCredentialsNotFound, "does not exist, or has a type that the manager does not see; create it with the type %s and the keys \"token\" and \"url\"", v1alpha1.SecretTypeCredentials)
	case err != nil:
		return "", nil, fmt.Errorf("get Secret: %w", err)
	case secret.Type != v1alpha1.SecretTypeCredentials:
		return refuse(v1alpha1.ReasonCredentialsRefused, "has another type than %s; a type cannot be changed, so delete the Secret and create it with this one", v1alpha1.SecretTypeCredentials)
	case key(secret, "token") == "":
		return refuse(v1alpha1.ReasonCredentialsNotFound, "lacks the key \"token\"; put the provider's token there")
	case key(secret, "url") != backend.Spec.Endpoint.URL:
		return refuse(v1alpha1.ReasonCredentialsRefused, "names another address than spec.endpoint.url in its key \"url\", or none; put the same URL there if the token may be sent to it")
	}
	return key(secret, "token"), nil, nil
}

// key is a value of a Secret without the line end that a file often brings along.
func key(secret *corev1.Secret, name string) string {
	return strings.TrimSpace(string(secret.Data[name]))
}

// configuration is a digest of everything clients are made from.
func configuration(backend *v1alpha1.HostingBackend, token, mark string) provider.Configuration {
	body, _ := json.Marshal(struct { //nolint:errchkjson // plain values
		Endpoint v1alpha1.Endpoint
		Limit    v1alpha1.RateLimit
		Mode     v1alpha1.BackendMode
		Token    string
		Mark     string
	}{backend.Spec.Endpoint, backend.Spec.RateLimit, backend.Spec.Mode, token, mark})
	sum := sha256.Sum256(body)
	return provider.Configuration(hex.EncodeToString(sum[:]))
}
