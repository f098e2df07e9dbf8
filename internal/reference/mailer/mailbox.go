package mailer

import (
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Bounds of what goes into a mail, in bytes. Those of addresses are RFC 5321's (4.5.3.1, and
// erratum 1690).
const (
	maxAddress   = 254
	maxLocalPart = 64
	maxLink      = 2048
)

// encodedEnd is a line end or NUL as URLs write it, which some program on a mail's way may
// decode.
var encodedEnd = regexp.MustCompile(`(?i)%0[0ad]`)

// mailbox is an address as mail servers take it: alone, without a name or a comment, its
// domain in ASCII. An error is ErrRefused and names the field, not the address.
func mailbox(field, address string) (*netmail.Address, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return nil, fmt.Errorf("%s: %w: not an address", field, ErrRefused)
	}
	domain := address[at+1:]
	if !isASCII(domain) {
		var err error
		if domain, err = idna.Lookup.ToASCII(domain); err != nil {
			return nil, fmt.Errorf("%s: %w: the part after @ is no domain name", field, ErrRefused)
		}
	}
	// In angle brackets there is no room for a name, nor for a second address.
	parsed, err := netmail.ParseAddress("<" + address[:at+1] + domain + ">")
	if err != nil || encodedEnd.MatchString(address) {
		return nil, fmt.Errorf("%s: %w: not an address", field, ErrRefused)
	}
	if strings.ContainsFunc(parsed.Address, notPrintable) {
		return nil, fmt.Errorf("%s: %w: an address holds no control or invisible characters", field, ErrRefused)
	}
	if at > maxLocalPart || len(parsed.Address) > maxAddress {
		return nil, fmt.Errorf("%s: %w: longer than an address may be", field, ErrRefused)
	}
	return parsed, nil
}

// notPrintable leaves the plain space, which may stand in quotes.
func notPrintable(r rune) bool { return !unicode.IsPrint(r) }

// notInLinks: URLs are printable ASCII without spaces.
func notInLinks(r rune) bool { return r <= ' ' || r >= 0x7f }

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
