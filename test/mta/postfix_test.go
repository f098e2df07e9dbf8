package mta_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hostgrant/hostgrant/internal/mailsink"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

const (
	myHost   = "mta.example"
	username = "hostgrant"
	password = "pa:ss wörd" // letters that careless encoding breaks
)

// longestRun is when the mail server ends by itself, in seconds: it changes who it is now and
// then, and the kernel does not end such a program together with the one that started it.
const longestRun = "1800"

// ports that were free a moment ago may be taken the next; so often others are tried.
const attempts = 3

// postfix is a mail server of our own, with everything it writes in one folder.
type postfix struct {
	dir    string
	doors  map[door]string // host:port
	ca     []byte
	policy *policy

	// mu: one start, kill or stop at a time. A kill is seen by clients before it has ended.
	mu      sync.Mutex
	process *testkit.Process
}

// startPostfix makes a mail server and starts it. Close it also where this fails.
func startPostfix(ctx context.Context) (*postfix, error) {
	p := &postfix{}
	if err := installed(); err != nil {
		return p, err
	}
	var err error
	if p.policy, err = servePolicy(); err != nil {
		return p, err
	}
	// Programs of other users write here, below it.
	if p.dir, err = os.MkdirTemp("", "hostgrant-mta-"); err != nil {
		return p, err
	}
	if err := errors.Join(os.Chmod(p.dir, 0o755), p.configure(ctx)); err != nil {
		return p, err
	}
	for range attempts {
		if err = p.chooseDoors(); err != nil {
			return p, err
		}
		if err = p.start(ctx); err == nil {
			return p, nil
		}
		p.kill()
	}
	return p, err
}

// installed says what is missing.
func installed() error {
	const advice = "run 'make test-mta' as root on Debian, which installs what is missing"
	if os.Geteuid() != 0 {
		return errors.New("a mail server needs root to start: " + advice)
	}
	for _, program := range []string{"/usr/lib/postfix/sbin/master", "/usr/sbin/postfix", "/usr/sbin/saslpasswd2"} {
		if _, err := os.Stat(program); err != nil {
			return fmt.Errorf("%s is missing: %s", program, advice)
		}
	}
	return nil
}

// configure writes all but the ports.
func (p *postfix) configure(ctx context.Context) error {
	mailOwner, err := idOf("postfix")
	if err != nil {
		return err
	}
	nobody, err := idOf("nobody")
	if err != nil {
		return err
	}
	for folder, owner := range map[string]int{"conf/sasl": 0, "queue": 0, "data": mailOwner, "mail": nobody} {
		if err := errors.Join(os.MkdirAll(p.file(folder), 0o755), os.Chown(p.file(folder), owner, -1)); err != nil {
			return err
		}
	}
	chain, err := p.certificate()
	if err != nil {
		return err
	}
	files := map[string]string{
		"conf/main.cf": mainCF(p.dir, p.policy.address(), nobody), "conf/master.cf": masterCF(nil),
		"conf/header_checks": headerChecks, "conf/server.pem": chain,
	}
	for name, list := range mechanisms {
		files["conf/sasl/"+name+".conf"] = saslConf(p.dir, list)
	}
	for name, text := range files {
		if err := os.WriteFile(p.file(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	enter := exec.CommandContext(ctx, "/usr/sbin/saslpasswd2", "-p", "-c", "-f", p.file("conf/sasl/users"), "-u", myHost, username)
	enter.Stdin = strings.NewReader(password)
	if said, err := enter.CombinedOutput(); err != nil {
		return fmt.Errorf("enter the user: %w: %s", err, said)
	}
	if err := os.Chmod(p.file("conf/sasl/users"), 0o644); err != nil {
		return err
	}
	// It makes the folders of the queue.
	if said, err := exec.CommandContext(ctx, "/usr/sbin/postfix", "-c", p.file("conf"), "check").CombinedOutput(); err != nil {
		return fmt.Errorf("postfix check: %w: %s%s", err, said, p.log())
	}
	return nil
}

func idOf(name string) (int, error) {
	found, err := user.Lookup(name)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(found.Uid)
}

// certificate makes one for localhost and 127.0.0.1, and for no other name or address.
func (p *postfix) certificate() (chain string, err error) {
	config, ca, err := mailsink.SelfSigned(time.Now())
	if err != nil {
		return "", err
	}
	key, err := x509.MarshalPKCS8PrivateKey(config.Certificates[0].PrivateKey)
	if err != nil {
		return "", err
	}
	p.ca = ca
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})) + string(ca), nil
}

// chooseDoors finds a free port for each.
func (p *postfix) chooseDoors() error {
	p.doors = map[door]string{}
	for name := range settings {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer func() { _ = listener.Close() }()
		p.doors[name] = listener.Addr().String()
	}
	return os.WriteFile(p.file("conf/master.cf"), []byte(masterCF(p.doors)), 0o644)
}

// start starts the mail server and waits until it listens. Doors and queue stay the same from
// one start to the next.
func (p *postfix) start(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	process, err := testkit.Start(p.file("output"), "", "/usr/lib/postfix/sbin/master", "-c", p.file("conf"), "-d", "-e", longestRun)
	if err != nil {
		return err
	}
	p.process = process
	bounded, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		line, err := new(net.Dialer).DialContext(bounded, "tcp", p.doors[open])
		if err == nil {
			return line.Close()
		}
		select {
		case <-ticker.C:
		case <-process.Ended:
			return fmt.Errorf("the mail server ended: %s", p.log())
		case <-bounded.Done():
			return fmt.Errorf("the mail server does not listen: %w: %s", err, p.log())
		}
	}
}

// kill ends every program of the mail server as a power cut would, and returns when they have
// ended.
func (p *postfix) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == nil {
		return
	}
	group := p.group()
	if group > 0 {
		_ = syscall.Kill(-group, syscall.SIGKILL) // it may have ended already
	}
	p.process.Kill()
	p.process = nil
	for ticker := time.NewTicker(time.Millisecond); running(group); <-ticker.C {
	}
}

// close stops the mail server in order and removes its folder. It is an error if a program
// of it is left.
func (p *postfix) close(ctx context.Context) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process != nil {
		group := p.group()
		bounded, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		err = p.process.Stop(bounded)
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for running(group) && bounded.Err() == nil {
			<-ticker.C
		}
		err = errors.Join(err, bounded.Err())
	}
	if p.policy != nil {
		err = errors.Join(err, p.policy.close())
	}
	if p.dir == "" {
		return err
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// group is the number of the process group that all its programs are in, 0 if there is none.
func (p *postfix) group() int {
	text, _ := os.ReadFile(p.file("queue/pid/master.pid")) // it may have ended at once
	group, _ := strconv.Atoi(string(bytes.TrimSpace(text)))
	return group
}

// running says whether a process of a group has not ended. One that nobody asked after yet
// has.
func running(group int) bool {
	if group == 0 {
		return false
	}
	files, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is a good one
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		// The name in parentheses may hold spaces; state, parent and group come after it.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if fields[2] == strconv.Itoa(group) && fields[0] != "Z" && fields[0] != "X" {
			return true
		}
	}
	return false
}

func (p *postfix) file(name string) string { return filepath.Join(p.dir, name) }

// log is what the mail server said so far.
func (p *postfix) log() string {
	said, _ := os.ReadFile(p.file("log")) // it may have said nothing yet
	output, _ := os.ReadFile(p.file("output"))
	return string(said) + string(output)
}

// lastWords of the log, where something went wrong.
func (p *postfix) lastWords() string {
	lines := strings.Split(p.log(), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}
