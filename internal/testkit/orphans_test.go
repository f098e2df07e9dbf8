package testkit

import (
	"bufio"
	"bytes"
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
		g.Eventually(func() string { return stat(g, program).state }, 10*time.Second).Should(Or(BeEmpty(), Equal("Z")))
	}
}

// process is what /proc tells of one.
type process struct{ state, parent string }

// stat is empty where there is no such process.
func stat(g Gomega, number int) process {
	body, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(number), "stat"))
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return process{}
	}
	g.Expect(err).NotTo(HaveOccurred())
	// PID (NAME) STATE PPID …, and a name may hold anything.
	fields := strings.Fields(string(body[bytes.LastIndexByte(body, ')')+1:]))
	return process{state: fields[0], parent: fields[1]}
}

// childrenOf lists the processes that a process started.
func childrenOf(g Gomega, parent int) (children []int) {
	files, err := filepath.Glob("/proc/[0-9]*")
	g.Expect(err).NotTo(HaveOccurred())
	for _, file := range files {
		number, err := strconv.Atoi(filepath.Base(file))
		g.Expect(err).NotTo(HaveOccurred())
		if stat(g, number).parent == strconv.Itoa(parent) {
			children = append(children, number)
		}
	}
	return children
}
