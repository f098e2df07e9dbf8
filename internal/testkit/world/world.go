// Package world is what a test acts in: a namespace, a hosting provider and a mail server of
// its own, all real, with short words for making things and looking at what came of them.
package world

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/web"
)

// Owner is the provider's owner profile; Token is the key to it, with the letters that a
// careless encoding would break.
const (
	Owner = "owner@acme.example"
	Token = "t0ken=&#%"
)

// Date is the managers' clock, by which providers tell the time in their answers, whatever they live
// by themselves: a suite that moves its managers' clock puts it here.
var Date clock.PassiveClock = clock.RealClock{}

// World is what one test acts in.
type World struct {
	Ctx       context.Context //nolint:containedctx // a test's own
	K8s       client.Client
	Namespace string
	Provider  *reference.Server
	Mails     *mailsink.Sink

	own client.Client // may write records; nil where K8s may
}

// New makes a namespace, a provider that knows the people named, and a mail server. What is
// in the namespace goes with the spec.
func New(k8s client.Client, known ...string) *World {
	GinkgoHelper()
	return NewAt(clock.RealClock{}, k8s, known...)
}

// NewAt makes a world whose provider lives by another clock than the rest.
func NewAt(c clock.Clock, k8s client.Client, known ...string) *World {
	GinkgoHelper()
	return newAt(c, k8s, nil, known)
}

func newAt(c clock.Clock, k8s, own client.Client, known []string) *World {
	GinkgoHelper()
	w := &World{Ctx: context.Background(), K8s: k8s, own: own}
	var err error
	w.Mails, err = mailsink.Start(mailsink.Options{SelfSigned: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(w.Mails.Close)
	w.Provider, err = reference.Open(w.Ctx, reference.Options{Dir: GinkgoT().TempDir(), SMTPAddr: w.Mails.Addr(), Clock: c, Date: Date, Pages: web.Pages})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = w.Provider.Close(context.Background()) })
	Expect(w.Provider.Seed(w.Ctx, seed(known))).To(Succeed())
	w.Namespace = w.Sibling()
	return w
}

// Sibling makes a namespace beside the world's own, and returns its name.
func (w *World) Sibling(labels ...string) string {
	GinkgoHelper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "spec-", Labels: map[string]string{}}}
	for _, label := range labels {
		ns.Labels[label] = "true"
	}
	Expect(w.K8s.Create(w.Ctx, ns)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { w.clear(ctx, ns.Name) })
	return ns.Name
}

func seed(known []string) reference.Seed {
	s := reference.Seed{Owners: []reference.SeedOwner{{
		Email: Owner, Token: Token,
		Servers:  []reference.SeedServer{{Name: "web1"}, {Name: "web2"}},
		Accounts: []reference.SeedAccount{{Name: "shop", Server: "web1"}, {Name: "blog"}, {Name: "intranet"}},
	}}}
	for _, email := range known {
		s.Profiles = append(s.Profiles, reference.SeedProfile{Email: email})
	}
	return s
}
