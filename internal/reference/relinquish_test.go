package reference_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
)

func TestRelinquishDropsTheWholeRowOfOneOwner(t *testing.T) {
	h := open(t)
	for _, o := range []string{owner, other} {
		place := map[string]string{owner: "shop", other: "theirs"}[o]
		_, err := h.AddRow(t.Context(), o, reference.Row{
			Email: someone, Overall: []string{"Billing"}, Accounts: map[string][]string{place: {"Sites", "FTP"}},
		}, false)
		h.g.Expect(err).NotTo(HaveOccurred())
	}
	h.g.Expect(h.Relinquish(t.Context(), strings.ToUpper(someone), owner)).To(Succeed())
	h.g.Expect(h.may(someone, "Account", "shop", "Sites").Reason).To(Equal("has no permission on this owner's profile"))
	h.g.Expect(h.may(someone, "Overall", "", "Billing").Allowed).To(BeFalse())
	h.g.Expect(h.Rows(t.Context(), owner)).To(BeEmpty())
	h.g.Expect(h.Rows(t.Context(), other)).To(HaveLen(1), "other owners' rows stay")

	for _, nothing := range []string{owner, "nobody@example.org", ""} {
		h.g.Expect(h.Relinquish(t.Context(), someone, nothing)).To(MatchError(ContainSubstring("no permissions on this owner's profile")))
	}
	h.g.Expect(h.Relinquish(t.Context(), "", other)).NotTo(Succeed())
	h.g.Expect(h.Rows(t.Context(), other)).To(HaveLen(1))
}
