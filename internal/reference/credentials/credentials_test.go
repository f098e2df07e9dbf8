package credentials

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
	"time"
)

func TestPasswordsAreKeptAsDigests(t *testing.T) {
	const password = "correct horse battery ﬁne"
	digest, err := DigestPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(digest, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Error(digest)
	}
	if other, _ := DigestPassword(password); other == digest {
		t.Error("no salt")
	}
	for given, want := range map[string]bool{
		password: true, "correct horse battery fine": true, "correct horse battery": false, "": false,
		strings.Repeat("x", 1<<20): false,
	} {
		if got, err := PasswordMatches(digest, given); got != want || err != nil {
			t.Errorf("%.30q: %v, %v", given, got, err)
		}
	}
	for _, given := range []string{"", "nobody's password"} {
		if got, err := PasswordMatches("", given); got || err != nil {
			t.Errorf("nobody has the password %q: %v, %v", given, got, err)
		}
	}
	if _, err := PasswordMatches("nonsense", password); err == nil {
		t.Error("compared with nonsense")
	}
}

func TestPasswordLength(t *testing.T) {
	for password, want := range map[string]bool{
		"": false, strings.Repeat("é", 11): false, strings.Repeat("é", 12): true,
		strings.Repeat("é", 128): true, strings.Repeat("é", 129): false,
	} {
		if LongEnough(password) != want {
			t.Errorf("%d bytes: %v", len(password), !want)
		}
	}
}

func TestCodesOfRFC6238(t *testing.T) {
	const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" // "12345678901234567890"
	at := time.Unix(1111111109, 0)
	if got, err := Code(secret, at); got != "081804" || err != nil {
		t.Error(got, err)
	}
	step := at.Unix() / 30
	for code, want := range map[string]int64{"081804": step, "081 804": step} {
		for _, off := range []time.Duration{0, 30 * time.Second, -30 * time.Second} {
			if got, ok := Step(secret, code, at.Add(off)); !ok || got != want {
				t.Errorf("%s at %v: %d %v", code, off, got, ok)
			}
		}
		for _, off := range []time.Duration{time.Minute, -time.Minute} {
			if _, ok := Step(secret, code, at.Add(off)); ok {
				t.Errorf("%s at %v accepted", code, off)
			}
		}
	}
	for _, code := range []string{"", "081805", "0818041", "abcdef"} {
		if _, ok := Step(secret, code, at); ok {
			t.Errorf("%q accepted", code)
		}
	}
}

// Anybody can compute the codes of an empty secret.
func TestNoSecretHasNoCode(t *testing.T) {
	at := time.Unix(1111111109, 0)
	code, err := Code("", at)
	if err != nil || len(code) != 6 {
		t.Fatal(code, err)
	}
	if _, ok := Step("", code, at); ok {
		t.Error("accepted")
	}
}

func TestSecondFactorIsShown(t *testing.T) {
	secret, err := NewSecret()
	if err != nil || len(secret) != 32 || !ValidSecret(secret) {
		t.Fatal(secret, err)
	}
	key, err := KeyOf(secret, "Hosting", "p@example.org")
	if err != nil || key.Secret != secret {
		t.Fatal(key.Secret, err)
	}
	if _, err := png.Decode(bytes.NewReader(key.PNG)); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "not base 32!", "MFRGG", strings.Repeat("A", 200)} {
		if ValidSecret(bad) {
			t.Errorf("%q is valid", bad)
		}
	}
	if _, err := KeyOf("!", "a", "b"); err == nil {
		t.Error("shown")
	}
}

func TestSealedComesBackUnchangedOrNotAtAll(t *testing.T) {
	s, err := NewSealer()
	if err != nil {
		t.Fatal(err)
	}
	other, _ := NewSealer()
	now := time.Unix(1e9, 0)
	closed, err := s.Seal("profile 1", "secret", now.Add(time.Hour))
	if err != nil || strings.Contains(closed, "secret") {
		t.Fatal(closed, err)
	}
	if text, ok := s.Open("profile 1", closed, now); !ok || text != "secret" {
		t.Error(text, ok)
	}
	for name, open := range map[string]func() (string, bool){
		"later":   func() (string, bool) { return s.Open("profile 1", closed, now.Add(time.Hour)) },
		"purpose": func() (string, bool) { return s.Open("profile 2", closed, now) },
		"key":     func() (string, bool) { return other.Open("profile 1", closed, now) },
		"changed": func() (string, bool) { return s.Open("profile 1", closed[1:]+closed[:1], now) },
		"empty":   func() (string, bool) { return s.Open("profile 1", "", now) },
		"garbage": func() (string, bool) { return s.Open("profile 1", "%", now) },
	} {
		if text, ok := open(); ok || text != "" {
			t.Errorf("%s: opened", name)
		}
	}
}
