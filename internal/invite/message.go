package invite

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	netmail "net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hostgrant/hostgrant/api/v1alpha1"
	"github.com/hostgrant/hostgrant/internal/access"
	"github.com/hostgrant/hostgrant/internal/hosting"
)

// Message is one invitation.
type Message struct {
	// MessageID as MessageID gives it, angle brackets included.
	MessageID string
	// To is the address of the person.
	To string
	// DisplayName greets the person; may be empty. Cut to 64 characters.
	DisplayName string
	// Language of the mail; empty means English.
	Language v1alpha1.Language
	// Owner is the address of the owner the person may act for, as the provider tells it.
	Owner string
	// Link to initialise the profile: https, at most 2048 bytes. A secret.
	Link string
	// Expires is when the link ends; zero where that is not known.
	Expires time.Time
	// Rights the person gets. The first 20 places are told, in the provider's words, and how
	// many more there are.
	Rights hosting.Rights
	// Places names the accounts and servers; those it lacks are not told. Cut to 64 characters.
	Places map[Place]string
	// Ends is when all of it ends; zero where something does not, or that is not known.
	Ends time.Time
}

// Place is an account or a server, by the provider's id.
type Place struct {
	Scope hosting.Scope
	ID    int64
}

// Bounds of a message.
const (
	maxName      = 64
	maxLines     = 20
	maxLink      = 2048
	maxMessageID = 320
	// maxLocalPart is RFC 5321, 4.5.3.1.1, in bytes.
	maxLocalPart = 64
)

// FieldError says which field of a Message cannot be sent, and why. It never repeats the
// field's value.
type FieldError struct {
	Field  string
	Reason string
}

// Error implements error.
func (e *FieldError) Error() string { return "the invitation's " + e.Field + " " + e.Reason }

// MessageID is the deterministic Message-ID of a mail: a digest of the owner's address, the
// provider's id of the row and the mail's ordinal, at the domain mail is sent from. It is a
// msg-id as RFC 5322, 3.6.4 has it, angle brackets included. A domain that cannot stand in
// a msg-id is replaced by hostgrant.invalid.
func MessageID(owner string, rowID int64, ordinal int32, fromDomain string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d", strings.ToLower(owner), rowID, ordinal))
	domain := strings.ToLower(fromDomain)
	if len(domain) > 253 || !dotAtom.MatchString(domain) {
		domain = "hostgrant.invalid"
	}
	return "<hg." + hex.EncodeToString(sum[:16]) + "@" + domain + ">"
}

var (
	dotAtom = regexp.MustCompile(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)
	idForm  = regexp.MustCompile(`^<[A-Za-z0-9._-]+@[A-Za-z0-9._-]+>$`)
)

// lineEnds are what some program on a mail's way may end a line or a text at.
const lineEnds = "\r\n\v\f\x00\u0085\u2028\u2029"

// encodedEnd is a line end or NUL as URLs write it. A mail address may hold these letters, but
// a program on its way that decodes them would see more than an address.
var encodedEnd = regexp.MustCompile(`(?i)%0[0ad]`)

// envelope is a message that was found fit to be sent.
type envelope struct {
	Message
	to *netmail.Address
	// utf8: the address needs SMTPUTF8 (RFC 6531).
	utf8 bool
}

// check refuses what cannot or must not be put in a mail. Links without TLS are for
// development and pass only with plainLinks.
func (m Message) check(plainLinks bool) (envelope, error) {
	for _, f := range []struct{ name, value string }{
		{"messageID", m.MessageID}, {"to", m.To}, {"displayName", m.DisplayName},
		{"language", string(m.Language)}, {"owner", m.Owner}, {"link", m.Link},
	} {
		if strings.ContainsAny(f.value, lineEnds) {
			return envelope{}, &FieldError{f.name, "holds a line break or NUL; remove it"}
		}
		if !utf8.ValidString(f.value) {
			return envelope{}, &FieldError{f.name, "is not UTF-8"}
		}
	}
	if len(m.MessageID) > maxMessageID || !idForm.MatchString(m.MessageID) {
		return envelope{}, &FieldError{"messageID", "is no message id of the form <digest@domain>"}
	}
	if m.Language != "" && subjects[m.Language] == "" {
		return envelope{}, &FieldError{"language", fmt.Sprintf("%.8q is not offered; use en or fr", m.Language)}
	}
	if _, err := mailbox("owner", m.Owner); err != nil {
		return envelope{}, err
	}
	if err := checkLink(m.Link, plainLinks); err != nil {
		return envelope{}, err
	}
	to, err := mailbox("to", m.To)
	if err != nil {
		return envelope{}, err
	}
	return envelope{Message: m, to: to, utf8: !isASCII(to.Address)}, nil
}

// mailbox is an address in the form mail needs: as people are written to everywhere, and
// writable as an RFC 5321 mailbox.
func mailbox(field, address string) (*netmail.Address, error) {
	delivered, err := access.DeliveryAddress(address)
	if err != nil {
		return nil, &FieldError{field, "cannot be sent to: " + err.Error()}
	}
	parsed, err := netmail.ParseAddress(delivered)
	if err != nil || parsed.Name != "" {
		return nil, &FieldError{field, "cannot be sent to: the part before @ is not one a mail address may have"}
	}
	if strings.LastIndexByte(parsed.Address, '@') > maxLocalPart {
		return nil, &FieldError{field, "cannot be sent to: the part before @ has more than 64 bytes"}
	}
	if encodedEnd.MatchString(parsed.Address) {
		return nil, &FieldError{field, "cannot be sent to: it holds a line end or NUL in disguise (%0a, %0d or %00)"}
	}
	return parsed, nil
}

func checkLink(link string, plain bool) error {
	if link == "" || len(link) > maxLink {
		return &FieldError{"link", "needs 1 to 2048 bytes"}
	}
	u, err := url.Parse(link)
	switch {
	case err != nil || u.Host == "" || !isASCII(link) || strings.ContainsAny(link, " \t\"<>\\^`{|}"):
		return &FieldError{"link", "is no URL"}
	case u.User != nil:
		return &FieldError{"link", "holds credentials; a link in a mail must not"}
	case u.Scheme != "https" && (u.Scheme != "http" || !plain):
		return &FieldError{"link", "needs to be https"}
	}
	return nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// secrets are parts of a message that a server's answer must not carry into a status.
func (e envelope) secrets() []string {
	local := e.to.Address[:strings.LastIndexByte(e.to.Address, '@')]
	parts := append(strings.FieldsFunc(e.Link, func(r rune) bool {
		return strings.ContainsRune("/?=&#:;,", r)
	}), local)
	kept := parts[:0]
	for _, part := range parts {
		// Shorter words would tear holes in ordinary text.
		if len(part) >= 4 && part != "https" && part != "http" {
			kept = append(kept, part)
		}
	}
	// Longest first: a word that is part of another must not save the rest of it.
	slices.SortFunc(kept, func(a, b string) int { return len(b) - len(a) })
	return kept
}

// tightDot is a dot inside a word: what makes mail programs see a link.
var tightDot = regexp.MustCompile(`\.(\S)`)

// greeting is a display name fit for print: one line, at most 64 characters, and nothing a
// mail program would turn into a link or an address.
func greeting(name string) string {
	name = strings.NewReplacer(":", " ", "@", " ").Replace(printable(name))
	for tightDot.MatchString(name) {
		name = tightDot.ReplaceAllString(name, ". $1")
	}
	return bounded(printable(name), maxName)
}
