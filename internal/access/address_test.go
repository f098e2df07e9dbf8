package access

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNormalizeAddress(t *testing.T) {
	for _, c := range []struct {
		in, want string
		err      error
	}{
		{in: "ann@acme.example", want: "ann@acme.example"},
		{in: "  Ann.D@ACME.Example ", want: "ann.d@acme.example"},
		{in: "ann+hosting@acme.example", want: "ann+hosting@acme.example"},
		{in: "ann@bücher.example", want: "ann@xn--bcher-kva.example"},
		{in: "ann@BÜCHER.example", want: "ann@xn--bcher-kva.example"},
		{in: "ann@xn--bcher-kva.example", want: "ann@xn--bcher-kva.example"},
		{in: "ann@acme.example.", want: "ann@acme.example"},
		{in: "ann@acme.example..", want: "ann@acme.example"},
		{in: "ann@acme.example\u3002", want: "ann@acme.example"},
		{in: "ΚΏΣΤΑς@acme.example", want: "κώστασ@acme.example"},
		{in: "ann\xff@acme.example", err: ErrAddressChars},
		{in: "e\u0301mile@acme.example", want: "\u00e9mile@acme.example"},
		{in: "ann", err: ErrAddressForm},
		{in: "@acme.example", err: ErrAddressForm},
		{in: "ann@", err: ErrAddressDomain},
		{in: "ann@acme..example", err: ErrAddressDomain},
		{in: "ann@-acme.example", err: ErrAddressDomain},
		{in: "a nn@acme.example", err: ErrAddressChars},
		{in: "a\u200bnn@acme.example", err: ErrAddressChars},
		{in: "ann\r\nbcc:x@acme.example", err: ErrAddressChars},
		{in: "ann@bob@acme.example", err: ErrAddressChars},
		{in: strings.Repeat("a", 254) + "@acme.example", err: ErrAddressLength},
	} {
		got, err := NormalizeAddress(c.in)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("NormalizeAddress(%q) = %q, %v; want %q, %v", c.in, got, err, c.want, c.err)
		}
	}
}

// S10: a provider may store another letter case, and normalising twice changes nothing.
func TestNormalizeAddressProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.StringOfN(rapid.RuneFrom([]rune("aZzÉéßıİſΣς+.-_'\"ñÅ")), 1, 12, -1).Draw(t, "local")
		domain := rapid.SampledFrom([]string{"acme.example", "BÜCHER.example", "Straße.example", "xn--bcher-kva.example", "日本.example"}).Draw(t, "domain")
		once, err := NormalizeAddress(local + "@" + domain)
		if err != nil {
			t.Skip("no address")
		}
		twice, err := NormalizeAddress(once)
		if err != nil || twice != once {
			t.Fatalf("%q normalises to %q, then to %q (%v)", local+"@"+domain, once, twice, err)
		}
		if !SameAddress(" "+strings.ToLower(local)+"@"+domain, once) {
			t.Fatalf("letter case tells %q from %q", local, once)
		}
		if back, ok := BackendOfRecord(RecordName("acme-x", once)); !ok || back != "acme-x" {
			t.Fatalf("the record's name gives backend %q", back)
		}
	})
}
