package mta_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/gomega"
)

// queue lists the folders that a mail goes through, in that order. The first ones are looked
// at twice: a mail server that has just started puts what it finds back to the beginning.
var queue = []string{"maildrop", "incoming", "active", "deferred", "incoming", "active"}

// whole marks a file of the queue that holds all of a mail: a server that was killed leaves
// halves behind, which it never took.
const whole fs.FileMode = 0o100

// underWay counts the mails that the server took and has not delivered.
func (p *postfix) underWay() (count int, err error) {
	for _, folder := range queue {
		err = errors.Join(err, filepath.WalkDir(p.file("queue/"+folder), func(_ string, entry fs.DirEntry, err error) error {
			if err == nil && entry.Type().IsRegular() {
				var file fs.FileInfo
				if file, err = entry.Info(); err == nil && file.Mode()&whole != 0 {
					count++
				}
			}
			if errors.Is(err, fs.ErrNotExist) { // it went on meanwhile
				return nil
			}
			return err
		}))
	}
	return count, err
}

// release has mails that are on hold delivered at the next start.
func (p *postfix) release() error {
	held, err := filepath.Glob(p.file("queue/hold/*"))
	for _, file := range held {
		err = errors.Join(err, os.Rename(file, p.file("queue/incoming/"+filepath.Base(file))))
	}
	return err
}

// arrived is a mail as it lies in the mailbox, lines ended by a line feed as on any disk.
type arrived struct {
	raw    []byte
	header mail.Header
	body   []byte
}

// mails waits until the server has delivered all that it took, and returns those in the
// mailbox that are wanted.
func (p *postfix) mails(g Gomega, wanted func(arrived) bool) []arrived {
	g.Eventually(p.underWay).WithTimeout(waiting).WithPolling(polling).Should(BeZero(), p.lastWords)
	files, err := filepath.Glob(p.file("mail/inbox/new/*"))
	g.Expect(err).NotTo(HaveOccurred())
	var found []arrived
	for _, file := range files {
		raw, err := os.ReadFile(file)
		g.Expect(err).NotTo(HaveOccurred())
		message, err := mail.ReadMessage(bytes.NewReader(raw))
		g.Expect(err).NotTo(HaveOccurred(), "%s", raw)
		body, err := io.ReadAll(message.Body)
		g.Expect(err).NotTo(HaveOccurred())
		if m := (arrived{raw: raw, header: message.Header, body: body}); wanted(m) {
			found = append(found, m)
		}
	}
	return found
}

// withID are the mails of one Message-ID.
func (p *postfix) withID(g Gomega, id string) []arrived {
	return p.mails(g, func(m arrived) bool { return m.header.Get("Message-Id") == id })
}

// sentTo are the mails that the server was told to deliver to an address, which is without
// quotes. The server writes some with quotes.
func (p *postfix) sentTo(g Gomega, address string) []arrived {
	return p.mails(g, func(m arrived) bool {
		to := m.header.Get("X-Original-To")
		if parsed, err := mail.ParseAddress(to); err == nil {
			to = parsed.Address
		}
		return to == address
	})
}

// leaf is a part that has no parts.
type leaf struct {
	kind, charset, encoding string
	text                    string // decoded, lines ended by a line feed
}

// leaves reads the parts of a mail, the first ones first.
func (m arrived) leaves(g Gomega) []leaf {
	kind, params, err := mime.ParseMediaType(m.header.Get("Content-Type"))
	g.Expect(err).NotTo(HaveOccurred())
	if !strings.HasPrefix(kind, "multipart/") {
		return []leaf{readLeaf(g, textproto.MIMEHeader(m.header), bytes.NewReader(m.body))}
	}
	g.Expect(kind).To(Equal("multipart/alternative"))
	var all []leaf
	for parts := multipart.NewReader(bytes.NewReader(m.body), params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return all
		}
		g.Expect(err).NotTo(HaveOccurred())
		all = append(all, readLeaf(g, part.Header, part))
	}
}

func readLeaf(g Gomega, header textproto.MIMEHeader, body io.Reader) leaf {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	g.Expect(err).NotTo(HaveOccurred())
	l := leaf{kind: kind, charset: params["charset"], encoding: header.Get("Content-Transfer-Encoding")}
	switch l.encoding {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	g.Expect(err).NotTo(HaveOccurred())
	l.text = strings.ReplaceAll(string(text), "\r\n", "\n")
	return l
}

// own is the mail without what the server wrote on top of it.
func (m arrived) own() []byte {
	traces := []string{"Return-Path:", "X-Original-To:", "Delivered-To:", "Received:", "\t"}
	for rest := m.raw; ; {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		if !slices.ContainsFunc(traces, func(trace string) bool { return bytes.HasPrefix(line, []byte(trace)) }) {
			return rest
		}
		rest = after
	}
}

// received is how the server says that it got the mail, without line breaks.
func (m arrived) received() string {
	return strings.Join(strings.Fields(m.header.Get("Received")), " ")
}
