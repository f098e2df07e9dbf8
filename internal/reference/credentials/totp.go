package credentials

import (
	"bytes"
	"encoding/base32"
	"fmt"
	"image/png"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

const (
	// period of a code, as every authenticator app assumes it.
	period = 30 * time.Second
	// skew is how many periods somebody's clock may be off.
	skew = 1
	// minSecret is RFC 4226's least length of a secret, in bytes; new ones have 20.
	minSecret, newSecret = 16, 20
	// imageSide of a QR code in pixels.
	imageSide = 240
)

var codes = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

var base32Secret = base32.StdEncoding.WithPadding(base32.NoPadding)

// Key is a new second factor, to be put into an authenticator app.
type Key struct {
	// Secret in base 32.
	Secret string
	// PNG is a QR code of it.
	PNG []byte
}

// NewSecret makes the secret of a second factor.
func NewSecret() (string, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "-", AccountName: "-", SecretSize: newSecret})
	if err != nil {
		return "", fmt.Errorf("make a second factor: %w", err)
	}
	return key.Secret(), nil
}

// KeyOf shows a secret; issuer and account are what the app lists it under.
func KeyOf(secret, issuer, account string) (Key, error) {
	raw, err := base32Secret.DecodeString(secret)
	if err != nil {
		return Key{}, fmt.Errorf("show a second factor: %w", err)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: account, Secret: raw})
	if err != nil {
		return Key{}, fmt.Errorf("show a second factor: %w", err)
	}
	picture, err := key.Image(imageSide, imageSide)
	if err != nil {
		return Key{}, fmt.Errorf("show a second factor: %w", err)
	}
	var text bytes.Buffer
	if err := png.Encode(&text, picture); err != nil {
		return Key{}, fmt.Errorf("show a second factor: %w", err)
	}
	return Key{Secret: secret, PNG: text.Bytes()}, nil
}

// ValidSecret says whether a secret made elsewhere may be used.
func ValidSecret(secret string) bool {
	raw, err := base32Secret.DecodeString(secret)
	return err == nil && len(raw) >= minSecret && len(raw) <= 64
}

// Step finds the time step that a code is of, near the given time. Spaces in the code are
// how apps show it. A code may be accepted only if its step is later than the last one
// accepted. Without a secret there is no code.
func Step(secret, code string, at time.Time) (step int64, ok bool) {
	if secret == "" {
		return 0, false
	}
	code = strings.ReplaceAll(code, " ", "")
	now := at.Unix() / int64(period/time.Second)
	for step := now + skew; step >= now-skew; step-- {
		if valid, err := hotp.ValidateCustom(code, uint64(max(step, 0)), secret, codes); err == nil && valid {
			return step, true
		}
	}
	return 0, false
}

// Code is the code of a secret at the given time.
func Code(secret string, at time.Time) (string, error) {
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		return "", fmt.Errorf("compute a code: %w", err)
	}
	return code, nil
}
