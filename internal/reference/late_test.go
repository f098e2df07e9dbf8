package reference_test

import (
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference/faults"
)

// What is done late is done as the one who asked for it, and not lost when the program ends.
func TestAWriteThatNobodyHeardOf(t *testing.T) {
	for what, told := range map[string]func(*hosting){
		"faults end":       func(h *hosting) { h.g.Expect(h.SetFaults()).To(Succeed()) },
		"the program ends": func(h *hosting) { h.reopen() },
	} {
		t.Run(what, func(t *testing.T) {
			h := open(t)
			h.g.Expect(h.SetFaults(faults.Fault{Kind: faults.Late, Method: http.MethodPost})).To(Succeed())
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL()+"permission/", strings.NewReader(`{"email":"`+someone+`","billing":true}`))
			h.g.Expect(err).NotTo(HaveOccurred())
			request.SetBasicAuth(h.user, "")
			request.Header.Set("Content-Type", "application/json")
			request.Header.Set("alwaysdata-synchronous", "yes")
			response, err := h.client.Do(request)
			if err == nil {
				_ = response.Body.Close()
			}
			h.g.Expect(err).To(HaveOccurred(), "nobody is answered")
			h.g.Expect(h.may(someone, "Overall", "", "Billing").Allowed).To(BeFalse())
			told(h)
			h.g.Expect(h.may(someone, "Overall", "", "Billing").Allowed).To(BeTrue())
		})
	}
}
