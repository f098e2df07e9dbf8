package mta_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
)

// Stages at which the mail server asks.
const (
	atRcpt = "RCPT"
	atData = "DATA"
	// atEnd is after the final dot, before the mail is taken.
	atEnd = "END-OF-MESSAGE"
)

// policy is who the mail server asks about each recipient, as it would ask a greylister: the
// server forms the reply. The protocol is Postfix's SMTP access policy delegation.
type policy struct {
	listener net.Listener
	serving  sync.WaitGroup

	mu    sync.Mutex
	rules map[string]string      // "cluster recipient" to a reply
	gates map[string]chan string // the same to where one waits for
	asked map[string]int         // the same to how often
	lines map[net.Conn]bool
}

func servePolicy() (*policy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &policy{listener: listener, rules: map[string]string{}, gates: map[string]chan string{}, asked: map[string]int{}, lines: map[net.Conn]bool{}}
	p.serving.Go(func() {
		for {
			line, err := listener.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.lines[line] = true
			p.mu.Unlock()
			p.serving.Go(func() { p.serve(line) })
		}
	})
	return p, nil
}

func (p *policy) address() string { return p.listener.Addr().String() }

// answer has a recipient answered so at a cluster from now on; an empty reply takes the mail.
func (p *policy) answer(cluster, recipient, reply string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules[cluster+" "+recipient] = reply
}

// ponder lets the next question about a recipient at a cluster wait for the reply that is given
// to the function returned, once.
func (p *policy) ponder(cluster, recipient string) (reply func(string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gate := make(chan string, 1)
	p.gates[cluster+" "+recipient] = gate
	return func(text string) { gate <- text }
}

// times says how often the mail server asked about a recipient at a cluster.
func (p *policy) times(cluster, recipient string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[cluster+" "+recipient]
}

func (p *policy) serve(line net.Conn) {
	defer func() { _ = line.Close() }()
	request := map[string]string{}
	for lines := bufio.NewScanner(line); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok {
			request[name] = value
			continue
		}
		if _, err := fmt.Fprintf(line, "action=%s\n\n", p.judge(request)); err != nil {
			return
		}
		request = map[string]string{}
	}
}

func (p *policy) judge(request map[string]string) string {
	key := request["protocol_state"] + " " + request["recipient"]
	p.mu.Lock()
	p.asked[key]++
	reply, gate := p.rules[key], p.gates[key]
	delete(p.gates, key)
	p.mu.Unlock()
	if gate != nil {
		reply = <-gate
	}
	if reply == "" {
		return "DUNNO"
	}
	return reply
}

func (p *policy) close() error {
	err := p.listener.Close()
	p.mu.Lock()
	for line := range p.lines {
		_ = line.Close()
	}
	p.mu.Unlock()
	p.serving.Wait()
	return err
}
