package mta_test

import (
	"bytes"
	"crypto/tls"
	"net"
	"sync"
	"testing"

	. "github.com/onsi/gomega"
)

// A moment of a conversation with the mail server.
type moment string

const (
	// beforeData: the client wants to hand over the mail; the server does not hear of it.
	beforeData moment = "before DATA"
	// midContent: half of the mail was passed on.
	midContent moment = "in the middle of the content"
	// beforeAnswer: the server has answered the final dot; the client does not hear of it.
	beforeAnswer moment = "before the answer to the final dot"
)

// wire is a line to the mail server that can be listened to, tampered with and cut.
type wire struct {
	onward   string
	listener net.Listener
	talking  sync.WaitGroup

	mu sync.Mutex
	// cut ends every conversation at that moment, after act.
	cut    moment
	act    func()
	tamper func([]byte) []byte
	heard  bytes.Buffer // from clients
	told   bytes.Buffer // by the server, as it was passed on
	lines  []net.Conn
	open   int // conversations
}

// tap puts a wire in front of an address until the test ends. It listens at another address
// of this machine, with TLS of its own where given.
func tap(t testing.TB, host, onward string, config *tls.Config) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{onward: onward, listener: listener}
	accepting := listener
	if config != nil {
		accepting = tls.NewListener(listener, config)
	}
	w.talking.Go(func() {
		for {
			client, err := accepting.Accept()
			if err != nil {
				return
			}
			w.counts(1)
			w.talking.Go(func() {
				defer w.counts(-1)
				w.carry(client)
			})
		}
	})
	t.Cleanup(w.close)
	return w
}

func (w *wire) address() string { return w.listener.Addr().String() }

// cutAt has conversations end at a moment, "" for never. Act may do something first.
func (w *wire) cutAt(at moment, act func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut, w.act = at, act
}

// tamperWith has what the server says changed on its way.
func (w *wire) tamperWith(change func([]byte) []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tamper = change
}

// listened is what clients said and what they were told, once they have hung up.
func (w *wire) listened(g Gomega) (heard, told []byte) {
	g.Eventually(func() int {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.open
	}).WithTimeout(waiting).WithPolling(polling).Should(BeZero())
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.heard.Bytes()), bytes.Clone(w.told.Bytes())
}

func (w *wire) counts(more int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open += more
}

func (w *wire) carry(client net.Conn) {
	server, err := net.Dial("tcp", w.onward)
	if err != nil {
		_ = client.Close()
		return
	}
	w.mu.Lock()
	w.lines = append(w.lines, client, server)
	w.mu.Unlock()
	hangUp := func() { _, _ = client.Close(), server.Close() }
	defer hangUp()
	c := &conversation{wire: w}
	var both sync.WaitGroup
	both.Go(func() { defer hangUp(); pass(client, server, c.request) })
	both.Go(func() { defer hangUp(); pass(server, client, c.answer) })
	both.Wait()
}

// pass carries bytes until judge says that it is enough.
func pass(from, to net.Conn, judge func([]byte) (onward []byte, enough bool)) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		onward, enough := judge(buffer[:n])
		if _, err := to.Write(onward); err != nil || enough {
			return
		}
	}
}

// conversation is one client's.
type conversation struct {
	wire *wire

	mu     sync.Mutex
	asked  []byte // all that the client said
	dotted bool   // the final dot included
}

var (
	dataLine = []byte("\r\nDATA\r\n")
	finalDot = []byte("\r\n.\r\n")
)

func (c *conversation) request(chunk []byte) ([]byte, bool) {
	w := c.wire
	w.mu.Lock()
	cut := w.cut
	w.heard.Write(chunk)
	w.mu.Unlock()

	c.mu.Lock()
	c.asked = append(c.asked, chunk...)
	_, content, handing := bytes.Cut(c.asked, dataLine)
	c.dotted = handing && bytes.HasSuffix(content, finalDot)
	c.mu.Unlock()
	switch {
	case cut == beforeData && handing:
		w.acts()
		return nil, true
	case cut == midContent && len(content) > 0:
		w.acts()
		return chunk[:len(chunk)/2], true
	}
	return chunk, false
}

func (c *conversation) answer(chunk []byte) ([]byte, bool) {
	c.mu.Lock()
	dotted := c.dotted
	c.mu.Unlock()
	w := c.wire
	w.mu.Lock()
	cut := w.cut
	if w.tamper != nil {
		chunk = w.tamper(chunk)
	}
	w.mu.Unlock()
	if cut == beforeAnswer && dotted {
		w.acts()
		return nil, true
	}
	w.mu.Lock()
	w.told.Write(chunk)
	w.mu.Unlock()
	return chunk, false
}

func (w *wire) acts() {
	w.mu.Lock()
	act := w.act
	w.mu.Unlock()
	if act != nil {
		act()
	}
}

func (w *wire) close() {
	_ = w.listener.Close()
	w.mu.Lock()
	for _, line := range w.lines {
		_ = line.Close()
	}
	w.mu.Unlock()
	w.talking.Wait()
}
