package reference_test

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/reference"
)

const (
	password = "seven grey geese"
	secret   = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
)

func person(logIn reference.SeedLogIn) reference.Seed {
	return reference.Seed{Profiles: []reference.SeedProfile{{Email: someone, SeedLogIn: logIn}}}
}

func (h *hosting) logIn(password string) (string, error) {
	return h.LogIn(h.t.Context(), reference.LogIn{Email: someone, Password: password, Client: "192.0.2.1:80"})
}

func TestSeededLogIns(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk))
	_, err := h.logIn("")
	h.g.Expect(err).To(MatchError(reference.ErrLogInRefused), "without a password there is no logging in")
	h.g.Expect(h.Seed(t.Context(), person(reference.SeedLogIn{Password: password}))).To(Succeed())
	session, err := h.logIn(password)
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(h.Visitor(t.Context(), session)).To(And(HaveField("Email", someone), HaveField("AwaitsCode()", false)))
	_, err = h.Code(t.Context(), someone)
	h.g.Expect(err).To(HaveOccurred(), "no second factor, no code")

	h.g.Expect(h.Seed(t.Context(), person(reference.SeedLogIn{TOTPSecret: secret}))).To(Succeed())
	session, err = h.logIn(password)
	h.g.Expect(err).NotTo(HaveOccurred(), "the password stays")
	h.g.Expect(h.Visitor(t.Context(), session)).To(HaveField("AwaitsCode()", true))
	code, err := h.Code(t.Context(), someone)
	h.g.Expect(err).NotTo(HaveOccurred())
	session, err = h.EnterCode(t.Context(), session, code)
	h.g.Expect(err).NotTo(HaveOccurred())
	h.g.Expect(h.Visitor(t.Context(), session)).To(HaveField("UsedSecondFactor", true))

	h.g.Expect(h.Seed(t.Context(), person(reference.SeedLogIn{TOTPSecret: secret}))).To(Succeed())
	session, err = h.logIn(password)
	h.g.Expect(err).NotTo(HaveOccurred())
	_, err = h.EnterCode(t.Context(), session, code)
	h.g.Expect(err).To(MatchError(reference.ErrCodeRefused), "seeded again, a used code stays used")
	h.g.Expect(h.Seed(t.Context(), person(reference.SeedLogIn{}))).To(Succeed())
	clk.Step(time.Minute)
	_, err = h.Code(t.Context(), someone)
	h.g.Expect(err).NotTo(HaveOccurred(), "seeding takes no second factor away")
}

func TestSeededLogInsAreRefused(t *testing.T) {
	h := open(t)
	for says, bad := range map[string]reference.SeedProfile{
		"12 to 128 characters": {Email: someone, SeedLogIn: reference.SeedLogIn{Password: "short"}},
		"Base 32":              {Email: someone, SeedLogIn: reference.SeedLogIn{TOTPSecret: "not base 32"}},
		"Needed beside":        {Email: someone, TwoFactor: true, SeedLogIn: reference.SeedLogIn{Password: password}},
	} {
		err := h.Seed(t.Context(), reference.Seed{Profiles: []reference.SeedProfile{bad}})
		h.g.Expect(err).To(MatchError(And(ContainSubstring("profiles[0]"), ContainSubstring(says), Not(ContainSubstring(password)))))
	}
	err := h.Seed(t.Context(), reference.Seed{Owners: []reference.SeedOwner{{Email: other, SeedLogIn: reference.SeedLogIn{Password: "short"}}}})
	h.g.Expect(err).To(MatchError(ContainSubstring("owners[0]")))
}

func TestOperatorTellsCodes(t *testing.T) {
	h := open(t)
	h.g.Expect(h.Seed(t.Context(), person(reference.SeedLogIn{Password: password, TOTPSecret: secret}))).To(Succeed())
	h.g.Expect(h.operate(operator, "code", `{"email":"`+someone+`"}`).body).To(MatchRegexp(`^\{"code":"\d{6}"\}$`))
	h.g.Expect(h.operate(operator, "code", `{"email":"`+owner+`"}`).status).To(Equal(http.StatusNotFound))
	h.g.Expect(h.operate("wrong", "code", `{"email":"`+someone+`"}`).status).To(Equal(http.StatusUnauthorized))
}
