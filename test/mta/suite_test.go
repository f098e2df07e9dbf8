// Package mta_test sends the invitations of both senders, the manager's and the reference
// backend's, through Debian's Postfix, and looks at what arrives in a mailbox.
package mta_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/invite"
)

const (
	waiting = 20 * time.Second
	polling = 10 * time.Millisecond
)

// server is the mail server of all tests but those that kill one.
var server *postfix

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "test/mta:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx := context.Background()
	server, err = startPostfix(ctx)
	defer func() { err = errors.Join(err, server.close(ctx)) }()
	if err != nil {
		return 1, err
	}
	// The mail server's certificate is what this machine trusts, for senders without a bundle
	// of their own.
	if err := os.Setenv("SSL_CERT_FILE", server.file("conf/server.pem")); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// through is the configuration of a sender that goes through an address.
func through(address string, mode v1alpha1.SMTPTLSMode) invite.Config {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		panic(err)
	}
	number, err := strconv.ParseInt(port, 10, 32)
	if err != nil {
		panic(err)
	}
	return invite.Config{
		Host: host, Port: int32(number), TLS: mode, From: "hosting@acme.example", CABundle: server.ca,
		AllowPrivate: true, Timeout: waiting,
	}
}

// loggingIn adds the credentials that the mail server knows.
func loggingIn(c invite.Config) invite.Config {
	c.Username, c.Password = username, password
	return c
}

var rows atomic.Int64

// invitation is one that no other test sends.
func invitation(to string) invite.Message {
	return invite.Message{
		MessageID: invite.MessageID("owner@acme.example", rows.Add(1), 1, "acme.example"),
		To:        to, DisplayName: "Zoé d'Arc-Ünal", Language: "en", Owner: "owner@acme.example",
		Link: "https://hosting.example/initialise/" + strings.Repeat("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 4) + "?next=%2Fmenu&x=1=2",
	}
}

// newcomer is an address that no other test uses.
func newcomer() string { return fmt.Sprintf("newcomer-%d@acme.example", rows.Add(1)) }

// send makes one attempt.
func send(t *testing.T, c invite.Config, m invite.Message) invite.Outcome {
	t.Helper()
	g := NewWithT(t)
	sender, err := invite.NewSMTP(c)
	g.Expect(err).NotTo(HaveOccurred())
	outcome, err := sender.Send(t.Context(), m)
	g.Expect(err).NotTo(HaveOccurred())
	private(t, outcome.Detail)
	return outcome
}

// expect makes one attempt that ends so.
func expect(t *testing.T, c invite.Config, m invite.Message, want invite.Verdict, detail string) {
	t.Helper()
	outcome := send(t, c, m)
	NewWithT(t).Expect(outcome).To(And(HaveField("Verdict", want), HaveField("Detail", ContainSubstring(detail))), server.lastWords)
}

// count says how many of a mail lie in the mailbox.
func count(t *testing.T, p *postfix, m invite.Message) int {
	t.Helper()
	return len(p.withID(NewWithT(t), m.MessageID))
}
