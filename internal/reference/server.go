// Package reference is the reference hosting backend: a small, real hosting administration
// that serves the contract (internal/hosting/contract/openapi.yaml) over HTTPS, keeps its
// data in a SQLite file, mails invitations, and enforces what the permissions mean, so that
// tests assert effects and not rows. The server code in server.gen.go is generated.
//
// The web pages (package web) stand beside the operator API, on the same Server methods.
package reference

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/reference/faults"
	"github.com/hostgrant/hostgrant/internal/reference/limits"
	"github.com/hostgrant/hostgrant/internal/reference/mailer"
	"github.com/hostgrant/hostgrant/internal/reference/store"
)

// Server is a running hosting administration. Open makes one. Its methods may be used by
// several goroutines.
type Server struct {
	options  Options
	clock    clock.Clock
	log      *slog.Logger
	store    *store.Store
	mailer   mailer.Mailer
	counters counters
	calls    *limits.Window
	ca       authority
	faults   faults.Switch
	signIn   signIn

	// permissionAPIOff: /v1/permission/ answers 404; ownPermissionAPIOff: /v1/my_permission/ does.
	permissionAPIOff, ownPermissionAPIOff atomic.Bool
	// date is the clock by which answers tell the time.
	date atomic.Pointer[clock.PassiveClock]
	// wakeWrites and wakeMails tell the loops that there is work.
	wakeWrites, wakeMails chan struct{}

	// address listened on. It is read while mu is held by Stop, so it is not behind it.
	address atomic.Value

	mu      sync.Mutex
	running *running
}

// running is what Start begins and Stop ends.
type running struct {
	http   *http.Server
	cancel context.CancelFunc
	loops  sync.WaitGroup
}

// Open opens or makes the hosting in options.Dir and serves it. Close it when done.
func Open(ctx context.Context, options Options) (*Server, error) {
	options = options.withDefaults()
	if options.Dir == "" {
		return nil, errors.New("dir: name a folder for the database and the certificates")
	}
	if err := os.MkdirAll(options.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("dir: %w", err)
	}
	ca, err := loadAuthority(options.Dir)
	if err != nil {
		return nil, err
	}
	guard, err := newSignIn(options.Clock)
	if err != nil {
		return nil, err
	}
	s := &Server{
		options: options, clock: options.Clock, log: options.Log, ca: ca,
		calls:      limits.NewWindow(options.Clock, time.Minute),
		wakeWrites: make(chan struct{}, 1), wakeMails: make(chan struct{}, 1),
		mailer: options.Mailer, signIn: guard,
	}
	s.address.Store(options.Listen)
	s.SetDate(options.Date)
	if s.mailer == nil && options.SMTPAddr != "" {
		if s.mailer, err = mailer.NewSMTP(options.SMTPAddr, options.MailFrom, options.Clock); err != nil {
			return nil, err
		}
	}
	if s.store, err = store.Open(ctx, filepath.Join(options.Dir, "hosting.db")); err != nil {
		return nil, err
	}
	if err := s.Start(ctx); err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	return s, nil
}

// Start serves again after Stop, at the same address. It does nothing while serving.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listenAddress())
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	s.address.Store(listener.Addr().String())
	certificate, err := s.ca.issue(s.listenAddress(), s.options.BaseURL)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	// The loops outlive the call that starts them; Stop ends them.
	loopCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &running{cancel: cancel, http: &http.Server{
		Handler:           s.handler(),
		TLSConfig:         &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}},
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}}
	r.loops.Go(func() {
		if err := r.http.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("serving ended", "error", err)
		}
	})
	r.loops.Go(func() { s.repeat(loopCtx, s.wakeWrites, s.settleDue) })
	if s.mailer != nil {
		s.dropInterruptedMails(loopCtx)
		r.loops.Go(func() { s.repeat(loopCtx, s.wakeMails, s.mailDue) })
	}
	s.running = r
	return nil
}

// Stop ends serving: calls in progress are finished until ctx ends, then cut. Data and
// address stay; Start serves again. It does nothing while stopped.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	err := s.running.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.running.http.Close())
	}
	s.running.cancel()
	s.running.loops.Wait()
	s.running = nil
	return err
}

// Close stops serving and closes the database. What was written stays in Dir, also by calls that
// faults do late: these are done first.
func (s *Server) Close(ctx context.Context) error {
	return errors.Join(s.SetFaults(), s.Stop(ctx), s.store.Close())
}

// Origin is where the server is reached, for instance "https://127.0.0.1:40123".
func (s *Server) Origin() string { return "https://" + s.listenAddress() }

func (s *Server) listenAddress() string {
	address, _ := s.address.Load().(string)
	return address
}

// URL is the base of the contract's API, for instance "https://127.0.0.1:40123/v1/".
func (s *Server) URL() string { return s.Origin() + basePath + "/" }

// CABundle is the certificate authority behind the server, in PEM. It stays the same for
// one Dir.
func (s *Server) CABundle() []byte { return append([]byte(nil), s.ca.pem...) }

// CAFile is where the certificate authority is kept.
func (s *Server) CAFile() string { return filepath.Join(s.options.Dir, caFile) }

// linkBase begins the links in mails.
func (s *Server) linkBase() string {
	if s.options.BaseURL != "" {
		return s.options.BaseURL
	}
	return s.Origin()
}
