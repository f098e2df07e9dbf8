package testkit

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

// starting is set in the process that starts a control plane and is killed.
const starting = "TESTKIT_STARTING"

func TestControlPlaneEndsWithWhoStartedIt(t *testing.T) {
	if os.Getenv(starting) != "" {
		if _, _, err := StartControlPlane(ControlPlane{}); err != nil {
			t.Fatal(err)
		}
		fmt.Println("started")
		select {}
	}
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Log("setpriv is not there, so nothing ends with this process")
		return
	}
	g := NewWithT(t)
	child := exec.Command(os.Args[0], "-test.run=^TestControlPlaneEndsWithWhoStartedIt$")
	child.Env = append(os.Environ(), starting+"=yes", "TMPDIR="+t.TempDir())
	out, err := child.StdoutPipe()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(child.Start()).To(Succeed())
	said := bufio.NewScanner(out)
	for said.Scan() && said.Text() != "started" {
	}
	programs := childrenOf(g, child.Process.Pid)
	g.Expect(programs).To(HaveLen(2), "etcd and kube-apiserver")

	g.Expect(child.Process.Kill()).To(Succeed())
	_ = child.Wait() // it was killed
	for _, program := range programs {
		g.Eventually(func() error { return syscall.Kill(program, 0) }, 10*time.Second).Should(MatchError(syscall.ESRCH))
	}
}

// childrenOf lists the processes that a process started.
func childrenOf(g Gomega, parent int) (children []int) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	g.Expect(err).NotTo(HaveOccurred())
	for _, file := range files {
		body, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // it has ended
		}
		g.Expect(err).NotTo(HaveOccurred())
		// PID (NAME) STATE PPID …, and a name may hold anything.
		fields := strings.Fields(string(body[strings.LastIndexByte(string(body), ')')+1:]))
		if fields[1] == strconv.Itoa(parent) {
			child, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			g.Expect(err).NotTo(HaveOccurred())
			children = append(children, child)
		}
	}
	return children
}
