package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authentication "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorization "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// reviewTimeout bounds the two questions about one who asks for metrics.
const reviewTimeout = 10 * time.Second

func (s settings) metrics() metricsserver.Options {
	options := metricsserver.Options{BindAddress: s.metricsAddress, SecureServing: s.metricsSecure}
	if s.metricsSecure {
		options.FilterProvider = metricsFilter
		options.TLSOpts = []func(*tls.Config){func(c *tls.Config) { c.MinVersion = tls.VersionTLS12 }}
	}
	return options
}

// metricsReviews is how many requests for metrics are reviewed at a time; others wait.
const metricsReviews = 4

// reviewer asks the API server whose a bearer token is, and what they may do. controller-runtime's own filter asks the
// same through the API server's libraries, with which a manager has 250 packages more, and 8 MiB of them in memory.
type reviewer struct {
	tokens   authentication.TokenReviewInterface
	access   authorization.SubjectAccessReviewInterface
	inFlight chan struct{}
}

// metricsFilter lets a request pass if the API server authenticates its token, and authorises its path and verb as a nonResourceURL.
func metricsFilter(config *rest.Config, client *http.Client) (metricsserver.Filter, error) {
	tokens, tokensErr := authentication.NewForConfigAndClient(config, client)
	access, err := authorization.NewForConfigAndClient(config, client)
	if err := errors.Join(tokensErr, err); err != nil {
		return nil, fmt.Errorf("make the clients that ask who reads metrics: %w", err)
	}
	r := reviewer{tokens.TokenReviews(), access.SubjectAccessReviews(), make(chan struct{}, metricsReviews)}
	return func(log logr.Logger, next http.Handler) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			status, err := r.review(request)
			if err != nil && request.Context().Err() == nil {
				log.Error(err, "A request for metrics could not be authorised")
			}
			switch status {
			case http.StatusOK:
				next.ServeHTTP(w, request)
				return
			case http.StatusUnauthorized:
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			http.Error(w, http.StatusText(status), status)
		}), nil
	}, nil
}

// review returns StatusOK if the request may be answered, else the status to answer with.
func (r reviewer) review(request *http.Request) (int, error) {
	ctx, cancel := context.WithTimeout(request.Context(), reviewTimeout)
	defer cancel()
	scheme, token, _ := strings.Cut(request.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
		return http.StatusUnauthorized, nil
	}
	select {
	case r.inFlight <- struct{}{}:
		defer func() { <-r.inFlight }()
	case <-ctx.Done():
		return http.StatusServiceUnavailable, errors.New("others were reviewed all the time")
	}
	answer, err := r.tokens.Create(ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	switch {
	case err != nil:
		return http.StatusServiceUnavailable, fmt.Errorf("ask whose token it is: %w", err)
	case !answer.Status.Authenticated:
		return http.StatusUnauthorized, nil
	}
	return r.authorize(ctx, answer.Status.User, authorizationv1.NonResourceAttributes{Path: request.URL.Path, Verb: strings.ToLower(request.Method)})
}

func (r reviewer) authorize(ctx context.Context, user authenticationv1.UserInfo, what authorizationv1.NonResourceAttributes) (int, error) {
	spec := authorizationv1.SubjectAccessReviewSpec{
		User: user.Username, UID: user.UID, Groups: user.Groups, Extra: make(map[string]authorizationv1.ExtraValue, len(user.Extra)),
		NonResourceAttributes: &what,
	}
	for key, value := range user.Extra {
		spec.Extra[key] = authorizationv1.ExtraValue(value)
	}
	answer, err := r.access.Create(ctx, &authorizationv1.SubjectAccessReview{Spec: spec}, metav1.CreateOptions{})
	switch {
	case err != nil:
		return http.StatusServiceUnavailable, fmt.Errorf("ask whether they may read metrics: %w", err)
	case !answer.Status.Allowed || answer.Status.Denied:
		return http.StatusForbidden, nil
	}
	return http.StatusOK, nil
}
