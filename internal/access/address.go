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
// space, lower case, Unicode composed (NFC), the domain in its ASCII form. It is
// idempotent. Providers change letter case at will, so case never distinguishes people.
func NormalizeAddress(address string) (string, error) {
	address = strings.TrimSpace(address)
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return "", ErrAddressForm
	}
	local := norm.NFC.String(strings.ToLower(norm.NFC.String(address[:at])))
	if local == "" {
		return "", errLocalPartEmpty
	}
	if strings.ContainsFunc(local, notPrintable) || strings.ContainsRune(local, '@') {
		return "", ErrAddressChars
	}
	domain, err := domains.ToASCII(strings.TrimSuffix(address[at+1:], "."))
	if err != nil || domain == "" || strings.ContainsFunc(domain, notPrintable) {
		return "", ErrAddressDomain
	}
	normalised := local + "@" + strings.ToLower(domain)
	if len(normalised) > maxAddressLength {
		return "", ErrAddressLength
	}
	return normalised, nil
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

// AddressDigest is what stands for a normalised address in names, logs and messages: the
// first 128 bits of its SHA-256, in hexadecimal.
func AddressDigest(normalised string) string {
	sum := sha256.Sum256([]byte(normalised))
	return hex.EncodeToString(sum[:16])
}

// RecordName is the name of the AccessRecord of a person on a backend.
func RecordName(backend, normalised string) string {
	return backend + "-" + AddressDigest(normalised)
}

// BackendOfRecord is the backend's name in a record's; false where it is no record's name.
func BackendOfRecord(record string) (string, bool) {
	const suffix = 1 + 2*16 // a dash and the digest
	if len(record) <= suffix || record[len(record)-suffix] != '-' {
		return "", false
	}
	return record[:len(record)-suffix], true
}
