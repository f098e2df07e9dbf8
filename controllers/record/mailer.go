package record

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/invite"
)

// Mailer sends one invitation. Check says whether a message can be sent at all.
type Mailer interface {
	Check(message invite.Message) error
	Send(ctx context.Context, message invite.Message) (invite.Outcome, error)
}

// Mailers makes senders from backends' settings.
type Mailers struct {
	Client       client.Client
	Clock        clock.PassiveClock
	AllowPrivate bool
	// Hosts that mail servers may have; none: any.
	Hosts []string
}

// For makes the sender of a backend. An error names the setting and holds no secret.
func (m *Mailers) For(ctx context.Context, backend *v1alpha1.HostingBackend) (Mailer, error) {
	smtp := backend.Spec.Invitations.SMTP
	if smtp == nil {
		return nil, fmt.Errorf("spec.invitations.smtp is missing; set it, or another sender")
	}
	if len(m.Hosts) > 0 && !slices.Contains(m.Hosts, smtp.Host) {
		return nil, fmt.Errorf("spec.invitations.smtp.host: the manager connects only to the hosts in its flag --allowed-hosts, and %q is not one of them", smtp.Host)
	}
	config := invite.Config{
		Host: smtp.Host, Port: smtp.Port, TLS: smtp.TLS, From: string(smtp.From), CABundle: smtp.CABundle,
		AllowPrivate: m.AllowPrivate, Clock: m.Clock,
	}
	if ref := smtp.CredentialsSecretRef; ref != nil {
		secret := &corev1.Secret{}
		if err := m.Client.Get(ctx, types.NamespacedName{Namespace: backend.Namespace, Name: string(ref.Name)}, secret); err != nil {
			return nil, fmt.Errorf("spec.invitations.smtp.credentialsSecretRef: Secret %q does not exist, or has a type that the manager does not see; create it with the type %s", ref.Name, v1alpha1.SecretTypeCredentials)
		}
		if secret.Type != v1alpha1.SecretTypeCredentials || strings.TrimSpace(string(secret.Data["host"])) != smtp.Host {
			return nil, fmt.Errorf("spec.invitations.smtp.credentialsSecretRef: Secret %q must have the type %s and the mail server of spec.invitations.smtp.host in its key \"host\"", ref.Name, v1alpha1.SecretTypeCredentials)
		}
		// A file that a Secret was made from brings its line end along.
		config.Username = strings.TrimRight(string(secret.Data["username"]), "\r\n")
		config.Password = strings.TrimRight(string(secret.Data["password"]), "\r\n")
	}
	sender, err := invite.NewSMTP(config)
	if err != nil {
		return nil, fmt.Errorf("spec.invitations.%w", err)
	}
	return sender, nil
}
