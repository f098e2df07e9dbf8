package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

const seedFile = `
owners:
  - email: owner@example.org
    token: the-token
    password: seven grey geese
    totpSecret: GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ
    servers: [{name: web1}]
    accounts: [{name: shop, server: web1}]
profiles:
  - {email: someone@example.org, twoFactor: true}
`

// output is what a command writes, readable meanwhile.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func run(ctx context.Context, out io.Writer, args ...string) error {
	command := newCommand()
	command.SetArgs(args)
	command.SetOut(out)
	command.SetErr(out)
	return command.ExecuteContext(ctx)
}

func TestServe(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	seed := filepath.Join(dir, "seed.yaml")
	g.Expect(os.WriteFile(seed, []byte(seedFile), 0o600)).To(Succeed())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out output
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, &out, "serve", "--dir", filepath.Join(dir, "hosting"), "--listen", "127.0.0.1:0", "--seed", seed)
	}()
	g.Eventually(out.String, "20s").Should(ContainSubstring("Operator API"))

	url := regexp.MustCompile(`API +(https://\S+)`).FindStringSubmatch(out.String())[1]
	bundle, err := os.ReadFile(filepath.Join(dir, "hosting", "ca.pem"))
	g.Expect(err).NotTo(HaveOccurred())
	pool := x509.NewCertPool()
	g.Expect(pool.AppendCertsFromPEM(bundle)).To(BeTrue())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	get := func(request *http.Request) string {
		response, err := client.Do(request)
		g.Expect(err).NotTo(HaveOccurred())
		defer func() { g.Expect(response.Body.Close()).To(Succeed()) }()
		g.Expect(response.StatusCode).To(Equal(http.StatusOK))
		text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
		g.Expect(err).NotTo(HaveOccurred())
		return string(text)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"account/", http.NoBody)
	g.Expect(err).NotTo(HaveOccurred())
	request.SetBasicAuth("the-token", "")
	g.Expect(get(request)).To(ContainSubstring(`"shop"`))

	operatorFile := filepath.Join(dir, "hosting", "operator-token")
	bearer, err := os.ReadFile(operatorFile)
	g.Expect(err).NotTo(HaveOccurred())
	counters := strings.TrimSuffix(url, "/v1/") + "/reference/counters"
	request, err = http.NewRequestWithContext(ctx, http.MethodPost, counters, strings.NewReader("{}"))
	g.Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(bearer)))
	g.Expect(get(request)).To(ContainSubstring(`"reads":1`))

	pages := regexp.MustCompile(`Web pages +(https://\S+)`).FindStringSubmatch(out.String())[1]
	request, err = http.NewRequestWithContext(ctx, http.MethodGet, pages, http.NoBody)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(get(request)).To(ContainSubstring("<h1>Log in</h1>"))
	request, err = http.NewRequestWithContext(ctx, http.MethodPost, pages+"reference/code", strings.NewReader(`{"email":"owner@example.org"}`))
	g.Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(bearer)))
	g.Expect(get(request)).To(MatchRegexp(`^\{"code":"\d{6}"\}$`))

	stop()
	g.Eventually(ended, "20s").Should(Receive(BeNil()))
	g.Expect(out.String()).NotTo(Or(ContainSubstring("the-token"), ContainSubstring("geese"), ContainSubstring(strings.TrimSpace(string(bearer))), ContainSubstring("@")))
}

func TestServeRefuses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		NewWithT(t).Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
		return path
	}
	cases := []struct {
		says string
		args []string
	}{
		{`"dir"`, nil},
		{"no such file", []string{"--seed", filepath.Join(dir, "missing.yaml")}},
		{`unknown field "owner"`, []string{"--seed", write("wrong.yaml", "owner: x")}},
		{"owners[0]", []string{"--seed", write("bad.yaml", "owners: [{email: x}]")}},
		{"the file is empty", []string{"--operator-token-file", write("token", "\n")}},
		{"host:port", []string{"--smtp", "nowhere"}},
		{"listen", []string{"--listen", "nowhere"}},
		{"unknown command", []string{"more"}},
	}
	for _, c := range cases {
		t.Run(c.says, func(t *testing.T) {
			args := []string{"serve"}
			if len(c.args) > 0 {
				args = append(args, "--dir", filepath.Join(t.TempDir(), "d"), "--listen", "127.0.0.1:0")
			}
			ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
			defer stop()
			NewWithT(t).Expect(run(ctx, io.Discard, append(args, c.args...)...)).To(MatchError(ContainSubstring(c.says)))
		})
	}
}
