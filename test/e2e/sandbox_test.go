package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"github.com/hostgrant/hostgrant/internal/testkit"
)

// figures are the sandbox's last line.
type figures struct {
	Grants, Ready, People, Invited, Mails, ProviderReads, ProviderWrites int
	Seconds                                                              float64
}

// sandbox is a run of the program whose files are all below one folder, so that what it
// leaves behind can be found.
type sandbox struct {
	*exec.Cmd
	folder string
	out    *gbytes.Buffer
	ended  chan error
}

func startSandbox(args ...string) *sandbox {
	GinkgoHelper()
	root, err := testkit.Root()
	Expect(err).NotTo(HaveOccurred())
	s := &sandbox{Cmd: exec.Command(cluster.Program("sandbox"), args...), folder: GinkgoT().TempDir(), out: gbytes.NewBuffer(), ended: make(chan error, 1)}
	s.Dir, s.Stdout, s.Stderr = root, s.out, s.out
	s.Env = append(os.Environ(), "TMPDIR="+s.folder)
	Expect(s.Start()).To(Succeed())
	go func() { s.ended <- s.Wait() }()
	return s
}

func (s *sandbox) leavesNothing() {
	GinkgoHelper()
	Expect(processes(s.folder)).To(BeEmpty())
	entries, err := os.ReadDir(s.folder)
	Expect(err).NotTo(HaveOccurred())
	Expect(entries).To(BeEmpty())
}

var _ = Describe("The sandbox", func() {
	It("runs the main job, tells the figures and leaves nothing behind", func() {
		s := startSandbox("--once", "--output", "json")
		Eventually(s.ended, 3*time.Minute).Should(Receive(BeNil()), func() string { return string(s.out.Contents()) })
		lines := strings.Split(strings.TrimSpace(string(s.out.Contents())), "\n")
		f := figures{}
		decoder := json.NewDecoder(strings.NewReader(lines[len(lines)-1]))
		decoder.DisallowUnknownFields()
		Expect(decoder.Decode(&f)).To(Succeed())
		Expect(f.Grants).To(BeNumerically(">", 0))
		Expect(f.Ready).To(Equal(f.Grants))
		Expect([]int{f.Invited, f.Mails}).To(Equal([]int{3, 3}))
		// One write for each person, and one more for whom two grants name, where a busy machine applies them far apart.
		Expect(f.ProviderWrites).To(Or(Equal(f.People), Equal(f.People+1)))
		Expect(f.Seconds).To(BeNumerically(">", 0))
		s.leavesNothing()
	})

	for cluster, sign := range map[string]string{"while it starts": "starting etcd", "while it is up": "Ctrl-C"} {
		It("stops everything at Ctrl-C "+cluster, func() {
			s := startSandbox()
			Eventually(s.out, 3*time.Minute).Should(gbytes.Say(sign))
			Expect(s.Process.Signal(syscall.SIGINT)).To(Succeed())
			Eventually(s.ended, 3*time.Minute).Should(Receive(BeNil()), func() string { return string(s.out.Contents()) })
			s.leavesNothing()
		})
	}
})
