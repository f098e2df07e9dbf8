package sandbox

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/credentials"
	"github.com/hostgrant/hostgrant/internal/reference/web"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

// parts are what runs.
type parts struct {
	admin      *rest.Config
	kubeconfig string
	client     client.Client
	mails      *mailsink.Sink
	provider   *reference.Server
	token      string
	operator   string
	// password and secret are what the owner logs in to the provider's pages with.
	password, secret string
	manager          *testkit.Process
}

// start starts every part, the slow ones side by side.
func (s *sandbox) start(ctx context.Context) error {
	s.console.say("state is kept in %s", s.State)
	var together errgroup.Group
	together.Go(func() error { return s.startProvider(ctx) })
	together.Go(s.startControlPlane)
	if err := together.Wait(); err != nil {
		return err
	}
	manager, err := s.install(ctx)
	if err != nil {
		return err
	}
	if err := s.startManager(manager); err != nil {
		return err
	}
	return s.apply(ctx)
}

func (s *sandbox) startControlPlane() error {
	defer s.console.step("starting etcd and kube-apiserver")()
	environment, admin, err := testkit.StartControlPlane(testkit.ControlPlane{})
	if err != nil {
		return err
	}
	s.onStop("the control plane", func(context.Context) error { return environment.Stop() })
	s.parts.admin = admin
	s.parts.kubeconfig = filepath.Join(s.State, "kubeconfig")
	return testkit.WriteKubeconfig(admin, s.parts.kubeconfig)
}

// install applies what an installation applies; it returns the manager's own rights.
func (s *sandbox) install(ctx context.Context) (*rest.Config, error) {
	defer s.console.step("installing config/default: CRDs, roles, admission policy")()
	manager, err := testkit.Installed.Install(ctx, s.parts.admin)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	if s.parts.client, err = client.New(s.parts.admin, client.Options{Scheme: scheme}); err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	return manager, nil
}

// startProvider starts the mail server and the hosting provider that mails through it.
func (s *sandbox) startProvider(ctx context.Context) (err error) {
	defer s.console.step("starting the hosting provider and a mail server")()
	s.parts.mails, err = mailsink.Start(mailsink.Options{SelfSigned: true, SMTPUTF8: true, Dir: filepath.Join(s.State, "mails")})
	if err != nil {
		return err
	}
	s.onStop("the mail server", func(context.Context) error { return s.parts.mails.Close() })
	s.parts.token, s.parts.operator, s.parts.password = rand.Text(), rand.Text(), rand.Text()
	if s.parts.secret, err = credentials.NewSecret(); err != nil {
		return err
	}
	s.parts.provider, err = reference.Open(ctx, reference.Options{
		Dir: filepath.Join(s.State, "provider"), SMTPAddr: s.parts.mails.Addr(), Limits: reference.VendorLimits(), OperatorToken: s.parts.operator,
		Pages: web.Pages,
	})
	if err != nil {
		return fmt.Errorf("start the hosting provider: %w", err)
	}
	s.onStop("the hosting provider", s.parts.provider.Close)
	seed, err := readSeed()
	if err != nil {
		return err
	}
	seed.Owners[0].Token = s.parts.token
	seed.Owners[0].SeedLogIn = reference.SeedLogIn{Password: s.parts.password, TOTPSecret: s.parts.secret}
	if err := s.parts.provider.Seed(ctx, seed); err != nil {
		return fmt.Errorf("%s: %w", seedFile, err)
	}
	return nil
}

const seedFile = "config/samples/provider-seed.yaml"

func readSeed() (seed reference.Seed, err error) {
	root, err := testkit.Root()
	if err != nil {
		return seed, err
	}
	body, err := os.ReadFile(filepath.Join(root, seedFile))
	if err != nil {
		return seed, fmt.Errorf("read the provider's starting state: %w", err)
	}
	if err := yaml.UnmarshalStrict(body, &seed); err != nil {
		return seed, fmt.Errorf("%s: %w", seedFile, err)
	}
	if len(seed.Owners) == 0 {
		return seed, fmt.Errorf("%s: owners: is empty; the first one is the samples' own", seedFile)
	}
	return seed, nil
}
