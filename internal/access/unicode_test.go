package access

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// cases are all that a change of letter case makes of a character, once or again.
func cases(r rune) []rune {
	list := []rune{r}
	for i := 0; i < len(list); i++ {
		for _, next := range []rune{unicode.ToUpper(list[i]), unicode.ToLower(list[i]), unicode.ToTitle(list[i]), unicode.SimpleFold(list[i])} {
			if !slices.Contains(list, next) {
				list = append(list, next)
			}
		}
	}
	return list
}

// stable checks that normalising twice is normalising once, and that what is delivered to is
// the same person's.
func stable(t interface{ Errorf(string, ...any) }, address string) (normalised string, ok bool) {
	once, err := NormalizeAddress(address)
	if err != nil {
		return "", false
	}
	if twice, err := NormalizeAddress(once); err != nil || twice != once {
		t.Errorf("%+q normalises to %+q, then to %+q (%v)", address, once, twice, err)
	}
	delivered, err := DeliveryAddress(address)
	if again, errAgain := DeliveryAddress(delivered); err != nil || errAgain != nil || again != delivered || !SameAddress(delivered, address) {
		t.Errorf("%+q is delivered to %+q, then to %+q (%v, %v)", address, delivered, again, err, errAgain)
	}
	return once, true
}

// characters lists all of Unicode, but only some of what means nothing, and some of the many
// letters that have no case.
func characters(yield func(rune) bool) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		means := unicode.IsGraphic(r) || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Mn)
		if dull := !means || r >= 0x3400 && unicode.Is(unicode.Lo, r); dull && r%97 != 0 {
			continue
		}
		if !yield(r) {
			return
		}
	}
}

// S10: whatever letter case a provider makes of any character, the person is the same.
func TestEveryCharacterBeforeTheAt(t *testing.T) {
	known := 0
	for r := range characters {
		for _, local := range []string{string(r), "x" + string(r) + "y"} {
			want, ok := stable(t, local+"@acme.example")
			if !ok {
				continue
			}
			known++
			for _, other := range cases(r) {
				address := strings.Replace(local, string(r), string(other), 1) + "@acme.example"
				if got, err := NormalizeAddress(address); err != nil || got != want || !SameAddress(local+"@acme.example", address) {
					t.Errorf("%U and %U are one letter: %+q, %+q (%v)", r, other, want, got, err)
				}
			}
		}
	}
	if known < 30_000 {
		t.Error("only", known, "addresses are any")
	}
}

// In a domain, DNS says which characters are one.
func TestEveryCharacterInADomain(t *testing.T) {
	known := 0
	for r := range characters {
		for _, domain := range []string{"a" + string(r) + "b.example", "a.example" + string(r), "a." + string(r) + ".example"} {
			once, err := NormalizeAddress("ann@" + domain)
			if err == nil {
				known++
				if twice, err := NormalizeAddress(once); err != nil || twice != once {
					t.Errorf("the domain %+q normalises to %+q, then to %+q (%v)", domain, once, twice, err)
				}
				if strings.IndexFunc(once, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 || strings.HasSuffix(once, ".") {
					t.Errorf("the domain %+q normalises to %+q", domain, once)
				}
			}
		}
	}
	if known < 30_000 {
		t.Error("only", known, "domains are any")
	}
}

// Sequences of what is special: marks that join letters, letters that change case in several ways.
func TestNormalizeAddressOfAnySequence(t *testing.T) {
	special := []rune("aiIİıſsSßẞςσΣµμΜκϰКкÅåЖǆǅǄẛṡᾳᾼάΐΰŉﬁꭰᏠაᲐϴθϑ\u0300\u0301\u0307\u0308\u0323\u0327\u0345.-+_'")
	changes := []func(string) string{strings.ToUpper, strings.ToLower, strings.ToTitle, norm.NFC.String, norm.NFD.String}
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.StringOfN(rapid.RuneFrom(special), 1, 8, -1).Draw(t, "local")
		domain := rapid.SampledFrom([]string{"acme.example", "BÜCHER.example.", "Straße.example..", "xn--bcher-kva.example", "日本。example。", "Σίσυφος.example"}).Draw(t, "domain")
		want, ok := stable(t, local+"@"+domain)
		if !ok {
			t.Skip("no address")
		}
		delivered, _ := DeliveryAddress(local + "@" + domain)
		changed := delivered[:strings.LastIndexByte(delivered, '@')]
		for _, change := range rapid.SliceOfN(rapid.SampledFrom(changes), 1, 4).Draw(t, "changes") {
			changed = change(changed)
		}
		if got, err := NormalizeAddress(changed + "@" + domain); err != nil || got != want {
			t.Fatalf("%+q, by letter case %+q: %+q, %+q (%v)", local, changed, want, got, err)
		}
		if RecordName("acme", local+"@"+domain) != RecordName("acme", changed+"@"+domain) {
			t.Fatalf("%+q and %+q have two records", local, changed)
		}
	})
}

func TestDeliveryAddress(t *testing.T) {
	for in, want := range map[string]string{
		"Ann.D@ACME.Example":       "ann.d@acme.example",
		"Κώστας@acme.example":      "κώστας@acme.example", // whoever is σ at the end may be somebody else to the mail server
		"IŞIK@acme.example":        "işik@acme.example",
		"ışık@acme.example":        "ışık@acme.example",
		"µ@bücher.example.":        "µ@xn--bcher-kva.example",
		"e\u0301mile@acme.example": "\u00e9mile@acme.example",
	} {
		if got, err := DeliveryAddress(in); err != nil || got != want {
			t.Errorf("%q is delivered to %q (%v), want %q", in, got, err, want)
		}
	}
	if _, err := DeliveryAddress("ann"); err == nil {
		t.Error("there is no domain")
	}
	if got, err := DeliveryAddress(" ann@acme.example "); err != nil || got != "ann@acme.example" {
		t.Errorf("with space around it: %q, %v", got, err)
	}
}
