// Package credentials holds what somebody logs in to the web pages with: passwords, the
// codes of a second factor, and secrets on their way through a form. It keeps nothing.
package credentials

import (
	"fmt"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"
)

// Bounds of a password in characters. There is no rule beyond them: length is what makes a
// password hard to guess, and rules about its characters make it hard to remember.
const (
	MinPassword = 12
	MaxPassword = 128
)

// cost of a digest: OWASP's recommendation for argon2id, about 30 ms and 19 MiB.
var cost = argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// working bounds the memory of digests computed at a time.
var working = make(chan struct{}, 4)

// decoy is what the password of somebody unknown is compared with, so that the answer takes
// as long as for somebody known.
var decoy = sync.OnceValues(func() (string, error) { return argon2id.CreateHash("nobody's password", &cost) })

// LongEnough says whether the password keeps the bounds.
func LongEnough(password string) bool {
	n := utf8.RuneCountInString(password)
	return n >= MinPassword && n <= MaxPassword
}

// DigestPassword is what is kept of a password.
func DigestPassword(password string) (string, error) {
	working <- struct{}{}
	defer func() { <-working }()
	digest, err := argon2id.CreateHash(norm.NFKC.String(password), &cost)
	if err != nil {
		return "", fmt.Errorf("digest a password: %w", err)
	}
	return digest, nil
}

// PasswordMatches compares a password with what is kept of one. It takes the same time
// where nothing is kept, and is then false.
func PasswordMatches(digest, password string) (bool, error) {
	if utf8.RuneCountInString(password) > MaxPassword {
		password = "" // no password is longer, and long ones take long to compare
	}
	against := digest
	if against == "" {
		var err error
		if against, err = decoy(); err != nil {
			return false, fmt.Errorf("compare a password: %w", err)
		}
	}
	working <- struct{}{}
	defer func() { <-working }()
	matches, err := argon2id.ComparePasswordAndHash(norm.NFKC.String(password), against)
	if err != nil {
		return false, fmt.Errorf("compare a password: %w", err)
	}
	return matches && digest != "", nil
}
