package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// span is a length of time in days ("7d") or as Go writes it ("36h").
type span time.Duration

// Set reads one that is longer than nothing and shorter than ten years.
func (s *span) Set(text string) error {
	length, err := time.ParseDuration(text)
	if days, inDays := strings.CutSuffix(text, "d"); inDays {
		var count int
		count, err = strconv.Atoi(days)
		length = time.Duration(min(max(count, -1), 3660)) * 24 * time.Hour
	}
	if err != nil || length <= 0 || length > 3650*24*time.Hour {
		return fmt.Errorf("%q: give a length of time up to ten years, such as 7d or 36h", text)
	}
	*s = span(length)
	return nil
}

// String is the length as it is given.
func (s *span) String() string {
	length := time.Duration(*s)
	switch {
	case length == 0:
		return ""
	case length%(24*time.Hour) == 0:
		return fmt.Sprint(int(length.Hours()/24), "d")
	}
	return length.String()
}

// Duration is its length.
func (s *span) Duration() time.Duration { return time.Duration(*s) }

// Type is what the help calls it.
func (s *span) Type() string { return "length" }
