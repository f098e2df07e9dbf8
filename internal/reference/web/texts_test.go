package web

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/hostgrant/hostgrant/internal/reference/access"
)

var (
	used  = regexp.MustCompile(`\bt "([^"]+)"`)
	verbs = regexp.MustCompile(`%[sd]`)
)

func TestTextsAreInBothLanguages(t *testing.T) {
	for _, table := range []map[string]words{texts, reasons, complaints} {
		for key, text := range table {
			if text.EN == "" || text.FR == "" {
				t.Errorf("%s: %+v", key, text)
			}
			if strings.Join(verbs.FindAllString(text.EN, -1), "") != strings.Join(verbs.FindAllString(text.FR, -1), "") {
				t.Errorf("%s takes different values in the two languages", key)
			}
		}
	}
}

func TestTemplatesUseTextsThatExist(t *testing.T) {
	n := 0
	err := fs.WalkDir(templateFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(templateFiles, path)
		for _, match := range used.FindAllStringSubmatch(string(body), -1) {
			n++
			if _, ok := texts[match[1]]; !ok {
				t.Errorf("%s: there is no text %q", path, match[1])
			}
		}
		return err
	})
	if err != nil || n < 100 {
		t.Fatal(n, err)
	}
}

func TestReasonsAreSaidInFrench(t *testing.T) {
	for _, reason := range []string{
		access.ReasonOwner, access.ReasonGranted, access.ReasonImplied, access.ReasonReached, access.ReasonAnyGrant, access.ReasonToldOf,
		access.ReasonNoPlace, access.ReasonNoRow, access.ReasonNoProfile, access.ReasonTwoFactor, access.ReasonNotGranted,
	} {
		if french.reason(reason) == reason {
			t.Errorf("%q is not said in French", reason)
		}
	}
	if english.reason("something new") != "something new" {
		t.Error("a new reason is not said at all")
	}
	if english.say("no.such") != "{no.such}" {
		t.Error("a missing text does not show")
	}
}
