package reference_test

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	clocktesting "k8s.io/utils/clock/testing"
)

// Answers tell the time that the hosting lives by, unless another is set.
func TestDate(t *testing.T) {
	clk := fakeClock()
	h := open(t, withClock(clk))
	told := func() time.Time {
		at, err := http.ParseTime(h.call(http.MethodGet, "permission/", "").header.Get("Date"))
		h.g.Expect(err).NotTo(HaveOccurred())
		return at
	}
	h.g.Expect(told()).To(BeTemporally("==", clk.Now()))
	clk.SetTime(clk.Now().Add(time.Hour))
	h.g.Expect(told()).To(BeTemporally("==", clk.Now()))
	another := clk.Now().Add(-24 * time.Hour)
	h.SetDate(clocktesting.NewFakePassiveClock(another))
	h.g.Expect(told()).To(BeTemporally("==", another))
}
