package chaos

import (
	"os"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
)

// Number is what a variable of the environment says, or else.
func Number(variable string, otherwise int) int {
	GinkgoHelper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	Expect(err).NotTo(HaveOccurred(), variable)
	return n
}

// Patient is how suites run that are asked to do something a thousand times: go test has a
// time limit of its own.
func Patient() (types.SuiteConfig, types.ReporterConfig) {
	suite, reporter := GinkgoConfiguration()
	suite.Timeout = 6 * time.Hour
	return suite, reporter
}
