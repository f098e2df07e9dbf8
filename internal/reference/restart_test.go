package reference_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
)

func TestDataSurvivesARestart(t *testing.T) {
	h := open(t)
	path := h.create(`{"email":"` + newcomer + `","billing":true,"accounts":[{"account":1,"permissions":["site"]}]}`)
	h.g.Eventually(h.mails, "10s").Should(Equal(1))
	before := h.call(http.MethodGet, path, "")
	url, bundle := h.URL(), h.CABundle()
	h.reopen()
	h.g.Expect(h.URL()).To(Equal(url))
	h.g.Expect(h.CABundle()).To(Equal(bundle))
	h.refused(h.call(http.MethodGet, path, ""), 200, before.body)
	h.g.Expect(h.AcceptInvitation(t.Context(), newcomer)).To(Succeed())
	h.g.Consistently(h.mails, "200ms").Should(Equal(1), "a restart mails nobody again")
	h.g.Expect(h.Seed(t.Context(), company)).To(Succeed())
	h.refused(h.call(http.MethodGet, "account/", ""), 200,
		`[{"id":1,"href":"/v1/account/1/","name":"shop"},{"id":2,"href":"/v1/account/2/","name":"blog"}]`)
	h.g.Expect(h.list("")).To(HaveLen(1), "seeding again changes nothing")
}

func TestDownAndUpAgain(t *testing.T) {
	h := open(t)
	path := h.create(`{"email":"` + someone + `"}`)
	url := h.URL()
	h.g.Expect(h.Stop(t.Context())).To(Succeed())
	h.g.Expect(h.Stop(t.Context())).To(Succeed(), "stopping twice is fine")
	_, err := h.client.Get(url)
	h.g.Expect(err).To(HaveOccurred())
	h.g.Expect(h.EditRow(t.Context(), owner, someone, func(r *reference.Row) { r.Overall = []string{"Billing"} })).To(Succeed())
	h.g.Expect(h.Start(t.Context())).To(Succeed())
	h.g.Expect(h.Start(t.Context())).To(Succeed(), "starting twice is fine")
	h.g.Expect(h.URL()).To(Equal(url))
	h.g.Expect(h.call(http.MethodGet, path, "").body).To(ContainSubstring(`"billing":true`))
}

func TestFilesArePrivate(t *testing.T) {
	h := open(t)
	for _, name := range []string{"hosting.db", "ca-key.pem"} {
		info, err := os.Stat(filepath.Join(h.options.Dir, name))
		h.g.Expect(err).NotTo(HaveOccurred())
		h.g.Expect(info.Mode().Perm()).To(Equal(os.FileMode(0o600)), name)
	}
	block, _ := pem.Decode(h.CABundle())
	certificate, err := x509.ParseCertificate(block.Bytes)
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(certificate.IsCA).To(BeTrue())
	h.g.Expect(os.ReadFile(h.CAFile())).To(Equal(h.CABundle()))
	response, err := h.client.Get(h.URL())
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(response.Body.Close()).To(Succeed())
	leaf := response.TLS.PeerCertificates[0]
	h.g.Expect(leaf.Issuer.String()).To(Equal(certificate.Subject.String()))
	h.g.Expect(leaf.Subject.String()).NotTo(Equal(leaf.Issuer.String()), "OpenSSL would take it for self-signed")
}

func TestForeignAuthorityIsRefused(t *testing.T) {
	dir := t.TempDir()
	g := NewWithT(t)
	g.Expect(os.WriteFile(filepath.Join(dir, "ca.pem"), []byte("nonsense"), 0o600)).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(dir, "ca-key.pem"), []byte("nonsense"), 0o600)).To(Succeed())
	_, err := reference.Open(t.Context(), reference.Options{Dir: dir})
	g.Expect(err).To(MatchError(ContainSubstring("certificate authority")))
}

func TestAsynchronousWrites(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk))
	rows := func() []map[string]any { return h.list("") }

	got := h.call(http.MethodPost, "permission/", `{"email":"`+newcomer+`","billing":true}`)
	h.g.Expect(got.status).To(Equal(http.StatusCreated))
	path := got.header.Get("Location")[len("/v1/"):]
	h.g.Consistently(rows, "100ms").Should(BeEmpty())
	h.g.Expect(h.call(http.MethodGet, path, "").status).To(Equal(404))
	h.g.Expect(h.call(http.MethodPost, "permission/", `{"email":"`+newcomer+`"}`).status).To(Equal(400), "the address is taken all the same")
	clk.Step(reference.AsyncDelay - time.Millisecond)
	h.g.Consistently(rows, "50ms").Should(BeEmpty())
	h.g.Expect(h.mails()).To(BeZero())
	h.g.Eventually(func() []map[string]any { clk.Step(time.Millisecond); return rows() }, "10s").Should(HaveLen(1))
	h.g.Eventually(h.mails, "10s").Should(Equal(1))

	h.g.Expect(h.call(http.MethodPatch, path, `{"billing":false}`).status).To(Equal(http.StatusNoContent))
	h.g.Expect(rows()[0]["billing"]).To(BeTrue())
	h.g.Eventually(func() any { clk.Step(reference.AsyncDelay); return rows()[0]["billing"] }, "10s").Should(BeFalse())

	h.g.Expect(h.call(http.MethodDelete, path, "").status).To(Equal(http.StatusNoContent))
	h.g.Expect(rows()).To(HaveLen(1))
	h.g.Eventually(func() []map[string]any { clk.Step(reference.AsyncDelay); return rows() }, "10s").Should(BeEmpty())
}

func TestSynchronousWritesComeAfterThoseBefore(t *testing.T) {
	h := open(t, withClock(fakeClock()))
	got := h.call(http.MethodPost, "permission/", `{"email":"`+someone+`"}`)
	path := got.header.Get("Location")[len("/v1/"):]
	h.call(http.MethodPatch, path, `{"billing":true,"annotation":"first"}`)
	h.patch(path, `{"annotation":"second"}`)
	row := h.list("")[0]
	h.g.Expect(row).To(And(HaveKeyWithValue("billing", true), HaveKeyWithValue("annotation", "second")))
}

func TestPendingWritesSurviveARestart(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk))
	h.call(http.MethodPost, "permission/", `{"email":"`+newcomer+`"}`)
	h.reopen()
	h.g.Expect(h.list("")).To(BeEmpty())
	h.g.Eventually(func() []map[string]any { clk.Step(reference.AsyncDelay); return h.list("") }, "10s").Should(HaveLen(1))
	h.g.Eventually(h.mails, "10s").Should(Equal(1))
}
