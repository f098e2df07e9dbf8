package table

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const byteOrderMark = "\ufeff"

// textOf finds out how cells are encoded: UTF-8, UTF-16 with its mark, or else Windows-1252. The last is a
// guess that labels confirm; legacy says that it was made.
func textOf(body []byte) (text string, legacy bool, err error) {
	switch {
	case len(body) > MaxBytes:
		return "", false, fmt.Errorf("line 1: the cells are larger than %d MiB", MaxBytes>>20)
	case bytes.HasPrefix(body, []byte{0xFF, 0xFE}), bytes.HasPrefix(body, []byte{0xFE, 0xFF}):
		if len(body)%2 != 0 {
			return "", false, fmt.Errorf("line 1: the text is UTF-16 and ends in the middle of a character; save it again, as CSV UTF-8")
		}
		plain, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder().Bytes(body)
		if err != nil {
			return "", false, fmt.Errorf("line 1: read UTF-16: %w", err)
		}
		text = string(plain)
	case utf8.Valid(body):
		text = strings.TrimPrefix(string(body), byteOrderMark)
	case bytes.HasPrefix(body, []byte(byteOrderMark)):
		return "", false, at(body, "the text is said to be UTF-8 and is not; save it again, as CSV UTF-8")
	default:
		plain, err := charmap.Windows1252.NewDecoder().Bytes(body)
		if err != nil {
			return "", false, at(body, "the text is neither UTF-8 nor Windows-1252; save it again, as CSV UTF-8")
		}
		text, legacy = string(plain), true
	}
	for mark, meaning := range map[string]string{"\x00": "a character without meaning: save it again, as CSV UTF-8", string(utf8.RuneError): "a damaged character; correct it where the text is from, and save it again"} {
		if before, _, found := strings.Cut(text, mark); found {
			return "", false, fmt.Errorf("line %d, column %d: there is %s", strings.Count(before, "\n")+1, len(before)-strings.LastIndexByte(before, '\n'), meaning)
		}
	}
	return text, legacy, nil
}

// at names the place of the first byte that is not UTF-8.
func at(body []byte, message string) error {
	valid := 0
	for valid < len(body) {
		r, size := utf8.DecodeRune(body[valid:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		valid += size
	}
	before := body[:valid]
	return fmt.Errorf("line %d, column %d: %s", bytes.Count(before, []byte("\n"))+1, valid-bytes.LastIndexByte(before, '\n'), message)
}

// garbled says whether a text looks like UTF-8 that was read as something else.
func garbled(text string) bool {
	var last rune
	for _, r := range text {
		if (last == 'Ã' || last == 'Â') && r >= 0x80 && r <= 0xBF {
			return true
		}
		last = r
	}
	return false
}

func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > '~' })
}
