// Package access is the heart of Hostgrant: whose rights are wanted, which are owed back,
// and what has to change at the provider. It is pure: no I/O, no clock, no Kubernetes
// client. Controllers and the kubectl plugin run the same code.
package access

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// maxAddressLength is the longest address SMTP can carry, in bytes (RFC 5321, erratum 1690).
const maxAddressLength = 254

// domains converts names of international domains to the form DNS uses. Lookup rules, so
// that what a mail server could never be asked for is refused.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.VerifyDNSLength(true))

// Errors of NormalizeAddress. They never repeat the address.
var (
	ErrAddressForm    = errors.New("an address needs the form name@domain")
	ErrAddressLength  = errors.New("an address has at most 254 bytes")
	ErrAddressChars   = errors.New("an address holds no spaces, control or invisible characters")
	ErrAddressDomain  = errors.New("the part after @ is no domain name")
	errLocalPartEmpty = ErrAddressForm
)

// NormalizeAddress gives the one notation under which a person is known: no surrounding
// space, letters of one case, Unicode composed (NFC), the domain in its ASCII form. It is
// idempotent. Providers change letter case at will, so case never distinguishes people.
func NormalizeAddress(address string) (string, error) {
	return joined(address, fold)
}

// DeliveryAddress is the notation in which a person is written to: as NormalizeAddress, but
// with each lower-case letter as it was. A change of case brings some of them back as others
// (ς as σ, ı as i), and a mail server may have a mailbox for either.
func DeliveryAddress(address string) (string, error) {
	if _, err := NormalizeAddress(address); err != nil {
		return "", err
	}
	return joined(address, strings.ToLower)
}

// joined is an address whose local part is composed, given one letter case, and composed again.
func joined(address string, oneCase func(string) string) (string, error) {
	address = strings.TrimSpace(address)
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", ErrAddressForm
	}
	if !utf8.ValidString(address) {
		return "", ErrAddressChars
	}
	local := norm.NFC.String(oneCase(norm.NFC.String(address[:at])))
	if local == "" {
		return "", errLocalPartEmpty
	}
	if strings.ContainsFunc(local, notPrintable) || strings.ContainsRune(local, '@') {
		return "", ErrAddressChars
	}
	domain, err := asciiDomain(address[at+1:])
	if err != nil {
		return "", err
	}
	if joined := local + "@" + domain; len(joined) <= maxAddressLength {
		return joined, nil
	}
	return "", ErrAddressLength
}

// fold gives all letters that a change of case makes of each other the same one. i with a dot
// above it is i: the letter İ is both. Marks are folded by themselves, for one is a letter in
// capitals.
func fold(local string) string {
	folded, letter := &strings.Builder{}, rune(0)
	for _, r := range norm.NFD.String(local) {
		if r == dotAbove && letter == 'i' {
			continue
		}
		r = unicode.ToLower(unicode.ToUpper(r))
		if !unicode.Is(unicode.Mn, r) {
			letter = r
		}
		folded.WriteRune(r)
	}
	return folded.String()
}

// dotAbove is a mark that joins the letter before it.
const dotAbove = '\u0307'

// fullStops end a domain, in the notations that there are.
const fullStops = ".\u3002\uff0e\uff61"

// asciiDomain is a domain as DNS is asked for it. What does not stay as it is there is none.
func asciiDomain(domain string) (string, error) {
	ascii := strings.TrimRight(domain, fullStops)
	for range 2 {
		var err error
		if ascii, err = domains.ToASCII(ascii); err != nil {
			return "", ErrAddressDomain
		}
		ascii = strings.ToLower(ascii)
	}
	if ascii == "" || strings.HasSuffix(ascii, ".") || strings.ContainsFunc(ascii, notPrintable) {
		return "", ErrAddressDomain
	}
	return ascii, nil
}

func notPrintable(r rune) bool {
	return unicode.IsSpace(r) || !unicode.IsPrint(r)
}

// SameAddress says whether two addresses are the same person's. What cannot be normalised
// is nobody's.
func SameAddress(a, b string) bool {
	x, errX := NormalizeAddress(a)
	y, errY := NormalizeAddress(b)
	return errX == nil && errY == nil && x == y
}

// AddressDigest is what stands for a person in names, logs and messages, by an address in
// whatever notation: the first 128 bits of the SHA-256 of the normalised one, in hexadecimal.
func AddressDigest(address string) string {
	if normalised, err := NormalizeAddress(address); err == nil {
		address = normalised
	}
	sum := sha256.Sum256([]byte(address))
	return hex.EncodeToString(sum[:16])
}

// RecordName is the name of the AccessRecord of a person on a backend.
func RecordName(backend, address string) string {
	return backend + "-" + AddressDigest(address)
}

// BackendOfRecord is the backend's name in a record's; false where it is no record's name.
func BackendOfRecord(record string) (string, bool) {
	const suffix = 1 + 2*16 // a dash and the digest
	if len(record) <= suffix || record[len(record)-suffix] != '-' {
		return "", false
	}
	return record[:len(record)-suffix], true
}
