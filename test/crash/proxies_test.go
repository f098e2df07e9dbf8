package crash_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"k8s.io/client-go/rest"

	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/testkit"
	"github.com/hostgrant/hostgrant/internal/testkit/world"
)

// kubernetes passes the manager's calls on to the API server, with the rights of the
// manager, and springs the trap at writes. It returns a kubeconfig's file.
func kubernetes(t *trap) string {
	GinkgoHelper()
	target, _, err := rest.DefaultServerUrlFor(cluster.Rights)
	Expect(err).NotTo(HaveOccurred())
	onward, err := rest.TransportFor(cluster.Rights)
	Expect(err).NotTo(HaveOccurred())
	proxy := world.Proxy{
		Before: func(r *http.Request) bool {
			before, _ := pointsOf(r)
			return before == "" || t.pass(before)
		},
		After: func(answer *http.Response) error {
			if _, after := pointsOf(answer.Request); after != "" {
				t.pass(after)
			}
			return nil
		},
	}
	server := httptest.NewServer(proxy.Handler(&url.URL{Scheme: target.Scheme, Host: target.Host}, onward))
	DeferCleanup(server.Close)
	file := cluster.File("through-the-proxy.kubeconfig")
	Expect(testkit.WriteKubeconfig(&rest.Config{Host: server.URL}, file)).To(Succeed())
	return file
}

// pointsOf a call to the Kubernetes API, empty where it is none to be killed at.
func pointsOf(r *http.Request) (before, after point) {
	switch {
	case r.Method == http.MethodPatch && strings.HasSuffix(r.URL.Path, "/status"):
		return beforeStatus, afterStatus
	case (r.Method == http.MethodPatch || r.Method == http.MethodPost) && strings.Contains(r.URL.Path, "/accessrecords"):
		return beforeContribution, afterContribution
	}
	return "", ""
}

// creations counts the rows that the manager made, by address, and the attempts to make one
// for somebody who has one.
type creations struct {
	mu      sync.Mutex
	made    map[string]int
	doubled int
}

func (c *creations) of(email string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.made[email]
}

// atLeast counts the rows of somebody who was mailed so often. The provider mails before its answer is counted, so what is
// missing is waited for.
func (c *creations) atLeast(email string, mails int) int {
	NewGomega(func(string, ...int) {}).Eventually(c.of).WithTimeout(10 * time.Second).WithArguments(email).Should(BeNumerically(">=", mails))
	return c.of(email)
}

func (c *creations) duplicates() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doubled
}

// provider stands between the manager and a world's provider: it counts creations and
// springs the trap at writes.
func provider(t *trap, w *world.World) (made *creations, endpoint string, caBundle []byte) {
	GinkgoHelper()
	made = &creations{made: map[string]int{}}
	endpoint, caBundle = w.ThroughProxy(world.Proxy{
		Before: func(r *http.Request) bool {
			if r.Method == http.MethodGet {
				return true
			}
			return keepBody(r) == nil && t.pass(beforeProvider)
		},
		After: func(answer *http.Response) error {
			if answer.Request.Method == http.MethodGet {
				return nil
			}
			if answer.Request.Method == http.MethodPost {
				made.note(answer)
			}
			t.pass(afterProvider)
			return nil
		},
	})
	return made, endpoint, caBundle
}

// keepBody reads a call's body, so that it can be read again.
func keepBody(r *http.Request) error {
	if r.Body == nil {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	r.Body = io.NopCloser(bytes.NewReader(body))
	return err
}

// note counts a creation by its answer.
func (c *creations) note(answer *http.Response) {
	body, err := answer.Request.GetBody()
	if err != nil {
		return
	}
	var row struct {
		Email string `json:"email"`
	}
	_ = json.NewDecoder(body).Decode(&row)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch answer.StatusCode {
	case http.StatusCreated:
		c.made[row.Email]++
	case http.StatusConflict, http.StatusBadRequest:
		c.doubled++
	}
}

// mails springs the trap at a world's mail server. After a mail means: it was accepted, and
// the answer was heard by nobody.
func mails(t *trap, w *world.World) {
	w.Mails.Reject(func(at, _, _ string) error {
		switch at {
		case mailsink.StageRcpt:
			if !t.pass(beforeMail) {
				return mailsink.ErrCut
			}
		case mailsink.StageData:
			t.pass(afterMail)
		}
		return nil
	})
}
