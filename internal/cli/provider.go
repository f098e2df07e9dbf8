package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/utils/clock"

	"github.com/hostgrant/hostgrant/internal/hosting"
	"github.com/hostgrant/hostgrant/internal/hosting/rest"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// tokenVariable holds the provider's token where no file is named.
const tokenVariable = "HOSTGRANT_TOKEN"

// providerOptions say how to ask a provider without a cluster.
type providerOptions struct {
	url, customer     string
	tokenFile, caFile string
	allowPrivate      bool
	// heard is told what time the provider says it is; nil: nobody is.
	heard func(time.Time)
}

func (o *providerOptions) addFlags(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&o.url, "backend-url", "", "ask the provider at this URL, and no cluster")
	flags.StringVar(&o.customer, "backend-customer", "", "address of the owner to act for, where the key is another profile's")
	flags.StringVar(&o.tokenFile, "token-file", "", "file with the provider's token, instead of the variable "+tokenVariable)
	flags.StringVar(&o.caFile, "backend-ca", "", "file with the certificate authority of --backend-url (PEM); absent: the system's")
	flags.BoolVar(&o.allowPrivate, "allow-private-endpoints", false, "let --backend-url lead to a private or loopback address")
}

// where is what is asked, for people to read.
func (o *providerOptions) where() string {
	if o.url != "" {
		return "the provider's table"
	}
	return "the cluster"
}

// table reads the provider's.
func (o *providerOptions) table(ctx context.Context) (*provider.Snapshot, error) {
	reader, err := o.reader()
	if err != nil {
		return nil, err
	}
	snapshot, err := provider.Read(ctx, reader, clock.RealClock{})
	if err != nil {
		return nil, fmt.Errorf("read the provider: %w", err)
	}
	return snapshot, nil
}

func (o *providerOptions) reader() (hosting.Reader, error) {
	token := os.Getenv(tokenVariable)
	if o.tokenFile != "" {
		body, err := os.ReadFile(o.tokenFile)
		if err != nil {
			return nil, fmt.Errorf("--token-file: %w", err)
		}
		token = strings.TrimSpace(string(body))
	}
	if token == "" {
		return nil, errors.New("--backend-url: the provider's token is missing; put it into the variable " + tokenVariable + " or name a --token-file")
	}
	options := rest.Options{URL: o.url, Customer: o.customer, Token: token, AllowPrivate: o.allowPrivate, UserAgent: "hostgrant", Heard: o.heard}
	if o.caFile != "" {
		body, err := os.ReadFile(o.caFile)
		if err != nil {
			return nil, fmt.Errorf("--backend-ca: %w", err)
		}
		options.CABundle = body
	}
	reader, err := rest.NewReader(options)
	if err != nil {
		return nil, fmt.Errorf("--backend-url: %w", err)
	}
	return reader, nil
}
