package credentials

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// Sealer closes what has to pass through a browser so that it comes back unread and
// unchanged: a new second factor between showing it and its first code. Nothing needs to be
// kept for somebody who only looks. What it closed can be opened until the program ends.
type Sealer struct{ aead cipher.AEAD }

type sealed struct {
	Text  string    `json:"t"`
	Until time.Time `json:"u"`
}

// NewSealer makes a sealer with a key of its own.
func NewSealer() (Sealer, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		return Sealer{}, fmt.Errorf("make a sealer: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return Sealer{}, fmt.Errorf("make a sealer: %w", err)
	}
	return Sealer{aead}, nil
}

// Seal closes text for one purpose, for instance one person's profile.
func (s Sealer) Seal(purpose, text string, until time.Time) (string, error) {
	plain, err := json.Marshal(sealed{text, until})
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	closed := s.aead.Seal(nil, nil, plain, []byte(purpose)) //nolint:gosec // the cipher makes a random nonce of its own
	return base64.RawURLEncoding.EncodeToString(closed), nil
}

// Open gives the text back, unless it was not closed here, for another purpose, or its time
// is over.
func (s Sealer) Open(purpose, closed string, now time.Time) (text string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(closed)
	if err != nil {
		return "", false
	}
	plain, err := s.aead.Open(nil, nil, raw, []byte(purpose))
	if err != nil {
		return "", false
	}
	var in sealed
	if json.Unmarshal(plain, &in) != nil || !now.Before(in.Until) {
		return "", false
	}
	return in.Text, true
}
