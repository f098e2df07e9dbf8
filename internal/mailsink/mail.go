package mailsink

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"
)

// Mail is one mail as received.
type Mail struct {
	// From and To are the envelope's.
	From string
	To   []string
	// UTF8: the client asked for SMTPUTF8.
	UTF8 bool
	// Raw is the mail byte by byte.
	Raw []byte
	// Header fields as sent; nil if they could not be read.
	Header mail.Header
	// Subject, decoded.
	Subject string
	// MessageID, angle brackets included.
	MessageID string
	// Text and HTML are the first part of that type, decoded.
	Text, HTML string
	// Received is when it arrived.
	Received time.Time
	// Err says what of the mail could not be read.
	Err error
}

// maxDepth of multiparts within multiparts.
const maxDepth = 4

func parse(from string, to []string, raw []byte, now time.Time) Mail {
	m := Mail{From: from, To: append([]string(nil), to...), Raw: raw, Received: now}
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		m.Err = err
		return m
	}
	m.Header = message.Header
	m.MessageID = message.Header.Get("Message-Id")
	m.Subject, m.Err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject"))
	m.Err = errors.Join(m.Err, m.read(textproto.MIMEHeader(message.Header), message.Body, 0))
	return m
}

// read walks the parts of a body.
func (m *Mail) read(header textproto.MIMEHeader, body io.Reader, depth int) error {
	if depth > maxDepth {
		return errors.New("the mail's parts are nested too deeply")
	}
	contentType := header.Get("Content-Type")
	if contentType == "" {
		contentType = "text/plain"
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(kind, "multipart/") {
		return m.leaf(kind, header.Get("Content-Transfer-Encoding"), body)
	}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := m.read(part.Header, part, depth+1); err != nil {
			return err
		}
	}
}

func (m *Mail) leaf(kind, encoding string, body io.Reader) error {
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(content), "\r\n", "\n")
	switch {
	case kind == "text/plain" && m.Text == "":
		m.Text = text
	case kind == "text/html" && m.HTML == "":
		m.HTML = text
	}
	return nil
}
