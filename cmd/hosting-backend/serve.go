package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/hostgrant/hostgrant/internal/reference"
	"github.com/hostgrant/hostgrant/internal/reference/web"
)

const (
	// stopTimeout bounds the wait for calls in progress at the end.
	stopTimeout = 10 * time.Second
	maxSeed     = 4 << 20
	maxToken    = 4 << 10
)

type serveFlags struct {
	dir, listen, baseURL, smtp, mailFrom, seed, operatorTokenFile string
	noRateLimits, tellRetryAfter                                  bool
}

func newServeCommand() *cobra.Command {
	var flags serveFlags
	command := &cobra.Command{
		Use:   "serve --dir FOLDER",
		Short: "Serve the API and the web pages until interrupted",
		Long: `Serve the permission API and the web pages over HTTPS until interrupted (Ctrl-C or
SIGTERM).

Everything is kept in the folder given with --dir: the database, the certificate authority
that clients have to trust (ca.pem), and the operator token. Started again on the same
folder and address it goes on where it was.

A seed file says who the owners are and what they have:

    owners:
      - email: owner@example.org
        token: choose-a-long-one
        password: to log in to the web pages
        servers: [{name: web1}]
        accounts: [{name: shop, server: web1}, {name: blog}]
    profiles:
      - {email: someone@example.org, twoFactor: true}
      - {email: else@example.org, password: at least 12 characters, totpSecret: GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ}

Who has no password cannot log in. A totpSecret is what an authenticator app is given.
Seeding again adds and changes, and removes nothing.`,
		Example: `  hosting-backend serve --dir ./hosting --seed seed.yaml --listen 127.0.0.1:8443 --smtp 127.0.0.1:2525`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), flags, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := command.Flags()
	f.StringVar(&flags.dir, "dir", "", "folder for the database, certificates and operator token (made if missing; required)")
	f.StringVar(&flags.listen, "listen", "127.0.0.1:8443", "address to serve on; port 0 takes a free one")
	f.StringVar(&flags.baseURL, "base-url", "", "begins the links in mails (default: the address served on)")
	f.StringVar(&flags.smtp, "smtp", "", "mail server as host:port; without it invitations are made and not mailed")
	f.StringVar(&flags.mailFrom, "mail-from", "", `sender of the mails (default "no-reply@hosting.example")`)
	f.StringVar(&flags.seed, "seed", "", "YAML or JSON file with owners, accounts, servers and profiles")
	f.StringVar(&flags.operatorTokenFile, "operator-token-file", "",
		"file with the token of the operator API (default: operator-token in the folder; made if missing)")
	f.BoolVar(&flags.noRateLimits, "no-rate-limits", false, "do not enforce the vendor's 10, 50 and 250 calls a minute")
	f.BoolVar(&flags.tellRetryAfter, "tell-retry-after", false, "answer 429 with Retry-After")
	if err := command.MarkFlagRequired("dir"); err != nil {
		panic(err) // The flag is defined above.
	}
	return command
}

func serve(ctx context.Context, flags serveFlags, out, log io.Writer) (err error) {
	seed, err := readSeed(flags.seed)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(flags.dir, 0o700); err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	if flags.operatorTokenFile == "" {
		flags.operatorTokenFile = filepath.Join(flags.dir, "operator-token")
	}
	token, err := operatorToken(flags.operatorTokenFile)
	if err != nil {
		return err
	}
	limits := reference.VendorLimits()
	limits.TellRetryAfter = flags.tellRetryAfter
	if flags.noRateLimits {
		limits = nil
	}
	server, err := reference.Open(ctx, reference.Options{
		Dir: flags.dir, Listen: flags.listen, Limits: limits, SMTPAddr: flags.smtp, MailFrom: flags.mailFrom,
		BaseURL: strings.TrimSuffix(flags.baseURL, "/"), OperatorToken: token, Pages: web.Pages,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		return err
	}
	defer func() {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err = errors.Join(err, server.Close(stopCtx))
	}()
	if err := server.Seed(ctx, seed); err != nil {
		return fmt.Errorf("--seed: %w", err)
	}
	if err := tell(out, server, flags); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func tell(out io.Writer, server *reference.Server, flags serveFlags) error {
	_, err := fmt.Fprintf(out, `API            %s
Web pages      %[3]s/
Certificate    %[2]s
Operator API   %[3]s/reference/ (token in %[4]s)

List the permission table:
  curl --cacert %[2]s --user "$TOKEN:" %[1]spermission/
Ask what was called so far:
  curl --cacert %[2]s --header "Authorization: Bearer $(cat %[4]s)" --data '{}' %[3]s/reference/counters
`, server.URL(), server.CAFile(), server.Origin(), flags.operatorTokenFile)
	return err
}

func readSeed(path string) (seed reference.Seed, err error) {
	if path == "" {
		return seed, nil
	}
	text, err := readBounded(path, maxSeed)
	if err != nil {
		return seed, fmt.Errorf("--seed: %w", err)
	}
	if err := yaml.UnmarshalStrict(text, &seed); err != nil {
		return seed, fmt.Errorf("--seed %s: %w", path, err)
	}
	return seed, nil
}

// operatorToken reads the token, or makes one that only this user can read.
func operatorToken(path string) (string, error) {
	text, err := readBounded(path, maxToken)
	if errors.Is(err, fs.ErrNotExist) {
		token := rand.Text()
		if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
			return "", fmt.Errorf("--operator-token-file: %w", err)
		}
		return token, nil
	}
	if err != nil {
		return "", fmt.Errorf("--operator-token-file: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf("--operator-token-file %s: the file is empty; write a token into it or remove it", path)
	}
	return token, nil
}

func readBounded(path string, most int64) (text []byte, err error) {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	text, err = io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(text)) > most {
		return nil, fmt.Errorf("%s: larger than %d bytes", path, most)
	}
	return text, err
}
