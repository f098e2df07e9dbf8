package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// terminal is a program at which somebody sits.
type terminal struct {
	keyboard *os.File
	ended    chan struct{}
	err      error

	mu     sync.Mutex
	screen bytes.Buffer
}

// atTerminal runs a program with a terminal for its input and all of its output.
func atTerminal(command *exec.Cmd) *terminal {
	GinkgoHelper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = ours.Close() })
	var locked, number int32
	ioctl(ours, syscall.TIOCSPTLCK, &locked)
	ioctl(ours, syscall.TIOCGPTN, &number)
	theirs, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	Expect(err).NotTo(HaveOccurred())
	command.Stdin, command.Stdout, command.Stderr = theirs, theirs, theirs
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	t := &terminal{keyboard: ours, ended: make(chan struct{})}
	Expect(command.Start()).To(Succeed())
	Expect(theirs.Close()).To(Succeed())
	go func() {
		t.watch() // to its end: what a program showed last may be read after it ended
		t.err = command.Wait()
		close(t.ended)
	}()
	return t
}

func ioctl(file *os.File, request uintptr, value *int32) {
	GinkgoHelper()
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, file.Fd(), request, uintptr(unsafe.Pointer(value)))
	Expect(failed).To(BeZero())
}

// watch keeps what is shown; reading fails once nobody writes any more.
func (t *terminal) watch() {
	part := make([]byte, 4096)
	for {
		n, err := t.keyboard.Read(part)
		t.mu.Lock()
		t.screen.Write(part[:n])
		t.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// shown is all that was.
func (t *terminal) shown() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ReplaceAll(t.screen.String(), "\r\n", "\n")
}

// answers waits for a question, and types a line.
func (t *terminal) answers(question, line string) {
	GinkgoHelper()
	Eventually(t.shown).Should(ContainSubstring(question))
	_, err := t.keyboard.WriteString(line + "\n")
	Expect(err).NotTo(HaveOccurred())
}

// code waits for the end, and returns the code.
func (t *terminal) code() int {
	GinkgoHelper()
	Eventually(t.ended).Should(BeClosed(), t.shown)
	if exit, ok := t.err.(*exec.ExitError); ok { //nolint:errorlint // Wait returns it as it is
		return exit.ExitCode()
	}
	Expect(t.err).NotTo(HaveOccurred())
	return 0
}
