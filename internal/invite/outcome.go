package invite

import (
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
	"unicode"
)

// Verdict is how an attempt to send ended.
type Verdict string

const (
	// Accepted: the mail server took responsibility for the message.
	Accepted Verdict = "Accepted"
	// Deferred: nothing left, and another attempt may succeed.
	Deferred Verdict = "Deferred"
	// Refused: nothing left, and the same message would be refused again.
	Refused Verdict = "Refused"
	// Unknown: the message was handed over and the answer was lost.
	Unknown Verdict = "Unknown"
)

// maxDetail bounds Outcome.Detail, in characters.
const maxDetail = 200

// Outcome of one attempt to send.
type Outcome struct {
	Verdict Verdict
	// Detail is the step of the conversation and what the server answered: at most 200
	// printable characters, without addresses, links or credentials.
	Detail string
}

// stage is a step of the conversation with the mail server.
type stage string

const (
	stageConnect stage = "connect"
	stageMail    stage = "MAIL"
	stageRcpt    stage = "RCPT"
	stageData    stage = "DATA"
	stageEnd     stage = "end of DATA"
)

// verdictOf decides what an error in a stage means. Up to the final dot a lost connection
// leaves nothing behind (RFC 5321, 4.2.5); after it only a clear answer tells.
func verdictOf(at stage, err error) Verdict {
	var reply *textproto.Error
	if !errors.As(err, &reply) {
		if at == stageEnd {
			return Unknown
		}
		return Deferred
	}
	switch reply.Code / 100 {
	case 4:
		return Deferred
	case 5:
		if at == stageConnect || wantsLogin(at, reply.Code) {
			return Deferred
		}
		return Refused
	}
	switch {
	case at != stageEnd:
		return Deferred
	case reply.Code/100 == 2:
		return Accepted
	}
	return Unknown
}

// wantsLogin: the answer speaks of our log-in, not of the message. Corrected credentials
// must be able to send it, as after a refused AUTH (RFC 4954, 6).
func wantsLogin(at stage, code int) bool {
	return at == stageMail && (code == 530 || code == 534 || code == 535 || code == 538)
}

// addressLike and linkLike are words a server may have quoted from the message.
var (
	addressLike = regexp.MustCompile(`\S*(?:@|=40|%40)\S*`)
	linkLike    = regexp.MustCompile(`\S*://\S*`)
)

// detailOf words an outcome for people, without anything in secrets.
func detailOf(at stage, err error, secrets []string) string {
	text := err.Error()
	var reply *textproto.Error
	if errors.As(err, &reply) {
		text = fmt.Sprintf("%d %s", reply.Code, reply.Msg)
	}
	return bounded(string(at)+": "+scrub(text, secrets), maxDetail)
}

// scrub takes addresses, links and the given secrets out of a text.
func scrub(text string, secrets []string) string {
	text = printable(text)
	text = linkLike.ReplaceAllString(text, "[link]")
	text = addressLike.ReplaceAllString(text, "[address]")
	for _, secret := range secrets {
		text = replaceFold(text, secret, "[removed]")
	}
	return text
}

// replaceFold replaces without regard to case: servers quote addresses in their own.
func replaceFold(text, old, with string) string {
	return regexp.MustCompile(`(?i)`+regexp.QuoteMeta(old)).ReplaceAllLiteralString(text, with)
}

// printable gives one line: every run of spaces, control and invisible characters becomes
// one space, bytes that are no UTF-8 become the replacement character.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	return strings.Join(strings.Fields(text), " ")
}

// bounded cuts a text to so many characters.
func bounded(text string, limit int) string {
	runes := []rune(text)
	if len(runes) <= limit {
		return text
	}
	return strings.TrimSpace(string(runes[:limit-1])) + "…"
}
