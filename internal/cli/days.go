package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// days is a flag for a duration that may be given in days.
type days time.Duration

const (
	day     = 24 * time.Hour
	maxDays = 36500
)

func (d *days) Type() string { return "duration" }

func (d *days) String() string {
	if time.Duration(*d)%day == 0 {
		return fmt.Sprintf("%dd", time.Duration(*d)/day)
	}
	return time.Duration(*d).String()
}

func (d *days) Set(text string) error {
	value, err := time.ParseDuration(text)
	if number, is := strings.CutSuffix(text, "d"); is {
		var count int
		count, err = strconv.Atoi(number)
		value = time.Duration(max(-1, min(count, maxDays+1))) * day
	}
	if err != nil || value < 0 || value > maxDays*day {
		return errors.New("give a time from 0d to 36500d, for instance 30d or 12h")
	}
	*d = days(value)
	return nil
}

// Duration is its length.
func (d *days) Duration() time.Duration { return time.Duration(*d) }
