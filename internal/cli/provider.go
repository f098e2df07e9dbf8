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
	"github.com/hostgrant/hostgrant/internal/hosting/table"
	"github.com/hostgrant/hostgrant/internal/provider"
)

// tokenVariable holds the provider's token where no file is named.
const tokenVariable = "HOSTGRANT_TOKEN"

// budget is what one command may ask of a provider; nil: what the provider documents, for each command.
var budget *rest.Budget

// providerOptions say how to know what a provider has without a cluster: by asking it, or by a table file.
type providerOptions struct {
	url, customer     string
	tokenFile, caFile string
	allowPrivate      bool
	// heard is told what time the provider says it is; nil: nobody is.
	heard     func(time.Time)
	tableFile string
	// notes are what is to be known of the table file; reading fills them in.
	notes []string
}

// withoutCluster says whether no cluster is to be asked.
func (o *providerOptions) withoutCluster() bool { return o.url != "" || o.tableFile != "" }

func (o *providerOptions) addFlags(command *cobra.Command) {
	o.addURLFlags(command)
	command.Flags().StringVar(&o.tableFile, "table", "", "take what this table file says for what the provider has (see hostgrant table), and ask nobody")
}

// addURLFlags are the flags to ask a provider with.
func (o *providerOptions) addURLFlags(command *cobra.Command) {
	flags := command.Flags()
	flags.StringVar(&o.url, "backend-url", "", "ask the provider at this URL, and no cluster")
	flags.StringVar(&o.customer, "backend-customer", "", "address of the owner to act for, where the key is another profile's")
	flags.StringVar(&o.tokenFile, "token-file", "", "file with the provider's token, instead of the variable "+tokenVariable)
	flags.StringVar(&o.caFile, "backend-ca", "", "file with the certificate authority of --backend-url (PEM); absent: the system's")
	flags.BoolVar(&o.allowPrivate, "allow-private-endpoints", false, "let --backend-url lead to a private or loopback address")
}

// where is what is asked, for people to read.
func (o *providerOptions) where() string {
	switch {
	case o.tableFile != "":
		return "the table file"
	case o.url != "":
		return "the provider's table"
	}
	return "the cluster"
}

// table reads the provider's, or the file's.
func (o *providerOptions) table(ctx context.Context) (*provider.Snapshot, error) {
	if o.tableFile != "" {
		return o.fromFile(clock.RealClock{})
	}
	reader, err := o.reader()
	if err != nil {
		return nil, err
	}
	snapshot, err := provider.Read(ctx, reader, clock.RealClock{})
	if err != nil {
		return nil, fmt.Errorf("read the provider: %w; hostgrant doctor --backend-url %s says what to mend", err, o.url)
	}
	return snapshot, nil
}

// fromFile reads the table file.
func (o *providerOptions) fromFile(c clock.PassiveClock) (*provider.Snapshot, error) {
	if o.url != "" {
		return nil, errors.New("--table and --backend-url: give one of them, for each says what the provider has")
	}
	t, err := readTable(o.tableFile)
	if err != nil {
		return nil, fmt.Errorf("--table: %w", err)
	}
	if err := t.Check(c.Now(), table.Requirement{}); err != nil {
		return nil, fmt.Errorf("--table: %w", err)
	}
	o.notes = []string{
		fmt.Sprintf("what the provider has is from a table of %s, %s old (%s); what changed since is not known", table.Time(t.TakenAt), table.Age(t.Age(c.Now())), t.Source),
		"a table does not know who has a profile, an invitation or a second factor: nothing is concluded from that, and mails to people in the table are not counted",
	}
	return provider.SnapshotOfTable(t), nil
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
		return nil, errors.New("--backend-url: the provider's token is missing; put it into the variable " + tokenVariable + " or name a --token-file (--token is the cluster's)")
	}
	options := rest.Options{URL: o.url, Customer: o.customer, Token: token, AllowPrivate: o.allowPrivate, UserAgent: "hostgrant", Heard: o.heard, Budget: budget}
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
