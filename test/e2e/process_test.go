package e2e_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/hostgrant/hostgrant/internal/testkit"
)

// processes are the command lines of what runs with a text among its arguments, by their
// process number.
func processes(text string) map[int]string {
	GinkgoHelper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	Expect(err).NotTo(HaveOccurred())
	running := map[int]string{}
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(line, []byte(text)) { // it may have ended
			continue
		}
		number, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		Expect(err).NotTo(HaveOccurred())
		running[number] = strings.ReplaceAll(string(line), "\x00", " ")
	}
	return running
}

// killAPIServer ends the API server as a power cut would. StartAPIServer brings it back. Where a spec
// ends while it is away, it is brought back for the next.
func killAPIServer() {
	GinkgoHelper()
	flag := "--cert-dir=" + cluster.File("certificates")
	Expect(processes(flag)).To(HaveLen(1))
	for number := range processes(flag) {
		Expect(syscall.Kill(number, syscall.SIGKILL)).To(Succeed())
	}
	DeferCleanup(func() {
		if len(processes(flag)) == 0 {
			cluster.StartAPIServer()
		}
	})
	Eventually(func() map[int]string { return processes(flag) }).Should(BeEmpty())
}

var _ = It("The manager takes no other timing than what ships", func(ctx SpecContext) {
	said, err := exec.CommandContext(ctx, cluster.Program("manager"), testkit.TimingFlag(testkit.Fast)).CombinedOutput()
	Expect(err).To(HaveOccurred())
	Expect(string(said)).To(ContainSubstring("flag provided but not defined: -timing"))
})
