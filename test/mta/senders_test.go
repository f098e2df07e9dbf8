package mta_test

import (
	"errors"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/invite"
	"github.com/hostgrant/hostgrant/internal/reference/mailer"
)

// An attempt tries to send one intent through an address, in the clear, and says how it went
// in the words of invite. An error means that nothing was attempted.
type attempt func(t *testing.T, address string) (invite.Verdict, error)

// intents of both senders: the manager's and the reference backend's.
var intents = map[string]func(to string) attempt{
	"manager": func(to string) attempt {
		m := invitation(to)
		return func(t *testing.T, address string) (invite.Verdict, error) {
			t.Helper()
			sender, err := invite.NewSMTP(through(address, v1alpha1.SMTPNoTLS))
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
			outcome, err := sender.Send(t.Context(), m)
			private(t, outcome.Detail)
			return outcome.Verdict, err
		}
	},
	"reference backend": func(to string) attempt {
		m := mailer.Mail{To: to, Owner: "owner@acme.example", Link: invitation(to).Link, Expires: time.Now().Add(time.Hour)}
		return func(t *testing.T, address string) (invite.Verdict, error) {
			t.Helper()
			return provider(t, address, m)
		}
	},
}

func provider(t *testing.T, address string, m mailer.Mail) (invite.Verdict, error) {
	t.Helper()
	sender, err := mailer.NewSMTP(address, "no-reply@hosting.example", clock.RealClock{})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	err = sender.Invite(t.Context(), m)
	if err != nil {
		private(t, err.Error())
	}
	switch {
	case err == nil:
		return invite.Accepted, nil
	case errors.Is(err, mailer.ErrUnknown):
		return invite.Unknown, nil
	case errors.Is(err, mailer.ErrRefused):
		return invite.Refused, err
	}
	return invite.Deferred, nil
}

// private checks that what is told of an attempt holds nothing of the person.
func private(t *testing.T, told string) {
	t.Helper()
	NewWithT(t).Expect(told).NotTo(Or(ContainSubstring("@"), ContainSubstring("newcomer"), ContainSubstring("initialise"),
		ContainSubstring(username), ContainSubstring(password)))
}

// bySender runs a test for both.
func bySender(t *testing.T, test func(t *testing.T, intend func(to string) attempt)) {
	t.Helper()
	for name, intend := range intents {
		t.Run(name, func(t *testing.T) { test(t, intend) })
	}
}

// ends makes one attempt that ends so.
func (a attempt) ends(t *testing.T, address string, want invite.Verdict) {
	t.Helper()
	got, err := a(t, address)
	NewWithT(t).Expect(got).To(Equal(want), "%v\n%s", err, server.lastWords())
}
